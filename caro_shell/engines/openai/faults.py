"""What goes wrong with a server, as one sentence and what to do next."""

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from caro_shell.engines.openai.key import Key
from caro_shell.errors import CaroError, ServerError, Unusable
from caro_shell.parse.characters import without_refused

_MOST_WORDS = 160
_MOST_WAIT_S = 86_400.0
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|context (?:length|size|window)|too long",
    re.IGNORECASE,
)
# httpcore's words for a connection that was closed before an answer.
_HUNG_UP = "disconnected"
_NO_MODEL = re.compile(r"model\b.{0,200}\b(?:not found|not exist|not loaded|unknown)|model_not_found", re.IGNORECASE)
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NOT_ALLOWED, TOO_LARGE, TOO_MANY = 401, 403, 404, 405, 413, 429
"""RFC 9110, section 15; RFC 6585 for 429."""
PASSING = frozenset({TOO_MANY, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 307, 308})


@dataclass(frozen=True)
class Asked:
    """Who was asked, and with which key."""

    host: str
    key: Key

    def shown(self, words: str) -> str:
        """Return a server's own words as the end of a sentence of ours: one short line, without the key."""
        line = " ".join(without_refused(self.key.hidden_in(words).replace("\n", " ")).split()).rstrip(".")
        return line if len(line) <= _MOST_WORDS else f"{line[: _MOST_WORDS - 1]}…"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def may_pass(error: Exception) -> bool:
    """Say whether the same request may work in a moment."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLError | socket.gaierror) for cause in causes):
        return False
    if isinstance(error, httpx.RemoteProtocolError):
        return _HUNG_UP in str(error)
    return isinstance(error, httpx.ConnectError | httpx.ReadError | httpx.WriteError)


def of_connection(asked: Asked, error: Exception) -> ServerError:
    """Return what the user is told when no answer began."""
    host = asked.host
    if said := next(filter(None, (_of_cause(asked, cause) for cause in _causes(error))), None):
        return said
    if isinstance(error, httpx.InvalidURL | UnicodeError):
        return ServerError(f"There is no host for {host}.", "Look at `base_url`.")
    if isinstance(error, httpx.ProxyError):
        return ServerError(f"The proxy does not let us to {host}: {asked.shown(str(error))}.", "See HTTPS_PROXY.")
    if isinstance(error, httpx.TimeoutException):
        return ServerError(f"{host} cannot be reached: nothing answers there.", "Look at `base_url`, and your network.")
    if isinstance(error, httpx.RemoteProtocolError) and _HUNG_UP not in str(error):
        return ServerError(f"{host} does not speak HTTP.", "Is `base_url` an https:// address?")
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError):
        return ServerError(
            f"{host} hung up without an answer.", "Is `base_url` right, http or https included? See the server's log."
        )
    if isinstance(error, httpx.ConnectError):
        return ServerError(f"{host} cannot be reached: {asked.shown(str(error))}.", "Look at your network.")
    return ServerError(
        f"{host} cannot be asked: {type(error).__name__}.", "Look at `base_url`: caro config get base_url"
    )


def _of_cause(asked: Asked, cause: BaseException) -> ServerError | None:
    """Return what the user is told of what the system says, if that is known."""
    host = asked.host
    if isinstance(cause, ssl.SSLCertVerificationError):
        hint = "Let SSL_CERT_FILE name the certificate of who signed it, then: caro daemon restart"
        return ServerError(
            f"{host} shows a certificate that is not trusted: {asked.shown(cause.verify_message)}.", hint
        )
    if isinstance(cause, ssl.SSLError):
        return ServerError(f"{host} does not speak TLS.", "Is `base_url` an http:// address?")
    if isinstance(cause, socket.gaierror):
        return ServerError(f"There is no host for {host}.", "Look at `base_url`, and at your network.")
    if isinstance(cause, ConnectionRefusedError):
        return ServerError(f"{host} refuses the connection.", "Is the server running, and `base_url` right?")
    return None


def silent(asked: Asked, timeout_s: float) -> ServerError:
    """Return what the user is told of a server that says nothing."""
    return ServerError(
        f"{asked.host} has said nothing for {timeout_s:g} s.", "Ask again; `server_timeout` is how long to wait."
    )


def names_no_model(status: int, words: str) -> bool:
    """Say whether a refusal means that the server has not the model that was asked for."""
    return (status == NOT_FOUND and "model" in words.lower()) or _NO_MODEL.search(words) is not None


def cut(asked: Asked) -> ServerError:
    """Return what the user is told when the connection broke in the middle of an answer."""
    return ServerError(f"{asked.host} stopped in the middle of the answer.", "Ask again.")


def not_understood(asked: Asked, words: str = "") -> ServerError:
    """Return what the user is told when the answer is no chat completion."""
    if words:
        return ServerError(f"{asked.host} failed: {asked.shown(words)}.", "Ask again; see the server's log.")
    return ServerError(
        f"{asked.host} does not answer as an OpenAI-compatible server does.", "Look at `base_url`: is it that server's?"
    )


def of_status(asked: Asked, status: int, words: str, wait_s: float = 0.0) -> CaroError:
    """Return what the user is told of an answer that is a refusal; `words` are the server's own."""
    host, said = asked.host, asked.shown(words)
    why = f": {said}" if said else ""
    if status == UNAUTHORIZED and asked.key.text:
        return ServerError(f"{host} does not accept the key from {asked.key.origin}.", "Put the right key there.")
    if status == UNAUTHORIZED:
        hint = f"Set CARO_API_KEY, or write the key into {asked.key.origin} (mode 0600)."
        return ServerError(f"{host} wants a key.", hint)
    if status == FORBIDDEN:
        # Its words may quote the key.
        return ServerError(f"{host} does not let this key in, or not to this model (403).", "Ask who runs it.")
    if status in {NOT_FOUND, NOT_ALLOWED}:
        return ServerError(f"{host} has no chat completions there ({status}){why}.", "Look at `base_url`.")
    if status == TOO_LARGE or (status < 500 and _TOO_LONG.search(words)):  # noqa: PLR2004  the client's faults
        return Unusable("The request is too long for the server's model.", "Say it in fewer words.")
    if status == TOO_MANY:
        hint = f"Ask again in {wait_s:.0f} s." if wait_s else "Ask again in a moment."
        return ServerError(f"{host} has too many requests, or your quota is used up (429).", hint)
    if status // 100 == 3:  # noqa: PLR2004
        return ServerError(f"{host} redirects, and does not say where to ({status}).", "Look at `base_url`.")
    if status < 500:  # noqa: PLR2004
        return ServerError(f"{host} rejects the request ({status}){why}.", "See: caro last")
    return ServerError(f"{host} failed ({status}){why}.", "Ask again; see the server's log.")


def elsewhere(asked: Asked, target: str) -> ServerError:
    """Return what the user is told of a redirect that is not followed."""
    return ServerError(
        f"{asked.host} redirects to {asked.shown(target)}, which is not followed.",
        "If you trust it, make it the `base_url`.",
    )


def circle(asked: Asked) -> ServerError:
    """Return what the user is told of redirects that do not end."""
    return ServerError(f"{asked.host} redirects in a circle.", "Look at `base_url`.")


def wait_wanted(value: str, now: float) -> float:
    """Return the seconds that a Retry-After header asks for (RFC 9110, section 10.2.3), 0 when it says nothing."""
    try:
        return min(max(0.0, float(value)), _MOST_WAIT_S)
    except ValueError:
        pass
    try:
        return min(max(0.0, parsedate_to_datetime(value).timestamp() - now), _MOST_WAIT_S)
    except (TypeError, ValueError, OverflowError):
        return 0.0
