"""The engine for servers, with a server that is told what to do: what it asks, what it reads, what it leaves out."""

import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from scripted_server import (
    END,
    HANG_UP,
    STREAM,
    HangUp,
    Pause,
    Plan,
    ScriptedServer,
    answer,
    chunk,
    endless,
    event,
    http,
    piece,
)
from terminal import DEADLINE_S, wait_for
from user_home import need_program

from caro_shell.config import Settings
from caro_shell.engines import Engine, Remote, Sampling, never
from caro_shell.engines.fallback import FallbackEngine
from caro_shell.engines.openai import OpenAIEngine
from caro_shell.engines.openai.check import examine_server
from caro_shell.engines.registry import asks_a_server, create_engine
from caro_shell.errors import ConfigError, ServerError, Unusable
from caro_shell.prompt import Message

ASK = [Message("system", "Answer with a command."), Message("user", "list files")]
HOME = "/home/me"
OPTIONAL = {"stream_options", "chat_template_kwargs", "logprobs", "seed", "temperature"}


_OPEN: list[OpenAIEngine] = []


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The key file that is looked for by default is in an empty directory, and no connection stays open."""
    monkeypatch.setenv("CARO_CONFIG", str(tmp_path / "config.toml"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    yield
    while _OPEN:
        _OPEN.pop().close()


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Starts servers that end with the test."""
    started: list[ScriptedServer] = []

    def start(*plans: Plan, **more: object) -> ScriptedServer:
        started.append(ScriptedServer(*plans, **more).__enter__())  # type: ignore[arg-type]
        return started[-1]

    yield start
    for server in started:
        server.__exit__()


Serve = Callable[..., ScriptedServer]


def engine(server: ScriptedServer | str, **more: object) -> OpenAIEngine:
    """Return a loaded engine for a server."""
    url = server if isinstance(server, str) else f"{server.url}/v1"
    made = OpenAIEngine(Settings(base_url=url, **more), HOME)  # type: ignore[arg-type]
    _OPEN.append(made)
    made.load()
    return made


def ask(made: Engine, *, text: str = "list files", tokens: int = 40) -> list[str]:
    """Return the pieces of the answer to a request."""
    return list(made.stream([ASK[0], Message("user", text)], Sampling(max_tokens=tokens), never))


def test_what_is_asked_is_a_plain_chat_completion(serve: Serve) -> None:
    """Greedy, streamed, capped, for the model that the server has; the key is in the header and nowhere else."""
    server = serve()
    made = engine(server, api_key="sesame")
    assert ask(made) == ["ls"]
    seen = server.posted()
    assert seen.target == "/v1/chat/completions"
    assert seen.headers["authorization"] == "Bearer sesame"
    assert seen.body["model"] == "scripted"
    assert seen.body["messages"] == [message._asdict() for message in ASK]
    assert (seen.body["stream"], seen.body["max_tokens"], seen.body["temperature"]) == (True, 40, 0.0)
    assert seen.body["seed"] == 0
    assert b"sesame" not in seen.raw
    assert "sesame" not in repr(vars(made))


def test_it_says_where_it_is_and_whose_the_model_is(serve: Serve) -> None:
    """Also before it was asked, when the settings name the model."""
    server = serve()
    made = engine(server)
    assert isinstance(made, Remote)
    assert made.model == "the server's own"
    assert (made.placement.device, made.placement.host) == ("server", server.url)
    ask(made)
    assert (made.model, made.reached) == ("scripted", server.url)
    assert engine(server, server_model="team/model").model == "team/model"


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("{}", "/v1/chat/completions"),
        ("{}/", "/v1/chat/completions"),
        ("{}/v1", "/v1/chat/completions"),
        ("{}/v1/", "/v1/chat/completions"),
        ("{}/v1/chat/completions", "/v1/chat/completions"),
        ("{}/api/v3", "/api/v3/chat/completions"),
        ("{}/openai", "/openai/chat/completions"),
    ],
)
def test_the_address_may_be_written_in_any_way(serve: Serve, written: str, path: str) -> None:
    """With `/v1` or without it, with a slash at its end, or copied out of an example."""
    server = serve()
    assert ask(engine(written.format(server.url), server_model="m")) == ["ls"]
    assert server.posted().target == path


