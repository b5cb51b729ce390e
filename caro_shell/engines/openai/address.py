"""Where a server is: what may stand in front of its paths, and what it is called in sentences."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from caro_shell.config import Settings
from caro_shell.config.values import checked, is_this_machine, refuse_open_http

_VERSION = re.compile(r"/v\d+[a-z0-9]*")
# People copy the address out of an example request.
_COPIED = re.compile(r"/(?:chat/completions|completions|models)/*$")


@dataclass(frozen=True)
class Address:
    """A server by its `base_url`."""

    host: str
    """As `https://host:port`, without credentials."""
    bases: tuple[str, ...]
    """What its paths may be appended to, the likeliest first: people leave `/v1` out."""
    is_here: bool
    """Whether it is on this machine, as far as its address says."""


def read_address(settings: Settings) -> Address:
    """Return the address of the server in the settings; raises ConfigError for one that must not be used."""
    url = checked("base_url", settings.base_url)
    refuse_open_http(url, settings.origins.get("base_url", ""), allow_http=settings.allow_http)
    parts = urlsplit(url)
    path = _COPIED.sub("", parts.path).rstrip("/")
    if _VERSION.search(path):
        paths = [path]
    elif path:
        paths = [path, f"{path}/v1"]
    else:
        paths = ["/v1", ""]
    host = origin_of(parts)
    return Address(host, tuple(host + path for path in paths), is_this_machine(parts.hostname or ""))


def origin_of(parts: SplitResult) -> str:
    """Return scheme, host and port of a URL, the port only where it is not the scheme's own."""
    name = parts.hostname or ""
    name = f"[{name}]" if ":" in name else name
    own = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return f"{parts.scheme.lower()}://{name}" + (f":{parts.port}" if parts.port and parts.port != own else "")


def may_follow(origin: str, target: str) -> bool:
    """Say whether a redirect leads to the same server: the same host, never to less encryption, no other port."""
    was, will = urlsplit(origin), urlsplit(target)
    if was.hostname != will.hostname or will.scheme.lower() not in {"http", "https"} or "@" in will.netloc:
        return False
    if was.scheme.lower() == will.scheme.lower():
        return origin_of(was) == origin_of(will)
    # A server that sends everybody to its encrypted self does so at the port for that, or at the same one.
    return will.scheme.lower() == "https" and will.port in {None, 443, was.port}
