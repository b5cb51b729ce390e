"""Who answers when the server does not: the engine of this machine, loaded only then, and never both in one answer."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from commands import caro
from scripted_server import END, HANG_UP, STREAM, Pause, ScriptedServer, answer, chunk, event, http, piece
from user_home import SUPPORT, Home, Script
from wire import Wire

from caro_shell.answers import Listener
from caro_shell.config import Settings
from caro_shell.engines import Announcing, BrokenOffError, Engine, Placement, Remote, Sampling, Usage, never
from caro_shell.engines.fallback import FallbackEngine
from caro_shell.engines.openai import OpenAIEngine
from caro_shell.errors import ConfigError, ModelError, ServerError, Unusable
from caro_shell.pipeline import Pipeline
from caro_shell.prompt import Message
from caro_shell.protocol import Ask

ASK = [Message("system", "Answer."), Message("user", "list files with token=abc123secret")]
DOWN = [http("500 Internal Server Error", "")]


class Here:
    """The engine of this machine: says `here`, and how often it was loaded and asked."""

    name, model, placement = "llama.cpp", "small", Placement("cpu")
    notes: tuple[str, ...] = ("It is a small one.",)

    def __init__(self, trouble: ModelError | None = None) -> None:
        """`trouble` is what its loading ends with."""
        self.trouble, self.usage = trouble, Usage()
        self.sent: Sequence[Message] = ()
        self.primed: Sequence[Message] = ()
        self.loads = self.asks = self.closes = 0

    def load(self) -> None:
        """Count it."""
        self.loads += 1
        if self.trouble:
            raise self.trouble

    def prime(self, messages: Sequence[Message]) -> None:
        """Remember it."""
        self.primed = messages

    def stream(self, messages: Sequence[Message], _sampling: Sampling, _cancelled: Callable[[], bool]) -> Iterator[str]:
        """Say that it was here."""
        self.asks += 1
        self.sent = messages
        yield "echo "
        yield "here"
        self.usage = Usage(prompt_tokens=3, answer_tokens=2, ended=True)

    def close(self) -> None:
        """Count it."""
        self.closes += 1


class Clock:
    """Seconds that a test lets pass."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that works until it is told otherwise."""
    with ScriptedServer() as made:
        yield made


@pytest.fixture
def here() -> Here:
    """The engine of this machine."""
    return Here()


@pytest.fixture
def clock() -> Clock:
    """The time."""
    return Clock()


@pytest.fixture
def engine(server: ScriptedServer, here: Here, clock: Clock) -> Iterator[FallbackEngine]:
    """Both of them."""
    remote = OpenAIEngine(Settings(base_url=server.url, server_model="m", server_timeout=0.5), "/home/me")
    made = FallbackEngine(remote, lambda: here, clock)
    made.load()
    made.prime(ASK[:1])
    yield made
    made.close()


def said(engine: Engine) -> list[str]:
    """Return the pieces of an answer."""
    return list(engine.stream(ASK, Sampling(), never))


def test_the_server_answers_and_nothing_is_loaded_here(
    engine: FallbackEngine, server: ScriptedServer, here: Here
) -> None:
    """As long as it does, this is the server's engine."""
    assert said(engine) == ["ls"]
    assert here.loads == 0
    assert isinstance(engine, Remote)
    assert isinstance(engine, Announcing)
    assert (engine.name, engine.model, engine.notes) == ("openai", "m", ())
    assert (engine.placement.host, engine.reached) == (server.url, server.url)
    assert engine.usage.ended


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ([Pause()], "has said nothing for 0.5 s"),
        ([http("401 Unauthorized", "")], "wants a key"),
        ([http("404 Not Found", "")], "has no chat completions there (404)"),
        ([http("400 Bad Request", "")], "rejects the request (400)"),
        (DOWN, "failed (500)"),
        ([http("503 Service Unavailable", "")], "failed (503)"),
        ([http("200 OK", "<html>")], "does not answer as an OpenAI-compatible server does"),
        ([STREAM, END], "stopped in the middle of the answer"),
        ([HANG_UP], "hung up without an answer"),
        ([http("307 Elsewhere", "", "Location: https://elsewhere.example/")],
         "redirects to https://elsewhere.example, which is not followed"),
    ],
)  # fmt: skip
def test_whatever_is_wrong_with_the_server_this_machine_answers(
    engine: FallbackEngine, server: ScriptedServer, plan: list[bytes], why: str
) -> None:
    """With a note that says who, and why."""
    server.plan(plan)
    assert said(engine) == ["echo ", "here"]
    assert engine.notes == (f"{server.url} {why}; answered by small on this machine.", "It is a small one.")
    assert (engine.name, engine.model, engine.placement.device, engine.placement.host) == (
        "llama.cpp",
        "small",
        "cpu",
        "",
    )
    assert engine.usage.prompt_tokens == 3


