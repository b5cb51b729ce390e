"""Random messages against a running daemon: `python tests/fuzz/fuzz_wire.py MESSAGES [SEED]`.

The daemon has the scripted engine and a home of its own. After each batch it must answer a valid request; every message
that has an answer by docs/protocol.md must get it. At the end it must be the same process, as small as after the
beginning, with nothing but its usual lines in the log. Fails with the seed and what was sent.
"""

import json
import random
import shutil
import socket
import struct
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")]

from commands import log  # noqa: E402  a program by itself, found by the lines above
from mutations import mutated_bytes, text, value  # noqa: E402  as above
from user_home import SUPPORT, Home  # noqa: E402  as above
from wire import TERMINAL, Wire  # noqa: E402  as above

from caro_shell import __version__  # noqa: E402  as above
from caro_shell.protocol import MESSAGE_LIMIT, REQUESTS  # noqa: E402  as above

BATCH = 100
"""Messages between two looks at the daemon; well under what libzmq queues for one connection."""
ENGINE = f"{SUPPORT / 'scripted_engine.py'}:ScriptedEngine"
FRAME_LIMIT = 1 << 20
MOST_GROWTH = 12 << 20
"""Bytes that the daemon may have grown by from the first tenth of the messages to the last."""
OWN_WAY = "anything"
"""Any terminal event is right: whether the message makes sense is left to chance."""
_VERSIONS = (b"caro/0", b"caro/2", b"", b"caro/1\x00", b"CARO/1", b"\xff\xfe", b"caro/1 ", b"HTTP/1.1")
# What a client may say that lasts, costs a file or another engine, or ends the daemon, is not left to chance.
_FIXED = frozenset({"version", "settings", "outcomes", "pid"})


class Message(NamedTuple):
    """Frames to send, and what must come back: an error's code, the name of an event, or OWN_WAY; empty: nothing."""

    frames: tuple[bytes, ...]
    answer: str
    answered_id: bytes


def _ordinary(chance: random.Random, kind: str) -> dict[str, object]:
    """Return a message of `kind` as a client writes it."""
    asked = {"line": "list files", "shell": "bash", "version": __version__, "terminal": text(chance, 2)}
    more: dict[str, dict[str, object]] = {
        "generate": {**asked, "cursor": 3, "turns": [{"line": "a", "command": "ls"}], "number": 2, "alternative": 1},
        "fix": {**asked, "status": 1, "output": "no such file", "alternative": 0},
        "explain": {**asked, "aliases": {"ll": "ls -l"}, "functions": ["mine"], "path": "/bin", "cwd": "/"},
        "status": {"last": chance.random() < 0.5},
        "cancel": {"request": "r1"},
        "shutdown": {"pid": 1},
    }
    return {"type": kind, **more.get(kind, {})}


def _body(message: object) -> bytes:
    # Lone surrogates come over the wire as escapes.
    return json.dumps(message).encode()


