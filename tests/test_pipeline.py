"""One request from line to reply, with an engine that says what it is told."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from caro_shell.answers import Listener
from caro_shell.engines import Placement, Sampling, Usage
from caro_shell.errors import Cancelled, CaroError, ServerError, Unusable, UsageError
from caro_shell.pipeline import MOST_ALTERNATIVES, Pipeline
from caro_shell.prompt import NO_COMMAND, Message
from caro_shell.protocol import Ask


class Engine:
    """Says one answer after the other, in pieces; counts what was taken of them."""

    name, model, placement = "fake", "parrot", Placement(device="none")
    notes: tuple[str, ...] = ("It is only a parrot.",)

    def __init__(self, *answers: Sequence[str], ended: bool = True) -> None:
        """`ended` is what it says of itself when an answer is over."""
        self.answers = list(answers)
        self.ended = ended
        self.usage = Usage()
        self.samplings: list[Sampling] = []
        self.asked: list[Sequence[Message]] = []
        self.sent: Sequence[Message] = ()
        self.taken = 0
        self.closed = 0

    def load(self) -> None:
        """There is nothing to load."""

    def prime(self, messages: Sequence[Message]) -> None:
        """Note what was evaluated."""
        self.asked.append(messages)

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Say the next answer."""
        self.asked.append(messages)
        self.sent = messages
        self.samplings.append(sampling)
        self.usage = Usage(prompt_tokens=7)
        try:
            for piece in self.answers.pop(0):
                if cancelled():
                    return
                self.taken += 1
                yield piece
            self.usage = Usage(prompt_tokens=7, ended=self.ended)
        finally:
            self.closed += 1

    def close(self) -> None:
        """There is nothing to free."""


def request(line: str = "list files", **more: Any) -> Ask:  # noqa: ANN401  a field of its own type each
    """Return a request from bash."""
    return Ask(line, "bash", "1")._replace(**more)


def test_the_reply_says_everything_about_the_answer() -> None:
    """Nothing claims that a command is safe before something has judged it."""
    reply = Pipeline(Engine(["ls", " -la"]), 160).answer(request(), Listener())
    assert reply.command == "ls -la"
    assert (reply.risk, reply.reasons) == ("safe", [])
    assert (reply.model, reply.engine, reply.notes) == ("parrot", "fake", ["It is only a parrot."])
    assert (reply.alternatives, reply.cached) == ([], False)


def test_aliases_of_the_shell_are_judged() -> None:
    """A command is as dangerous as what it stands for, also when it is explained."""
    known: dict[str, Any] = {"aliases": {"newdisk": "mkfs.ext4"}}
    pipeline = Pipeline(Engine(["newdisk /dev/sdzz9"], ["It does something."]), 160)
    assert pipeline.answer(request(), Listener()).risk == "safe"
    assert pipeline.answer(request(**known), Listener()).risk == "critical"
    explained = pipeline.answer(request("newdisk /dev/sdzz9", type="explain", **known), Listener())
    assert (explained.risk, explained.explanation) == ("critical", "It does something.")


@pytest.mark.parametrize(
    ("command", "known", "objects"),
    [
        ("deploi prod", {}, True),
        ("deploi prod", {"functions": ("deploi",)}, False),
        ("deploi prod", {"aliases": {"deploi": "make deploy"}}, False),
        ("ls --no-such-option", {"aliases": {"ls": "ls --color"}}, True),
        ("ls --no-such-option", {"aliases": {"ls": "eza"}}, False),
        ("notes.textfile", {"suffix_aliases": {"textfile": "vim"}}, False),
        ("deploi DRY prod", {"global_aliases": {"DRY": "--dry-run"}}, False),
    ],
)
def test_what_the_shell_knows_is_no_unknown_program(command: str, known: dict[str, Any], *, objects: bool) -> None:
    """Nor are its options looked at, unless an alias only gives options to the program of its name."""
    pipeline = Pipeline(Engine([command], [command]), 160)
    reply = pipeline.answer(request(path=os.environ["PATH"], **known), Listener())
    assert any(f"`{command.partition(' ')[0]}`" in note for note in reply.notes) == objects


