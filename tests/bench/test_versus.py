"""Another command beside ours: what it may do, and what each pair is made of."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from terminal import wait_for

from caro_shell.bench import measure
from caro_shell.bench.pressing import Press
from caro_shell.bench.versus import Command, Rival, rivals_of
from caro_shell.errors import CaroError, UsageError

LIMIT_S = 30.0


def python(code: str) -> str:
    """Return the line of a command that runs some Python with the request as its argument."""
    return f"{sys.executable} -c '{code}' {{}}"


def test_the_request_reaches_it_as_one_word() -> None:
    """No shell reads it, so nothing in it is more than a character; also in the middle of a word."""
    check = 'import sys; assert sys.argv[1:] == ["a $(b) \\"c;", "--ask=a $(b) \\"c;"]; print("ls")'
    command = Command((sys.executable, "-c", check, "{}", "--ask={}"))
    assert command.ask('a $(b) "c;', LIMIT_S) > 0


@pytest.mark.parametrize("line", ["sgpt -s", "", "sgpt '{}"])
def test_a_line_that_is_no_command_is_refused(line: str) -> None:
    """There has to be a place for the request, and an end to every quote."""
    with pytest.raises(UsageError, match=r"needs \{\} where the request goes"):
        rivals_of([line], LIMIT_S)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (python('import sys; sys.exit("no such model")'), "failed with status 1: no such model"),
        (python('print(" ")'), "printed nothing"),
        (python("import os; os.close(1)"), "printed nothing"),
        ("/no/such/program {}", "cannot be run"),
        ("/etc {}", "cannot be run"),
    ],
)
def test_what_is_no_answer_is_one_sentence(line: str, told: str) -> None:
    """With what it said itself, and the command to try."""
    with pytest.raises(CaroError, match=told) as raised:
        Command.of(line).ask("list files", LIMIT_S)
    assert raised.value.hint.startswith("Try it by itself: ")


def test_one_that_hangs_is_ended_with_all_that_it_has_started(tmp_path: Path) -> None:
    """Also where it wants no signal: nothing of it is left."""
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); "
        f'open("{tmp_path}/" + str(os.getpid()), "w").close(); print("half", flush=True); time.sleep(600)'
    )
    with pytest.raises(CaroError, match=r"had not ended after 1 s"):
        Command.of(python(code)).ask("x", 1.0)
    pids = [int(path.name) for path in tmp_path.iterdir()]
    # A process that has ended and that nobody has waited for yet has no command line.
    wait_for(lambda: not any(is_running(pid) for pid in pids), lambda: f"for {pids} to end")


def is_running(pid: int) -> bool:
    """Say whether a process runs."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def test_what_it_leaves_behind_is_neither_waited_for_nor_ended(tmp_path: Path) -> None:
    """A peer may start a server that stays for the next request, with the same output."""
    code = (
        "import os, sys, time\n"
        "if not os.fork():\n"
        f'  open("{tmp_path}/" + str(os.getpid()), "w").close(); time.sleep(600)\n'
        f'while not os.listdir("{tmp_path}"): time.sleep(0.01)\n'
        'print("ls")'
    )
    took = Command((sys.executable, "-c", code, "{}")).ask("x", 300.0)
    (left,) = (int(path.name) for path in tmp_path.iterdir())
    assert is_running(left)
    assert took < 300_000
    os.kill(left, signal.SIGKILL)


def press_of(total_ms: float) -> Press:
    """Return a press that took so long."""
    return Press(1.0, 2.0, total_ms, {}, cached=False, last={})


def test_they_take_turns_and_another_one_is_first_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that none of them always has the machine that the one before has warmed."""
    asked: list[str] = []

    def press(line: str) -> Press:
        asked.append(f"ours {line}")
        return press_of(100.0)

    def ask(command: Command, line: str, _limit_s: float) -> float:
        asked.append(f"{command.words[0]} {line}")
        return 250.0

    monkeypatch.setattr(Command, "ask", ask)
    rivals = rivals_of(["a {}", "b {}"], LIMIT_S)
    for turn in range(3):
        measure.in_turn(turn, str(turn), press, rivals)
    assert asked == ["ours 0", "a 0", "b 0", "a 1", "b 1", "ours 1", "b 2", "ours 2", "a 2"]
    row = rivals[0].figures()
    assert (row["pairs"], row["faster"], row["ratio"]["p50"]) == (3, 3, 2.5)
    assert (row["ratio"]["low"], row["ratio"]["high"], row["ratio"]["confidence"]) == (2.5, 2.5, 0.75)


def test_one_that_fails_is_asked_no_more_and_keeps_its_pairs() -> None:
    """Ours goes on."""
    rival = Rival(Command.of(python('import sys; assert sys.argv[1] == "good"; print("ls")')), LIMIT_S)
    for line in ("good", "bad", "good"):
        rival.pair(1000.0, rival.ask(line))
    row = rival.figures()
    assert row["pairs"] == 1
    assert "failed with status 1" in row["error"]
    assert rivals_of(["a {}"], LIMIT_S)[0].figures() == {"command": "a {}", "pairs": 0}


def test_the_time_is_its_own() -> None:
    """From its start to its end."""
    start = time.perf_counter()
    took = Command.of(python('import time; time.sleep(0.2); print("ls")')).ask("x", LIMIT_S)
    assert 200 <= took <= (time.perf_counter() - start) * 1000
