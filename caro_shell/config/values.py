"""What a setting may be: from text or TOML to a value, each rule with its one sentence.

An origin is `FILE:LINE`, a variable's name, or empty while a value is only proposed (`caro config set`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from caro_shell.errors import ConfigError

SECRETS = frozenset({"api_key"})
"""What is never shown, and never written into the file."""
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})
_OFF = {"off": "off", "": "off"}
_ON_OFF = {"on": "on", "1": "on", "true": "on", **_OFF, "0": "off", "false": "off"}
# The words that a setting may have, and what each stands for. The scripts know these and no others.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "comment": _ON_OFF,
    "learn": _ON_OFF,
    "hints": _ON_OFF,
    "history": _ON_OFF,
    "keep_request": {**_OFF, "history": "history", "comment": "comment"},
    "fix_output": {**_OFF, "tmux": "tmux"},
    "fallback": {**_OFF, "local": "local"},
    "menu": {**_OFF, "full": "full", "plain": "plain"},
    "editing": {"emacs": "emacs", "vi": "vi"},
}
# Numbers past these are slips, and some would overflow what the engines count with.
_RANGES: Mapping[str, tuple[float, float]] = {
    "threads": (0, 1024),
    "gpu_layers": (-1, 10_000),
    "context": (256, 131_072),
    "max_tokens": (1, 1_048_576),
    "server_timeout": (0.1, 86_400),
    "queue": (0, 10_000),
    "idle_unload": (0, float("inf")),
    "idle_exit": (0, float("inf")),
}
# Of a longer value, a sentence shows the beginning.
_LONG = 80
_MOST_BITS = 512
ENGINES = ("auto", "llama", "xllamacpp", "openai", "mlx", "candle")
# In the shell's own notation, which it alone can judge.
_SHELLS_OWN = frozenset({"key", "explain_key", "style"})
# What begins like a key by its name has to be one: the scripts would find none in it.
_NAMED_KEY = re.compile(r"(?:ctrl|alt)-", re.IGNORECASE)
_KEY = re.compile(r"(?:(?:ctrl|alt)-)+\S(?: (?:(?:ctrl|alt)-)*\S)*!?", re.IGNORECASE)
_MODEL_URL = re.compile(r"https://[^\s/@#]+/[^\s#]+#sha256=[0-9A-Fa-f]{64}")
_HUB_FILE = re.compile(r"[\w.-]+/[\w.-]+:[^\s:]+", re.ASCII)
_DEVICE = re.compile(r"[A-Za-z]\S*")
_ENGINE_FILE = re.compile(r"(.+):([A-Za-z_]\w*)")


def from_text(name: str, kind: type, text: str, origin: str = "") -> Any:  # noqa: ANN401  the setting's own type
    """Return the value that a word of the command line or a variable stands for; raises ConfigError."""
    if kind is bool and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    try:
        value = text if kind is str else kind(text) if kind is not bool else None
    except ValueError:
        value = None
    if value is None:
        raise _wrong(name, _KINDS[kind], text, origin)
    return checked(name, value, origin)


def from_toml(name: str, kind: type, value: object, origin: str) -> Any:  # noqa: ANN401  the setting's own type
    """Return a value of the file; raises ConfigError."""
    if name in SECRETS:
        raise refused_secret(name, origin)
    if kind is float and type(value) is int:
        value = _as_float(value)
    if type(value) is not kind:
        # Without quotes it is a flag of TOML's, which the shell scripts do not read.
        raise _wrong(name, f"{_words(name)} in quotes" if name in _WORDS else _KINDS[kind], value, origin)
    right = checked(name, value, origin)
    if must := _far_from_here(name, value):
        raise _wrong(name, must, value, origin)
    return right


def _as_float(value: int) -> float:
    """Return a whole number as a float; one that is too large for that is an endless one."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else -float("inf")


def checked(name: str, value: Any, origin: str = "") -> Any:  # noqa: ANN401  the type is the setting's own
    """Return a value of the right type as it is meant; raises ConfigError when the setting cannot have it."""
    if name in _WORDS:
        if value not in _WORDS[name]:
            raise _wrong(name, _words(name), value, origin)
        return _WORDS[name][value]
    if name in _RANGES:
        least, most = _RANGES[name]
        # Written this way round, it also refuses "not a number".
        if not value >= least:
            raise _wrong(name, f"at least {least}", value, origin)
        if value > most:
            raise _wrong(name, f"at most {most}", value, origin)
    elif isinstance(value, str) and (must := _rule(name)(value)):
        raise _wrong(name, must, value, origin)
    return value


def for_the_file(name: str, value: Any) -> Any:  # noqa: ANN401  the setting's own type
    """Return a value that the shell scripts, too, will read out of the file as it is; raises ConfigError."""
    if name in _SHELLS_OWN and not value.isprintable():
        raise _wrong(name, "without control characters, in the shell's own notation", value, "")
    return value