def test_what_is_primed_is_how_every_request_begins() -> None:
    """All but the last message: that is what the engine keeps."""
    engine = Engine(["ls"])
    pipeline = Pipeline(engine, 160)
    pipeline.prime("bash")
    pipeline.answer(request(), Listener())
    assert engine.asked[0][:-1] == engine.asked[1][:-1]


def test_each_preview_is_shown_once() -> None:
    """A piece that changes nothing to be seen is not shown; the final command is not a preview."""
    shown: list[str] = []
    Pipeline(Engine(["```bash\n", "l", "s", "\n", "```"]), 160).answer(request(), Listener(shown.append))
    assert shown == ["l", "ls"]


def test_without_stream_nothing_is_shown() -> None:
    """The client does not want it."""
    shown: list[str] = []
    Pipeline(Engine(["ls"]), 160).answer(request(stream=False), Listener(shown.append))
    assert shown == []


def test_nobody_listens_on_after_the_command() -> None:
    """The engine is stopped at the end of the command, and told so."""
    engine = Engine(["ls\n", "This", " lists", " files"])
    assert Pipeline(engine, 160).answer(request(), Listener()).command == "ls"
    assert (engine.taken, engine.closed) == (1, 1)


def test_a_cancelled_request_ends_between_two_pieces() -> None:
    """The engine is let go, and what it said so far is remembered for `caro last`."""
    engine = Engine(["ls", " -la", " *"])
    pipeline = Pipeline(engine, 160)
    wanted = Listener(cancelled=lambda: engine.taken == 2)
    with pytest.raises(Cancelled):
        pipeline.answer(request(), wanted)
    assert (engine.taken, engine.closed) == (2, 1)
    assert pipeline.last["answers"] == ["ls"]


def test_an_answer_that_was_cut_off_is_refused() -> None:
    """The engine says that it did not end by itself."""
    with pytest.raises(Unusable, match="cut off"):
        Pipeline(Engine(["ls", " -l"], ["ls"], ["ls"], ended=False), 160).answer(request(), Listener())


def test_an_unusable_answer_is_drawn_again() -> None:
    """First greedy, then warmer and with another seed; only then the user is told."""
    engine = Engine(["I cannot do that."], ["echo 'a"], ["ls"])
    assert Pipeline(engine, 160).answer(request(), Listener()).command == "ls"
    assert [sampling.temperature > 0 for sampling in engine.samplings] == [False, True, True]
    assert len({sampling.seed for sampling in engine.samplings}) == 3
    assert {sampling.max_tokens for sampling in engine.samplings} == {160}


def test_words_that_ask_for_no_command_are_not_asked_again() -> None:
    """Tuned weights say so, in words that they were taught; whoever typed them is told what to say instead."""
    engine = Engine([NO_COMMAND], ["echo hello"])
    with pytest.raises(Unusable, match="ask for nothing that a command does") as caught:
        Pipeline(engine, 160).answer(request(), Listener())
    assert caught.value.hint == "Say what the shell is to do."
    assert len(engine.samplings) == 1


def test_the_first_refusal_is_the_one_that_is_told() -> None:
    """It is about the greedy answer, the one the user would have got."""
    engine = Engine(["I cannot do that."], [""], [""])
    with pytest.raises(Unusable, match="sentence"):
        Pipeline(engine, 160).answer(request(), Listener())


def test_a_command_the_shell_cannot_read_is_refused() -> None:
    """The shell is named."""
    with pytest.raises(Unusable, match="not valid bash"):
        Pipeline(Engine(["ls )"], ["ls )"], ["ls )"]), 160).answer(request(), Listener())


def test_alternatives_are_distinct_and_never_more_than_wanted() -> None:
    """Those that differ in blanks alone are one; fewer come when the model has no more."""
    engine = Engine(["ls"], ["ls "], ["ls  "], ["dir"], ["x"])
    reply = Pipeline(engine, 160).answer(request(number=3), Listener())
    assert (reply.command, list(reply.alternatives)) == ("ls", ["dir", "x"])
    engine = Engine(*[["ls"]] * 9)
    assert Pipeline(engine, 160).answer(request(number=3), Listener()).alternatives == []


def test_only_the_first_answer_is_shown_while_it_grows() -> None:
    """What is drawn for the alternatives must not flicker over it."""
    shown: list[str] = []
    Pipeline(Engine(["ls"], ["dir"]), 160).answer(request(number=2), Listener(shown.append))
    assert shown == ["ls"]


