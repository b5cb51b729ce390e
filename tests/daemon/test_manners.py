"""What the daemon spares its machine: decisions from files that a test has written."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import pytest
from machine import program
from terminal import wait_for
from user_home import need

from caro_shell.daemon.manners import AGAIN_S, Manners
from caro_shell.machine import priority
from caro_shell.machine.memory import Memory, Shortage, read_memory
from caro_shell.machine.power import on_battery
from caro_shell.machine.priority import Priority

SUPPLIES = {
    "no supply at all": ({}, False),
    "a desktop": ({"AC": {"type": "Mains", "online": "1"}}, False),
    "plugged in": ({"AC": {"type": "Mains", "online": "1"}, "BAT0": {"type": "Battery", "status": "Charging"}}, False),
    "plugged in and draining": (
        {"AC": {"type": "Mains", "online": "1"}, "BAT0": {"type": "Battery", "status": "Discharging"}},
        False,
    ),
    "unplugged": ({"AC": {"type": "Mains", "online": "0"}, "BAT0": {"type": "Battery", "status": "Discharging"}}, True),
    "full, by USB-C": (
        {"BAT0": {"type": "Battery", "status": "Full"}, "ucsi": {"type": "USB", "online": "1"}},
        False,
    ),
    "two, one of them drains": (
        {"BAT0": {"type": "Battery", "status": "Not charging"}, "BAT1": {"type": "Battery", "status": "Discharging"}},
        True,
    ),
    "a mouse": ({"hidpp_0": {"type": "Battery", "scope": "Device", "status": "Discharging"}}, False),
    "an empty bay": ({"BAT1": {"type": "Battery", "present": "0", "status": "Discharging"}}, False),
    "unknown": ({"BAT0": {"type": "Battery", "status": "Unknown"}}, False),
    "files that are missing": ({"AC": {}, "BAT0": {"type": "Battery"}}, False),
}


def supply(root: Path, name: str, **facts: str) -> None:
    """Let a machine have a supply of power, or change it."""
    directory = root / "sys/class/power_supply" / name
    directory.mkdir(parents=True, exist_ok=True)
    for fact, value in facts.items():
        (directory / fact).write_text(f"{value}\n")


def memory(root: Path, available: int, waiting: float = 0.0) -> None:
    """Let a machine of 1000 MB have so many available, and wait for them in so much of the time (per cent)."""
    (root / "proc/pressure").mkdir(parents=True, exist_ok=True)
    (root / "proc/meminfo").write_text(f"MemTotal: 1000000 kB\nMemFree: 1 kB\nMemAvailable: {available}000 kB\n")
    (root / "proc/pressure/memory").write_text(
        f"some avg10={waiting:.2f} avg60=0.00 avg300=0.00 total=1\nfull avg10=99.00 avg60=0.00 avg300=0.00 total=1\n"
    )


@pytest.mark.parametrize("case", SUPPLIES)
def test_where_the_power_comes_from_on_linux(tmp_path: Path, case: str) -> None:
    """A machine that says nothing is on mains, and so is one that is plugged in."""
    supplies, expected = SUPPLIES[case]
    for name, facts in supplies.items():
        supply(tmp_path, name, **facts)
    assert on_battery(tmp_path, "linux") is expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1) 57%; discharging", True),
        ("Now drawing from 'AC Power'\n -InternalBattery-0 (id=1) 57%; charging", False),
        ("Now drawing from 'AC Power'", False),
        ("", False),
        (None, False),
    ],
)
def test_where_the_power_comes_from_on_macos(tmp_path: Path, said: str | None, expected: bool) -> None:  # noqa: FBT001
    """By pmset's first line; without pmset it is on mains."""
    if said is not None:
        program(tmp_path / "usr/bin/pmset", f'test "$*" = "-g batt" && cat <<"E"\n{said}\nE')
    assert on_battery(tmp_path, "darwin") is expected


