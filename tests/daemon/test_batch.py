"""`caro` in scripts: one answer a line, stdout for answers alone, exit codes, and a daemon that does not grow."""

import json
import os
import signal
import sys

from commands import caro, daemons_started, end, open_files, start
from user_home import Home, Script, need
from wire import Wire


def test_answers_come_line_by_line_in_order(home: Home, script: Script) -> None:
    """Also with a terminal's worth of nonsense between them; a command of several lines stays on its line."""
    script.say("two lines", "for f in *; do\n  echo $f\ndone")
    said = caro(home, "--batch", stdin="one\n\n  \ntwo lines\n# three\n日本\n")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == "echo one\nfor f in *; do\\n  echo $f\\ndone\necho three\necho 日本\n"
    assert daemons_started(home) == 1


def test_each_answer_is_there_before_the_next_request(home: Home) -> None:
    """Another program may talk to it, line by line."""
    batch = start(home, "--batch")
    assert batch.stdin
    assert batch.stdout
    for word in ("one", "two"):
        batch.stdin.write(f"{word}\n")
        batch.stdin.flush()
        assert batch.stdout.readline() == f"echo {word}\n"
    assert end(batch).returncode == 0


def test_a_line_that_fails_is_said_and_the_rest_goes_on(home: Home, script: Script) -> None:
    """It keeps its place, as an empty line; the exit code tells at the end."""
    script.say("bang", {"fail": "The engine has no fuel."})
    said = caro(home, "--batch", stdin="one\nbang\nthree\n")
    assert (said.returncode, said.stdout) == (1, "echo one\n\necho three\n")
    assert said.stderr == "caro: line 2: The engine has no fuel.\n      Mend it.\n"


def test_with_json_every_line_is_an_object(home: Home, script: Script) -> None:
    """A failure, too."""
    script.say("bang", {"fail": "The engine has no fuel."})
    said = caro(home, "--batch", "--json", stdin="one\nbang\n")
    one, bang = map(json.loads, said.stdout.splitlines())
    assert one["command"] == "echo one"
    assert bang == {"error": {"code": "engine", "message": "The engine has no fuel.", "hint": "Mend it."}}
    assert (said.returncode, said.stderr) == (1, "")


def test_a_batch_equals_one_by_one(home: Home, script: Script) -> None:
    """The same answers, whichever way they are asked for."""
    requests = [f"request {number}" for number in range(5)]
    for number, request in enumerate(requests):
        script.say(request, f"```\nls {number}\n```")
    batch = caro(home, "--batch", "--fresh", stdin="\n".join(requests)).stdout.splitlines()
    assert batch == [caro(home, "--fresh", request).stdout.rstrip("\n") for request in requests]


def test_a_batch_survives_a_daemon_that_leaves_between_two_lines(home: Home) -> None:
    """The next line starts another one."""
    batch = start(home, "--batch")
    assert batch.stdin
    assert batch.stdout
    batch.stdin.write("one\n")
    batch.stdin.flush()
    assert batch.stdout.readline() == "echo one\n"
    home.kill_daemon()
    said = end(batch, "two\n")
    assert (said.returncode, said.stdout, said.stderr) == (0, "echo two\n", "")
    assert daemons_started(home) == 2


def test_a_hundred_requests_leave_no_trace(home: Home) -> None:
    """The daemon has as many open files as before, and hardly more memory."""
    if sys.platform != "linux":
        need("reads /proc")
    lines = "\n".join(f"request {number}" for number in range(100))
    assert caro(home, "--batch", "--fresh", stdin=lines).returncode == 0
    files = sorted(open_files(home.daemon_pid()).values())
    with Wire(home) as wire:
        memory = wire.ask("status")["rss_bytes"]
    said = caro(home, "--batch", "--fresh", stdin=lines)
    assert said.stdout.splitlines() == [f"echo request {number}" for number in range(100)]
    with Wire(home) as wire:
        assert wire.ask("status")["rss_bytes"] - memory < 4_000_000
    caro(home, "one more")
    kinds = [[name.split(":")[0] for name in names] for names in (files, open_files(home.daemon_pid()).values())]
    assert sorted(kinds[0]) == sorted(kinds[1])


def test_stdout_carries_the_answer_alone(home: Home, script: Script) -> None:
    """A status, a note or a reason go to stderr."""
    script.say("(load)", {"wait": "weights"})
    client = start(home, "list")
    script.happened("waiting weights")
    with Wire(home) as wire:
        wire.events(wire.generate("other"), until=("working",))
    script.open_gate("weights")
    said = end(client)
    assert (said.returncode, said.stdout, said.stderr) == (0, "echo list\n", "")


def test_several_commands_are_a_line_each(home: Home, script: Script) -> None:
    """-n asks for up to so many."""
    script.say("list", "ls")
    script.say("list\nUse another tool than ls.", "dir")
    said = caro(home, "-n", "2", "list")
    assert (said.returncode, said.stdout) == (0, "ls\ndir\n")


def test_json_is_one_object_with_everything(home: Home) -> None:
    """The keys are those of the design, and behind them what came later."""
    said = caro(home, "--json", "list")
    assert list(json.loads(said.stdout)) == [
        "command",
        "risk",
        "reasons",
        "notes",
        "alternatives",
        "model",
        "engine",
        "cached",
        "timings_ms",
        "confidence",
    ]


def test_a_request_may_come_on_stdin(home: Home) -> None:
    """So that it is not seen in `ps`."""
    assert caro(home, stdin="list files\n").stdout == "echo list files\n"


def test_wrong_words_are_exit_2(home: Home) -> None:
    """Before any daemon is started."""
    for words in (["--colour"], ["-n", "many", "x"], ["--shell", "tcsh", "x"], ["--batch", "x"], [""]):
        said = caro(home, *words, stdin="")
        assert (said.returncode, said.stdout) == (2, "")
        assert said.stderr.startswith("caro: ")
        assert "Traceback" not in said.stderr
    assert daemons_started(home) == 0


def test_ctrl_c_ends_a_batch(home: Home, script: Script) -> None:
    """Exit 130; what was answered stays."""
    script.say("long", {"wait": "never"}, "ls")
    batch = start(home, "--batch")
    assert batch.stdin
    batch.stdin.write("one\nlong\n")
    batch.stdin.flush()
    script.happened("waiting never")
    os.kill(batch.pid, signal.SIGINT)
    said = end(batch)
    assert (said.returncode, said.stdout, said.stderr) == (130, "echo one\n", "")
    script.happened("cancelled long")
