"""install.sh --uninstall takes along what `caro daemon install` has made, even where its environment is broken."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import Machine, program

from caro_shell.login.launchd import Launchd
from caro_shell.login.system import Start, System
from caro_shell.login.systemd import Systemd


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A machine on which nothing answers that starts programs at login."""
    made = Machine()
    made.environ["XDG_DATA_HOME"] = str(made.home / ".local" / "share")
    for name in ("systemctl", "launchctl"):
        program(made.programs / name, "exit 1")
    yield made
    shutil.rmtree(made.directory)


def uninstall(machine: Machine) -> None:
    """Take away an installation that is noted, and whose environment is broken."""
    venv = data(machine) / "venv"
    program(venv / "bin" / "caro", "exit 127")
    (data(machine) / "installed").write_text(f"venv {venv}\ndir {data(machine)}\n")
    done = machine.install("--uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert not data(machine).exists()


def data(machine: Machine) -> Path:
    """Return where everything is installed."""
    return machine.home / ".local" / "share" / "caro"


@pytest.fixture(params=["systemd", "systemd elsewhere", "launchd"])
def system(machine: Machine, request: pytest.FixtureRequest) -> System:
    """Each system that starts programs at login."""
    if request.param == "systemd elsewhere":
        machine.environ["XDG_CONFIG_HOME"] = str(machine.home / "settings")
    return (Launchd if request.param == "launchd" else Systemd)(machine.environ)


def write(system: System, text: bytes) -> None:
    """Put a file where the system's own belongs, and the links to it."""
    for link in system.links:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(system.file)
    system.file.parent.mkdir(parents=True, exist_ok=True)
    system.file.write_bytes(text)


def test_it_goes_with_its_installation(machine: Machine, system: System) -> None:
    """The file and the link to it, without the help of the command that has made them."""
    write(system, system.text(Start(str(data(machine) / "venv" / "bin" / "python"), {})))
    uninstall(machine)
    assert not system.file.exists()
    assert not any(link.is_symlink() for link in system.links)


def test_what_is_not_its_own_stays(machine: Machine, system: System) -> None:
    """What starts another installation, and what somebody has written himself."""
    for text in (
        system.text(Start(sys.executable, {})),
        f"[Service]\nExecStart={data(machine)}/venv/bin/caro daemon run\n".encode(),
    ):
        for file in (*system.links, system.file):
            file.unlink(missing_ok=True)
        write(system, text)
        uninstall(machine)
        assert system.file.read_bytes() == text
