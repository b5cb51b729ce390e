"""`caro daemon install|uninstall|warm`: the model is warm before the first request of a session."""

import json
import os
import plistlib
import shlex
import subprocess
import sys
from collections.abc import Mapping

import pytest
from commands import caro, daemons_started, log
from machine import program
from terminal import wait_for
from user_home import Home, Script, need
from wire import Wire

from caro_shell import login
from caro_shell.errors import DaemonError
from caro_shell.login.launchd import Launchd
from caro_shell.login.system import Start, System
from caro_shell.login.systemd import Systemd

Tree = dict[str, bytes]
# What a unit and a command line have a meaning for.
STRANGE = """/nowhere/a b$x%h"q'\\n/bin/python"""


@pytest.fixture(params=["systemd", "launchd"])
def system(home: Home, request: pytest.FixtureRequest) -> System:
    """Each system, with a program to talk to it that only notes what it is told."""
    return (Systemd if request.param == "systemd" else Launchd)(home.environ)


@pytest.fixture(autouse=True)
def fakes(home: Home) -> None:
    """Let `systemctl` and `launchctl` be programs that note their words and obey the file `refuse`."""
    directory = home.path / "programs"
    note = f'printf "%s\\n" "$*" >>{directory}/told; test ! -e {directory}/refuse'
    link = f"{home.path}/.config/systemd/user/default.target.wants/caro.service"
    enable = f'case "$*" in *enable*) test -e {directory}/refuse || {{ mkdir -p {link.rpartition("/")[0]}; ln -sf'
    program(directory / "launchctl", note)
    program(directory / "systemctl", f"{enable} ../caro.service {link}; }} ;; *disable*) rm -f {link} ;; esac\n{note}")
    home.environ["PATH"] = f"{directory}:{home.environ['PATH']}"


def told(home: Home) -> list[str]:
    """Return what the fake programs have been told."""
    path = home.path / "programs" / "told"
    return path.read_text().splitlines() if path.exists() else []


def tree(home: Home) -> Tree:
    """Return every file and directory of the home but those of the fakes and of the tests' script."""
    return {
        str(path.relative_to(home.path)): path.read_bytes() if path.is_file() else b""
        for path in home.path.rglob("*")
        if path.relative_to(home.path).parts[0] not in {"programs", "script"}
    }


def start(home: Home, python: str = sys.executable) -> Start:
    """Return what this home's daemon is started by."""
    return login.start_of(home.environ, python)


def agent(system: System) -> Mapping[str, object]:
    """Return launchd's file, as data."""
    return dict(plistlib.loads(system.file.read_bytes()))


def words_and_variables(system: System) -> tuple[list[str], dict[str, str]]:
    """Return what the file starts, read back as the system would read it."""
    if isinstance(system, Launchd):
        found = plistlib.loads(system.file.read_bytes())
        return found["ProgramArguments"], found["EnvironmentVariables"]
    lines = [line.partition("=")[::2] for line in system.file.read_text().splitlines()]
    values = {name: text.replace("%%", "%") for name, text in lines if name == "ExecStart"}
    _env, *words = shlex.split(values["ExecStart"].replace("$$", "$"))
    said = [shlex.split(text.replace("%%", "%"))[0] for name, text in lines if name == "Environment"]
    return words, dict(one.split("=", 1) for one in said)


def test_install_writes_one_file_and_uninstall_leaves_nothing(home: Home, system: System) -> None:
    """Twice in a row is the same; also taking away what is not there."""
    before = tree(home)
    assert not login.uninstall(system, start(home))
    first = login.install(system, start(home))
    assert first.state == "on"
    written = tree(home)
    assert login.install(system, start(home)) == first
    assert tree(home) == written
    assert login.find(system).state == "on"
    assert login.uninstall(system, start(home))
    assert not login.uninstall(system, start(home))
    assert tree(home) == before
    assert login.find(system).state == "off"


def test_the_system_is_told(home: Home, system: System) -> None:
    """In its own words, and no others."""
    login.install(system, start(home))
    login.uninstall(system, start(home))
    domain = f"gui/{os.getuid()}"
    user = "--user --no-ask-password --quiet"
    assert told(home) == (
        [f"bootout {domain}/caro-shell", f"bootstrap {domain} {system.file}", f"bootout {domain}/caro-shell"]
        if isinstance(system, Launchd)
        else [
            f"{user} daemon-reload",
            f"{user} enable {system.file}",
            f"{user} disable --now caro.service",
            f"{user} daemon-reload",
        ]
    )


def test_where_the_system_does_not_answer_one_command_is_left(home: Home, system: System) -> None:
    """The file is written all the same, and taken away again."""
    (home.path / "programs" / "refuse").touch()
    before = tree(home)
    found = login.install(system, start(home))
    assert (found.state, found.left) == ("written", system.left_to_do)
    assert system.file.is_file()
    assert login.uninstall(system, start(home))
    assert tree(home) == before


