"""What came from another machine: files that were fetched, and what runs, installs or keeps them."""

import re
from collections.abc import Iterator, Sequence

from caro_shell.safety.call import Call
from caro_shell.safety.words import UNKNOWN, shown

_FETCHERS = frozenset(
    {"curl", "wget", "aria2c", "fetch", "http", "xh", "scp", "ftp", "axel", "rsync", "sftp", "lwp-download", "wget2"}
)
_TAKES_OUTPUT = frozenset({"-o", "-O", "--output", "--output-document"})
_INTERPRETERS = frozenset(
    "sh bash zsh dash ksh ash fish python python2 python3 perl ruby node php source . sudo su exec env".split()  # noqa: SIM905
)


def positional(call: Call) -> list[str]:
    """Return the words of a call that are no options."""
    return [word.value for word in call.arguments if not word.value.startswith(("-", "+")) or word.value == "-"]


def runs_fetched(call: Call, fetched: frozenset[str]) -> bool:
    """Say whether a call runs a file that an earlier one has fetched."""
    if not fetched or not call.words:
        return False
    name = shown(call.words[0].value)
    ran = [name] if "/" in name else []
    if call.name in _INTERPRETERS:
        ran += positional(call)[:1]
    unpacked = tuple(name for name in fetched if name.endswith("/") and len(name) > 1 and name[0] in "/~")
    return any(_base(path) in fetched or shown(path).startswith(unpacked) for path in ran)


def installs_fetched_plainly(call: Call, fetched: frozenset[str]) -> bool:
    """Say whether a call is given a file that came by http, without the s."""
    return any(f"http://{_base(path)}" in fetched for path in positional(call))


def is_sent_by_remote(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether what a call writes comes from another machine."""
    return any(before.name in _FETCHERS for before in (call, *call.fed_by, *call.substituted))


def runs_what_it_names(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether the very name of a command is what another machine has sent: `$(curl …)`."""
    return (
        bool(call.words)
        and call.words[0].value.startswith(UNKNOWN)
        and any(before.name in _FETCHERS for before in call.substituted)
    )


def _base(path: str) -> str:
    return shown(path).rstrip("/").rpartition("/")[2]


_URL = re.compile(r"^(https?|ftp)://")


def fetched_by(calls: Sequence[Call]) -> Iterator[frozenset[str]]:
    """Yield, for each call in turn, the names of the files that those before it have fetched.

    A directory into which an archive went ends in `/`; what came by http stands there as `http://name`, too.
    """
    names: set[str] = set()
    for call in calls:
        yield frozenset(names)
        sources = [source for source in (call, *call.fed_by) if source.name in _FETCHERS or _copies_here(source)]
        if sources:
            names |= _kept_by(call, plainly=any("http://" in source.source for source in sources))
            names.discard("")


_BUCKET = re.compile(r"^(?:s3|gs|az|b2)://")


def _copies_here(call: Call) -> bool:
    """Say whether a call copies from a store in the cloud to this machine."""
    words = positional(call)
    return len(words) > 1 and any(map(_BUCKET.match, words)) and not _BUCKET.match(words[-1])


def _kept_by(call: Call, *, plainly: bool) -> set[str]:
    """Return the names of the files into which a call puts what it, or one before it, has fetched."""
    words = [word.value for word in call.arguments]
    kept = {_base(redirect.target.value) for redirect in call.redirects if ">" in redirect.operator}
    kept |= {_base(word) for at, word in enumerate(words) if at and words[at - 1] in _TAKES_OUTPUT}
    if call.name in _FETCHERS or _copies_here(call):
        kept |= {_base(word) for word in words if _URL.match(word) or "/" in word}
        kept |= {_base(word).rpartition(":")[2] for word in words if ":" in _base(word)}
    elif call.name == "tee":
        kept |= {_base(word) for word in words if not word.startswith("-")}
    elif call.name in _UNPACKERS:
        kept |= {f"{shown(word).rstrip('/')}/" for at, word in enumerate(words) if at and words[at - 1] in ("-C", "-d")}
    return kept | ({f"http://{name}" for name in kept} if plainly else set())


_UNPACKERS = frozenset({"tar", "bsdtar", "gtar", "cpio", "unzip", "funzip"})