def test_a_known_answer_is_not_asked_for_again() -> None:
    """The same words in the same place; another number or a fresh one is another question."""
    engine = Engine(["ls"], ["ls"], ["dir"], ["pwd"])
    pipeline = Pipeline(engine, 160)
    first = pipeline.answer(request(), Listener())
    again = pipeline.answer(request("# list files "), Listener())
    assert (first.cached, again.cached, again.command) == (False, True, "ls")
    assert "first_token" not in again.timings_ms
    assert pipeline.answer(request(number=2), Listener()).alternatives == ["dir"]
    assert pipeline.answer(request(fresh=True), Listener()).command == "pwd"
    assert pipeline.answer(request(), Listener()).command == "pwd"


def test_failures_are_not_remembered_as_answers() -> None:
    """The next try may do better."""
    engine = Engine(["I cannot."], ["I cannot."], ["I cannot."], ["ls"])
    pipeline = Pipeline(engine, 160)
    with pytest.raises(Unusable):
        pipeline.answer(request(), Listener())
    assert pipeline.answer(request(), Listener()).command == "ls"


def test_the_memory_of_replies_is_bounded() -> None:
    """The one that was not used for longest goes first."""
    engine = Engine(*[["ls"]] * 300)
    pipeline = Pipeline(engine, 160)
    for number in range(256):
        pipeline.answer(request(f"request {number}"), Listener())
    assert pipeline.answer(request("request 0"), Listener()).cached
    pipeline.answer(request("one more"), Listener())
    assert pipeline.answer(request("request 0"), Listener()).cached
    assert not pipeline.answer(request("request 1"), Listener()).cached


@pytest.mark.parametrize("fields", [{"shell": "tcsh"}, {"number": 0}, {"number": MOST_ALTERNATIVES + 1}, {"line": "#"}])
def test_what_makes_no_sense_does_not_reach_the_engine(fields: dict[str, Any]) -> None:
    """One sentence instead."""
    engine = Engine(["ls"])
    with pytest.raises(UsageError):
        Pipeline(engine, 160).answer(request()._replace(**fields), Listener())
    assert engine.asked == []


def test_what_was_sent_is_remembered_exactly() -> None:
    """`caro last` shows the very messages and answers."""
    engine = Engine(["`ls`"])
    pipeline = Pipeline(engine, 160)
    pipeline.answer(request("# list files"), Listener())
    assert pipeline.last["line"] == "# list files"
    assert pipeline.last["sent"] == [message._asdict() for message in engine.asked[0]]
    assert pipeline.last["answers"] == ["`ls`"]
    assert pipeline.last["asked"] == ["list files"]


def test_what_was_sent_for_an_alternative_is_remembered_too() -> None:
    """Each answer with what it was asked by."""
    pipeline = Pipeline(Engine(["ls"], ["dir"]), 160)
    pipeline.answer(request(number=2), Listener())
    assert pipeline.last["sent"][-1]["content"] == "list files"
    assert pipeline.last["asked"] == ["list files", "list files\nUse another tool than ls."]
    assert pipeline.last["tokens"]["prompt"] == 7


def test_an_alternative_is_drawn_when_it_is_asked_for() -> None:
    """Not before: the first answer is not slower for it. One that is alike is passed over."""
    engine = Engine(["ls -la"], ["ls -al"], ["dir"])
    pipeline = Pipeline(engine, 160)
    assert pipeline.answer(request(), Listener()).alternative == 0
    assert len(engine.asked) == 1
    second = pipeline.answer(request(alternative=1), Listener())
    assert (second.command, second.alternative, second.cached) == ("dir", 1, False)
    assert engine.asked[1][-1].content == "list files\nUse another tool than ls."
    assert pipeline.answer(request(alternative=1), Listener()).cached


def test_after_the_last_alternative_the_first_comes_again() -> None:
    """At once from then on: the model has shown that it knows no more."""
    engine = Engine(["ls"], ["dir"], *[["ls"]] * 9)
    pipeline = Pipeline(engine, 160)
    commands = [pipeline.answer(request(alternative=wanted), Listener()).command for wanted in range(5)]
    assert commands == ["ls", "dir", "ls", "dir", "ls"]
    asked = len(engine.asked)
    assert pipeline.answer(request(alternative=7), Listener()).command == "dir"
    assert len(engine.asked) == asked


