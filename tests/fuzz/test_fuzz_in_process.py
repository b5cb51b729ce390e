"""A little of each fuzz script that needs no shell and no daemon, from seeds; and what the scripts have found."""

import sys
from collections.abc import Callable
from pathlib import Path

import fuzz_answers
import fuzz_config
import fuzz_decode
import pytest

from caro_shell import config, protocol
from caro_shell.errors import ConfigError, ProtocolError, Unusable
from caro_shell.keypress import fit_for_a_terminal, sentence
from caro_shell.keypress.answer import record
from caro_shell.keypress.press import Press, press_of
from caro_shell.parse import MOST_CHARACTERS, is_finished, parse_command, preview
from caro_shell.parse.explanation import parse_explanation

FULL_BLOCK = "█"


@pytest.mark.parametrize("seed", [1, 2])
def test_frames_of_any_kind_are_a_message_or_an_error(seed: int) -> None:
    """The decoding of both sides; `python tests/fuzz/fuzz_decode.py 1000000` goes further."""
    seen = fuzz_decode.run(5000, seed)
    assert min(seen["taken"], seen["refused"]) > 500


@pytest.mark.parametrize("seed", [1, 2])
def test_a_configuration_file_of_any_kind_is_settings_or_a_sentence(seed: int, tmp_path: Path) -> None:
    """And so is a variable; `python tests/fuzz/fuzz_config.py 100000` goes further."""
    seen = fuzz_config.run(1500, seed, tmp_path)
    assert min(seen["taken"], seen["refused"]) > 50


@pytest.mark.parametrize("seed", [1, 2])
def test_an_answer_of_any_kind_is_a_command_or_a_refusal(seed: int) -> None:
    """And what a shell gets for it; `python tests/fuzz/fuzz_answers.py 100000` goes further."""
    seen = fuzz_answers.run(1500, seed)
    assert min(seen["taken"], seen["refused"]) > 200


# --- what was found -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["\\ud800", "a\\uDFFFb", "\\udc00\\ud800"])
def test_half_a_character_is_no_text(text: str) -> None:
    """JSON can escape it; but nothing could write it down, to a model or to a file."""
    body = f'{{"type": "status", "more": ["{text}"]}}'.encode()
    with pytest.raises(ProtocolError, match="not JSON in UTF-8"):
        protocol.decode([protocol.VERSION, b"1", body], protocol.REQUESTS)
    whole = b'{"type": "cancel", "request": "\\ud83d\\ude00 \\\\ud800"}'
    assert protocol.decode([protocol.VERSION, b"1", whole], protocol.REQUESTS)[1]["request"] == "\U0001f600 \\ud800"


def test_what_the_other_side_said_is_not_repeated_whole() -> None:
    """A sentence has the beginning of it, without control characters."""
    for frames in (
        [b"\x1b[2J" + bytes(100_000), b"1", b"{}"],
        [protocol.VERSION, b"1", b'{"type": "\\u001b[2J' + b"x" * 60_000 + b'"}'],
    ):
        with pytest.raises(ProtocolError) as error:
            protocol.decode(frames, protocol.REQUESTS)
        assert len(error.value.message) < 100
        assert error.value.message.isprintable()


def test_a_request_has_no_nul() -> None:
    """No line and no name of a file has one; six characters that look like one are none."""
    for text in ("\\u0000", "a\\\\\\u0000"):
        body = f'{{"type": "cancel", "request": "{text}"}}'.encode()
        with pytest.raises(ProtocolError, match="no NUL"):
            protocol.decode([protocol.VERSION, b"1", body], protocol.REQUESTS)
    body = b'{"type": "cancel", "request": "\\\\u0000"}'
    assert protocol.decode([protocol.VERSION, b"1", body], protocol.REQUESTS)[1]["request"] == "\\u0000"


