"""The key is pressed in a real shell, and what each step took is what the whole took."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import caro, end, start
from terminal import wait_for
from user_home import Home, Script, need_program

from caro_shell.bench.pressing import Presses
from caro_shell.bench.requests import some_requests
from caro_shell.bench.sourcing import SHELLS
from caro_shell.errors import CaroError

STEPS = {
    "shell and interpreter",
    "client start",
    "connect",
    "socket, both ways",
    "queue",
    "context",
    "prompt",
    "proof",
    "judge",
    "other",
    "reply",
    "apply",
}


@pytest.fixture
def environment(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The home is this process's own."""
    monkeypatch.setattr(os, "environ", dict(home.environ))
    return home


@pytest.mark.parametrize("shell", SHELLS)
def test_the_steps_are_the_whole(shell: str, environment: Home, script: Script, tmp_path: Path) -> None:
    """In each shell, for a first request, one that the model is asked again, and one whose answer is known.

    Nothing of an answer is ever run, also where it has several lines.
    """
    need_program(shell)
    ran = tmp_path / "ran"
    loop = "for x in a\n  touch RAN\nend" if shell == "fish" else "for x in a; do\n  touch RAN\ndone"
    script.say("list files", loop[:12], loop[12:].replace("RAN", str(ran)))
    with Presses(tmp_path, shell) as presses:
        first, again = presses.press("list files"), presses.press("list files")
        known = presses.press("list files", known=True)
        assert presses.status()["requests"] == 3
    assert [press.cached for press in (first, again, known)] == [False, False, True]
    for press in (first, again, known):
        assert sum(press.steps_ms.values()) == pytest.approx(press.total_ms)
        assert 0 < press.feedback_ms <= press.words_ms <= press.total_ms
        assert all(value >= -0.02 for value in press.steps_ms.values()), press.steps_ms
    # On a machine that is very busy, the later ones may look whether there is a daemon to be started, too.
    assert set(first.steps_ms) >= {"daemon start", "load"}
    assert "load" not in {*again.steps_ms, *known.steps_ms}
    assert set(again.steps_ms) - set(known.steps_ms) >= {
        "prompt evaluation",
        "first token",
        "decode",
        "parse",
        "verify",
    }
    assert set(known.steps_ms) >= STEPS
    assert not ran.exists()
    assert script.events().count("ask list files") == 2
    # The user's own daemon has nothing to do with it, and no daemon is left.
    assert environment.daemon_pid() == 0
    assert not (tmp_path / "run" / "caro.sock").exists()


def test_a_request_that_fails_says_why(environment: Home, script: Script, tmp_path: Path) -> None:
    """In the words that the shell shows."""
    script.say("list files", {"fail": "The engine has no wish to."})
    with Presses(tmp_path, "bash") as presses, pytest.raises(CaroError, match="The engine has no wish to"):
        presses.press("list files")


def test_what_is_measured_loads_nothing_for_it() -> None:
    """The client's notes cost it no import but that of the module which takes them."""
    code = "import sys, {}; print(*sys.modules)"
    traced, client = (
        set(
            subprocess.run(
                [sys.executable, "-I", "-c", code.format(name)], capture_output=True, text=True, check=True
            ).stdout.split()
        )
        for name in ("caro_shell.bench.traced", "caro_shell.keypress.answer")
    )
    assert traced - client == {"caro_shell.bench", "caro_shell.bench.traced"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_the_bench_ends_all_of_it(number: int, home: Home, script: Script) -> None:
    """Shell, daemon and directory go; no half of a result is printed."""
    places = home.path / "tmp"
    places.mkdir()
    script.say(some_requests(1)[0], {"wait": "never"})
    bench = start(home, "bench", "--shell", "bash", "--json", TMPDIR=str(places))
    script.happened("waiting never")
    (daemon,) = (int(path.read_text()) for path in places.glob("caro-bench-*/run/daemon.lock"))
    bench.send_signal(number)
    done = end(bench)
    assert (done.returncode, done.stdout) == (130, "")
    wait_for(lambda: not Path(f"/proc/{daemon}/cmdline").exists(), lambda: f"for the daemon {daemon} to leave")
    assert not list(places.iterdir())
    assert home.daemon_pid() == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--vs", "sgpt -s"], "The other command needs {} where the request goes."),
        (["--svg", "/no/such/place/x.svg"], "There can be no picture at /no/such/place/x.svg."),
        (["--svg", "/"], "There can be no picture at /."),
        (["--read", "/no/such/file"], "/no/such/file cannot be read"),
        (["--read", "/dev/null"], "/dev/null is not what caro bench --json prints."),
        (["--engines", "llama", "--svg", "x.svg"], "--engines is a measurement of its own."),
        (["--limit", "0"], "There is nothing to measure"),
        (["--shell", "tcsh"], "Argument --shell: invalid choice"),
    ],
)
def test_wrong_words_are_known_before_anything_is_measured(words: list[str], told: str, home: Home) -> None:
    """One sentence and exit code 2; no daemon is started."""
    done = caro(home, "bench", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"caro: {told}")


def test_a_rival_that_does_not_work_is_known_first(home: Home) -> None:
    """And nothing is measured in vain."""
    done = caro(home, "bench", "--vs", f"{sys.executable} -c 'raise SystemExit(3)' {{}}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The other command failed with status 3." in done.stderr
    assert not Path(home.runtime).exists()


def test_an_earlier_result_is_shown_and_drawn_again(home: Home) -> None:
    """From what --json has printed alone."""
    result = Path(__file__).with_name("result.json")
    drawing = home.path / "bench.svg"
    shown = caro(home, "bench", "--read", str(result), "--svg", str(drawing))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "theirs / ours: median" in shown.stdout
    again = caro(home, "bench", "--read", str(result), "--json")
    assert json.loads(again.stdout) == json.loads(result.read_text())
    assert drawing.read_text().startswith("<svg ")
