"""The verbs of `caro` beside the request itself: what they print, and how they exit."""

import json
import stat
from pathlib import Path

import pytest
from commands import at_terminal, caro
from user_home import Home, Script, need_program


def test_status_without_a_daemon_starts_none(home: Home) -> None:
    """`caro daemon status` only looks."""
    done = caro(home, "daemon", "status", "--json")
    assert json.loads(done.stdout)["state"] == "stopped"
    assert home.daemon_pid() == 0


def test_status_tells_what_scripts_ask_for(home: Home) -> None:
    """The object has the promised keys, and they are true."""
    caro(home, "one request")
    status = json.loads(caro(home, "daemon", "status", "--json").stdout)
    assert status["pid"] == home.daemon_pid()
    assert (status["state"], status["model"], status["device"]) == ("ready", "small", "none")
    assert status["requests"] == 1
    assert status["uptime_s"] >= 0
    assert status["rss_bytes"] > 1_000_000
    assert status["version"].count(".") == 2


def test_start_stop_and_restart(home: Home) -> None:
    """The daemon comes and goes by hand too, and saying it twice is no error."""
    assert caro(home, "daemon", "start").returncode == 0
    first = home.daemon_pid()
    assert "running already" in caro(home, "daemon", "start").stderr
    assert caro(home, "daemon", "restart").returncode == 0
    assert home.daemon_pid() not in (0, first)
    assert caro(home, "daemon", "stop").returncode == 0
    assert home.daemon_pid() == 0
    assert "was not running" in caro(home, "daemon", "stop").stderr


def test_logs_shows_the_log(home: Home) -> None:
    """The log tells when the daemon came, and nothing of what was asked."""
    caro(home, "a very private request")
    done = caro(home, "daemon", "logs")
    assert "listens" in done.stdout
    assert "private" not in done.stdout


def test_last_shows_exactly_what_was_sent(home: Home, script: Script) -> None:
    """What went to the model and what came back, word for word."""
    script.say("list files", "```sh\nls\n```")
    caro(home, "--shell", "fish", "list files")
    text = caro(home, "last").stdout
    assert "You write fish commands for" in text
    assert "[user]\nlist files\n" in text
    assert "```sh\nls\n```" in text
    last = json.loads(caro(home, "last", "--json").stdout)
    assert [message["role"] for message in last["sent"]] == ["system", "user"]
    assert last["answers"] == ["```sh\nls\n```"]
    assert last["timings_ms"]["total"] > 0


def test_last_sends_no_control_characters_to_the_terminal(home: Home, script: Script) -> None:
    """What was sent may quote a file's name, or what somebody's program has said; `--json` has it to the letter."""
    caro(home, "list \x1b[31mfiles")
    assert "[user]\nlist [31mfiles\n" in caro(home, "last").stdout
    assert "\x1b" in json.loads(caro(home, "last", "--json").stdout)["sent"][-1]["content"]


def test_last_without_a_request_says_so(home: Home) -> None:
    """Nothing to show is one sentence and exit code 1."""
    done = caro(home, "last")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Nothing has been asked" in done.stderr


@pytest.mark.parametrize(
    ("shell", "setting"), [("zsh", "CARO_PYTHON="), ("bash", "CARO_PYTHON="), ("fish", "set -g CARO_PYTHON ")]
)
def test_init_prints_lines_with_absolute_paths_that_exist(home: Home, shell: str, setting: str) -> None:
    """The lines for the rc file name an interpreter and a script, both there."""
    python, source = caro(home, "init", shell).stdout.splitlines()
    assert Path(python.removeprefix(setting)).stat().st_mode & stat.S_IXUSR
    assert Path(source.removeprefix("source ")).name == f"caro.{shell}"
    assert Path(source.removeprefix("source ")).is_file()


@pytest.mark.parametrize("shell", ["zsh", "bash", "fish"])
def test_what_init_prints_is_silent_in_its_shell(home: Home, shell: str) -> None:
    """As the last lines of an rc file, in a shell with a terminal and in a script; the status is 0."""
    alone = {"zsh": ["-f"], "bash": ["--norc", "--noprofile"], "fish": ["--no-config"]}[shell]
    rc = home.path / "rc"
    rc.write_text(caro(home, "init", shell).stdout)
    after = "echo $status" if shell == "fish" else "echo $?"
    for options in ([*alone, "-i"], alone):
        done = at_terminal(home, [need_program(shell), *options, "-c", f"source {rc}; {after}"])
        assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.parametrize(
    "words",
    [["init"], ["init", "tcsh"], ["daemon"], ["daemon", "dance"], ["bench", "-n", "0"], ["abbr"], ["abbr", "add", "x"]],
)
def test_wrong_words_are_one_sentence_and_exit_2(home: Home, words: list[str]) -> None:
    """Usage errors say what to type, without a traceback."""
    done = caro(home, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("caro: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["", "daemon", "models", "last", "doctor", "bench", "abbr"])
def test_help_is_there_for_every_verb(home: Home, verb: str) -> None:
    """`--help` is printed on stdout and exits 0."""
    done = caro(home, *([verb] if verb else []), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: caro")


def test_a_word_alone_is_a_verb_and_a_sentence_is_a_request(home: Home) -> None:
    """`caro "last ten commits"` asks; the verb is only the bare word."""
    assert caro(home, "last ten commits").stdout == "echo last ten commits\n"
