"""The Python that runs caro: its version, its packages, and what in the environment changes what it imports."""

import importlib.metadata
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from caro_shell.doctor.finding import Finding, Surroundings

_NEEDED = (3, 11)
_REQUIREMENT = re.compile(r"[\w.-]+")
# Whether there is a llama.cpp is a check of its own.
_ELSEWHERE = frozenset({"llama-cpp-python"})


def check_python(_around: Surroundings) -> list[Finding]:
    """Say which Python it is."""
    version = ".".join(map(str, sys.version_info[:3]))
    return [Finding("python", sys.version_info >= _NEEDED, f"{version}, {sys.executable}", "./install.sh")]


def check_packages(_around: Surroundings) -> list[Finding]:
    """Say which of the packages that caro needs are not there."""
    needed = _needed()
    missing = [name for name in needed if not _is_installed(name)]
    if missing:
        mend = f"{sys.executable} -m pip install {' '.join(missing)}, or ./install.sh"
        return [Finding("packages", ok=False, seen=f"not installed: {', '.join(missing)}", mend=mend)]
    return [Finding("packages", ok=True, seen=f"all {len(needed)} that caro needs")]


def check_imports(around: Surroundings) -> list[Finding]:
    """Say what in the environment makes Python import other modules than its own."""
    seen, mend = _diverting(around.environ)
    return [Finding("python's environment", not seen, seen or "nothing diverts it", mend)]


def _needed() -> list[str]:
    try:
        lines = importlib.metadata.requires("caro-shell") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    found = (_REQUIREMENT.match(line) for line in lines if "extra ==" not in line)
    return [name[0] for name in found if name and name[0] not in _ELSEWHERE]


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _diverting(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return what is wrong with Python's own variables; a PYTHONPATH without modules of ours harms nobody."""
    if home := environ.get("PYTHONHOME"):
        return f"PYTHONHOME={home} is for one Python alone, and caro's own may be another", "unset PYTHONHOME"
    for place in filter(None, environ.get("PYTHONPATH", "").split(":")):
        for module in ("zmq", "caro_shell", "tree_sitter", "prompt_toolkit", "json"):
            found = Path(place, module)
            ours = Path(__file__).parents[1]
            if (found.is_dir() and found.resolve() != ours) or found.with_suffix(".py").is_file():
                return f"PYTHONPATH={place} has a `{module}` of its own, which caro would import", "unset PYTHONPATH"
    return "", ""