def test_a_base_that_is_not_there_is_tried_with_v1(serve: Serve) -> None:
    """And from then on the one that was found is used."""
    missing = http("404 Not Found", {"detail": "Not Found"})
    server = serve([missing], answer("ls"), answer("pwd"))
    made = engine(f"{server.url}/llm", server_model="m")
    assert [ask(made), ask(made)] == [["ls"], ["pwd"]]
    assert [seen.target for seen in server.posts] == [
        "/llm/chat/completions",
        "/llm/v1/chat/completions",
        "/llm/v1/chat/completions",
    ]


def test_the_cost_is_the_servers_count(serve: Serve) -> None:
    """Also what it had evaluated before; llama-server tells that in its own way."""
    usage = {"prompt_tokens": 57, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 49}}
    server = serve(answer("ls", " -la", usage=usage))
    made = engine(server)
    ask(made)
    assert (made.usage.prompt_tokens, made.usage.reused_tokens, made.usage.answer_tokens) == (57, 49, 5)
    assert made.usage.ended
    assert made.usage.prompt_ms > 0
    timings = {"cache_n": 50, "prompt_n": 9, "predicted_n": 2}
    last = event({"choices": [{"delta": {}, "finish_reason": "stop"}], "timings": timings})
    server.plan([STREAM, piece("ls"), piece(" -l"), last, event("[DONE]"), END])
    ask(made)
    assert (made.usage.prompt_tokens, made.usage.reused_tokens, made.usage.answer_tokens) == (59, 50, 2)


def test_without_the_servers_count_the_pieces_are_counted(serve: Serve) -> None:
    """The best that can be known."""
    made = engine(serve(answer("a", "b", "c")))
    ask(made)
    assert (made.usage.prompt_tokens, made.usage.answer_tokens) == (0, 3)


def test_an_answer_that_was_cut_by_the_cap_is_not_whole(serve: Serve) -> None:
    """The server says so."""
    made = engine(serve(answer("ls", reason="length")))
    ask(made)
    assert not made.usage.ended


def test_a_server_that_ignores_the_cap_is_stopped(serve: Serve) -> None:
    """Nobody waits for an endless answer, and the connection is closed."""
    server = serve(endless("word "))
    made = engine(server)
    assert len(ask(made, tokens=20)) <= 21
    assert not made.usage.ended
    server.client_went()


@pytest.mark.parametrize("said", [piece(reasoning_content="hm"), piece(""), event({"choices": []})])
def test_a_server_that_says_nothing_for_ever_is_stopped(serve: Serve, said: bytes) -> None:
    """It may think, or keep the line open, but not without end."""

    def plan() -> Iterator[bytes]:
        yield STREAM
        while True:
            yield said

    server = serve(plan())
    made = engine(server, server_model="m")
    with suppress(Unusable):
        assert ask(made, tokens=20) == []
    assert not made.usage.ended
    server.client_went()


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("Unrecognized request argument supplied: stream_options", {"stream_options"}),
        ("Unknown parameter: chat_template_kwargs", {"chat_template_kwargs"}),
        ("logprobs is not supported for this model", {"logprobs"}),
        ("extra fields not permitted", {"logprobs"}),
        ("temperature is not supported with this model", {"temperature"}),
    ],
)
@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Content", "500 Internal Server Error"])
def test_a_field_that_a_server_rejects_is_left_out_from_then_on(
    serve: Serve, words: str, left: set[str], status: str
) -> None:
    """One more request the first time, none the next; a server may break over a field, if it names it."""
    server = serve([http(status, {"error": {"message": words}})], answer("ls"))
    made = engine(server)
    if status.startswith("500") and not any(name in words for name in OPTIONAL):
        with pytest.raises(ServerError):
            ask(made)
        return
    assert [ask(made), ask(made)] == [["ls"], ["ls"]]
    assert len(server.posts) == 3
    assert set(server.posted().body) - {"model", "messages", "stream", "max_tokens"} == OPTIONAL - left