@pytest.mark.parametrize(
    ("available", "waiting", "short", "plenty"),
    [
        (500, 0, False, True),
        (100, 0, False, True),
        (99, 0, False, False),
        (50, 0, False, False),
        (49, 0, True, False),
        (500, 9.99, False, False),
        (500, 10, True, False),
        (500, 1.99, False, True),
        (500, 2, False, False),
    ],
)
def test_memory_on_linux(tmp_path: Path, available: int, waiting: float, *, short: bool, plenty: bool) -> None:
    """By what is available, and by how much of the time somebody has waited for it."""
    memory(tmp_path, available, waiting)
    seen = read_memory(tmp_path, "linux")
    assert (seen.is_short, seen.is_plenty) == (short, plenty)


def test_memory_of_a_container(tmp_path: Path) -> None:
    """Its own limit and its own group's waiting count, too."""
    memory(tmp_path, 900)
    group = tmp_path / "sys/fs/cgroup/box"
    group.mkdir(parents=True)
    (tmp_path / "proc/self").mkdir()
    (tmp_path / "proc/self/cgroup").write_text("0::/box\n")
    assert read_memory(tmp_path, "linux").is_plenty
    (group / "memory.pressure").write_text("some avg10=30.00 avg60=0.00 avg300=0.00 total=1\n")
    assert read_memory(tmp_path, "linux").is_short
    (group / "memory.pressure").write_text("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n")
    (group / "memory.max").write_text("100000000\n")
    (group / "memory.current").write_text("97000000\n")
    assert read_memory(tmp_path, "linux").is_short


@pytest.mark.parametrize("pressure", ["", "some\n", "some avg10=much\n", None])
def test_what_a_machine_does_not_say_is_well(tmp_path: Path, pressure: str | None) -> None:
    """An old kernel, or one where it is turned off."""
    if pressure is not None:
        (tmp_path / "proc/pressure").mkdir(parents=True)
        (tmp_path / "proc/pressure/memory").write_text(pressure)
    assert read_memory(tmp_path, "linux").is_plenty


def test_this_machine_can_be_asked() -> None:
    """With its real files, or its real call: shares from 0 to 1, a level that there is."""
    seen = read_memory()
    assert 0 < seen.available <= 1
    assert 0 <= seen.waiting <= 1
    assert seen.level in {1, 2, 4}
    assert on_battery() in {True, False}


def test_the_levels_of_macos() -> None:
    """Normal is plenty; a warning is short."""
    assert [(Memory(level=level).is_short, Memory(level=level).is_plenty) for level in (1, 2, 4)] == [
        (False, True),
        (True, False),
        (True, False),
    ]


def test_a_shortage_begins_and_ends_once() -> None:
    """One bad look is none, and as long as there is not clearly enough it goes on: nothing flaps at a threshold."""
    shortage = Shortage()
    seen = [0.04, 0.06, 0.04, 0.06, 0.04, 0.04, 0.06, 0.09, 0.04, 0.09, 0.11, 0.06, 0.04]
    assert [shortage.look(Memory(available=share)) for share in seen] == [*[False] * 5, *[True] * 5, *[False] * 3]


class Clock:
    """A time that passes when a test says so, in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


def test_the_model_goes_when_memory_is_short_and_nobody_has_asked_for_a_while(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each change is a line in the log; many questions at once are one look."""
    caplog.set_level("INFO")
    clock = Clock()
    manners = Manners(tmp_path, "linux", clock)
    memory(tmp_path, 20)
    assert [manners.wants_the_models_memory(60) for _question in range(5)] == [False] * 5
    clock.now += 4
    assert manners.wants_the_models_memory(60)
    assert not manners.wants_the_models_memory(5)
    assert caplog.messages == ["memory is short: 2% available, waited for in 0% of the time"]
    memory(tmp_path, 500)
    clock.now += 4
    assert not manners.wants_the_models_memory(60)
    assert caplog.messages[1:] == ["memory is enough again: 50% available, waited for in 0% of the time"]


