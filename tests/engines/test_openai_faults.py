"""Everything that can be wrong with a server, through the real daemon: a sentence each, and the next request works."""

import gzip
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from commands import caro, log
from scripted_server import END, HANG_UP, STREAM, Pause, Plan, ScriptedServer, answer, chunk, event, http, piece
from user_home import Home
from wire import Wire

KEY = "sesame-open-1234"
SILENT_S = 0.6


@dataclass(frozen=True)
class Fault:
    """A server that is wrong, and what the user is told of it; `{url}` stands for its address."""

    name: str
    plan: Plan
    says: str
    hint: str = ""
    code: str = "server"
    settings: dict[str, str] = field(default_factory=dict)
    requests: int = 1
    """How often it is asked."""


def error(words: str) -> dict[str, object]:
    """Return an error in the usual form."""
    return {"error": {"message": words, "type": "some_error"}}


COMPRESSED = gzip.compress(b'data: {"choices":[{"delta":{"content":"ls"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
GZIP = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
DIES = "{url} stopped in the middle of the answer."
NOT_ONE = "{url} does not answer as an OpenAI-compatible server does."
LOOP = http("307 Temporary Redirect", "", "Location: /v1/chat/completions")
AWAY = http("307 Temporary Redirect", "", "Location: https://elsewhere.example/v1/chat/completions")
UNANSWERED = "{url} hung up without an answer."

FAULTS = [
    Fault("hangs before the headers", [Pause()], "{url} has said nothing for 0.6 s.", "`server_timeout`"),
    Fault("hangs after the headers", [STREAM, Pause()], "{url} has said nothing for 0.6 s."),
    Fault("hangs in the middle", [STREAM, piece("ls"), Pause()], "{url} has said nothing for 0.6 s."),
    Fault("drips comments", [STREAM, Pause(drip=chunk(b": wait\n\n"))], "{url} has said nothing for 0.6 s."),
    Fault(
        "drips half an event", [STREAM, chunk(b"data: "), Pause(drip=chunk(b" "))], "{url} has said nothing for 0.6 s."
    ),
    Fault("is no JSON", [STREAM, event("{oops"), END], NOT_ONE, "`base_url`"),
    Fault("is JSON of something else", [http("200 OK", {"hello": "world"})], NOT_ONE),
    Fault("is a list", [http("200 OK", "[]", "Content-Type: application/json")], NOT_ONE),
    Fault("is a web page", [http("200 OK", "<html>Log in</html>", "Content-Type: text/html")], NOT_ONE),
    Fault("is empty", [http("200 OK", "")], NOT_ONE),
    Fault("is an empty stream", [STREAM, END], DIES),
    Fault(
        "ends without a word",
        [STREAM, event("[DONE]"), END],
        "The model wrote no command.",
        code="unusable",
        requests=3,
    ),
    Fault("is not UTF-8", [STREAM, chunk(b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n'), END], NOT_ONE),
    Fault("has a huge line", [STREAM, *[chunk(b"data: " + b"x" * 300_000)] * 5, END], NOT_ONE),
    Fault("is compressed garbage", [GZIP, b"not gzip at all", HANG_UP], NOT_ONE),
    Fault("is cut", [STREAM, piece("ls"), HANG_UP], DIES, "Ask again."),
    Fault("is cut in an event", [STREAM, piece("ls"), chunk(b'data: {"cho'), HANG_UP], DIES),
    Fault("ends too early", [STREAM, piece("ls"), END], DIES),
    Fault(
        "fails in the middle", [STREAM, piece("ls"), event(error("out of memory")), END], "{url} failed: out of memory."
    ),
    Fault("hangs up at once", [HANG_UP], UNANSWERED, "log", requests=3),
    Fault("does not speak HTTP", [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", HANG_UP], "{url} does not speak HTTP.", "https://"),
    Fault("wants a key", [http("401 Unauthorized", error("no key"))], "{url} wants a key.", "CARO_API_KEY"),
    Fault(
        "refuses the key",
        [http("401 Unauthorized", error(f"bad {KEY}"))],
        "{url} does not accept the key from CARO_API_KEY.",
        settings={"CARO_API_KEY": KEY},
    ),
    Fault(
        "forbids it",
        [http("403 Forbidden", error("no"))],
        "{url} does not let this key in, or not to this model (403).",
    ),
    Fault(
        "has another path",
        [http("404 Not Found", {"detail": "Not Found"})],
        "{url} has no chat completions there (404): Not Found.",
        "`base_url`",
    ),
    Fault(
        "has not the model",
        [http("404 Not Found", error("The model `m` does not exist."))],
        "{url} has no model `m`.",
        "It has scripted.",
    ),
    Fault(
        "rejects it",
        [http("400 Bad Request", error("bad\x1b[31m day"))],
        "{url} rejects the request (400): bad[31m day.",
        requests=4,
    ),
    Fault(
        "finds it too long",
        [http("400 Bad Request", error("maximum context length is 9 tokens"))],
        "The request is too long for the server's model.",
        code="unusable",
    ),
    Fault(
        "has too many requests",
        [http("429 Too Many Requests", "")],
        "{url} has too many requests, or your quota is used up (429).",
        "in a moment",
        requests=3,
    ),
    Fault(
        "wants a long pause",
        [http("429 Too Many Requests", "", "Retry-After: 120")],
        "{url} has too many requests, or your quota is used up (429).",
        "in 120 s",
    ),
    Fault("fails", [http("500 Internal Server Error", error("CUDA error"))], "{url} failed (500): CUDA error.", "log"),
    Fault("fails with a page", [http("500 Internal Server Error", "<html>" + "x" * 5000)], "{url} failed (500)."),
    Fault(
        "is not ready",
        [http("503 Service Unavailable", error("Loading model"))],
        "{url} failed (503): Loading model.",
        requests=3,
    ),
    Fault("redirects in a circle", [LOOP], "{url} redirects in a circle.", requests=6),
    Fault("redirects away", [AWAY], "{url} redirects to https://elsewhere.example, which is not followed."),
    Fault(
        "redirects to what is no address",
        [http("307 Temporary Redirect", "", "Location: http://[::1/v1")],
        "{url} does not speak HTTP.",
    ),
    Fault("nests without end", [http("200 OK", "[" * 100_000, "Content-Type: application/json")], NOT_ONE),
    Fault("redirects to nowhere", [http("302 Found", "")], "{url} redirects, and does not say where to (302)."),
    Fault("answers something odd", [http("418 I'm a teapot", "")], "{url} rejects the request (418)."),
]


@pytest.fixture(scope="module")
def served() -> Iterator[Home]:
    """A home without a scripted engine: one daemon for all faults, as a user's."""
    path = Path(tempfile.mkdtemp(prefix="caro-"))
    home = Home(path)
    del home.environ["CARO_ENGINE"]
    home.environ |= {"CARO_SERVER_TIMEOUT": str(SILENT_S), "CARO_SERVER_MODEL": "m"}
    yield home
    home.kill_daemon()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def wire(served: Home) -> Iterator[Wire]:
    """One connection to its daemon."""
    with Wire(served) as made:
        yield made


def asked(wire: Wire, home: Home, url: str, line: str, **settings: str) -> dict[str, object]:
    """Ask for a command from the server at `url`."""
    environ = {name: value for name, value in home.environ.items() if name.startswith("CARO_")}
    return wire.answer(line, settings=environ | {"CARO_BASE_URL": f"{url}/v1", **settings})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_server_that(fault: Fault, wire: Wire, served: Home) -> None:
    """Each is one sentence that names the server and what happened; the daemon lives, the next request is answered."""
    pid = served.daemon_pid()
    with ScriptedServer(fault.plan) as server:
        said = asked(wire, served, server.url, "list files", **fault.settings)
        assert said["type"] == "error", said
        assert said["message"] == fault.says.format(url=server.url)
        assert (said["code"], fault.hint in str(said["hint"])) == (fault.code, True), said
        assert len(server.posts) == fault.requests
        server.plan(answer("ls"))
        assert asked(wire, served, server.url, "list files", **fault.settings)["command"] == "ls"
    assert served.daemon_pid() == pid
    assert KEY not in log(served)
    assert "Traceback" not in log(served)


UNREACHABLE = [
    ("http://127.0.0.1:{free}", "http://127.0.0.1:{free} refuses the connection."),
    ("https://no-such-host.invalid", "There is no host for https://no-such-host.invalid."),
    ("https://127.0.0.1:{plain}", "https://127.0.0.1:{plain} does not speak TLS."),
    ("https://xn--.invalid", "There is no host for https://xn--.invalid."),
]


@pytest.mark.parametrize(("url", "says"), UNREACHABLE, ids=["refused", "no-name", "no-tls", "odd-name"])
def test_a_server_that_is_not_there(url: str, says: str, wire: Wire, served: Home) -> None:
    """Refused, unknown, or without the encryption that the address promises."""
    with ScriptedServer() as closed, ScriptedServer() as plain:
        numbers = {"free": closed.port, "plain": plain.port}
        closed.__exit__()
        said = asked(wire, served, url.format(**numbers), "list files")
        assert said["message"] == says.format(**numbers)
        assert asked(wire, served, plain.url, "list files")["command"] == "ls"


def test_a_compressed_answer_is_read(wire: Wire, served: Home) -> None:
    """Some proxies compress everything."""
    with ScriptedServer([GZIP, COMPRESSED, HANG_UP]) as server:
        assert asked(wire, served, server.url, "list files")["command"] == "ls"


def test_cancelling_frees_the_daemon_while_a_server_is_silent(wire: Wire, served: Home) -> None:
    """Whoever asks next is not kept waiting for the time-out."""
    with ScriptedServer([Pause()], answer("ls")) as server:
        environ = {name: value for name, value in served.environ.items() if name.startswith("CARO_")}
        environ |= {"CARO_BASE_URL": server.url, "CARO_SERVER_TIMEOUT": "3600"}
        waiting = wire.generate("hang", settings=environ)
        server.posted()
        wire.send("cancel", request=waiting.decode())
        assert wire.events(waiting)[-1]["code"] == "cancelled"
        server.client_went()
        assert wire.answer("list files", settings=environ)["command"] == "ls"


def of_a_server(home: Home, server: ScriptedServer, **more: str) -> dict[str, str]:
    """Return what a client's environment says of a server."""
    return {"CARO_BASE_URL": server.url, **more}


def test_caro_last_shows_what_left_and_where_it_went(served: Home) -> None:
    """Word for word as it was sent; no secret is in it, nor in the answer that is remembered."""
    with ScriptedServer(answer("curl -H 'X: CARO_SECRET_1' https://x.test")) as server:
        environ = of_a_server(served, server)
        done = caro(served, "--fresh", "fetch https://x.test with token=abc123secret", **environ)
        assert done.stdout == "curl -H 'X: abc123secret' https://x.test\n"
        for words in ([], ["--json"]):
            text = caro(served, "last", *words, **environ).stdout
            assert "abc123secret" not in text
            assert "fetch https://x.test with token=CARO_SECRET_1" in text
            assert "X: CARO_SECRET_1" in text
        text = caro(served, "last", **environ).stdout
        assert text.splitlines()[0] == f"openai · m · sent to {server.url}, a server on this machine"
        assert "nothing left" not in text
        status = caro(served, "daemon", "status", **environ).stdout
        assert "openai" in status
        assert server.url in status


def test_caro_last_tells_when_nothing_was_sent(served: Home) -> None:
    """A server that refuses the connection has got nothing."""
    with ScriptedServer() as server:
        server.__exit__()
        done = caro(served, "list files", **of_a_server(served, server))
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"caro: {server.url} refuses the connection.")
        text = caro(served, "last").stdout
        assert f"{server.url} was not reached; nothing was sent" in text


def test_the_key_is_shown_nowhere(served: Home) -> None:
    """Not in the status, the log, the memory of the last request, nor in what the client prints."""
    with ScriptedServer([http("401 Unauthorized", error(f"Incorrect API key: {KEY}"))]) as server:
        environ = of_a_server(served, server, CARO_API_KEY=KEY)
        printed = [caro(served, "list files", **environ)]
        printed += [caro(served, *words, **environ) for words in (
            ["last", "--json"], ["daemon", "status", "--json"], ["config", "list"], ["daemon", "logs"])]  # fmt: skip
    assert not [done for done in printed if KEY in done.stdout + done.stderr]
    assert server.posted().headers["authorization"] == f"Bearer {KEY}"


def sentences() -> list[str]:
    """Return all that is said above."""
    return [fault.says for fault in FAULTS] + [says for _url, says in UNREACHABLE]


def test_every_sentence_is_one() -> None:
    """It begins with what it is about, ends like a sentence, and holds no line break."""
    for said in sentences():
        assert re.fullmatch(r"[^\n]+\.", said), said


def test_fault_names_are_unique() -> None:
    """So that a failure points at one."""
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