def test_a_server_that_rejects_several_fields_without_a_name_is_asked_with_fewer_and_fewer(serve: Serve) -> None:
    """The ones that the fewest servers take go first; what is left stays the same from then on."""
    rejected = http("422 Unprocessable Content", {"error": {"message": "extra fields not permitted"}})
    server = serve([rejected], [rejected], answer("ls"))
    made = engine(server)
    assert [ask(made), ask(made)] == [["ls"], ["ls"]]
    assert [set(seen.body) & OPTIONAL for seen in server.posts] == [
        OPTIONAL,
        OPTIONAL - {"logprobs"},
        {"seed", "temperature"},
        {"seed", "temperature"},
    ]


def told(text: str, *numbers: object) -> bytes:
    """Return the event with a piece of an answer and the logarithms of its tokens."""
    content = [{"token": "x", "logprob": number, "top_logprobs": []} for number in numbers]
    delta = {"content": text}
    return event({"choices": [{"delta": delta, "logprobs": {"content": content}, "finish_reason": None}]})


@pytest.mark.parametrize(
    ("pieces", "known"),
    [
        ([told("ls", -0.5), told(" -l", -1.5, 0)], (-0.5, -1.5, 0.0)),
        ([told("ls", 1e-7)], (0.0,)),
        ([told("ls", None)], ()),
        ([told("ls", "-1")], ()),
        ([told("ls", True)], ()),
        ([told("ls", 3.5)], ()),
        ([told("ls", float("nan"))], ()),
        ([told("ls", float("-inf"))], ()),
        ([event({"choices": [{"delta": {"content": "ls"}, "logprobs": "no"}]})], ()),
        ([event({"choices": [{"delta": {"content": "ls"}, "logprobs": {"content": [7]}}]})], ()),
        ([event({"choices": [{"delta": {"content": "ls"}, "logprobs": {"tokens": ["ls"]}}]})], ()),
        ([told("<think>", -9), told("hm</think>", -9), told("ls", -0.5)], (-0.5,)),
        ([told("ls", *[-1] * 1000)], (-1.0,)),
    ],
)
def test_probabilities_are_what_the_server_says_where_that_can_be_one(
    serve: Serve, pieces: list[bytes], known: tuple[float, ...]
) -> None:
    """They were asked for; without them, or with something else in their place, the answer is the same."""
    words = {"completion_tokens": max(1, len(known))}
    ending = [piece(reason="stop"), event({"choices": [], "usage": words}), event("[DONE]"), END]
    server = serve([STREAM, *pieces, *ending])
    made = engine(server)
    assert "".join(ask(made)).startswith("ls")
    assert server.posted().body["logprobs"] is True
    assert made.usage.log_probabilities == known


def test_max_tokens_goes_by_its_newer_name_where_that_is_wanted(serve: Serve) -> None:
    """Some servers have renamed it."""
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server = serve([http("400 Bad Request", {"error": {"message": words}})], answer("ls"))
    ask(engine(server))
    assert server.posted().body["max_completion_tokens"] == 40


def test_fields_come_back_when_they_were_not_the_reason(serve: Serve) -> None:
    """A request that is rejected whatever is left out is one sentence, and the next one is asked in full."""
    server = serve([http("400 Bad Request", {"error": {"message": "bad day"}})])
    made = engine(server)
    with pytest.raises(ServerError, match=r"rejects the request \(400\): bad day\."):
        ask(made)
    server.plan(answer("ls"))
    ask(made)
    assert "seed" in server.posted().body


@pytest.mark.parametrize(
    "pieces",
    [
        [piece(reasoning_content="hm, "), piece(reasoning_content="ls?"), piece("ls"), piece(" -l")],
        [piece("<think>"), piece("\nls it is\n"), piece("</think>\n\n"), piece("ls"), piece(" -l")],
        [piece("<th"), piece("ink>ls?</th"), piece("ink>ls"), piece(" -l")],
        [piece(reasoning="hm"), piece("ls -l")],
        [piece("\n\n<think>\n\n</think>\n\nls -l")],
    ],
)
def test_thinking_is_no_part_of_the_answer(serve: Serve, pieces: list[bytes]) -> None:
    """Whether the server takes it apart or leaves it in front."""
    made = engine(serve([STREAM, *pieces, piece(reason="stop"), event("[DONE]"), END]))
    assert "".join(ask(made)) == "ls -l"
    assert made.received == "ls -l"