def test_what_left_before_is_remembered_as_it_left(engine: FallbackEngine, server: ScriptedServer) -> None:
    """The model of this machine gets the words as they are, but `caro last` has no secret that left."""
    server.plan(DOWN)
    said(engine)
    assert engine.reached == server.url
    assert engine.sent[1].content == "list files with token=CARO_SECRET_1"


def test_where_nothing_left_nothing_is_said_to_have(engine: FallbackEngine, server: ScriptedServer) -> None:
    """A server that refuses the connection has not got anything."""
    server.__exit__()
    assert said(engine) == ["echo ", "here"]
    assert engine.reached == ""
    assert list(engine.sent) == ASK


def test_the_model_of_this_machine_is_loaded_once_and_says_so(
    engine: FallbackEngine, server: ScriptedServer, here: Here
) -> None:
    """At the first request that needs it, with what every prompt begins with."""
    states: list[str] = []
    engine.announce = states.append
    server.plan(DOWN)
    said(engine)
    said(engine)
    assert (here.loads, here.asks, states) == (1, 2, ["loading", "thinking"])
    assert here.primed == ASK[:1]


def test_a_server_that_is_gone_is_left_alone_for_a_while(
    engine: FallbackEngine, server: ScriptedServer, here: Here, clock: Clock
) -> None:
    """Not every request waits for it: it is asked again after 5 s, after 10, and at once when it was back."""
    server.plan(DOWN)
    for passed, posts in ((0, 1), (4, 1), (1, 2), (9, 2), (1, 3)):
        clock.now += passed
        said(engine)
        assert len(server.posts) == posts
        assert engine.reached == ("" if passed in {4, 9} else server.url)
    server.plan(answer("ls"))
    clock.now += 20
    assert said(engine) == ["ls"]
    assert engine.notes == ()
    server.plan(DOWN)
    said(engine)
    clock.now += 5
    said(engine)
    assert len(server.posts) == 6
    assert here.asks == 7


def test_what_was_cut_is_answered_anew_and_not_twice(engine: FallbackEngine, server: ScriptedServer) -> None:
    """The previews of the broken answer give way to those of the new one."""
    server.plan([STREAM, piece("ls"), piece(" -la"), HANG_UP])
    shown: list[str] = []
    pipeline = Pipeline(engine)
    reply = pipeline.answer(Ask("list files", "bash", "1"), Listener(shown.append))
    assert reply.command == "echo here"
    assert shown == ["ls", "ls -la", "echo", "echo here"]
    assert reply.notes[0] == f"{server.url} stopped in the middle of the answer; answered by small on this machine."
    assert pipeline.last["answers"] == ["echo here"]
    assert pipeline.last["reached"] == server.url
    assert len(server.posts) == 1


def test_whoever_does_not_know_of_it_hears_of_a_break(engine: FallbackEngine, server: ScriptedServer) -> None:
    """Never is the one answer's end taken for the other's."""
    server.plan([STREAM, piece("ls"), HANG_UP])
    with pytest.raises(BrokenOffError):
        said(engine)


def test_what_is_no_fault_of_the_servers_is_not_answered_here(
    engine: FallbackEngine, server: ScriptedServer, here: Here
) -> None:
    """A request that is too long is so for everybody."""
    server.plan([http("400 Bad Request", {"error": {"message": "maximum context length is 9 tokens"}})])
    with pytest.raises(Unusable, match="too long"):
        said(engine)
    assert here.loads == 0


