"""Public pairs: templates are filled with values that the request names, and only what is known is filled."""

import json
from pathlib import Path
from random import Random
from typing import Any

from training.pairs import LINUX_BASH, LINUX_FISH, MACOS_ZSH
from training.slots import Kinds
from training.sources.nl2bash import place_of, read_nl2bash
from training.sources.placeholders import as_said, fill, read_template
from training.sources.tldr import read_tldr
from training.sources.workflows import read_workflows


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    """Return `path`, with a row a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_value_is_in_the_request_and_in_the_command() -> None:
    """In the place of what the description calls it, or behind it."""
    kinds = {"file": ("a.txt",), "user": ("bob",), "count": ("7",)}
    template = read_template("chown {{username}} {{path/to/file}}", Random(1))
    assert template
    for seed in range(20):
        filled = fill(template, "change the owner of a file", kinds, Random(seed), "bash")
        assert filled
        assert filled[1] == "chown bob a.txt"
        assert "a.txt" in filled[0]
        assert "bob" in filled[0]


def test_a_number_without_a_place_in_the_request_makes_no_pair() -> None:
    """Nobody would know what it counts; where the description names it, it is there."""
    kinds = {"count": ("7",)}
    template = read_template("head -n {{count}}", Random(1))
    assert template
    assert fill(template, "show the first lines", kinds, Random(1), "bash") is None
    assert fill(template, "show the first `count` lines", kinds, Random(1), "bash") == (
        "show the first 7 lines",
        "head -n 7",
    )


def test_a_placeholder_that_is_not_known_makes_no_pair() -> None:
    """Rather no pair than one with a hole in it."""
    assert read_template("aws s3 {{frobnicator_setting}}", Random(1)) is None


def test_one_of_the_forms_of_an_option_is_taken() -> None:
    """A tldr page has both."""
    forms = {t.command for seed in range(20) if (t := read_template("sort {{[-r|--reverse]}}", Random(seed)))}
    assert forms == {"sort -r", "sort --reverse"}


def test_a_description_is_said_without_its_marks() -> None:
    """Nobody types backticks, or brackets around a letter."""
    assert as_said("[c]reate an archive from `stdin`.", Random(1)).lower() == "create an archive from stdin"


def test_only_everyday_tools_are_read_from_tldr(tmp_path: Path, kinds: Kinds) -> None:
    """BSD's on macOS; what is about help is no request."""
    rows = [
        {
            "tool": "wc",
            "platform": "common",
            "about": "",
            "description": "Count lines in a file",
            "template": "wc -l {{path/to/file}}",
        },
        {"tool": "frobnicate", "platform": "common", "about": "", "description": "Do it", "template": "frobnicate"},
        {"tool": "wc", "platform": "common", "about": "", "description": "Display help", "template": "wc --help"},
        {
            "tool": "pbcopy",
            "platform": "osx",
            "about": "",
            "description": "Copy a file",
            "template": "pbcopy < {{path/to/file}}",
        },
    ]
    pairs = list(read_tldr(lines(tmp_path / "tldr.jsonl", *rows), kinds, Random(1)))
    assert {pair.topic for pair in pairs} == {"wc", "pbcopy"}
    assert {pair.place for pair in pairs if pair.topic == "pbcopy"} == {MACOS_ZSH}
    assert {pair.origin for pair in pairs if pair.topic == "wc"} == {"tldr.jsonl:1"}


def test_nl2bash_goes_to_shells_that_read_it_as_bash_does(tmp_path: Path) -> None:
    """To fish only what expands nothing."""
    assert LINUX_FISH not in {place_of('echo "${x%.*}"', Random(seed)) for seed in range(50)}
    assert LINUX_FISH in {place_of("ls -l src", Random(seed)) for seed in range(50)}
    path = lines(tmp_path / "nl2bash.jsonl", {"request": "a  b", "command": "diff <(ls a) <(ls b)"})
    (pair,) = read_nl2bash(path, Random(1))
    assert (pair.request, pair.topic, pair.place) == ("a b", "diff", LINUX_BASH)


def test_a_workflow_of_several_lines_is_left(tmp_path: Path, kinds: Kinds) -> None:
    """Joined, it would be another command."""
    rows: list[dict[str, Any]] = [
        {"request": "x", "description": "", "template": template, "arguments": {}} for template in ("ls\npwd", "ls")
    ]
    pairs = list(read_workflows(lines(tmp_path / "workflows.jsonl", *rows), kinds, Random(1)))
    assert [pair.command for pair in pairs] == ["ls"]
