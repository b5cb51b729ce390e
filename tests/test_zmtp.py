"""Our few lines of ZMTP against libzmq itself, and against what is no ZeroMQ at all."""

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zmq
from terminal import DEADLINE_S, wait_for

from caro_shell.zmtp import Connection

# What libzmq's ROUTER says first: its greeting (RFC 23; 3.1) and READY.
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01NULL" + bytes(16) + bytes(32)
PROPERTIES = b"\x05READY\x0bSocket-Type\x00\x00\x00\x06ROUTER"
READY = bytes([4, len(PROPERTIES)]) + PROPERTIES


@pytest.fixture
def router(tmp_path: Path) -> Iterator["zmq.Socket[bytes]"]:
    """A ROUTER of libzmq's, bound at `socket` in `tmp_path`."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    bound = context.socket(zmq.ROUTER)
    bound.bind(f"ipc://{tmp_path}/socket")
    bound.setsockopt(zmq.RCVTIMEO, int(DEADLINE_S * 1000))
    yield bound
    context.destroy(linger=0)


@contextmanager
def listening(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[Connection]:
    """Connect to a server of a test's own, which has its side of the connection for itself."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def accept() -> None:
            with listener.accept()[0] as side:
                serve(side)
                # Who hangs up before the other's greeting has come leaves it nobody to greet.
                side.shutdown(socket.SHUT_WR)
                while side.recv(4096):
                    pass

        server = threading.Thread(target=accept)
        server.start()
        try:
            connection = Connection(str(path), DEADLINE_S)
            yield connection
            connection.close()
        finally:
            server.join()


def next_message(connection: Connection) -> list[bytes]:
    """Wait for the next message."""
    while (message := connection.next_message()) is None:
        assert connection.read(), "it has hung up"
    return message


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_535, 65_536, 300_000])
def test_libzmq_and_we_read_what_the_other_writes(router: "zmq.Socket[bytes]", tmp_path: Path, size: int) -> None:
    """Frames of every length that has a form of its own, both ways, in order."""
    connection = Connection(f"{tmp_path}/socket", DEADLINE_S)
    sender = threading.Thread(target=lambda: connection.send([b"caro/1", b"id", b"x" * size], DEADLINE_S))
    sender.start()
    client, *frames = router.recv_multipart()
    sender.join()
    assert frames == [b"caro/1", b"id", b"x" * size]
    for number in range(3):
        router.send_multipart([client, b"caro/1", str(number).encode(), b"y" * size])
    assert [next_message(connection) for _ in range(3)] == [
        [b"caro/1", str(number).encode(), b"y" * size] for number in range(3)
    ]
    assert connection.next_message() is None
    connection.close()


def test_libzmq_notices_that_we_have_gone_and_what_we_said_last(router: "zmq.Socket[bytes]", tmp_path: Path) -> None:
    """What is sent right before the end arrives; after it, nobody is there to be told anything."""
    router.setsockopt(zmq.ROUTER_MANDATORY, 1)
    connection = Connection(f"{tmp_path}/socket", DEADLINE_S)
    connection.send([b"last words"], DEADLINE_S)
    connection.close()
    client, words = router.recv_multipart()
    assert words == b"last words"
    wait_for(lambda: not _is_there(router, client), lambda: "for libzmq to notice")


def _is_there(router: "zmq.Socket[bytes]", client: bytes) -> bool:
    try:
        router.send_multipart([client, b"anybody?"])
    except zmq.ZMQError as error:
        return error.errno != zmq.EHOSTUNREACH
    return True


def test_we_notice_that_libzmq_has_gone_behind_what_it_said_last(router: "zmq.Socket[bytes]", tmp_path: Path) -> None:
    """Everything that was said can still be read; then `read` says that there will be no more."""
    connection = Connection(f"{tmp_path}/socket", DEADLINE_S)
    connection.send([b"hello"], DEADLINE_S)
    client, _hello = router.recv_multipart()
    router.send_multipart([client, b"last words"])
    router.close(linger=1000)
    assert next_message(connection) == [b"last words"]
    while connection.read():
        assert connection.next_message() is None
    connection.close()


@pytest.mark.parametrize("seed", range(5))
def test_where_the_kernel_cuts_does_not_matter(tmp_path: Path, seed: int) -> None:
    """Greeting, commands and messages in pieces of any length are the same messages."""
    chance = random.Random(seed)  # noqa: S311  data for a test
    said = [[chance.randbytes(chance.choice((0, 3, 200, 256, 900))) for _ in range(1, 4)] for _ in range(20)]
    ping = b"\x04\x05\x04PING"
    stream = GREETING + READY
    for message in said:
        stream += ping
        for at, frame in enumerate(message):
            more = at < len(message) - 1
            long = len(frame) > 255
            size = len(frame).to_bytes(8 if long else 1, "big")
            stream += bytes([more | long << 1]) + size + frame

    def serve(side: socket.socket) -> None:
        left = stream
        while left:
            cut = chance.choice((1, 2, 7, 60, 500))
            side.sendall(left[:cut])
            left = left[cut:]

    with listening(tmp_path / "socket", serve) as connection:
        assert [next_message(connection) for _ in said] == said
        assert not connection.read()


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n" + bytes(100),
        GREETING[:30],
        GREETING.replace(b"NULL", b"CURV"),
        GREETING[:10] + b"\x01\x00" + GREETING[12:],
        GREETING + b"\x04\x06\x05ERROR",
        GREETING + b"\x00\x05hello",
    ],
    ids=["nothing", "http", "half a greeting", "another mechanism", "an old version", "an error", "a message"],
)
def test_what_does_not_speak_zmtp_is_no_connection(tmp_path: Path, words: bytes) -> None:
    """Whatever it says instead, it is an OSError, as a connection that is refused."""
    with pytest.raises(OSError), listening(tmp_path / "socket", lambda side: side.sendall(words)):  # noqa: PT011
        pass


def test_who_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    """A daemon that is stopped accepts connections, in the kernel, and says nothing."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        with pytest.raises(TimeoutError):
            Connection(str(tmp_path / "socket"), 0.05)


def test_who_takes_nothing_is_not_waited_for(tmp_path: Path) -> None:
    """More than the kernel holds for a daemon that is stopped: the client is not stuck in sending."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        done = threading.Event()

        def serve() -> None:
            with listener.accept()[0] as side:
                side.sendall(GREETING + READY)
                done.wait()

        server = threading.Thread(target=serve)
        server.start()
        try:
            connection = Connection(str(tmp_path / "socket"), DEADLINE_S)
            with pytest.raises(TimeoutError):
                connection.send([bytes(10_000_000)], 0.05)
            connection.close()
        finally:
            done.set()
            server.join()