def test_an_id_has_its_length() -> None:
    """It comes back with every event, and those that are not read are kept."""
    body = b'{"type": "status"}'
    longest = b"x" * protocol.ID_LIMIT
    assert protocol.decode([protocol.VERSION, longest, body], protocol.REQUESTS)[0] == longest
    with pytest.raises(ProtocolError, match="at most 256 bytes"):
        protocol.decode([protocol.VERSION, longest + b"x", body], protocol.REQUESTS)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"threads = 0x{'f' * 5000}", "must be at most 1024, not 0xffff"),
        (f"idle_exit = 0x{'f' * 5000}", ""),
        (f"model = 0b{'1' * 60_000}", "must be text in quotes, not 0xffff"),
        (f"\nthreads = {'9' * 5000}", "2: this is not TOML: a number of too many digits"),
        (f"model = {'[' * 30_000}", "is not TOML"),
        ("#" * 100_000, "has more than 64 KiB"),
    ],
)
def test_numbers_and_files_without_measure(line: str, said: str, tmp_path: Path) -> None:
    """Each is a sentence, and none takes long to say."""
    file = tmp_path / "config.toml"
    file.write_text(line)
    if not said:
        assert config.resolve({}, str(file)).idle_exit == float("inf")
        return
    with pytest.raises(ConfigError) as error:
        config.resolve({}, str(file))
    assert said in error.value.message
    assert len(error.value.message) < 400


def test_a_name_that_no_file_can_have() -> None:
    """A shell cannot say it; another client can."""
    with pytest.raises(ConfigError, match="is no file's name"):
        config.resolve({}, "/a\0b")


def test_json_without_an_end_is_no_command() -> None:
    """A model may open brackets until it is stopped."""
    for raw in ('{"command": ' + "[" * 10_000, '{"a":' * 3000, "```\n" + '{"a":' * 3000 + "\n```"):
        with pytest.raises(Unusable):
            parse_command(raw, "bash", ended=True)
        assert preview(raw, "bash") == ""


def _steps(work: Callable[[], object]) -> int:
    """Return how many calls of functions, ours and C's, some work takes."""
    count = 0

    def note(_frame: object, _event: str, _what: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def _read(raw: str) -> None:
    for shell in ("zsh", "bash", "fish"):
        is_finished(raw, shell)
        preview(raw, shell)
        try:
            parse_explanation(raw, ended=False)
            parse_command(raw, shell, ended=False)
        except Unusable:
            pass


@pytest.mark.parametrize("piece", ["a", "[", "; ", "'", "a\n", "`", "ls <<E\n", FULL_BLOCK, "\x1b"])
def test_the_work_on_an_endless_answer_has_an_end(piece: str) -> None:
    """Of 1 MB no more is looked at than of the longest answer that is read; and that work grows with its length."""
    longest = (piece * MOST_CHARACTERS)[:MOST_CHARACTERS]
    half, whole = _steps(lambda: _read(longest[: MOST_CHARACTERS // 2])), _steps(lambda: _read(longest))
    assert whole < 3 * half + 1000
    assert _steps(lambda: _read(piece * (1 << 20))) < 2 * whole + 1000
    with pytest.raises(Unusable, match="more than any command needs"):
        parse_command(piece * (1 << 20), "bash", ended=True)
    assert is_finished(piece * (1 << 20), "bash")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("```\nls; \nfind . -exec ls {} \\;\n```", "ls && find . -exec ls {} \\;"),
        ("```\nfind . -exec ls {} \\; ;\nls\n```", "find . -exec ls {} \\; && ls"),
    ],
)
def test_what_ends_a_step_is_taken_off(raw: str, expected: str) -> None:
    """But not the `;` that is a word of the command."""
    assert parse_command(raw, "bash", ended=True) == expected


def test_a_sentence_and_a_glimpse_have_nothing_a_terminal_obeys() -> None:
    """Whoever has written them; a command and the user's own words stay to the letter."""
    odd = "a\x1b[2J\u202eb\x9b\td"
    assert sentence(ConfigError(odd, "\x07c")) == "a[2Jb\td c"
    assert fit_for_a_terminal("plain é") == "plain é"
    assert [record(word, odd) for word in ("note", "chunk")] == [
        f"{word}\ta[2Jb\td\0".encode() for word in ("note", "chunk")
    ]
    assert record("history", "# a\u200cb") == "history\t# a\u200cb\0".encode()


def test_fields_of_a_press_that_no_script_of_ours_writes() -> None:
    """A shell that counts wrongly, or calls a field as we call a list, gets an answer all the same."""
    fields = b"pid\t" + b"9" * 5000 + b"\0status\t-1\0outcomes\tx\0functions\ta b\0aliases\tx\0left\ta\0cut"
    assert press_of(fields) == Press(left="a", functions=("a", "b"))