def test_an_alternative_that_is_there_already_is_not_shown_while_it_grows() -> None:
    """Nor is what only begins like it."""
    shown: list[str] = []
    pipeline = Pipeline(Engine(["ls"], ["l", "s"], ["d", "ir"]), 160)
    pipeline.answer(request(), Listener())
    pipeline.answer(request(alternative=1), Listener(shown.append))
    assert shown == ["d", "dir"]


def test_a_refinement_is_told_the_words_and_the_command() -> None:
    """As a script, in one message: what is constant in every prompt stays evaluated."""
    engine = Engine(["find src"])
    turns = (
        {"line": "find files", "command": "find ."},
        {"line": "find . # big ones", "command": "find . -size +1G"},
    )
    reply = Pipeline(engine, 160).answer(request("find . -size +2G # only in src", turns=turns), Listener())
    assert engine.asked[0][-1].content == "# find files, big ones\nfind . -size +2G\n# only in src"
    assert reply.words == "find files, big ones, only in src"
    assert len(engine.asked[0]) == 2


def test_a_comment_that_we_have_put_there_is_not_asked_twice() -> None:
    """`keep_request = comment` leaves the words behind the command."""
    engine = Engine(["find src"])
    turns = ({"line": "find files", "command": "find ."},)
    Pipeline(engine, 160).answer(request("find .  # find files, in src", turns=turns), Listener())
    assert engine.asked[0][-1].content == "# find files\nfind .\n# in src"


def test_what_is_right_of_the_cursor_stays() -> None:
    """An answer that changes it is drawn again; blanks are the user's."""
    engine = Engine(["tar cz . | ssh other"], ["tar cz . | ssh host"])
    reply = Pipeline(engine, 160).answer(request("tar cz  |  ssh host", cursor=7), Listener())
    assert (reply.command, reply.cursor) == ("tar cz . |  ssh host", len("|  ssh host"))
    assert "tar cz ___ |  ssh host" in engine.asked[0][-1].content
    with pytest.raises(Unusable, match="right of the cursor"):
        Pipeline(Engine(*[["ls"]] * 3), 160).answer(request("tar cz  | ssh host", cursor=7), Listener())


def test_a_fix_is_another_command_than_the_one_that_failed() -> None:
    """The same with its options in another order mends nothing."""
    engine = Engine(["ls -al /x"], ["ls -la /x"], ["ls -la /y"])
    failed = request("ls -la /x", type="fix", status=2, cwd="/")
    reply = Pipeline(engine, 160).answer(failed, Listener())
    assert (reply.command, reply.words) == ("ls -la /y", "")
    assert "exit status 2: ls -la /x\nThere is no /x.\n" in engine.asked[0][-1].content
    with pytest.raises(Unusable, match="no better command"):
        Pipeline(Engine(*[["ls -al /x"]] * 3), 160).answer(failed, Listener())


def test_a_fix_is_told_what_the_command_has_said() -> None:
    """When the user lets caro see it."""
    engine = Engine(["git push -u origin x"])
    Pipeline(engine, 160).answer(request("git push", type="fix", status=128, output="no upstream\n"), Listener())
    assert "\nIt said: no upstream\n" in engine.asked[0][-1].content


def test_an_explanation_is_text_and_comes_as_it_is_written() -> None:
    """Without markup, and from memory the second time."""
    shown: list[str] = []
    engine = Engine(["It **lists**", " files.\x1b"])
    pipeline = Pipeline(engine, 160)
    reply = pipeline.answer(request("ls", type="explain"), Listener(shown.append))
    assert (reply.explanation, reply.command) == ("It lists files.", "ls")
    assert shown == ["It lists", "It lists files."]
    assert pipeline.answer(request("ls", type="explain"), Listener()).cached


@pytest.mark.parametrize("line", ["", "list the files", "当前目录下最大的文件"])
def test_words_are_not_explained(line: str) -> None:
    """The model would write a command for them."""
    with pytest.raises(UsageError):
        Pipeline(Engine(["x"]), 160).answer(request(line, type="explain"), Listener())


