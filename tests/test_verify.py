"""The shell's own parser says whether it can read a command, and runs nothing of it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from user_home import need_program

from caro_shell import verify
from caro_shell.prompt import SHELLS


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Each test looks for the shells anew."""
    verify._parser.cache_clear()  # noqa: SLF001  what is on PATH is part of these tests
    yield
    verify._parser.cache_clear()  # noqa: SLF001


GOOD = {
    "every": ["ls -la", "echo 'a b' | sort > /dev/null", "echo é 日本", "false && nothing", "echo \\\n  a"],
    "zsh": [
        "ls **/*(.om[1])",
        "print ${(U)x}",
        "for f (*) echo $f",
        "cat <<A\na\nA",
        "cat =(date)",
        "cat <&$fd",
        "ls =nosuch",
    ],
    "bash": ["[[ -f a ]] && echo $((1 << 2))", "diff <(ls) <(ls)", "cat <<A\na\nA", "x=(1 2)"],
    "fish": ["for f in *; echo $f; end", "set x (ls)", "test -f a; and echo b"],
}
BAD = {
    "every": ["echo 'a", 'echo "a', "ls |"],
    "zsh": ["if true; then ls", "echo $(ls", "ls )", "ls }", "fi", "echo a; }; fi"],
    "bash": ["if true; then ls", "echo $(ls", "ls )", "cat <<A\na", "for f in; do"],
    "fish": ["for f in *; echo $f", "echo (ls", "if true; then ls; fi", "x=$(ls"],
}


@pytest.mark.parametrize(("shell", "command"), [(s, c) for s in SHELLS for c in GOOD["every"] + GOOD[s]])
def test_a_command_of_the_shell_passes(shell: str, command: str) -> None:
    """No objection is the empty text."""
    need_program(shell)
    assert verify.syntax_error(command, shell) == ""


@pytest.mark.parametrize(("shell", "command"), [(s, c) for s in SHELLS for c in BAD["every"] + BAD[s]])
def test_what_the_shell_cannot_read_is_objected_to(shell: str, command: str) -> None:
    """With what the shell itself says, in one line."""
    need_program(shell)
    assert len(verify.syntax_error(command, shell).splitlines()) == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_of_the_command_runs(shell: str, tmp_path: Path) -> None:
    """Neither it, nor what is substituted in it, nor the user's own files."""
    need_program(shell)
    for command in ("touch {}", "echo $(touch {})", "touch {} &", "exec touch {}", ": > {}", "trap 'touch {}' EXIT"):
        verify.syntax_error(command.format(tmp_path / "ran"), shell)
    assert list(tmp_path.iterdir()) == []


def test_a_shell_that_is_not_here_has_no_objection(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to ask."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert verify.syntax_error("echo 'a", "fish") == ""


def test_a_parser_that_hangs_or_cannot_run_does_not_hold_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check is there to help; a broken installation must not keep the user from the command."""
    parser = tmp_path / "bash"
    parser.write_text("#!/bin/sh\nexec sleep 1000\n")
    parser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(verify, "_TIMEOUT_S", 0.05)
    assert verify.syntax_error("echo 'a", "bash") == ""
    parser.unlink()
    (tmp_path / "bash").write_bytes(b"\0not a program")
    (tmp_path / "bash").chmod(0o755)
    verify._parser.cache_clear()  # noqa: SLF001
    assert verify.syntax_error("ls", "bash") == ""


def test_a_check_that_is_not_asked_leaves_no_process() -> None:
    """A request may be cancelled, or its answer refused, before the parser is needed."""
    need_program("bash")
    before = set(children())
    with verify.SyntaxCheck("bash"):
        assert set(children()) > before
    assert set(children()) == before


def children() -> list[str]:
    """Return the process ids of this process's children."""
    done = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return [line for line in done.stdout.splitlines() if "ps" not in line]
