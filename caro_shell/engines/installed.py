"""Which of the packages that bring llama.cpp can be used here, found out without risking this process.

A build for another CPU, or for a C library that is not here, ends whatever process calls it. So it is tried in a
process of its own first; once that went well it is remembered, until the package or the CPU is another one.
"""

import importlib.metadata
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caro_shell import paths
from caro_shell.errors import EngineError

MEMORY = "llama.json"
_LIMIT_S = 60.0
_CPUINFO = Path("/proc/cpuinfo")
# Enough for the first CPU: the kernel takes its time over all of them.
_CPUINFO_BYTES = 16384
# What llama.cpp says that it was compiled for, and what Linux calls the same where the CPU has it.
_FEATURES = {
    "SSE3": "pni",
    "SSSE3": "ssse3",
    "AVX": "avx",
    "AVX_VNNI": "avx_vnni",
    "AVX2": "avx2",
    "F16C": "f16c",
    "FMA": "fma",
    "BMI2": "bmi2",
    "AVX512": "avx512f",
    "AVX512_VBMI": "avx512vbmi",
    "AVX512_VNNI": "avx512_vnni",
    "AVX512_BF16": "avx512_bf16",
    "AMX_INT8": "amx_int8",
    "FP16_VA": "asimdhp",
    "DOTPROD": "asimddp",
    "MATMUL_INT8": "i8mm",
    "SVE": "sve",
    "SME": "sme",
}
# Where this package lies: the installer asks before it has put it where Python looks.
_HOME = Path(__file__).parents[2]
_EXAMINE = (
    "import sys; sys.path.insert(0, sys.argv[1]); sys.path.append(sys.argv[2]); "
    "from caro_shell.engines import installed; installed.main(sys.argv[3])"
)


@dataclass(frozen=True)
class Package:
    """A package with llama.cpp in it.

    The setting `engine` that means it, pip's name, the name to import, and the module with llama.h's functions.
    """

    setting: str
    name: str
    module: str
    binding: str


LLAMA = Package("llama", "llama-cpp-python", "llama_cpp", "llama_cpp")
XLLAMACPP = Package("xllamacpp", "xllamacpp", "xllamacpp", "caro_shell.engines.xllamacpp_functions")
PACKAGES = (LLAMA, XLLAMACPP)


@dataclass(frozen=True)
class Examination:
    """What came of trying a package: why it cannot be used, or its version and whether it knows any GPU."""

    trouble: str = ""
    version: str = ""
    gpu: bool = False


NOT_INSTALLED = Examination("is not installed")


def pip_install(name: str) -> str:
    """Return the command that installs a package where this program finds it, in a version that it can use."""
    wanted = name
    with suppress(importlib.metadata.PackageNotFoundError):
        for line in importlib.metadata.requires("caro-shell") or ():
            if re.match(rf"{re.escape(name)}[\s<>=!~]", line):
                wanted = line.partition(";")[0].strip()
    return f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(wanted)}"


def package_folder(package: Package) -> Path | None:
    """Return where a package lies; None where it is not installed."""
    with suppress(ImportError, ValueError):
        found = importlib.util.find_spec(package.module)
        for folder in (found.submodule_search_locations or []) if found else []:
            return Path(folder)
    return None


def examine(package: Package) -> Examination:
    """Try a package in a process of its own, which takes about a fifth of a second."""
    folder = package_folder(package)
    if folder is None:
        return NOT_INSTALLED
    words = [sys.executable, "-I", "-B", "-c", _EXAMINE, str(folder.parent), str(_HOME), package.binding]
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=_LIMIT_S)
    except subprocess.TimeoutExpired:
        return Examination(f"did not answer within {_LIMIT_S:.0f} s")
    if done.returncode < 0:
        return Examination(f"ends the process that loads it (signal {-done.returncode})")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        return Examination(f"cannot be loaded: {last.rstrip('.')}")
    return _judge(told, package, cpu_features())