def refuse_open_http(base_url: str, origin: str, *, allow_http: bool) -> None:
    """Raise ConfigError when requests would go to another machine for everybody on the way to read."""
    if not base_url.lower().startswith("http:") or allow_http or is_this_machine(host_of(base_url)):
        return
    raise ConfigError(
        f"{_subject('base_url', origin)} would send requests to {host_of(base_url)} without encryption.",
        "Use https://, or, in a network you trust: caro config set allow_http true",
    )


def host_of(url: str) -> str:
    """Return the host in a URL, in small letters; empty when there is none."""
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_this_machine(host: str) -> bool:
    """Say whether what is sent to `host` stays on this machine."""
    from ipaddress import ip_address

    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def refused_secret(name: str, origin: str = "") -> ConfigError:
    """Return the error for a secret that is to stand in the file."""
    return ConfigError(
        f"{_subject(name, origin)} is a secret, and is not kept in the configuration file.",
        "Set CARO_API_KEY, or write it into the file that `api_key_file` names (mode 0600).",
    )


def _wrong(name: str, must: str, value: object, origin: str) -> ConfigError:
    # A URL may have a password in it.
    seen = as_seen(value)
    hidden = name in SECRETS or (name in {"base_url", "model"} and "@" in seen)
    short = seen if len(seen) <= _LONG else f"{seen[: _LONG - 2]}…{seen[-1]}"
    said = f"{_subject(name, origin)} must be {must}" + ("." if hidden else f", not {short}.")
    if not origin:
        return ConfigError(said, "Nothing was changed.")
    return ConfigError(said, f"Try: unset {origin}" if _is_variable(origin) else "Mend that line: caro config edit")


def as_seen(value: object) -> str:
    """Return a value as TOML has it, or nearly so, without control characters."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        return f"'{value}'" if value.isprintable() and "'" not in value else repr(value)
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        # TOML has numbers in hexadecimal too, of any length; in decimal, Python refuses to write such a one.
        return hex(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_variable(origin: str) -> bool:
    return origin.startswith("CARO_")


def _subject(name: str, origin: str) -> str:
    return origin if _is_variable(origin) else f"{origin}: `{name}`" if origin else f"`{name}`"


def _words(name: str) -> str:
    words = list(dict.fromkeys(_WORDS[name].values()))
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _far_from_here(name: str, value: object) -> str:
    """Return what a path in the file must be, if it is none that means the same from everywhere."""
    if not isinstance(value, str) or value.startswith(("/", "~", "https:")):
        return ""
    relative = {
        "models_dir": bool(value),
        "api_key_file": bool(value),
        "model": ("/" in value or value.lower().endswith(".gguf")) and not _HUB_FILE.fullmatch(value),
        "adapter": value.endswith(".gguf"),
        "engine": bool(_ENGINE_FILE.fullmatch(value)),
    }
    return "a path from / or ~" if relative.get(name) else ""


def _rule(name: str) -> Callable[[str], str]:
    """Return what looks at a text and says what it must be, or nothing when it is right."""
    return _RULES.get(name, _plain)


def _plain(value: str) -> str:
    return "" if value.isprintable() else "without control characters"


def _model(value: str) -> str:
    if "://" in value:
        # Only a hash makes a file from somewhere the right file.
        return "" if _MODEL_URL.fullmatch(value) else "https://HOST/FILE.gguf#sha256= and 64 hexadecimal digits"
    right = value and value.isprintable() and value.strip() == value
    return "" if right else "a name from `caro models list`, the path of a GGUF file, or OWNER/REPO:FILE.gguf"


def _adapter(value: str) -> str:
    right = value in {"on", "off"} or (value.endswith(".gguf") and value.isprintable())
    return "" if right else "on, off, or the path of an adapter's GGUF file"


def _engine(value: str) -> str:
    right = value in ENGINES or (_ENGINE_FILE.fullmatch(value) and value.isprintable())
    return "" if right else f"{', '.join(ENGINES)}, or FILE.py:CLASS"


def _device(value: str) -> str:
    return "" if _DEVICE.fullmatch(value) and value.isprintable() else "auto, cpu, or a device that `caro doctor` lists"


def _base_url(value: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if value and "@" in value:
        return "without a name and a password; a key is given by CARO_API_KEY or `api_key_file`"
    right = right and not (parts.query or parts.fragment) and value.isprintable() and " " not in value
    return "" if right or not value else "the address of a server, like https://host/v1"


def _api_key(value: str) -> str:
    right = value.isascii() and value.isprintable() and " " not in value
    return "" if right else "without blanks and control characters"


def _own(value: str) -> str:
    return "without tabs and newlines" if "\n" in value or "\t" in value else ""


def _key(value: str) -> str:
    right = not _NAMED_KEY.match(value) or _KEY.fullmatch(value)
    return _own(value) or ("" if right else "a key like ctrl-g, alt-g or ctrl-x g")


_RULES: Mapping[str, Callable[[str], str]] = {
    "model": _model,
    "adapter": _adapter,
    "engine": _engine,
    "device": _device,
    "base_url": _base_url,
    "api_key": _api_key,
    "style": _own,
    "key": _key,
    "explain_key": _key,
}
