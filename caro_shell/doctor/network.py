"""What the environment says of the network: proxies, certificates, and whether models may be fetched at all."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from caro_shell.config.values import is_this_machine
from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.doctor.settings import settings_of
from caro_shell.errors import CaroError

_PROXIES = ("https_proxy", "http_proxy", "all_proxy")
# What httpx speaks; for the last two it needs a package that caro does not bring.
_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
_WITH_A_PACKAGE = frozenset({"socks5", "socks5h"})
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_YES = frozenset({"1", "on", "yes", "true"})


def check_proxies(around: Surroundings) -> list[Finding]:
    """Say which proxies would be used, and what is wrong with them."""
    found = list(_wrong_proxies(around))
    if found:
        return found
    chosen = [f"{name} is {_without_credentials(value)}" for name, value in _proxies(around.environ).items()]
    return [Finding("proxies", ok=True, seen=", ".join(chosen) or "none")]


def _proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that name a proxy; the small letters win, as everywhere."""
    found: dict[str, tuple[str, str]] = {}
    for name in _PROXIES:
        for variable in (name, name.upper()):
            if environ.get(variable):
                found.setdefault(name, (variable, environ[variable]))
    return dict(found.values())


def _without_credentials(address: str) -> str:
    return address.rpartition("@")[2] if "@" in address else address


def _wrong_proxies(around: Surroundings) -> Iterator[Finding]:
    proxies = _proxies(around.environ)
    for name, value in proxies.items():
        try:
            parts = urlsplit(value)
            is_address = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            parts, is_address = urlsplit(""), False
        address = _without_credentials(value)
        if not is_address or parts.scheme.lower() not in _SCHEMES:
            mend = f"export {name}=http://HOST:PORT, or: unset {name}"
            yield Finding("proxies", ok=False, seen=f"{name}={address} is no address of a proxy", mend=mend)
        elif parts.scheme.lower() in _WITH_A_PACKAGE and not _speaks_socks():
            mend = "python -m pip install socksio, in caro's environment; or name an http proxy"
            yield Finding("proxies", ok=False, seen=f"{name}={address} needs the package socksio", mend=mend)
    settings = settings_of(around)
    host = _host_of(settings.base_url)
    if proxies and host and is_this_machine(host) and not _is_excepted(host, around.environ):
        seen = f"{next(iter(proxies))} is set, and the server at {host} would be asked through it"
        yield Finding("proxies", ok=False, seen=seen, mend=f"export no_proxy={host}")


def _speaks_socks() -> bool:
    from importlib.util import find_spec

    return find_spec("socksio") is not None


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_excepted(host: str, environ: Mapping[str, str]) -> bool:
    said = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    names = {name.strip().lstrip(".").lower() for name in said.split(",")}
    return "*" in names or host.lower() in names


def check_certificates(around: Surroundings) -> list[Finding]:
    """Say whether the certificates that the environment names are there."""
    for name in _CERTIFICATES:
        value = around.environ.get(name)
        if value and not Path(value).exists():
            seen, mend = f"{name}={value} is not there: nothing can be fetched", f"unset {name}"
            return [Finding("certificates", ok=False, seen=seen, mend=mend)]
    chosen = next((name for name in _CERTIFICATES if around.environ.get(name)), "")
    return [Finding("certificates", ok=True, seen=f"those of {chosen}" if chosen else "Python's own")]


def check_fetching(around: Surroundings) -> list[Finding]:
    """Say whether the environment forbids to fetch a model that is not here."""
    if around.environ.get("HF_HUB_OFFLINE", "").lower() not in _YES:
        return []
    from caro_shell.models.store import find_model

    settings = settings_of(around)
    try:
        find_model(settings.model, settings)
    except CaroError:
        seen = "HF_HUB_OFFLINE is set, so the model that is missing is not fetched from the hub"
        return [Finding("fetching", ok=False, seen=seen, mend="HF_HUB_OFFLINE=0 caro models pull")]
    return [Finding("fetching", ok=True, seen="HF_HUB_OFFLINE is set, and nothing has to be fetched")]
