"""The gestures with the default model, through the client that the shells run; commands are judged by running them."""

import subprocess
from pathlib import Path

import pytest
from commands import end, start_python
from user_home import Home

from caro_shell.parse.likeness import likeness

pytestmark = pytest.mark.model

_KEY = "import sys, caro_shell.keypress as k; sys.exit(k.main('stream'))"


def pressed(home: Home, cwd: Path, **fields: str | int) -> dict[str, str]:
    """Return the records that answer a press in `cwd`, the last one of each word."""
    told = "".join(f"{name}\t{text}\0" for name, text in {"shell": "bash", "terminal": "test", **fields}.items())
    code = f"import os; os.chdir({str(cwd)!r}); {_KEY}"
    said = end(start_python(home, ["-c", code]), told)
    assert said.stderr == ""
    return dict(record.split("\t", 1) for record in said.stdout.split("\0")[:-1])


def run(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run an answer in a test's own directory."""
    return subprocess.run(["bash", "-c", command], cwd=cwd, capture_output=True, text=True, check=False, timeout=30)


@pytest.fixture
def tree(home: Home) -> Path:
    """A small project to run commands in."""
    home.real_model("small")
    work = home.path / "work"
    for name in ("src/a.py", "src/deep/b.py", "lib/c.py", "notes.txt"):
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("one\ntwo\n")
    return work


def test_a_conversation_of_three_turns(home: Home, tree: Path) -> None:
    """Asked, narrowed, and changed once more: each command does what was said last, and still what was said first."""
    first = pressed(home, tree, left="find all python files")
    assert set(run(first["done"], tree).stdout.split()) == {"./src/a.py", "./src/deep/b.py", "./lib/c.py"}
    second = pressed(home, tree, left=f"{first['done']} # only in src", state=first["state"])
    assert {Path(name).name for name in run(second["done"], tree).stdout.split()} == {"a.py", "b.py"}
    third = pressed(home, tree, left=f"{second['done']} # count them", state=second["state"])
    assert run(third["done"], tree).stdout.split()[-1] == "2", third["done"]


def test_alternatives_are_other_commands(home: Home, tree: Path) -> None:
    """Each press on the untouched answer brings one that is not like any before it, until they begin again."""
    seen = [pressed(home, tree, left="list all files")]
    while len(seen) < 4:
        last = seen[-1]
        seen.append(pressed(home, tree, left=last["done"], state=last["state"]))
        if seen[-1]["done"] == seen[0]["done"]:
            break
    commands = [answer["done"] for answer in seen]
    assert len({likeness(command) for command in commands[:3]}) == 3, commands


def test_half_a_command_is_finished(home: Home, tree: Path) -> None:
    """What is right of the cursor stays to the character, and the whole runs."""
    answer = pressed(home, tree, left="find src -type f ", right=" | wc -l")
    assert answer["done"].endswith(" | wc -l"), answer
    assert answer["cursor"] == str(len("| wc -l"))
    assert run(answer["done"], tree).returncode == 0
    mended = pressed(home, tree, left="git comit -m 'x' --amned")["done"]
    assert mended == "git commit -m 'x' --amend"


@pytest.mark.parametrize(
    ("failed", "status", "check"),
    [
        ("mkdir made/one/two", 1, "test -d made/one/two"),
        ("cd ./scr/deep", 1, "true"),
        ("grpe one notes.txt", 127, "true"),
    ],
)
def test_what_failed_is_mended(home: Home, tree: Path, failed: str, status: int, check: str) -> None:
    """From its text and status alone: the proposed command works where the failed one did not."""
    assert run(failed, tree).returncode != 0
    answer = pressed(home, tree, failed=failed, status=status)
    done = run(f"{answer['done']}\n{check}", tree)
    assert (done.returncode, done.stderr) == (0, ""), answer["done"]


def test_a_command_is_explained(home: Home, tree: Path) -> None:
    """In a sentence or two that name what matters."""
    answer = pressed(home, tree, gesture="explain", left="find . -type f -name '*.py' -mtime -1")
    assert "done" in answer
    said = caro_explains(home, "rm -rf build")
    assert "build" in said
    assert any(word in said.lower() for word in ("delete", "remove"))


def caro_explains(home: Home, command: str) -> str:
    """Return what `caro explain` prints."""
    return end(start_python(home, ["-m", "caro_shell", "explain", command])).stdout
