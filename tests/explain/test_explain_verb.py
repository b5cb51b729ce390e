"""`caro explain`: the parts on stdout, the model asked only for what nothing on this machine says."""

import json
import os

import pytest
from commands import caro
from user_home import Home

from caro_shell.prompt import explanation_request

COMMAND = "ls -l src"
ASKED = explanation_request(COMMAND, ["src"])


@pytest.fixture
def path(home: Home) -> str:
    """A PATH with the system's own tools, and nothing of whoever runs the tests."""
    return "/usr/bin:/bin"


def test_the_manuals_parts_and_the_models_are_told_apart(home: Home, path: str) -> None:
    """The whole first, then each part; the model's are marked, and named below."""
    home.script.say(ASKED, "It lists what is in src.\n1. `src`: the \x1b[31mdirectory\n")
    done = caro(home, "explain", COMMAND, PATH=path, COLUMNS="120")
    lines = done.stdout.splitlines()
    assert lines[:3] == ["~ It lists what is in src.", "", COMMAND]
    assert "   -l      use a long listing format" in lines
    assert "      src  ~ the [31mdirectory" in lines
    assert lines[-1].startswith("~ said by the model small, which can be wrong;")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_model_the_rest_is_explained_all_the_same(home: Home, path: str) -> None:
    """Why it is not whole is said on stderr; with --local nobody is asked, nor where there is nothing to ask."""
    home.script.say(ASKED, {"fail": "The engine has no fuel."})
    done = caro(home, "explain", COMMAND, PATH=path, COLUMNS="120")
    assert done.returncode == 0
    assert "   -l      use a long listing format" in done.stdout
    assert "      src  no manual on this machine says what this does" in done.stdout
    assert done.stderr == "caro: The engine has no fuel. Mend it.\n"
    asked = len(home.script.events())
    assert caro(home, "explain", "--local", COMMAND, PATH=path).stderr == ""
    assert caro(home, "explain", "ls -l", PATH=path).returncode == 0
    assert len(home.script.events()) == asked


def test_where_nothing_is_known_without_it_the_models_error_is_the_answer(home: Home, path: str) -> None:
    """Then there is no explanation."""
    home.script.say(explanation_request("no-such-tool --x", ["no-such-tool", "--x"]), {"fail": "No fuel."})
    done = caro(home, "explain", "no-such-tool --x", PATH=path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "No fuel." in done.stderr


def test_words_are_a_wrong_use(home: Home, path: str) -> None:
    """They are no command yet; and nothing is a question for one."""
    done = caro(home, "explain", "list the files", PATH=path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "These are words, not a command yet." in done.stderr
    assert caro(home, "explain", stdin="").returncode == 2


def test_json_says_who_says_what(home: Home, path: str) -> None:
    """Spans count characters of the command, which may come on stdin."""
    done = caro(home, "explain", "--json", "--local", stdin="ls -l > 'ö x'\n", PATH=path)
    told = json.loads(done.stdout)
    assert (told["command"], told["summary"], told["model"]) == ("ls -l > 'ö x'", "", "")
    assert [(part["part"], part["spans"], part["source"]) for part in told["parts"]] == [
        ("ls", [[0, 2]], "manual"),
        ("-l", [[3, 5]], "manual"),
        ("> 'ö x'", [[6, 13]], "shell"),
    ]
    assert told["parts"][1]["text"] == "use a long listing format"


def test_at_a_terminal_the_draft_is_replaced_by_the_whole(home: Home, path: str) -> None:
    """What the manuals say is there while the model is asked; in the end it is there once."""
    import pty
    import subprocess
    import sys

    home.script.say(ASKED, {"wait": "go"}, "It lists.\n1. the directory\n")
    keyboard, screen = pty.openpty()
    environ = {**home.environ, "PATH": path, "COLUMNS": "120", "LINES": "40", "TERM": "xterm"}
    words = [sys.executable, "-m", "caro_shell", "explain", COMMAND]
    with subprocess.Popen(
        words, env=environ, stdin=subprocess.DEVNULL, stdout=screen, stderr=subprocess.DEVNULL
    ) as run:
        os.close(screen)
        home.script.happened("waiting go")
        draft = os.read(keyboard, 65536).decode()
        assert "      src  …" in draft
        home.script.open_gate("go")
        rest = b""
        while True:
            try:
                rest += os.read(keyboard, 65536)
            except OSError:
                break
        assert run.wait() == 0
    os.close(keyboard)
    # As many rows up as the draft had.
    assert rest.decode().partition("\r\x1b[J")[0].endswith(f"\x1b[{draft.count(chr(10))}A")
    assert "      src  ~ the directory" in rest.decode()


def test_a_file_of_several_lines_is_explained_line_by_line(home: Home, path: str) -> None:
    """As `caro explain < script.sh` gives it."""
    done = caro(home, "explain", "--local", stdin="#!/bin/sh\nls -l\nls -a\n", PATH=path)
    assert "ls -l\n" in done.stdout
    assert "   -a  do not ignore entries starting with ." in done.stdout
