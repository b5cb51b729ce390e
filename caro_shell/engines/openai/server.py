"""A server that is asked over HTTP: one warm connection, redirects, and another try where nothing was answered yet."""

import json
import logging
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from caro_shell.engines.openai import faults
from caro_shell.engines.openai.address import Address, may_follow, origin_of
from caro_shell.engines.openai.answer import NotUnderstoodError, error_words, model_names
from caro_shell.engines.openai.events import TooLongError
from caro_shell.engines.openai.exchange import Connections, Exchange, Head, SilentError, StoppedError
from caro_shell.engines.openai.key import Key
from caro_shell.errors import CaroError, ServerError

_CONNECT_S = 10.0
_KEEP_S = 300.0
# Before a second and a third try, when the server has not begun to answer.
_WAITS_S = (0.2, 0.6)
# Longer than this, nobody waits in front of a prompt.
_MOST_WAIT_S = 5.0
_MOST_REDIRECTS = 5
_MOST_TEXT_BYTES = 1_000_000


class RejectedError(Exception):
    """The server says that something is wrong with the request; raised instead of a sentence, to try another way."""

    def __init__(self, status: int, words: str) -> None:
        """`words` are the server's own."""
        super().__init__(status)
        self.status, self.words = status, words


class _PassingError(Exception):
    """What may be gone in a moment."""

    def __init__(self, error: CaroError, wait_s: float = 0.0, *, at_once: bool = False) -> None:
        super().__init__(error.message)
        self.error, self.wait_s, self.at_once = error, wait_s, at_once


@dataclass(frozen=True)
class Request:
    """What is asked: a path below the server's base, and what is posted there, None to get it."""

    path: str
    body: Mapping[str, Any] | None = None
    optional: frozenset[str] = frozenset()
    """Names of fields that a server need not know."""

    def is_rejected(self, status: int, words: str) -> bool:
        """Say whether an answer means that something is wrong with the request; some break (500) over a field."""
        named = any(name in words for name in self.optional if name in (self.body or {}))
        return status in {400, 404, 405, 422} or (status in {500, 501} and named)


class Reply:
    """An answer that has begun: its headers, and its body while it comes."""

    def __init__(self, exchange: Exchange, head: Head, timeout_s: float) -> None:
        """`timeout_s` is how long the server may say nothing."""
        self._exchange, self.head, self._timeout_s = exchange, head, timeout_s
        self._heard = time.monotonic()

    def chunks(self, cancelled: Callable[[], bool]) -> Iterator[bytes]:
        """Yield the body as it comes; raises StoppedError, SilentError, httpx.HTTPError."""
        while (item := self._exchange.next(cancelled, self._heard + self._timeout_s)) is not None:
            if isinstance(item, bytes):
                yield item

    def heard(self) -> None:
        """Note that the server said something of use: a comment that only keeps the line open is none."""
        self._heard = time.monotonic()

    def text(self, cancelled: Callable[[], bool]) -> str:
        """Return the whole body; raises UnicodeDecodeError and TooLongError besides."""
        body = b""
        for chunk in self.chunks(cancelled):
            body += chunk
            if len(body) > _MOST_TEXT_BYTES:
                self.leave()
                raise TooLongError
        return body.decode()

    def leave(self) -> None:
        """Read no further; the connection is closed, so the server stops."""
        self._exchange.leave()

    def finish(self) -> None:
        """Read no further; what is left of the answer is thrown away, and the connection is kept."""
        self._exchange.finish()


def _proxy_trouble(error: Exception, host: str) -> ServerError:
    return ServerError(
        f"The proxy for {host} cannot be used: {type(error).__name__}.",
        "Look at HTTPS_PROXY and ALL_PROXY (socks needs httpx[socks]), then: caro daemon restart",
    )


