"""A daemon that can no longer be reached leaves, and takes nothing of its successor's with it."""

import shutil
from pathlib import Path

from commands import caro
from terminal import wait_for
from user_home import Home

from caro_shell import lifecycle, paths


def test_a_removed_socket_locks_nobody_out(home: Home) -> None:
    """Somebody deletes caro.sock: the next request is answered by a daemon that can be reached."""
    assert caro(home, "first").stdout == "echo first\n"
    before = home.daemon_pid()
    Path(paths.socket_path(home.runtime)).unlink()
    assert caro(home, "second").stdout == "echo second\n"
    assert home.daemon_pid() not in (0, before)


def test_an_orphan_leaves_its_successors_socket_alone(home: Home) -> None:
    """The whole directory was removed: the old daemon goes, the new one stays reachable."""
    caro(home, "first")
    before = home.daemon_pid()
    shutil.rmtree(home.runtime)
    assert caro(home, "second").stdout == "echo second\n"
    wait_for(lambda: not Path(f"/proc/{before}").exists(), lambda: f"for the orphan {before} to leave")
    assert lifecycle.is_listening(home.runtime)
    assert caro(home, "third").stdout == "echo third\n"