def test_a_word_like_think_is_an_answer(serve: Serve) -> None:
    """Only the whole tag in front is thinking."""
    assert "".join(ask(engine(serve(answer("<th", "umbs> ", "<think>"))))) == "<thumbs> <think>"


def test_thinking_without_an_answer_is_one_sentence(serve: Serve) -> None:
    """The cap was spent before the command began."""
    made = engine(serve([STREAM, piece(reasoning_content="well"), piece(reason="length"), event("[DONE]"), END]))
    with pytest.raises(Unusable, match="thought, and wrote no command"):
        ask(made)


@pytest.mark.parametrize(
    "body",
    [
        [http("200 OK", {"choices": [{"message": {"content": "ls"}, "finish_reason": "stop"}]})],
        [STREAM.replace(b"text/event-stream", b"text/plain"), piece("ls"), piece(reason="stop"), event("[DONE]"), END],
        [STREAM, chunk(b": keep-alive\n\n"), piece("ls"), piece(reason="stop"), END],
        [STREAM, piece("ls"), event("[DONE]"), END],
        [STREAM, chunk(b"event: message\r\ndata: "), chunk(piece("ls").split(b"data: ")[1][:20]), *[
            chunk(piece("ls").split(b"data: ")[1][20:-4].rstrip(b"\n") + b"\r\n\r\n"), event("[DONE]"), END]],
        [STREAM, event({"choices": [{"delta": {"content": [{"type": "text", "text": "ls"}]}}]}), event("[DONE]"), END],
        [STREAM, event({"choices": []}), piece(None, role="assistant"), piece("ls"), event("[DONE]"), END],
    ],
)  # fmt: skip
def test_the_dialects_of_servers_are_understood(serve: Serve, body: list[bytes]) -> None:
    """No stream at all, another content type, comments, no `[DONE]`, no reason, other line ends, content in parts."""
    made = engine(serve(body))
    assert "".join(ask(made)) == "ls"
    assert made.usage.ended


def test_a_character_in_two_halves_is_whole(serve: Serve) -> None:
    """Two escapes of one character in two pieces; and half of one is none."""
    halves = [chunk(b'data: {"choices":[{"delta":{"content":"x\\ud83d"}}]}\n\n'),
              chunk(b'data: {"choices":[{"delta":{"content":"\\ude00y"}}]}\n\n')]  # fmt: skip
    made = engine(serve([STREAM, *halves, event("[DONE]"), END]))
    assert "".join(ask(made)) == "x\U0001f600y"
    made = engine(serve([STREAM, halves[1], event("[DONE]"), END]))
    assert "".join(ask(made)) == "\ufffdy"


def test_secrets_stay_here_and_are_in_the_command(serve: Serve) -> None:
    """What is sent, and what is remembered, has none of them; what is yielded has them, whatever the pieces."""
    server = serve(answer("curl -H 'X: CARO_", "SECRET", "_1' -o ~", "/sr", "c/x"))
    made = engine(server)
    text = "fetch with token=abc123def into /home/me/src/x"
    assert "".join(ask(made, text=text)) == "curl -H 'X: abc123def' -o /home/me/src/x"
    seen = server.posted()
    assert seen.body["messages"][1]["content"] == "fetch with token=CARO_SECRET_1 into ~/src/x"
    assert b"abc123def" not in seen.raw
    assert b"/home/me" not in seen.raw
    assert made.sent[1].content == "fetch with token=CARO_SECRET_1 into ~/src/x"
    assert made.received == "curl -H 'X: CARO_SECRET_1' -o ~/src/x"
    assert made.redact(text) == made.sent[1].content