def _certificates() -> ssl.SSLContext:
    """Trust what the system trusts, a company's own authority included, and what browsers do."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not (os.environ.get(paths.openssl_cafile_env) or os.environ.get(paths.openssl_capath_env)):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


class Server:
    """Asks one server, one request at a time."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        """Nothing is connected yet; raises ServerError when the environment's proxy cannot be used."""
        self._timeout_s = timeout_s
        self._address = address
        self._bases = list(address.bases)
        self._connections = Connections()
        self.reached = False
        """Whether the latest request may have got there."""
        # At INFO it logs every address.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        try:
            self._client = httpx.Client(
                timeout=httpx.Timeout(timeout_s + 1, connect=min(timeout_s, _CONNECT_S), pool=_CONNECT_S),
                limits=httpx.Limits(max_keepalive_connections=1, keepalive_expiry=_KEEP_S),
                verify=_certificates(),
                # A proxy has no business between us and this machine.
                trust_env=not address.is_here,
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise _proxy_trouble(error, address.host) from None

    def ask(self, request: Request, key: Key, cancelled: Callable[[], bool]) -> Reply:
        """Send a request and return its answer once that has begun to be one.

        Tries again only while nothing of an answer has come. Raises StoppedError; RejectedError for 400, 404, 405,
        422 and what names an optional field; else ServerError or Unusable in one sentence.
        """
        self.reached = False
        for wait in (*_WAITS_S, None):
            try:
                return self._ask_any_base(request, key, cancelled)
            except _PassingError as passing:
                if wait is None or passing.wait_s > _MOST_WAIT_S:
                    raise passing.error from None
                if not passing.at_once:
                    self._pause(max(wait, passing.wait_s), cancelled)
        raise AssertionError("unreachable")

    @staticmethod
    def _pause(seconds: float, cancelled: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if cancelled():
                raise StoppedError
            time.sleep(min(0.025, left))

    def _ask_any_base(self, request: Request, key: Key, cancelled: Callable[[], bool]) -> Reply:
        """Ask at the base that is known to work, or find out which one does."""
        for base in list(self._bases):
            try:
                reply = self._ask_at(f"{base}{request.path}", request, key, cancelled)
            except RejectedError as rejected:
                missing = rejected.status in {faults.NOT_FOUND, faults.NOT_ALLOWED}
                if base == self._bases[-1] or not missing or "model" in rejected.words.lower():
                    raise
                continue
            self._bases = [base]
            return reply
        raise AssertionError("unreachable")

    def _ask_at(self, url: str, request: Request, key: Key, cancelled: Callable[[], bool]) -> Reply:
        """Ask at one address, and where it sends us as long as that is the same server."""
        asked = faults.Asked(self._address.host, key)
        for _hop in range(_MOST_REDIRECTS + 1):
            reply = self._send(url, request, asked, cancelled)
            status = reply.head.status
            if status in faults.REDIRECTS and (location := reply.head.headers.get("location")):
                reply.leave()
                url = self._followed(url, location, asked)
                continue
            if status != 200:  # noqa: PLR2004  RFC 9110
                self._refuse(reply, request, asked, cancelled)
            return reply
        raise faults.circle(asked)

    @staticmethod
    def _followed(url: str, location: str, asked: faults.Asked) -> str:
        """Return where a redirect leads; raises ServerError when that is not the same server."""
        try:
            target = str(httpx.URL(url).join(location))
            if may_follow(url, target):
                return target
            where = origin_of(urlsplit(target))
        except (httpx.InvalidURL, ValueError):
            where = location
        raise faults.elsewhere(asked, where)

    def _send(self, url: str, request: Request, asked: faults.Asked, cancelled: Callable[[], bool]) -> Reply:
        headers = {"Accept": "text/event-stream, application/json", "Accept-Encoding": "identity"}
        if asked.key.text:
            headers["Authorization"] = f"Bearer {asked.key.text}"
        method = "GET" if request.body is None else "POST"
        try:
            built = self._client.build_request(method, url, json=request.body, headers=headers)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise faults.of_connection(asked, error) from None
        exchange = Exchange(self._client, built, self._connections)
        try:
            head = exchange.next(cancelled, time.monotonic() + self._timeout_s)
        except (StoppedError, CaroError):
            raise
        except SilentError:
            raise faults.silent(asked, self._timeout_s) from None
        except Exception as error:  # httpx and httpcore have more kinds, such as for a host that is no name
            said = faults.of_connection(asked, error)
            # A kept connection that the server has closed meanwhile is nobody's fault.
            if isinstance(error, httpx.TransportError) and exchange.is_written and not exchange.is_fresh:
                raise _PassingError(said, at_once=True) from None
            raise (_PassingError(said) if faults.may_pass(error) else said) from None
        finally:
            self.reached |= exchange.is_written
        if not isinstance(head, Head):
            raise faults.not_understood(asked)
        return Reply(exchange, head, self._timeout_s)

    def _refuse(self, reply: Reply, request: Request, asked: faults.Asked, cancelled: Callable[[], bool]) -> None:
        """Raise what a status other than 200 means."""
        status, words = reply.head.status, self._words(reply, cancelled)
        wait_s = faults.wait_wanted(reply.head.headers.get("retry-after", ""), time.time())
        error = faults.of_status(asked, status, words, wait_s)
        if status in faults.PASSING:
            raise _PassingError(error, wait_s)
        if request.is_rejected(status, words) and isinstance(error, ServerError):
            raise RejectedError(status, words)
        raise error

    @staticmethod
    def _words(reply: Reply, cancelled: Callable[[], bool]) -> str:
        """Return what the server says of the error; empty when that is nothing to be shown."""
        try:
            return error_words(json.loads(reply.text(cancelled)))
        except (SilentError, TooLongError, httpx.HTTPError, ValueError, RecursionError):
            return ""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def listed_models(server: Server, asked: faults.Asked, cancelled: Callable[[], bool]) -> list[str]:
    """Return the server's names of its models; raises ServerError or StoppedError."""
    try:
        reply = server.ask(Request("/models"), asked.key, cancelled)
        return model_names(reply.text(cancelled))
    except RejectedError as rejected:
        raise faults.of_status(asked, rejected.status, rejected.words) from None
    except NotUnderstoodError as error:
        raise faults.not_understood(asked, error.words) from None
    except (SilentError, httpx.HTTPError, UnicodeDecodeError, TooLongError):
        raise faults.not_understood(asked) from None
