"""The tests with other Pythons: `python tests/versions/pythons.py [VERSION…]`, by default 3.11, 3.12 and 3.13.

    --cache DIR      where the environments are kept (default: caro-shell/pythons in XDG_CACHE_HOME)
    -- WORDS…        for pytest, instead of the pure tests, those of the command line and those of the daemon

An interpreter on PATH is taken, or one of pyenv's, or one that uv has or fetches. Each gets an environment with what
pyproject.toml asks for, except llama-cpp-python, whose build would take minutes: xllamacpp's wheel is there instead,
and no test chosen here needs the other. What a test lacks it says itself, and is passed over. In the end a line a
version says what came of it; the status is 1 where one failed, or is not to be had.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", "3.12", "3.13")
FOLDERS = ("cli", "config", "daemon", "parse", "prove", "retrieval", "safety")


class RunError(Exception):
    """What cannot be done, in one sentence."""


def told(*words: str) -> list[str]:
    """Return the lines that a program prints; none where it is not there or fails."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError:
        return []
    return [] if done.returncode else done.stdout.splitlines()


def find(version: str) -> str:
    """Return an interpreter of `version`; raises RunError."""
    found = [shutil.which(f"python{version}"), *told("pyenv", "prefix", version)]
    if shutil.which("uv"):
        told("uv", "python", "install", "--quiet", version)
        found += told("uv", "python", "find", version)
    for path in filter(None, found):
        program = str(Path(path, "bin", "python")) if Path(path).is_dir() else path
        # A version manager's shim is there, and may be for nothing.
        if told(program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])") == [version]:
            return program
    raise RunError("is not here: neither on PATH nor by pyenv or uv")


def wanted() -> list[str]:
    """Return what pip is told to install, by pyproject.toml; of the engines the one that is ready-made."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    tests = [line for line in extras["dev"] if line.startswith(("gguf", "hatchling", "hypothesis", "pytest"))]
    needed = [line for line in project["dependencies"] if not line.startswith("llama-cpp-python")]
    return [*needed, *extras["xllamacpp"], *tests]


def environment(version: str, cache: Path) -> str:
    """Make the environment, or bring it up to date, and return its interpreter; raises RunError."""
    place = cache / version
    interpreter = str(place / "bin" / "python")
    steps = [
        [find(version), "-m", "venv", str(place)],
        [interpreter, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *wanted()],
        # The daemon and the verbs that tests start take nothing from PYTHONPATH.
        [interpreter, "-m", "pip", "install", "--quiet", "--no-deps", "--editable", str(ROOT)],
    ]
    for words in steps:
        if subprocess.run(words, check=False).returncode:
            raise RunError(f"has no environment; this failed: {shlex.join(words)}")
    return interpreter


def try_version(version: str, cache: Path, chosen: list[str]) -> bool:
    """Run the tests with one version; returns whether they passed."""
    words = [environment(version, cache), "-m", "pytest", "-q", "-m", "not model and not install"]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    # What is missing in such an environment is passed over.
    environ.pop("CI", None)
    done = subprocess.run([*words, "-p", "no:cacheprovider", *chosen], cwd=ROOT / "tests", env=environ, check=False)
    return done.returncode == 0


def main() -> int:
    """Run the tests with each version; returns 1 when one of them failed, or could not be run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parser.add_argument("versions", nargs="*", default=VERSIONS, metavar="VERSION")
    parser.add_argument("--cache", type=Path, default=caches / "caro-shell" / "pythons")
    own = sys.argv[1:]
    cut = own.index("--") if "--" in own else len(own)
    options = parser.parse_args(own[:cut])
    chosen = own[cut + 1 :] or [*FOLDERS, *sorted(path.name for path in ROOT.glob("tests/test_*.py"))]
    outcomes = {}
    for version in options.versions:
        try:
            outcomes[version] = "passed" if try_version(version, options.cache, chosen) else "failed"
        except RunError as error:
            outcomes[version] = str(error)
    for version, outcome in outcomes.items():
        print(f"Python {version} {outcome}")
    return int(any(outcome != "passed" for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
