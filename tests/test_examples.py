"""The fixed examples: each can be read by its shell, none is a task of the evals, all stand before the request."""

import re
import tomllib
from pathlib import Path

import pytest

from caro_shell import verify
from caro_shell.examples import example_turns, examples, with_examples
from caro_shell.prompt import SHELLS, Place, build_messages, explanation_request
from caro_shell.safety.judge import judge

PLACES = [Place("Linux", "GNU", shell) for shell in SHELLS] + [Place("macOS", "BSD", "zsh")]
TASKS = Path(__file__).parents[1] / "evals" / "tasks"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.system}-{place.shell}")
def test_each_is_valid_where_it_is_shown(place: Place) -> None:
    """By the shell's own parser."""
    turns = example_turns(place)
    assert len(turns) >= 40
    for request, answer in zip(turns[::2], turns[1::2], strict=True):
        assert (request.role, answer.role) == ("user", "assistant")
        if request.content.startswith(explanation_request("")):
            continue
        with verify.SyntaxCheck(place.shell) as check:
            assert not check.objection(answer.content), answer.content


def test_they_stand_between_the_system_and_the_request() -> None:
    """So that what is constant comes first."""
    messages = build_messages("list files", PLACES[0])
    opened = with_examples(messages, PLACES[0])
    assert (opened[0], opened[-1]) == (messages[0], messages[-1])
    assert opened[1:-1] == list(example_turns(PLACES[0]))


def test_each_system_gets_its_own_spelling() -> None:
    """There is no `$(…)` arithmetic in fish, no -printf in BSD's find."""
    fish, mac = example_turns(PLACES[2]), example_turns(PLACES[3])
    assert not any(re.search(r"\$\(\(|; done\b", turn.content) for turn in fish if turn.role == "assistant")
    assert not any("-printf" in turn.content or "date -d" in turn.content for turn in mac)


def test_no_example_is_a_high_risk() -> None:
    """The model learns from them what is usual."""
    for example in examples():
        for command in filter(None, (example.command, example.fish, example.bsd)):
            assert judge(command, "fish" if command == example.fish else "bash").level in {"safe", "moderate"}, command


def test_no_example_is_a_task() -> None:
    """Neither its request nor its command: what the evals measure is not in the prompt."""
    tasks = [task for path in TASKS.glob("*/*.toml") for task in tomllib.loads(path.read_text())["task"]]
    assert len(tasks) >= 300
    requests = {_bare(task["request"]) for task in tasks}
    commands = {_bare(task["reference"]) for task in tasks}
    for example in examples():
        assert _bare(example.request) not in requests
        assert _bare(example.command) not in commands


def _bare(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()
