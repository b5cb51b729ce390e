"""A report for somebody else: one file, without secrets, homes and names, to be read before it is sent."""

import os
import platform
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from caro_shell import __version__, config, lifecycle, paths
from caro_shell.config.values import SECRETS
from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.errors import CaroError, UsageError
from caro_shell.redact import redact

_LOG_LINES = 60
# What the daemon writes when it is told to log requests: what somebody has typed is nobody else's.
_REQUEST = re.compile(r"\basked '|\basked \"")
_VARIABLES = re.compile(r"(?:CARO_|LC_|HF_HUB_OFFLINE|LANG$|TERM|TMUX$|SHELL$|[a-z]+_proxy$|[A-Z]+_PROXY$|COLORTERM$)")
_SHORTEST_NAME = 3
CONTENTS = (
    "the findings, the versions of caro, Python and the system, the settings that are not their defaults, "
    f"the variables that caro looks at, and the last {_LOG_LINES} lines of the daemon's log without requests"
)


def write_report(findings: Sequence[Finding], around: Surroundings, path: Path) -> Path:
    """Write a report into a new file of mode 0600 and return where it is.

    Raises UsageError when there is a file of that name already, CaroError when it cannot be written.
    """
    text = report_text(findings, around)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"There is a {path} already.", "Name another file: caro doctor --report FILE") from None
    except OSError as error:
        hint = "Name another file: caro doctor --report FILE"
        raise CaroError(f"{path} cannot be written: {error.strerror}.", hint) from None
    return path


def report_text(findings: Sequence[Finding], around: Surroundings) -> str:
    """Return the report, redacted as a whole: one secret has one word in all of it."""
    sections = [
        ("caro doctor's report", [f"It holds {CONTENTS}.", "Read it before you send it to anybody."]),
        ("versions", list(_versions())),
        ("findings", list(_lines(findings))),
        ("settings", list(_settings(around))),
        ("variables", list(_variables(around.environ))),
        ("log", _log(around)),
    ]
    text = "\n\n".join("\n".join([f"# {title}", *lines]) for title, lines in sections)
    return _anonymous(redact([text], str(around.home)).texts[0], around.environ) + "\n"


def _versions() -> Iterator[str]:
    yield f"caro {__version__}"
    yield f"python {platform.python_version()} ({platform.python_implementation()})"
    yield f"{platform.system()} {platform.release()} {platform.machine()}"


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{'ok   ' if finding.ok else 'wrong'}  {finding.name}: {finding.seen}"
        if not finding.ok:
            yield f"       -> {finding.mend}"


def _settings(around: Surroundings) -> Iterator[str]:
    try:
        settings = config.resolve(around.environ, paths.config_file(around.environ))
    except CaroError as error:
        yield error.message
        return
    for name, origin in settings.origins.items():
        if origin != config.DEFAULT:
            value = "(set)" if name in SECRETS else repr(getattr(settings, name))
            yield f"{name} = {value}, from {origin}"


def _variables(environ: Mapping[str, str]) -> Iterator[str]:
    secret = {f"CARO_{name.upper()}" for name in SECRETS}
    for name in sorted(environ):
        if _VARIABLES.match(name):
            yield f"{name}={'(set)' if name in secret else environ[name]}"


def _log(around: Surroundings) -> list[str]:
    try:
        lines = lifecycle.log_text(paths.runtime_dir(around.environ)).splitlines()
    except (CaroError, OSError) as error:
        return [str(error)]
    return [line for line in lines if not _REQUEST.search(line)][-_LOG_LINES:] or ["(empty)"]


def _anonymous(text: str, environ: Mapping[str, str]) -> str:
    """Return a text without the names of the user and of the machine; those of a letter or two are in every word."""
    names = {"USER": environ.get("USER") or environ.get("LOGNAME") or "", "HOST": socket.gethostname()}
    for word, name in names.items():
        if len(name) >= _SHORTEST_NAME and name not in {"root", "localhost"}:
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", word, text)
    return text