@pytest.mark.parametrize(
    ("plan", "pieces"),
    [
        ([Pause()], []),
        ([STREAM, Pause()], []),
        ([STREAM, piece("ls"), Pause()], ["ls"]),
        ([STREAM, piece("ls"), Pause(drip=chunk(b": still here\n\n"))], ["ls"]),
        ([STREAM, piece("ls"), chunk(b'data: {"choi'), Pause(drip=chunk(b" "))], ["ls"]),
    ],
    ids=["before-headers", "after-headers", "in-the-middle", "comments", "half-an-event"],
)
def test_cancelling_ends_the_wait_and_the_servers_work(serve: Serve, plan: Plan, pieces: list[str]) -> None:
    """However silent the server is; the connection is closed, and the next request is answered."""
    server = serve(plan, answer("pwd"))
    made = engine(server, server_model="m")
    got: list[str] = []

    def cancelled() -> bool:
        return len(server.posts) > 0 and len(got) == len(pieces)

    for text in made.stream(ASK, Sampling(), cancelled):
        got.append(text)  # noqa: PERF402  the callback counts them
    assert got == pieces
    assert not made.usage.ended
    server.client_went()
    assert ask(made) == ["pwd"]


def test_closing_the_stream_early_stops_the_server(serve: Serve) -> None:
    """The pipeline does so as soon as the command is complete."""
    server = serve([STREAM, piece("ls\n"), Pause()], answer("pwd"))
    made = engine(server)
    stream = made.stream(ASK, Sampling(), never)
    assert next(stream) == "ls\n"
    stream.close()  # type: ignore[attr-defined]
    server.client_went()
    assert ask(made) == ["pwd"]


def test_waiting_costs_no_processor_time(serve: Serve) -> None:
    """A silent server is waited for, not asked again and again."""
    server = serve([STREAM, Pause("on"), piece("ls"), event("[DONE]"), END])
    made = engine(server)
    threading.Timer(1.0, server.open_gate, ["on"]).start()
    spent = time.thread_time()
    assert ask(made) == ["ls"]
    assert time.thread_time() - spent < 0.5


def test_the_connection_is_kept_and_a_stale_one_is_nobodys_fault(serve: Serve) -> None:
    """The second request uses it; one that the server has closed meanwhile is made anew, unnoticed."""
    server = serve(answer("a"), answer("b"), [HANG_UP], answer("c"))
    made = engine(server, server_model="m")
    assert ask(made) == ["a"]
    wait_for(lambda: "server-rest" not in {thread.name for thread in threading.enumerate()}, lambda: "for the rest")
    assert ask(made) == ["b"]
    assert [seen.connection for seen in server.posts] == [1, 1]
    assert ask(made) == ["c"]
    assert server.connections == 2


@pytest.mark.parametrize(
    "first",
    [
        [HANG_UP],
        [HangUp(reset=True)],
        [http("503 Service Unavailable", {"error": {"message": "Loading model"}})],
        [http("502 Bad Gateway", "<html>")],
        [http("429 Too Many Requests", "", "Retry-After: 1")],
        [http("429 Too Many Requests", "")],
    ],
    ids=["hangs-up", "resets", "loading", "bad-gateway", "retry-after", "too-many"],
)
def test_what_may_pass_is_asked_again_before_an_answer_has_begun(serve: Serve, first: Plan) -> None:
    """The user does not hear of it."""
    server = serve(first, answer("ls"))
    assert ask(engine(server, server_model="m")) == ["ls"]
    assert len(server.posts) == 2


def test_an_answer_that_has_begun_is_never_asked_for_again(serve: Serve) -> None:
    """A cut is an error, and no piece comes twice."""
    server = serve([STREAM, piece("ls"), HANG_UP], answer("pwd"))
    made = engine(server)
    got: list[str] = []
    with pytest.raises(ServerError, match="stopped in the middle of the answer"):
        got.extend(made.stream(ASK, Sampling(), never))
    assert got == ["ls"]
    assert len(server.posts) == 1
    assert not made.usage.ended


def test_a_redirect_to_the_same_server_is_followed(serve: Serve) -> None:
    """With the request in it, and the key."""
    moved = http("307 Temporary Redirect", "", "Location: /v1/chat/completions/")
    server = serve([moved], answer("ls"))
    assert ask(engine(server, api_key="sesame")) == ["ls"]
    seen = server.posted()
    assert (seen.target, seen.headers["authorization"]) == ("/v1/chat/completions/", "Bearer sesame")
    assert seen.body["messages"]


