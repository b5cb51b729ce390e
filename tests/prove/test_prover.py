"""A proof is there in time, whatever the text, the tools or the disk do; nothing of the command is ever run."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from debian import Case, build_machine, fill, place, read_cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terminal import wait_for

from caro_shell.prompt import SHELLS
from caro_shell.prove import Facts, Proof, Prover, objections_to
from caro_shell.prove.commands import SIZE_LIMIT, commands_in
from caro_shell.prove.knowledge import Knowledge
from caro_shell.prove.store import Store
from caro_shell.prove.unwrap import unwrapped

CASES = [*read_cases("right.txt"), *read_cases("wrong.txt")]
# What lines are made of, so that the parser gets deep.
PIECES = [
    *"{}()[]<>|&;$`'\"\\#*?~!=-\n\t ",
    *["$(", "<(", "&&", "||", "<<EOF\n", "\nEOF\n", "2>", "--", " -", "for x in ", "; do ", "; done", "if ", "; fi"],
    *[
        "ls",
        "cat",
        "find . -exec ",
        "sudo ",
        "xargs ",
        "sh -c '",
        "git ",
        "cd ",
        "--foo",
        "notes.txt",
        "é",
        "\U0001f600",
    ],
]
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.tuples(st.sampled_from([case.command for case in CASES]), st.text(max_size=5), st.integers(0, 80)).map(
        lambda cut: cut[0][: cut[2]] + cut[1] + cut[0][cut[2] :]
    ),
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Knowledge, Path]:
    """The programs of a Debian, and a directory with some files."""
    path, knowledge = build_machine(tmp_path_factory.mktemp("debian"))
    return path, knowledge, fill(tmp_path_factory.mktemp("here"))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(command=TEXTS, request_=TEXTS, shell=st.sampled_from(SHELLS))
def test_no_text_is_too_odd(command: str, request_: str, shell: str, machine: tuple[str, Knowledge, Path]) -> None:
    """Neither a command nor a request; and what is said is one line, and points into the command."""
    path, knowledge, here = machine
    facts = Facts(str(here), request_, path=path, home="/home/me")
    for found in objections_to(command, place(shell), facts, knowledge):
        assert 0 <= found.span[0] <= found.span[1] <= len(command)
        assert found.note.isprintable()
        assert found.wish.isprintable()
        assert len(found.note) < 500


def test_a_deletion_that_leaves_out_what_was_named_is_critical(machine: tuple[str, Knowledge, Path]) -> None:
    """Whatever it takes, it is not that; what only looks elsewhere is a note."""
    path, knowledge, here = machine

    def levels(request: str, command: str) -> list[str]:
        facts = Facts(str(here), request, path=path)
        return [found.level for found in objections_to(command, place("bash"), facts, knowledge)]

    assert levels("delete the logs in /var/log/app", "find . -name '*.log' -delete") == ["critical"]
    assert levels("trim all .py files", "find . -type f -exec sed -i 's/ *$//' {} +") == ["critical"]
    assert levels("list the logs in /var/log/app", "find . -name '*.log'") == ["safe"]
    assert levels("delete the logs in /var/log/app", "rm -f /var/log/app/*.log") == []


LONG = {
    "words": "a " * 50_000,
    "commands": "ls --foo; " * 10_000,
    "parentheses": "(" * 100_000,
    "substitutions": "$(" * 50_000,
    "quotes": "'" * 100_001,
    "backslashes": "\\" * 100_000,
    "heredocs": "<<A " * 25_000,
    "closing": ")" * 100_000,
    "underscores": "_" * 100_000,
    "pluses": "+" * 100_000,
    "dashes": "ls " + "-" * 100_000,
    "braces": "{a," * 33_000,
}


@pytest.mark.parametrize("kind", LONG)
def test_a_long_text_takes_no_longer_than_it_is(kind: str, machine: tuple[str, Knowledge, Path]) -> None:
    """As a command and as a request, whole and up to the length that is looked at."""
    path, knowledge, here = machine
    text = LONG[kind]
    before = time.process_time()
    for command, request_ in ((text, text), (text[:SIZE_LIMIT], text[:SIZE_LIMIT])):
        list(objections_to(command, place("bash"), Facts(str(here), request_, path=path), knowledge))
    # Seconds of the processor: it takes tenths of one, and minutes if it grew with the square of the length.
    assert time.process_time() - before < 20


@pytest.mark.parametrize("case", CASES[::5], ids=lambda case: case.command)
def test_a_word_stands_where_it_says(case: Case) -> None:
    """Characters, not bytes; and a word without quotes is the text that stands there."""
    for text in (case.command, f"echo é日; {case.command}"):
        for command in commands_in(text).commands:
            for word in (command.name, *command.words):
                if word.bare and word.known and "\\" not in text[word.start : word.end]:
                    assert text[word.start : word.end] == word.text


NESTED = {
    "sudo -u me nice -n 5 ls": ["sudo", "nice", "ls"],
    "env -i A=1 ls": ["env", "ls"],
    "find . -name x -exec grep -l y {} + -o -exec rm {} \\;": ["find", "grep", "rm"],
    "ls | xargs -n1 -I{} cp {} x": ["ls", "xargs", "cp"],
    "sh -c 'ls | wc'": ["sh", "ls", "wc"],
    "bash -lc 'ls'": ["bash", "ls"],
    "watch -n1 'ls | wc'": ["watch", "ls", "wc"],
    "timeout -s KILL 5 make": ["timeout", "make"],
    "fd -e py -x wc -l": ["fd", "wc"],
    "ssh host ls": ["ssh"],
    "docker run -it ubuntu ls": ["docker"],
    "command -v ls": ["command"],
    "busybox ls": ["busybox"],
    "sudo": ["sudo"],
    'sh -c "$x"': ["sh"],
    "not ls": ["ls"],
}


@pytest.mark.parametrize("line", NESTED)
def test_the_commands_that_others_run_are_found(line: str) -> None:
    """But not those that run on another machine."""
    assert [command.name.text for command in unwrapped(commands_in(line))] == NESTED[line]


def test_a_command_that_runs_another_has_its_own_words_only() -> None:
    """The other's belong to the other."""
    first, second = (
        unwrapped(commands_in("sudo -nu me env -i ls -l")),
        unwrapped(commands_in("find . -exec rm -f {} +")),
    )
    assert [[word.text for word in command.words] for command in first] == [["-nu", "me"], ["-i"], ["-l"]]
    assert [[word.text for word in command.words] for command in second] == [[".", "-exec"], ["-f", "{}"]]


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """An event that is set at the end, so that nobody waits for ever."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def tools(tmp_path: Path) -> str:
    """A PATH with `ls` in it."""
    directory = tmp_path / "bin"
    directory.mkdir()
    (directory / "ls").touch(mode=0o755)
    return str(directory)


def test_a_tool_that_answers_late_is_heard_the_next_time(tools: str, gate: threading.Event) -> None:
    """The first proof does not wait for it; what it says is there for those that follow."""

    def late(_program: str, _arguments: Sequence[str]) -> str:
        gate.wait(60)
        return "  -a, --all\n  -l, --long\n"

    prover = Prover(Knowledge(Store(None), late), budget_s=0.05)
    facts = Facts(path=tools)
    assert prover.prove("nothing-here; ls --foo", place("bash"), facts).notes == ("`nothing-here` is not installed.",)
    gate.set()
    wait_for(
        lambda: prover.prove("ls --foo", place("bash"), facts).notes == ("`ls` here has no `--foo`.",),
        lambda: "the tool's answer",
    )


def test_where_nothing_comes_back_no_more_is_sent(tools: str, gate: threading.Event) -> None:
    """A disk that has gone away costs a few threads, not one a request."""

    def stuck(_program: str, _arguments: Sequence[str]) -> str:
        gate.wait(60)
        return ""

    prover = Prover(Knowledge(Store(None), stuck), budget_s=0.01)
    before = threading.active_count()
    for _ in range(20):
        assert prover.prove("ls --foo", place("bash"), Facts(path=tools)) == Proof()
    assert threading.active_count() <= before + 4


def test_a_proof_says_everything_once_and_in_order(machine: tuple[str, Knowledge, Path]) -> None:
    """And nothing at all about a line that this grammar cannot read."""
    path, knowledge, here = machine
    prover = Prover(knowledge, budget_s=60)
    facts = Facts(str(here), path=path)
    proof = prover.prove("ls --foo; ls --foo; cat missing; frob; frob", place("bash"), facts)
    assert proof.notes == ("`ls` here has no `--foo`.", "`missing` is not here.", "`frob` is not installed.")
    assert proof.wish.startswith("`ls` here has no option --foo")
    for line in ("ls --foo (", "for x in *; ls --foo; end", "ls **/*(.om[1]) --foo", "", "\0"):
        assert prover.prove(line, place("zsh"), facts) == Proof()


def test_what_the_user_has_defined_is_there_and_takes_what_it_takes(machine: tuple[str, Knowledge, Path]) -> None:
    """Functions and aliases of the shell, and of the line itself; but not for sudo or xargs."""
    path, knowledge, here = machine

    def notes(line: str, *names: str) -> tuple[str, ...]:
        return Prover(knowledge, 60).prove(line, place("bash"), Facts(str(here), "", frozenset(names), path)).notes

    assert notes("gs", "gs") == notes("ls --foo", "ls") == notes("f() { :; }; f --foo") == ()
    assert notes("alias gs='git status'; gs") == ()
    assert notes("gs") == ("`gs` is not installed.",)
