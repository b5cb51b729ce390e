"""What is made from the parsers is as they say: the man page, the completions, and every verb's help."""

import shutil
import subprocess
from pathlib import Path

import pytest

from caro_shell import config
from caro_shell.cli import VERBS, main
from manual.__main__ import made_files
from manual.commands import Command, read_commands

ROOT = Path(__file__).parents[2]
CARO = read_commands()
COMMANDS = [pytest.param(command, id=" ".join(("caro", *command.verbs))) for command in CARO.all()]


@pytest.mark.parametrize("path", made_files(), ids=lambda path: path.name)
def test_the_file_in_the_tree_is_the_one_that_is_made(path: Path) -> None:
    """Whoever changes a parser says `python -m manual` once more."""
    assert path.read_text(encoding="utf-8") == made_files()[path], "say: python -m manual"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_verb_has_help_with_an_example(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """The help says what the verb is for and what each word means, and shows the verb at work."""
    assert main([*command.verbs, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: caro")
    assert command.text
    assert command.examples
    assert all(typed in shown for typed, _what in command.examples)
    assert all(option.text for option in (*command.options, *command.places))
    for typed, what in command.examples:
        assert " ".join(("caro", *command.verbs)) in typed
        assert what


def test_help_is_a_verb_where_it_can_be_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """`caro help` and `caro help VERB` are what --help says; the latter's words are in the list of the former."""
    assert main(["help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {verb:{max(map(len, VERBS))}}  {what}" in shown for verb, what in VERBS.items())
    assert main(["help", "check"]) == 0
    assert capsys.readouterr().out.startswith("usage: caro check")


def test_the_exit_statuses_are_told_where_they_matter(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that calls `caro`, `caro check` or `caro doctor` finds there what it gets."""
    for words, told in (([], "130  cancelled"), (["check"], "12  critical"), (["doctor"], "1  something is wrong")):
        assert main([*words, "--help"]) == 0
        assert told in capsys.readouterr().out


def test_the_page_is_one_that_man_can_show() -> None:
    """Neither groff nor mandoc finds anything to complain of, and every verb and setting is in it."""
    page = ROOT / "docs" / "caro.1"
    text = page.read_text(encoding="ascii")
    for command in CARO.all():
        assert f'"{" ".join(("caro", *command.verbs))}"' in text.replace("\\-", "-") or not command.verbs
    assert all(name in text for name in config.ENVIRONMENT)
    checks = {"groff": ["-man", "-Tutf8", "-ww", "-z"], "mandoc": ["-T", "lint", "-W", "error"]}
    for name, words in checks.items():
        if shutil.which(name):
            done = subprocess.run([name, *words, str(page)], capture_output=True, text=True, check=False)
            assert done.stdout + done.stderr == ""