@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "directory"])
def test_what_is_not_ours_stays_as_it_is(home: Home, system: System, kind: str) -> None:
    """A unit of that name may be somebody's own; a masked one is a link to nowhere."""
    system.file.parent.mkdir(parents=True)
    ours_elsewhere = home.path / "elsewhere"
    ours_elsewhere.write_bytes(system.text(start(home)))
    if kind == "file":
        system.file.write_text("[Service]\nExecStart=/bin/true\n")
    elif kind == "directory":
        system.file.mkdir()
    else:
        system.file.symlink_to("/dev/null" if kind == "dangling link" else ours_elsewhere)
    before = tree(home)
    for change in (login.install, login.uninstall):
        with pytest.raises(DaemonError, match="is not caro's, and stays as it is"):
            change(system, start(home))
    assert tree(home) == before
    assert system.file.is_symlink() == ("link" in kind)
    assert told(home) == []
    assert login.find(system).state == "off"


def test_another_installation_keeps_what_it_has(home: Home, system: System) -> None:
    """As long as it is there; one that is gone gives way, and so does another name of the same interpreter."""
    other = program(home.path / "other" / "python", "exit 0")
    login.install(system, start(home, str(other)))
    for change in (login.install, login.uninstall):
        with pytest.raises(DaemonError, match="belongs to another caro"):
            change(system, start(home))
    login.install(system, start(home, str(other.with_name("python3.99"))))
    other.unlink()
    login.install(system, start(home))
    assert words_and_variables(system)[0][0] == sys.executable
    assert login.uninstall(system, start(home))


def test_a_directory_that_cannot_be_written_is_one_sentence(home: Home, system: System) -> None:
    """The system's own reason, and nothing is left half done."""
    home.environ |= {"HOME": "/proc/1", "XDG_CONFIG_HOME": "/proc/1"}
    with pytest.raises(DaemonError) as raised:
        login.install(system, start(home))
    assert raised.value.message.startswith(f"{system.file} cannot be written: ")
    assert told(home) == []


def test_root_writes_nothing_into_somebody_elses_home(home: Home, system: System) -> None:
    """`sudo caro daemon install` would make directories there that their owner cannot use."""
    if os.getuid() != 0:
        need("only root can give a directory away")
    foreign = home.path / "theirs"
    foreign.mkdir()
    os.chown(foreign, 65534, 65534)
    home.environ |= {"HOME": str(foreign), "XDG_CONFIG_HOME": ""}
    with pytest.raises(DaemonError, match="belongs to another user"):
        login.install(system, start(home))
    assert list(foreign.iterdir()) == []


def test_without_the_system_nothing_is_written(home: Home, system: System) -> None:
    """The sentence says what the session can start instead."""
    home.environ["PATH"] = str(home.path)
    before = tree(home)
    with pytest.raises(DaemonError, match="here to start it at login") as raised:
        login.install(system, start(home))
    assert raised.value.hint.endswith("-I -m caro_shell daemon warm --at-login")
    assert tree(home) == before


def test_a_secret_is_neither_in_the_file_nor_in_the_words(home: Home, system: System) -> None:
    """Settings that are variables are passed on, a server's key is not; nor is any other variable."""
    home.environ |= {"CARO_API_KEY": "sk-secret", "TOKEN": "sk-secret", "CARO_MODEL": "tiny", "CARO_PYTHON": "/x"}
    login.install(system, start(home))
    assert b"secret" not in system.file.read_bytes()
    words, variables = words_and_variables(system)
    assert words == [sys.executable, "-I", "-m", "caro_shell", "daemon", "warm", "--at-login"]
    assert variables["CARO_MODEL"] == "tiny"
    assert not {"CARO_PYTHON", "CARO_RUNTIME_DIR", "TOKEN", "HOME"} & set(variables)


def test_a_relative_config_home_is_ignored(home: Home) -> None:
    """As the specification has it, and as systemd does."""
    home.environ["XDG_CONFIG_HOME"] = "relative"
    assert Systemd(home.environ).file == home.path / ".config" / "systemd" / "user" / "caro.service"
    home.environ["XDG_CONFIG_HOME"] = str(home.path / "mine")
    assert Systemd(home.environ).file == home.path / "mine" / "systemd" / "user" / "caro.service"


def test_what_cannot_stand_in_a_file_is_refused(home: Home, system: System) -> None:
    """A newline would be another line of a unit."""
    home.environ["PATH"] += "\nExecStart=/bin/true"
    with pytest.raises(DaemonError, match="PATH has characters"):
        start(home)