def test_nothing_is_loaded_unasked_while_memory_is_short(tmp_path: Path) -> None:
    """There the first look counts."""
    memory(tmp_path, 20)
    assert not Manners(tmp_path, "linux").may_load_unasked()
    memory(tmp_path, 500)
    assert Manners(tmp_path, "linux").may_load_unasked()


def test_nothing_is_prepared_on_battery_nor_while_memory_is_short(tmp_path: Path) -> None:
    """Where the power comes from is asked once a minute; a night of sleep is more than a minute."""
    clock = Clock()
    memory(tmp_path, 500)
    manners = Manners(tmp_path, "linux", clock)
    assert manners.may_prepare()
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    clock.now += AGAIN_S - 1
    assert manners.may_prepare()
    clock.now += 1
    assert not manners.may_prepare()
    supply(tmp_path, "BAT0", status="Charging")
    clock.now += AGAIN_S
    assert manners.may_prepare()
    memory(tmp_path, 20)
    for _look in range(2):
        clock.now += 4
        manners.memory_is_short()
    assert not manners.may_prepare()


@pytest.fixture
def own_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process look like the leader of a session, as the daemon is."""
    monkeypatch.setattr(os, "getsid", lambda _pid: os.getpid())


@pytest.mark.usefixtures("own_session")
def test_a_session_gives_way_for_a_while(tmp_path: Path) -> None:
    """And is as before afterwards, whatever happens meanwhile."""
    file = tmp_path / "autogroup"
    file.write_text("0 ")
    seen: list[str] = []

    def fail() -> None:
        with Priority(file).lowered():
            seen.append(file.read_text())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert seen == ["10"]
    assert file.read_text()[0] == "0"


@pytest.mark.usefixtures("own_session")
def test_where_there_are_no_autogroups_nothing_happens(tmp_path: Path) -> None:
    """No file is made, and no error is raised."""
    with Priority(tmp_path / "autogroup").lowered():
        assert list(tmp_path.iterdir()) == []


def test_the_session_of_a_terminal_keeps_its_value(tmp_path: Path) -> None:
    """`caro daemon run` there is one of many programs of that session."""
    file = tmp_path / "autogroup"
    file.write_text("0")
    if os.getsid(0) == os.getpid():
        need("a session that somebody else leads")
    with Priority(file).lowered():
        assert file.read_text() == "0"


@pytest.mark.usefixtures("own_session")
def test_a_kernel_that_wants_to_be_asked_again_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It takes ten changes a second; nobody waits for that, and the last one wins."""
    written: list[str] = []
    busy = threading.Event()
    busy.set()

    class Kernel:
        """A file that takes nothing while it is busy."""

        def open(self, _mode: str) -> "Kernel":
            return self

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, text: str) -> None:
            if busy.is_set():
                raise OSError(errno.EAGAIN, "again")
            written.append(text)

    mine = Priority(Kernel())  # type: ignore[arg-type]
    with mine.lowered():
        assert written == []
    busy.clear()
    wait_for(lambda: written, lambda: "for the value to be written")
    assert written == ["0"]


def test_a_process_that_gives_way_says_so_to_other_sessions() -> None:
    """A nice value alone counts within its own session only."""
    if sys.platform != "linux":
        need("reads /proc")
    if not priority.AUTOGROUP.exists():
        pytest.skip("this kernel has no autogroups")
    code = (
        "import os, pathlib; from caro_shell.machine.priority import *\n"
        "give_way(); value = lambda: pathlib.Path('/proc/self/autogroup').read_text()\n"
        "import time\n"
        "while 'nice 0' in value(): time.sleep(0.01)\n"
        "print(os.nice(0), value())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, start_new_session=True, timeout=120
    )
    assert done.stdout.split()[0] == "19"
    assert done.stdout.strip().endswith("nice 10")
