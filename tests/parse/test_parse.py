"""What a model writes, and the one command that is read from it: cases/*.txt hold the pairs.

A case is `=== NAME | SHELL | FLAGS`, the raw answer, `---`, and the command; or `! WORDS`, words of the refusal.
Flags: `cut` (the model had not ended), `escapes` (backslash escapes stand for characters).
"""

import itertools
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from user_home import need_program

from caro_shell import verify
from caro_shell.errors import Unusable
from caro_shell.parse import is_finished, parse_command, preview
from caro_shell.parse.characters import is_refused


class Case(NamedTuple):
    """One raw answer and what is expected of it."""

    shell: str
    raw: str
    expected: str
    ended: bool


def _unescaped(text: str) -> str:
    return re.sub(
        r"\\(?:x(..)|u(....)|U(.{8})|([rnt]))",
        lambda m: {"r": "\r", "n": "\n", "t": "\t"}[m[4]] if m[4] else chr(int(m[1] or m[2] or m[3], 16)),
        text,
    )


def read_cases() -> dict[str, Case]:
    """Return every case by its file and name."""
    found: dict[str, Case] = {}
    for path in sorted((Path(__file__).parent / "cases").glob("*.txt")):
        for part in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            head, _newline, body = part.partition("\n")
            name, shell, flags, *_ = [word.strip() for word in (head + "| | ").split("|")]
            raw, _rule, expected = body.rpartition("\n---\n")
            if "escapes" in flags:
                raw, expected = _unescaped(raw), _unescaped(expected)
            key = f"{path.stem}: {name}"
            assert key not in found
            found[key] = Case(shell, raw, expected.removesuffix("\n"), "cut" not in flags)
    return found


CASES = read_cases()
GOOD = {name: case for name, case in CASES.items() if not case.expected.startswith("! ")}
BAD = {name: case for name, case in CASES.items() if name not in GOOD}


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_the_command_is_read_out_of_the_answer(case: Case) -> None:
    """Exactly one command, byte for byte."""
    assert parse_command(case.raw, case.shell, ended=case.ended) == case.expected


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_what_is_no_command_is_refused(case: Case) -> None:
    """The reason is one sentence, and there is a next step."""
    with pytest.raises(Unusable, match=re.escape(case.expected.removeprefix("! "))) as refused:
        parse_command(case.raw, case.shell, ended=case.ended)
    assert refused.value.message.endswith(".")
    assert refused.value.hint


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_nobody_stops_listening_before_the_command_is_complete(case: Case) -> None:
    """What is read when the command is first called finished is what would be read from the whole answer."""
    for length in range(len(case.raw) + 1):
        if is_finished(case.raw[:length], case.shell):
            assert parse_command(case.raw[:length], case.shell, ended=False) == case.expected
            break


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_shown_while_it_is_written_is_fit_for_a_terminal(case: Case) -> None:
    """No prefix shows a refused character, a fence, or the beginning of a sentence."""
    for length in range(len(case.raw) + 1):
        shown = preview(case.raw[:length], case.shell)
        assert not [char for char in shown if is_refused(char)]
        assert "```" not in shown
        assert not shown.startswith(("Here is", "Sure", '{"'))


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_the_cases_are_commands_to_their_own_shell(case: Case) -> None:
    """The data is real: each expected command passes the parser of the shell it is for."""
    need_program(case.shell)
    assert verify.syntax_error(case.expected, case.shell) == ""


def test_a_loop_is_noticed_while_it_is_written() -> None:
    """Nobody waits for a model that has lost its way."""
    raw = "find . -name a" + " -o -name b" * 20
    stopped = next(length for length in range(len(raw)) if is_finished(raw[:length], "bash"))
    assert stopped < len("find . -name a" + " -o -name b" * 6)
    with pytest.raises(Unusable, match="repeated"):
        parse_command(raw[:stopped], "bash", ended=False)


def test_a_preview_grows_into_the_command() -> None:
    """Each preview of a plain answer begins the next one."""
    raw = "find . -name '*.py' | head -5"
    shown = [preview(raw[:length], "bash") for length in range(1, len(raw) + 1)]
    assert shown[-1] == raw
    assert all(after.startswith(before) for before, after in itertools.pairwise(shown))