def test_systemd_understands_the_unit(home: Home) -> None:
    """Whatever characters are in the paths; where systemd-analyze is there."""
    words = ["systemd-analyze", "--user", "verify"]
    try:
        subprocess.run([*words, "--help"], capture_output=True, check=True, env=home.environ)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("systemd-analyze is not installed")
    system = Systemd(home.environ | {"CARO_MODEL": STRANGE, "XDG_RUNTIME_DIR": str(home.path)})
    for python in (sys.executable, STRANGE):
        login.install(system, login.start_of(system.environ, python))
        done = subprocess.run(
            [*words, str(system.file)], capture_output=True, text=True, check=False, env=dict(system.environ)
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert system.python_in(system.file.read_bytes()) == python
        login.uninstall(system, login.start_of(system.environ, python))


def test_launchd_gets_what_it_wants(home: Home) -> None:
    """A property list with the label of its name, started at login, and not among what is throttled."""
    system = Launchd(home.environ)
    login.install(system, start(home, STRANGE))
    found = agent(system)
    assert found["Label"] == system.file.stem == "caro-shell"
    assert (found["RunAtLoad"], found["ProcessType"]) == (True, "Interactive")
    assert system.python_in(system.file.read_bytes()) == STRANGE


def test_what_is_started_at_login_warms_the_daemon_of_the_clients(home: Home, script: Script, system: System) -> None:
    """By the words and the variables in the file, and what a login has: the same directory, the same settings."""
    home.environ |= {"CARO_RUNTIME_DIR": str(home.path / "run"), "CARO_MODEL": "tiny"}
    login.install(system, start(home))
    words, variables = words_and_variables(system)
    a_login_has = {"HOME": str(home.path), "CARO_TEST_SCRIPT": home.environ["CARO_TEST_SCRIPT"]}
    for _login in range(2):
        subprocess.run(words, env={**a_login_has, **variables}, check=True, capture_output=True)
    script.happened("load tiny")
    assert caro(home, "x").stdout == "echo x\n"
    assert daemons_started(home) == 1
    assert script.events().count("load tiny") == 1


def test_the_command_says_what_it_has_done(home: Home) -> None:
    """On stderr, in a sentence; status tells it, to programs too."""
    if sys.platform != "linux":
        need("the fake systemctl stands for Linux")
    assert json.loads(caro(home, "daemon", "status", "--json").stdout)["at_login"] == "off"
    unit = f"{home.path}/.config/systemd/user/caro.service"
    done = caro(home, "daemon", "install")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"caro daemon: the model is loaded at login from now on ({unit})\n"
    assert json.loads(caro(home, "daemon", "status", "--json").stdout)["at_login"] == "on"
    assert caro(home, "daemon", "status").stdout == f"stopped\nat login  warm, by {unit}\n"
    assert caro(home, "daemon", "uninstall").stderr == "caro daemon: nothing is loaded at login any more\n"
    assert caro(home, "daemon", "uninstall").stderr == "caro daemon: nothing was loaded at login\n"
    assert caro(home, "daemon", "status").stdout == "stopped\n"
    (home.path / "programs" / "refuse").touch()
    left = "systemctl --user enable caro.service"
    assert caro(home, "daemon", "install").stderr == f"caro daemon: {unit} is written; one command is left: {left}\n"
    assert caro(home, "daemon", "status").stdout.endswith(f"by {unit}, but not switched on: {left}\n")
    assert home.daemon_pid() == 0


def test_wrong_settings_are_said_when_it_is_installed(home: Home) -> None:
    """Not at every login, where nobody looks."""
    home.write_config('modle = "x"')
    done = caro(home, "daemon", "install")
    assert done.returncode == 1
    assert "there is no setting `modle`" in done.stderr
    assert told(home) == []


def test_warm_loads_the_model_without_a_request(home: Home, script: Script) -> None:
    """It starts the daemon and does not wait; the first request finds the model, of these settings."""
    script.say("(load)", {"wait": "weights"})
    assert caro(home, "daemon", "warm", CARO_MODEL="tiny").returncode == 0
    script.happened("waiting weights")
    script.open_gate("weights")
    with Wire(home) as wire:
        wait_for(lambda: wire.ask("status")["state"] == "ready", lambda: log(home))
        assert (wire.ask("status")["model"], wire.ask("status")["requests"]) == ("tiny", 0)
    assert caro(home, "x", CARO_MODEL="tiny").stdout == "echo x\n"
    assert [event for event in script.events() if event.startswith("load")] == ["load tiny"]


def test_what_cannot_be_warmed_is_a_note_and_the_requests_answer(home: Home, script: Script) -> None:
    """Nobody is there to hear it at login."""
    script.say("(load)", {"fail": "There are no weights."})
    with Wire(home) as wire:
        assert caro(home, "daemon", "warm").returncode == 0
        wait_for(lambda: wire.ask("status")["notes"], lambda: log(home))
        assert wire.ask("status")["notes"] == ["There are no weights."]
        assert wire.answer("x")["message"] == "There are no weights."


def test_warm_replaces_a_daemon_of_another_version(home: Home) -> None:
    """As a request does."""
    with Wire(home) as wire:
        stale = wire.ask("warm", version="0.0.0")
        assert (stale["code"], stale["pid"]) == ("stale", home.daemon_pid())


def test_a_server_hears_nothing_before_somebody_asks(home: Home) -> None:
    """Nothing is to be loaded there, and nothing to be sent; the setting decides, whatever the machine has."""
    del home.environ["CARO_ENGINE"]
    home.write_config('base_url = "http://127.0.0.1:9/v1"')
    with Wire(home) as wire:
        assert caro(home, "daemon", "warm").returncode == 0
        # Behind it in the worker's queue, and answered: so that has been passed over.
        assert wire.answer("x")["code"] == "server"
        assert wire.ask("status")["notes"] == []
    assert "Traceback" not in log(home)
