"""The weights' file deleted or truncated while it is mapped into the daemon's memory: real weights, a copy of them."""

import shutil
import sys
from pathlib import Path

import pytest
from commands import caro
from machine import tiny_weights
from terminal import wait_for
from user_home import Home

pytestmark = [pytest.mark.model, pytest.mark.skipif(sys.platform != "linux", reason="what is mapped is Linux's")]


@pytest.fixture
def weights(home: Home) -> Path:
    """The file of the model that `home` uses, a copy of `tiny`."""
    path = home.path / "copy.gguf"
    shutil.copyfile(tiny_weights(), path)
    del home.environ["CARO_ENGINE"]
    home.environ["CARO_MODEL"] = str(path)
    return path


def test_a_model_that_is_deleted_under_its_daemon(home: Home, weights: Path) -> None:
    """The kernel keeps what is mapped; who loads it next says what is missing, in one sentence."""
    first = caro(home, "list all files")
    assert (first.returncode, first.stderr) == (0, "")
    weights.unlink()
    assert caro(home, "list all files").stdout == first.stdout
    assert caro(home, "show the date").returncode == 0
    caro(home, "daemon", "restart")
    said = caro(home, "list all files")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(f"caro: {weights} cannot be read: there is no such file.\n"), said.stderr


def test_a_model_that_is_truncated_under_its_daemon(home: Home, weights: Path) -> None:
    """Its pages are gone, and the kernel ends who reads them: a sentence, and another one of the next daemon."""
    assert caro(home, "list all files").returncode == 0
    before = home.daemon_pid()
    whole = weights.stat().st_size
    with weights.open("r+b") as file:
        file.truncate(whole // 4)
    said = caro(home, "show the date")
    assert (said.returncode, said.stdout) == (1, "")
    assert "The daemon stopped in the middle of the answer." in said.stderr
    wait_for(lambda: home.daemon_pid() != before, lambda: "for the daemon to be gone")
    said = caro(home, "show the date")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(f"caro: {weights}"), said.stderr
    shutil.copyfile(tiny_weights(), weights)
    caro(home, "daemon", "restart")
    assert caro(home, "list all files").returncode == 0