def test_explaining_keeps_the_prompt_that_is_evaluated() -> None:
    """All gestures begin with the same system prompt."""
    engine = Engine(["It lists."], ["tar -cz ."], ["ls"])
    pipeline = Pipeline(engine, 160)
    pipeline.prime("bash")
    pipeline.answer(request("ls", type="explain"), Listener())
    pipeline.answer(request("tar -cz"), Listener())
    pipeline.answer(request("sl", type="fix", status=127), Listener())
    assert len({messages[0] for messages in engine.asked}) == 1


def tools(directory: Path, *names: str) -> str:
    """Return a PATH with nothing on it but programs of these names."""
    for name in names:
        program = directory / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return str(directory)


def test_what_is_not_installed_gets_a_second_attempt(tmp_path: Path) -> None:
    """The model is told what is missing, and the answer that works here wins; the first is shown, then replaced."""
    engine = Engine(["grpe x ./a"], ["grep x ./a"])
    shown: list[str] = []
    reply = Pipeline(engine, 160).answer(request(path=tools(tmp_path, "grep")), Listener(shown.append))
    assert (reply.command, reply.notes) == ("grep x ./a", ["It is only a parrot."])
    assert engine.asked[1][-1].content.startswith("list files\nThere is no `grpe` here")
    assert shown == ["grpe x ./a"]


def test_a_second_attempt_that_is_no_better_is_not_taken(tmp_path: Path) -> None:
    """The first answer stays, with what is known against it; it is not tried a third time."""
    engine = Engine(["grpe x"], ["frobnicate x"], ["never asked"])
    pipeline = Pipeline(engine, 160)
    asked = request(path=tools(tmp_path, "grep"))
    for _ in range(2):
        reply = pipeline.answer(asked, Listener())
        assert reply.command == "grpe x"
        assert reply.notes[0].startswith("`grpe` is not installed")
    assert len(engine.asked) == 2


@pytest.mark.parametrize("error", [ServerError("Too many requests."), Unusable("Too long.")], ids=["server", "long"])
def test_a_second_attempt_that_fails_leaves_the_first_answer(tmp_path: Path, error: CaroError) -> None:
    """There is an answer already: what a busy server or a full context does to another one takes it from nobody."""

    class Failing(Engine):
        def stream(self, messages: Sequence[Message], *more: Any) -> Iterator[str]:  # noqa: ANN401
            if len(self.asked) == 1:
                raise error
            yield from super().stream(messages, *more)

    pipeline = Pipeline(Failing(["grpe x"]), 160)
    reply = pipeline.answer(request(path=tools(tmp_path, "grep")), Listener())
    assert reply.command == "grpe x"
    assert reply.notes[0].startswith("`grpe` is not installed")


def test_a_file_that_is_not_there_is_a_note_and_no_second_attempt(tmp_path: Path) -> None:
    """Asking again would cost as much as the first time, and could mend nothing."""
    engine = Engine(["cat ./notes.txt"], ["never asked"])
    reply = Pipeline(engine, 160).answer(request(path=tools(tmp_path, "cat"), cwd=str(tmp_path)), Listener())
    assert reply.command == "cat ./notes.txt"
    assert "notes.txt" in reply.notes[0]
    assert len(engine.asked) == 1


def test_without_a_path_nothing_is_said_about_what_is_installed() -> None:
    """Nobody knows what the shell would find."""
    reply = Pipeline(Engine(["grpe x"]), 160).answer(request(), Listener())
    assert (reply.command, reply.notes) == ("grpe x", ["It is only a parrot."])


def test_the_users_own_names_are_no_news_to_the_user(tmp_path: Path) -> None:
    """What stood on the line already may be an alias or a function."""
    engine = Engine(["ll -h ./src"])
    asked = request("ll ./src # human readable", path=tools(tmp_path, "ls"))
    assert Pipeline(engine, 160).answer(asked, Listener()).notes == ["It is only a parrot."]


def test_danger_is_judged_where_one_stands(tmp_path: Path) -> None:
    """The directory of the request counts, not the daemon's."""
    assert Pipeline(Engine(["rm -rf *"]), 160).answer(request(cwd=str(tmp_path)), Listener()).risk == "moderate"
    reply = Pipeline(Engine(["rm -rf *"]), 160).answer(request(cwd="/"), Listener())
    assert (reply.risk, reply.reasons) == ("critical", ["deletes the whole file system (*) with all that is in it"])