def test_settings_that_are_wrong_are_told_and_not_covered_up() -> None:
    """The user would never learn why his server is not asked."""
    made = FallbackEngine(OpenAIEngine(Settings(base_url="http://192.0.2.1/v1")), Here)
    with pytest.raises(ConfigError, match="without encryption"):
        made.load()


def test_when_nobody_can_answer_both_reasons_are_told(server: ScriptedServer, here: Here, clock: Clock) -> None:
    """The server's first, then this machine's with what mends it."""
    here.trouble = ModelError("The model `small` is not here.", "Try: caro models pull small")
    server.plan(DOWN)
    made = FallbackEngine(OpenAIEngine(Settings(base_url=server.url, server_model="m")), lambda: here, clock)
    made.load()
    with pytest.raises(ServerError) as caught:
        said(made)
    made.close()
    assert caught.value.message == f"{server.url} failed (500). And nobody answers here: The model `small` is not here."
    assert caught.value.hint == "Try: caro models pull small"


def test_an_answer_belongs_to_who_gave_it(engine: FallbackEngine, server: ScriptedServer, clock: Clock) -> None:
    """One that was given here is not remembered as the server's."""
    pipeline = Pipeline(engine)
    server.plan(DOWN)
    assert pipeline.answer(Ask("list files", "bash", "1"), Listener()).model == "small"
    server.plan(answer("ls"))
    clock.now += 60
    assert pipeline.answer(Ask("another", "bash", "1"), Listener()).model == "m"
    reply = pipeline.answer(Ask("list files", "bash", "1"), Listener())
    assert (reply.command, reply.model, reply.cached) == ("ls", "m", False)


def test_closing_closes_both(engine: FallbackEngine, server: ScriptedServer, here: Here) -> None:
    """The memory of this machine's model is given back with it."""
    server.plan(DOWN)
    said(engine)
    engine.close()
    assert here.closes == 1


@pytest.mark.model
def test_through_the_daemon_with_a_real_model(home: Home) -> None:
    """The server dies between two requests; the tiny model answers the second, the status says so, then it is back."""
    home.real_model("tiny")
    with ScriptedServer() as server:
        home.environ |= {"CARO_BASE_URL": server.url, "CARO_FALLBACK": "local"}
        assert caro(home, "list all files").stdout == "ls\n"
        server.plan([HANG_UP])
        done = caro(home, "show the date")
        assert "date" in done.stdout
        assert f"{server.url} hung up without an answer; answered by" in done.stderr
        text = caro(home, "last").stdout
        assert f"it was sent to {server.url}, a server on this machine, before, which did not answer" in text
        states = []
        with Wire(home) as wire:
            environ = {name: value for name, value in home.environ.items() if name.startswith("CARO_")}
            states = [one["type"] for one in wire.events(wire.generate("list all files", settings=environ))]
        assert states[-1] == "done"


LATE = """
import sys
sys.path.insert(0, {support!r})
from scripted_engine import ScriptedEngine


class Late(ScriptedEngine):
    announce = staticmethod(lambda state: None)

    def stream(self, messages, sampling, cancelled):
        self.announce("loading")
        yield from super().stream(messages, sampling, cancelled)
"""


def test_a_model_that_is_loaded_in_the_middle_of_a_request_is_said_to_be(home: Home, script: Script) -> None:
    """Whoever waits sees why."""
    path = home.path / "late.py"
    path.write_text(LATE.format(support=str(SUPPORT)))
    home.environ["CARO_ENGINE"] = f"{path}:Late"
    script.say("x", {"wait": "loaded"}, "ls")
    with Wire(home) as wire:
        asked = wire.generate("x")
        states: list[str] = []
        while "loading" not in states:
            states.append(str(wire.event(asked).get("state", "")))
            assert len(states) < 50, states
        script.open_gate("loaded")
        assert wire.events(asked)[-1]["command"] == "ls"


def test_pieces_of_comments_do_not_break_an_answer(engine: FallbackEngine, server: ScriptedServer) -> None:
    """A slow server is not a dead one as long as it says something of use."""
    server.plan([STREAM, chunk(b": wait\n\n"), piece("ls"), piece(reason="stop"), event("[DONE]"), END])
    assert said(engine) == ["ls"]