def test_a_redirect_to_another_server_is_not_followed(serve: Serve) -> None:
    """Neither the request nor the key go there: not to another port, nor to another name of the same machine."""
    other = serve()
    for location in (f"{other.url}/v1/chat/completions", f"http://localhost:{other.port}/v1/chat/completions"):
        server = serve([http("308 Permanent Redirect", "", f"Location: {location}")])
        with pytest.raises(ServerError, match=r"redirects to http://\S+:\d+, which is not followed"):
            ask(engine(server, api_key="sesame"))
    assert other.seen == []


def test_a_request_that_is_too_long_for_the_server_is_no_fault_of_the_servers(serve: Serve) -> None:
    """In the words of several servers."""
    for words in (
        "This model's maximum context length is 2048 tokens. However, you requested 5000 tokens.",
        "the request exceeds the available context size, try increasing it",
    ):
        made = engine(serve([http("400 Bad Request", {"error": {"message": words}})]))
        with pytest.raises(Unusable, match="too long"):
            ask(made)


@pytest.mark.parametrize(
    "refusal",
    [
        http("404 Not Found", {"error": {"message": "The model `m` does not exist."}}),
        http("404 Not Found", {"error": {"message": 'model "m" not found, try pulling it first'}}),
        http("400 Bad Request", {"error": {"code": "model_not_found", "message": "No models loaded; model not found"}}),
    ],
)
def test_a_model_that_the_server_has_not_is_named_with_those_it_has(serve: Serve, refusal: bytes) -> None:
    """In the words of vLLM, Ollama and LM Studio."""
    made = engine(serve([refusal]), server_model="m")
    with pytest.raises(ServerError, match="has no model `m`") as caught:
        ask(made)
    assert caught.value.hint == "It has scripted. Try: caro config set server_model NAME"


def test_the_first_of_several_models_is_asked_with_a_note(serve: Serve) -> None:
    """And the user is told how to choose."""
    models = http("200 OK", {"data": [{"id": "one"}, {"id": "two"}]})
    made = engine(serve(models=models))
    ask(made)
    assert made.model == "one"
    assert made.notes[0].endswith("has 2 models; one is asked, `server_model` names another.")


def test_a_server_that_names_no_model_wants_to_be_told(serve: Serve) -> None:
    """Nothing of the request is sent before that."""
    server = serve(models=http("200 OK", {"data": []}))
    with pytest.raises(ServerError, match="does not say which models it has"):
        ask(engine(server))
    assert server.posts == []


@pytest.mark.parametrize(
    ("url", "more", "said"),
    [
        ("http://192.0.2.1/v1", {}, "without encryption"),
        ("https://me:secret@example.org/v1", {}, "without a name and a password"),
        ("ftp://example.org", {}, "must be the address of a server"),
        ("example.org:8000", {}, "must be the address of a server"),
        ("http://[::1", {}, "must be the address of a server"),
    ],
)
def test_an_address_that_must_not_be_used_is_refused_before_anything_is_sent(
    url: str, more: dict[str, object], said: str
) -> None:
    """One sentence, without the password in it."""
    with pytest.raises(ConfigError, match=said) as caught:
        engine(url, **more)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/v1", "http://127.8.9.1/v1", "http://localhost:1/v1", "http://[::1]:1/v1"]
)
def test_this_machine_may_be_asked_without_encryption(url: str) -> None:
    """Nobody else is on the way."""
    assert engine(url).placement.host == url.removesuffix("/v1")


def test_another_machine_without_encryption_needs_a_word_of_the_user() -> None:
    """`allow_http` is that."""
    assert engine("http://192.0.2.1:8000/v1", allow_http=True).placement.host == "http://192.0.2.1:8000"