def _answered(request_id: bytes, message: object, answer: str) -> Message:
    """Return a message with its answer, unless there is a NUL or half a character in it: then that is refused."""
    try:
        # Two halves that meet are a whole one on the wire.
        said = json.dumps(json.loads(_body(message)), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        said = b""
    answer = answer if said and b"\\u0000" not in said else "protocol"
    return Message((b"caro/1", request_id, _body(message)), answer, request_id)


class Messages:
    """Makes messages, each with an id of its own."""

    def __init__(self, chance: random.Random) -> None:
        """Begin with the first id."""
        self._chance = chance
        self._number = 0
        rare, often = (self._asked, self._wrong_values, self._settings, self._too_long), 30
        common: tuple[Callable[[bytes], Message], ...] = (
            self._noise,
            self._other_version,
            self._other_number_of_frames,
            self._wrong_type,
            self._missing,
            self._unknown,
            self._deep,
            self._known,
            self._mutated,
        )
        self._makers = [*rare, *common * often]

    def next(self) -> Message:
        """Return the next message."""
        self._number += 1
        return self._chance.choice(self._makers)(f"f{self._number}".encode())

    def _refused(self, request_id: bytes, body: bytes) -> Message:
        return Message((b"caro/1", request_id, body), "protocol", request_id)

    def _noise(self, request_id: bytes) -> Message:
        return self._refused(request_id, b"\xff" + self._chance.randbytes(self._chance.choice((0, 3, 40, 900))))

    def _other_version(self, request_id: bytes) -> Message:
        body = _body(_ordinary(self._chance, self._chance.choice(("generate", "status", "reload", "cancel"))))
        return Message((self._chance.choice(_VERSIONS), request_id, body), "protocol", request_id)

    def _other_number_of_frames(self, request_id: bytes) -> Message:
        frames = tuple(self._chance.randbytes(self._chance.choice((0, 1, 30))) for _ in range(8))
        if self._chance.random() < 0.3:
            return Message(frames[:1], "protocol", b"")
        more = self._chance.choice((0, 2, 3, 6, 200))
        return Message((frames[0], request_id, *(frames * 40)[:more]), "protocol", request_id)

    def _wrong_type(self, request_id: bytes) -> Message:
        kind = self._chance.choice([kind for kind, fields in REQUESTS.items() if fields])
        name = self._chance.choice(list(REQUESTS[kind]))
        message = _ordinary(self._chance, kind) | {name: None}
        return self._refused(request_id, _body(message))

    def _missing(self, request_id: bytes) -> Message:
        kind = self._chance.choice(("generate", "fix", "explain", "cancel"))
        message = _ordinary(self._chance, kind)
        del message[self._chance.choice([name for name, field in REQUESTS[kind].items() if field.required])]
        return self._refused(request_id, _body(message))

    def _unknown(self, request_id: bytes) -> Message:
        odd = (f"x{text(self._chance)}", "_on_ask", "ask", "__init__", "Generate", "status ")
        return self._refused(request_id, _body({"type": self._chance.choice(odd), "line": "a"}))

    def _deep(self, request_id: bytes) -> Message:
        opening, closing = self._chance.choice((("[", "]"), ('{"a":', "}")))
        depth = self._chance.choice((500, 5_000))
        nested = f"{opening * depth}1{closing * depth}"
        return self._refused(request_id, f'{{"type":{nested}}}'.encode())

    def _too_long(self, request_id: bytes) -> Message:
        more = self._chance.choice((1, 5_000, FRAME_LIMIT - MESSAGE_LIMIT - 100))
        body = _body({"type": "status", "a": ""})
        return self._refused(request_id, body[:-2] + b"a" * (MESSAGE_LIMIT - len(body) + more) + body[-2:])

    def _known(self, request_id: bytes) -> Message:
        kind = self._chance.choice(("status", "status", "cancel", "shutdown", "stale"))
        if kind == "stale":
            return _answered(
                request_id, _ordinary(self._chance, "generate") | {"version": text(self._chance) + "?"}, "stale"
            )
        unknown = {text(self._chance): value(self._chance) for _ in range(3)}
        answer = "" if kind == "cancel" else "status"
        return _answered(request_id, unknown | _ordinary(self._chance, kind), answer)

    def _mutated(self, request_id: bytes) -> Message:
        """Return a valid message with a few bytes changed, which may leave it valid."""
        body = _body(_ordinary(self._chance, self._chance.choice(("generate", "fix", "explain"))))
        changed = mutated_bytes(body, self._chance, (body, b'"status"', b"1e999", b"\\ud800", b"[[[["))
        # It cannot become one that ends the daemon, or has no answer.
        if any(word in changed for word in (b"shutdown", b"cancel", b"reload", b"warm", b"\\u00")):
            changed = body
        if changed == body:
            return self._refused(request_id, body[:-1])
        return Message((b"caro/1", request_id, changed), OWN_WAY, request_id)

    def _asked(self, request_id: bytes) -> Message:
        """Return a request that is answered, about a line in which anything may stand."""
        line = "x" + text(self._chance) * self._chance.choice((1, 1, 40))
        message = {"type": "generate", "line": line, "shell": "bash", "version": __version__}
        return Message((b"caro/1", request_id, _body(message)), OWN_WAY, request_id)

    def _settings(self, request_id: bytes) -> Message:
        """Return a request with settings of any kind, but for those that load another engine or end the daemon."""
        odd = {
            self._chance.choice(
                ("CARO_CONFIG", "CARO_QUEUE", "CARO_KEY", "CARO_MODEL", "CARO_PROOF", text(self._chance))
            ): (value(self._chance) if self._chance.random() < 0.3 else text(self._chance))
            for _ in range(3)
        }
        fixed = {"CARO_ENGINE": ENGINE, "CARO_PROOF": "off", "CARO_EXAMPLES": "off", "CARO_LEARN": "off"}
        message = _ordinary(self._chance, "generate") | {"settings": odd | fixed}
        return Message((b"caro/1", request_id, _body(message)), OWN_WAY, request_id)

    def _wrong_values(self, request_id: bytes) -> Message:
        """Return a request with any value in any of its fields."""
        kind = self._chance.choice(("generate", "fix", "explain", "status"))
        message = _ordinary(self._chance, kind)
        for name in self._chance.sample(sorted(REQUESTS[kind]), min(len(REQUESTS[kind]), self._chance.randint(1, 3))):
            if name not in _FIXED:
                message[name] = value(self._chance)
        return Message((b"caro/1", request_id, _body(message)), OWN_WAY, request_id)


def _raw(runtime: str, chance: random.Random) -> None:
    """Speak to the socket below ZeroMQ: half a greeting, a wrong one, a right one and noise, or nothing at all."""
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(16) + b"\x00" + bytes(31)
    ready = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
    huge = b"\x02" + struct.pack(">Q", chance.choice((1 << 63, 1 << 40, FRAME_LIMIT + 1)))
    noise = chance.randbytes(200)
    said = chance.choice(
        (
            b"",
            noise,
            greeting[: chance.randrange(64)],
            greeting + noise,
            greeting + ready + noise,
            greeting + ready + huge,
        )
    )
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(f"{runtime}/caro.sock")
        raw.sendall(said)


def _oversized(home: Home, chance: random.Random) -> None:
    """Send a frame past the limit, in each of the three places; the daemon hangs up without a word."""
    with Wire(home) as wire:
        frames = [b"caro/1", b"huge", b'{"type":"status"}']
        frames[chance.randrange(3)] = bytes(FRAME_LIMIT + 1)
        wire.send_frames(*frames)


def _deaf(home: Home, chance: random.Random) -> None:
    """Send much under ids as long as can be, and read none of the answers."""
    with Wire(home) as wire:
        name = chance.randbytes(FRAME_LIMIT)
        for _ in range(60):
            wire.send_frames(b"caro/1", name, b"{")
        # The last one has been dealt with when another connection has been answered; the caller sees to that.


def rss(pid: int) -> int:
    """Return the resident memory of a process in bytes (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def fuzz_home(path: Path) -> Home:
    """Return a home whose configuration file has the scripted engine: a message without settings gets it too."""
    home = Home(path)
    home.write_config(f'engine = "{ENGINE}"', "proof = false", "examples = false", 'learn = "off"')
    return home


class Fuzz:
    """Sends messages in batches and holds the daemon to its word."""

    def __init__(self, home: Home, seed: int) -> None:
        """Begin from a seed."""
        self._home = home
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311  not for secrets
        self._messages = Messages(self._chance)
        self.answers: Counter[str] = Counter()

    def run(self, number: int, told: Callable[[int, int], None] = lambda _sent, _rss: None) -> int:
        """Send so many messages; returns by how many bytes the daemon has grown since a tenth of them."""
        sent, first = 0, 0
        with Wire(self._home) as wire:
            pid = self._home.daemon_pid()
            while sent < number:
                self._batch(wire, min(BATCH, number - sent))
                sent += BATCH
                if self._chance.random() < 0.1:
                    self._chance.choice((self._below, _oversized, _deaf))(self._home, self._chance)
                assert wire.ask("status")["pid"] == pid, f"another daemon answers, seed {self._seed}"
                first = first or (rss(pid) if sent * 10 >= number else 0)
                told(sent, rss(pid))
            assert wire.answer("one more")["command"] == "echo one more"
            assert wire.ended()
        said = log(self._home)
        assert "Traceback" not in said, f"seed {self._seed}:\n{said[:3000]}"
        return rss(pid) - first

    def _below(self, home: Home, chance: random.Random) -> None:
        for _ in range(5):
            _raw(home.runtime, chance)

    def _batch(self, wire: Wire, number: int) -> None:
        waiting: dict[bytes, Message] = {}
        nameless = 0
        for _ in range(number):
            message = self._messages.next()
            wire.send_frames(*message.frames)
            if message.answer and message.answered_id:
                waiting[message.answered_id] = message
            nameless += message.answered_id == b""
        while waiting or nameless:
            _version, request_id, body = wire.frames()
            event = json.loads(body)
            if event["type"] not in TERMINAL:
                continue
            said = event["code"] if event["type"] == "error" else event["type"]
            self.answers[said] += 1
            wanted = waiting.pop(request_id).answer if request_id else "protocol"
            nameless -= not request_id
            if wanted not in (said, OWN_WAY) or said == "internal":
                raise AssertionError(f"{said!r}, not {wanted!r}, seed {self._seed}: {event}\n{log(self._home)[-3000:]}")


def main(number: int, seed: int) -> int:
    """Send so many messages to a daemon of our own; return the exit status."""

    def told(sent: int, size: int) -> None:
        if sent % (100 * BATCH) == 0:
            print(f"{sent} messages, {size >> 10} KiB", flush=True)  # noqa: T201  a program's output

    path = Path(tempfile.mkdtemp(prefix="caro-"))
    home = fuzz_home(path)
    try:
        fuzz = Fuzz(home, seed)
        grown = fuzz.run(number, told)
    finally:
        home.kill_daemon()
        shutil.rmtree(path, ignore_errors=True)
    print(f"{number} messages, seed {seed}; the daemon grew by {grown >> 10} KiB; {dict(fuzz.answers)}")  # noqa: T201
    return int(grown > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
