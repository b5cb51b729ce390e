"""The verbs of `caro` beside the request itself: what they print, and how they exit."""

import json
import stat
from pathlib import Path

import pytest
from commands import caro
from user_home import Home, Script


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


def test_last_without_a_request_says_so(home: Home) -> None:
    """Nothing to show is one sentence and exit code 1."""
    done = caro(home, "last")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Nothing has been asked" in done.stderr


def test_init_prints_lines_with_absolute_paths_that_exist(home: Home) -> None:
    """The lines for .zshrc name an interpreter and a script, both there."""
    python, source = caro(home, "init", "zsh").stdout.splitlines()
    assert Path(python.removeprefix("CARO_PYTHON=")).stat().st_mode & stat.S_IXUSR
    assert Path(source.removeprefix("source ")).name == "caro.zsh"
    assert Path(source.removeprefix("source ")).is_file()


@pytest.mark.parametrize("words", [["init"], ["init", "tcsh"], ["daemon"], ["daemon", "dance"], ["bench", "-n", "0"]])
def test_wrong_words_are_one_sentence_and_exit_2(home: Home, words: list[str]) -> None:
    """Usage errors say what to type, without a traceback."""
    done = caro(home, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("caro: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["", "daemon", "models", "last", "doctor", "bench"])
def test_help_is_there_for_every_verb(home: Home, verb: str) -> None:
    """`--help` is printed on stdout and exits 0."""
    done = caro(home, *([verb] if verb else []), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: caro")


def test_a_word_alone_is_a_verb_and_a_sentence_is_a_request(home: Home) -> None:
    """`caro "last ten commits"` asks; the verb is only the bare word."""
    assert caro(home, "last ten commits").stdout == "echo last ten commits\n"


def test_doctor_names_what_is_wrong_and_what_mends_it(home: Home) -> None:
    """A home without model and without start-up file: both are named, with the commands that help."""
    done = caro(home, "doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert findings["python"]["ok"]
    assert findings["runtime directory"]["ok"]
    assert not findings["model"]["ok"]
    assert "caro models pull" in findings["model"]["mend"]
    assert not findings["zsh start-up"]["ok"]
    assert "caro init zsh" in findings["zsh start-up"]["mend"]
    assert home.daemon_pid() == 0


def test_doctor_finds_a_wrong_setting(home: Home) -> None:
    """A wrong value in the environment is a finding, not a crash."""
    done = caro(home, "doctor", CARO_THREADS="many")
    assert "wrong  settings: CARO_THREADS must be of type int" in done.stdout
    assert "Traceback" not in done.stderr