def write_key(path: Path, text: str, mode: int = 0o600) -> str:
    """Write a key file and return its path."""
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_the_key_may_be_in_a_file_that_only_its_owner_can_read(serve: Serve, tmp_path: Path) -> None:
    """It is read anew for every request, so that a new key needs no restart."""
    server = serve()
    path = tmp_path / "key"
    made = engine(server, api_key_file=write_key(path, "sesame\n"))
    ask(made)
    assert server.posted().headers["authorization"] == "Bearer sesame"
    write_key(path, "open")
    ask(made)
    assert server.posted(2).headers["authorization"] == "Bearer open"


def test_the_file_beside_the_configuration_is_found(serve: Serve, tmp_path: Path) -> None:
    """Without any setting; the environment wins over it."""
    server = serve()
    write_key(tmp_path / "api_key", "beside")
    ask(engine(server))
    assert server.posted().headers["authorization"] == "Bearer beside"
    ask(engine(server, api_key="sesame"))
    assert server.posted(2).headers["authorization"] == "Bearer sesame"


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("sesame", 0o644, "Others may read the key file"),
        ("", 0o600, "does not hold one key"),
        ("two words", 0o600, "does not hold one key"),
        ("a\nb", 0o600, "does not hold one key"),
        ("schlüssel", 0o600, "does not hold one key"),
    ],
)
def test_a_key_file_that_is_not_right_is_refused(serve: Serve, tmp_path: Path, text: str, mode: int, said: str) -> None:
    """One sentence; what is in it is not shown."""
    server = serve()
    with pytest.raises(ConfigError, match=said) as caught:
        engine(server, api_key_file=write_key(tmp_path / "key", text, mode))
    assert "sesame" not in caught.value.message + caught.value.hint
    assert server.seen == []


def test_a_key_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    """A directory is none either."""
    with pytest.raises(ConfigError, match="There is no key file"):
        engine("http://localhost:1", api_key_file=str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="cannot be read"):
        engine("http://localhost:1", api_key_file=str(tmp_path))
    with pytest.raises(ConfigError, match="There is no key file"):
        engine("http://localhost:1", api_key_file="~nobody-of-that-name/key")


@pytest.mark.parametrize("named", [True, False])
def test_nobody_waits_for_a_key_that_a_fifo_may_hold(serve: Serve, tmp_path: Path, *, named: bool) -> None:
    """Whether it is named or lies beside the configuration; the worker would stand still for every terminal."""
    server = serve()
    os.mkfifo(tmp_path / "api_key", 0o600)
    with pytest.raises(ConfigError, match="is not a file"):
        engine(server, **({"api_key_file": str(tmp_path / "api_key")} if named else {}))
    assert server.seen == []


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "404 Not Found", "500 Oops", "429 Slow"])
def test_a_server_that_quotes_the_key_does_not_make_us_show_it(serve: Serve, status: str) -> None:
    """Some say which key was wrong."""
    server = serve([http(status, {"error": {"message": "Incorrect API key provided: sesame-street."}})])
    with pytest.raises(ServerError) as caught:
        ask(engine(server, api_key="sesame-street", server_model="m"))
    assert "sesame" not in caught.value.message + caught.value.hint