def choose() -> tuple[Package, str]:
    """Return the first package that can be used here, and what kept the one before it; raises EngineError."""
    before = ""
    for package in PACKAGES:
        reason = trouble(package)
        if not reason:
            return package, before.removeprefix(NOT_INSTALLED.trouble)
        before = reason if not before else f"{before}; {package.name} {reason}"
    missing = f"{NOT_INSTALLED.trouble}; {XLLAMACPP.name} {NOT_INSTALLED.trouble}"
    raise EngineError(
        f"There is no llama.cpp: neither {LLAMA.name} nor {XLLAMACPP.name} is installed."
        if before == missing
        else f"There is no llama.cpp that runs here: {LLAMA.name} {before}.",
        f"With a C++ compiler: {pip_install(LLAMA.name)}; without one: {pip_install(XLLAMACPP.name)}",
    )


def examine_first(packages: Sequence[Package] = PACKAGES) -> tuple[bool, str]:
    """Try packages in their order; return whether one can be used, and what was seen of each up to that one."""
    seen: list[str] = []
    for package in packages:
        found = examine(package)
        if not found.trouble:
            device = "GPU" if found.gpu else "CPU"
            return True, "; ".join([f"{package.name} {found.version}, built for the {device}", *seen])
        seen.append(f"{package.name} {found.trouble}")
    return False, "; ".join(seen)


def _judge(told: Mapping[str, Any], package: Package, cpu: frozenset[str]) -> Examination:
    lacking = [name for name in told["built_for"] if cpu and _FEATURES.get(name, "") not in {"", *cpu}]
    if lacking:
        return Examination(f"was built for a CPU with {', '.join(lacking)}, which this one lacks")
    version = ""
    with suppress(importlib.metadata.PackageNotFoundError):
        version = importlib.metadata.version(package.name)
    return Examination(version=version, gpu=told["gpu"])


def main(binding: str) -> None:
    """Load a binding and tell on stdout what it was built for; the process may end on the way."""
    from caro_shell.engines.llama_library import functions

    try:
        c = functions(binding)
    except EngineError as error:
        # What follows the colon is the reason.
        sys.exit(error.message.partition(": ")[2])
    built_for = re.findall(r"(\w+) = 1", c.llama_print_system_info().decode(errors="replace"))
    sys.stdout.write(json.dumps({"built_for": built_for, "gpu": bool(c.llama_supports_gpu_offload())}))


def cpu_features() -> frozenset[str]:
    """Return what Linux says of the first CPU; empty where it does not say."""
    with suppress(OSError), _CPUINFO.open(encoding="utf-8", errors="replace") as file:
        for line in file.read(_CPUINFO_BYTES).splitlines():
            name, _, words = line.partition(":")
            if name.strip() in {"flags", "Features"}:
                return frozenset(words.split())
    return frozenset()


def _identity(folder: Path) -> list[str]:
    """Return what changes when a package is replaced, or the machine."""
    libraries = sorted(path for path in folder.rglob("*") if path.suffix in {".so", ".dylib"})
    seen = [f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}" for path in libraries]
    return [sys.executable, *seen, " ".join(sorted(cpu_features()))]


def identity_of(binding: str) -> list[str]:
    """Return what changes when the package of a binding is replaced, or the machine; raises OSError."""
    folders = [package_folder(package) for package in PACKAGES if package.binding == binding]
    return [line for folder in folders if folder for line in _identity(folder)]


def trouble(package: Package, environ: Mapping[str, str] = os.environ) -> str:
    """Return why a package cannot be used here, as what follows its name in a sentence; empty when it can."""
    folder = package_folder(package)
    if folder is None:
        return NOT_INSTALLED.trouble
    memory, known = Path(paths.runtime_dir(environ), MEMORY), dict[str, Any]()
    with suppress(OSError, ValueError):
        known = dict(json.loads(memory.read_text(encoding="utf-8")))
    try:
        identity = _identity(folder)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if known.get(package.name) == identity:
        return ""
    found = examine(package).trouble
    # A failure is not remembered: what it lacked, a library of the system's say, may come.
    if not found:
        with suppress(OSError):
            new = memory.with_suffix(f".{os.getpid()}")
            new.write_text(json.dumps({**known, package.name: identity}), encoding="utf-8")
            new.replace(memory)
    return found