def test_no_proxy_stands_between_us_and_this_machine(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names one that is not there."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(engine(serve())) == ["ls"]


def test_another_machine_is_asked_through_the_proxy_of_the_environment(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which sees what everybody on the way sees: no secret."""
    proxy = serve()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    made = engine("http://models.example/v1", server_model="m", allow_http=True)
    assert ask(made, text="use token=abc123def") == ["ls"]
    assert proxy.posted().target == "http://models.example/v1/chat/completions"
    assert b"abc123def" not in proxy.posted().raw


def test_a_proxy_that_cannot_be_used_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socks proxy needs a package that is not there."""
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://127.0.0.1:9")
    with pytest.raises(ServerError, match=r"The proxy for https://models\.example cannot be used"):
        engine("https://models.example/v1")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, with its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    subprocess.run(
        [need_program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=caro",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "cert"],
        cwd=path.parent, check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes((path.parent / "cert").read_bytes() + (path.parent / "key").read_bytes())
    return path


def test_a_certificate_has_to_be_trusted(serve: Serve, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent to a server that cannot show one; SSL_CERT_FILE makes it trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = serve(tls=context)
    with pytest.raises(ServerError, match=r"shows a certificate that is not trusted: self-signed certificate\."):
        ask(engine(server, server_model="m"))
    assert server.seen == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert ask(engine(server)) == ["ls"]
    server.plan([STREAM, piece("ls"), Pause()])
    stream = engine(server).stream(ASK, Sampling(), lambda: len(server.posts) > 1)
    assert list(stream) in ([], ["ls"])
    server.client_went()


def test_many_cancelled_requests_leave_nothing_behind(serve: Serve) -> None:
    """Neither threads nor open connections."""
    server = serve([STREAM, piece("ls"), Pause()])
    made = engine(server, server_model="m")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH112, PTH208
    for _ in range(20):
        stream = made.stream(ASK, Sampling(), never)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    made.close()

    def is_quiet() -> bool:
        return not any(thread.name.startswith("server") for thread in threading.enumerate())

    wait_for(is_quiet, lambda: str(threading.enumerate()), DEADLINE_S)
    after = len(os.listdir("/proc/self/fd")) if before else 0  # noqa: PTH208
    assert after <= before + 2 + 2 * server.connections


def test_the_doctor_asks_without_a_request_of_the_users(serve: Serve) -> None:
    """Address, key and model are what it looks at."""
    server = serve()
    assert examine_server(Settings(base_url=server.url)).endswith("answers, without a key, with scripted")
    assert "asked with the key from CARO_API_KEY" in examine_server(Settings(base_url=server.url, api_key="sesame"))
    with pytest.raises(ServerError, match="has no model `other`, only scripted"):
        examine_server(Settings(base_url=server.url, server_model="other"))
    odd = serve(models=http("200 OK", {"data": [{"id": "a\x1b]0;b"}, {"id": "llama:latest"}]}))
    with pytest.raises(ServerError, match=r"only a\]0;b, llama:latest\."):
        examine_server(Settings(base_url=odd.url, server_model="other"))
    assert examine_server(Settings(base_url=odd.url, server_model="llama")).endswith("with llama")
    refused = serve(models=http("401 Unauthorized", {"error": {"message": "no"}}))
    with pytest.raises(ServerError, match="wants a key"):
        examine_server(Settings(base_url=refused.url))
    assert server.posts == []


def test_what_was_recorded_of_other_servers_is_read(serve: Serve) -> None:
    """Ollama's and LM Studio's answers, as their documentation shows them; neither can be installed for a test."""
    ollama = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "qwen2.5-coder:1.5b",
              "system_fingerprint": "fp_ollama"}  # fmt: skip
    delta = {"role": "assistant", "content": "ls"}
    last = {"role": "assistant", "content": ""}
    plan = [
        STREAM,
        event({**ollama, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}),
        event({**ollama, "choices": [{"index": 0, "delta": last, "finish_reason": "stop"}]}),
        event({**ollama, "choices": [], "usage": {"prompt_tokens": 26, "completion_tokens": 2, "total_tokens": 28}}),
        event("[DONE]"),
        END,
    ]
    made = engine(serve(plan))
    assert ask(made) == ["ls"]
    assert (made.usage.prompt_tokens, made.usage.answer_tokens, made.usage.ended) == (26, 2, True)
    studio = json.dumps({"error": 'Model "m" not found. Please load it first.'})
    with pytest.raises(ServerError, match="has no model `m`"):
        ask(engine(serve([http("404 Not Found", studio)]), server_model="m"))


def test_the_settings_decide_who_is_asked() -> None:
    """A server where one is named, and this machine behind it where that is wanted; an engine that is named wins."""
    url = "https://models.example/v1"
    assert isinstance(create_engine(Settings(base_url=url)), OpenAIEngine)
    assert isinstance(create_engine(Settings(engine="openai", base_url=url)), OpenAIEngine)
    assert isinstance(create_engine(Settings(base_url=url, fallback="local")), FallbackEngine)
    assert asks_a_server(Settings(base_url=url))
    assert not asks_a_server(Settings())
    assert not asks_a_server(Settings(engine="llama", base_url=url))
    with pytest.raises(ServerError, match="There is no server to ask"):
        create_engine(Settings(engine="openai")).load()
