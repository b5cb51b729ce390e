"""The contract suite with the shells of other Debian releases: `sudo python tests/versions/run.py [RELEASE…]`.

    --cache DIR      where the releases are kept (default: caro-shell/releases in XDG_CACHE_HOME)
    --shell NAME     zsh, bash or fish alone; may be said again
    --mirror URL     where Debian comes from (default: as apt here has it)
    -- WORDS…        for pytest

Each release is made once by debootstrap, with its zsh, bash and fish. The suite, the client and tmux are those of this
machine; only the shells are foreign. They run through their own release's loader, with its libraries, and in a mount
namespace where what they read while they run (modules, functions, data) is their own too. So a release may be older
than the Python that caro needs. It takes root, for debootstrap and the mounts, and half an hour. In the end it
prints the table of docs/shells.md, and exits 1 when a test failed.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

TESTS = Path(__file__).parents[1]
RELEASES = ("bullseye", "bookworm", "trixie")
LEAST = {"zsh": (5, 8), "bash": (4, 4), "fish": (3, 6)}
# Pairs of a source and a place, up to `--`, then the command.
_MOUNT = 'while [ "$1" != -- ]; do mount --bind -- "$1" "$2" || exit; shift 2; done; shift; exec "$@"'


class RunError(Exception):
    """What cannot be done, in one sentence."""


@dataclass(frozen=True)
class Release:
    """A Debian release on disk."""

    name: str
    root: Path

    @property
    def libraries(self) -> Path:
        """The directory of the release's libraries, named after the machine's kind."""
        return next(self.root.glob("usr/lib/*-linux-gnu*/libc.so.6")).parent

    def wrap(self, programs: Path) -> None:
        """Make a program of each shell that runs the release's own, whatever libraries this machine has."""
        loader = next(self.libraries.glob("ld-linux*.so.*"))
        programs.mkdir(exist_ok=True)
        for shell in LEAST:
            program = programs / shell
            words = f"{loader} --library-path {self.libraries} {self.root}/usr/bin/{shell}"
            program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
            program.chmod(0o755)

    def mounts(self) -> list[str]:
        """Return where each directory comes from that a shell reads while it runs, and where it looks for it."""
        modules = self.libraries / "zsh"
        places = [(modules, Path("/", modules.relative_to(self.root)))]
        places += [(self.root / f"usr/share/{shell}", Path(f"/usr/share/{shell}")) for shell in ("zsh", "fish")]
        for _source, place in places:
            if not place.is_dir():
                raise RunError(f"{place} is missing: install zsh and fish here too; the release's are mounted over it.")
        return [str(path) for pair in places for path in pair]

    def inside(self, programs: Path, words: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
        """Run `words` where the shells are those of the release."""
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", _MOUNT, "sh", *self.mounts(), "--", *words],
            cwd=TESTS,
            env={**os.environ, "CI": "1", "PATH": f"{programs}:{os.environ['PATH']}"},
            check=False,
        )


@dataclass(frozen=True)
class Outcome:
    """What the suite found in one shell of one release."""

    version: str
    passed: int
    skipped: int
    failed: tuple[str, ...]
    below: bool

    def text(self) -> str:
        """Return a field of the table."""
        if self.below:
            return f"{self.version}: {'refused in one sentence' if not self.failed else 'not refused as it should be'}"
        counts = {"passed": self.passed, "skipped": self.skipped, "failed": len(self.failed)}
        return f"{self.version}: {', '.join(f'{count} {what}' for what, count in counts.items() if count)}"


def mirror_of_apt() -> str:
    """Return where apt has Debian itself from, empty when that is not known."""
    words = ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"]
    try:
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return next((line.split()[1] for line in told.splitlines() if line.startswith("Debian ")), "")


def make(name: str, cache: Path, mirror: str) -> Release:
    """Return a release, made now when it is not there yet."""
    root = cache / name
    if not root.is_dir():
        print(f"making {name} in {root}; its log is {root}.log", flush=True)
        unfinished = cache / f"{name}.unfinished"
        subprocess.run(["rm", "-rf", "--one-file-system", str(unfinished)], check=True)
        words = ["debootstrap", "--variant=minbase", "--include=zsh,fish", name, str(unfinished)]
        with Path(f"{root}.log").open("wb") as log:
            done = subprocess.run([*words, *filter(None, [mirror])], stdout=log, stderr=log, check=False)
        if done.returncode:
            raise RunError(f"debootstrap could not make {name}; see {root}.log.")
        unfinished.rename(root)
    return Release(name, root)


def version_of(program: Path) -> str:
    """Return the version that a shell says of itself."""
    told = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+\.\d+(\.\d+)?", told)
    if not found:
        raise RunError(f"{program} does not say which version it is: {told!r}.")
    return found[0]


def cases_of(report: Path) -> Iterator[tuple[str, bool | None]]:
    """Yield the name of each test and whether it passed; None when it was skipped."""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  pytest has just written it
        found = {child.tag for child in case}
        passed = None if "skipped" in found else not found & {"failure", "error"}
        yield f"{case.get('classname')}::{case.get('name')}", passed


def try_shell(release: Release, shell: str, programs: Path, more: Sequence[str]) -> Outcome:
    """Run the suite for one shell of a release; a shell that is too old has to say so, and nothing else."""
    version = version_of(programs / shell)
    below = tuple(map(int, version.split(".")[:2])) < LEAST[shell]
    report = programs / f"{shell}.xml"
    chosen = ["shells/below_minimum.py"] if below else ["shells"]
    pytest = [sys.executable, "-m", "pytest", "-q", *chosen, "-k", shell, f"--junitxml={report}", *more]
    print(f"{release.name}: {shell} {version}", flush=True)
    release.inside(programs, pytest)
    if not report.exists():
        raise RunError(f"The suite did not run for {shell} of {release.name}.")
    cases = list(cases_of(report))
    failed = tuple(name for name, passed in cases if passed is False) or ("nothing ran",) * (not cases)
    counts = [passed for _name, passed in cases]
    return Outcome(version, counts.count(True), counts.count(None), failed, below)


def table(outcomes: dict[str, dict[str, Outcome]], shells: Sequence[str]) -> str:
    """Return the table of docs/shells.md."""
    lines = [f"| Debian | {' | '.join(shells)} |", f"|---|{'---|' * len(shells)}"]
    for release, found in outcomes.items():
        lines.append(f"| {release} | {' | '.join(found[shell].text() for shell in shells)} |")
    return "\n".join(lines)


def options_of(argv: Sequence[str]) -> argparse.Namespace:
    """Read the words after the script's name."""
    own, more = (list(argv[: argv.index("--")]), list(argv[argv.index("--") + 1 :])) if "--" in argv else (argv, [])
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", default=RELEASES, metavar="RELEASE")
    parser.add_argument("--cache", type=Path, default=Path(home, "caro-shell", "releases"))
    parser.add_argument("--shell", action="append", choices=LEAST)
    parser.add_argument("--mirror", default=mirror_of_apt())
    options = parser.parse_args(own)
    if os.geteuid() != 0:
        parser.error("only root can make a release and mount what is in it")
    options.more = more
    return options


def main(argv: Sequence[str]) -> int:
    """Make the releases, try their shells, and print the table."""
    options = options_of(argv)
    # Started in the background it is ignored, and every shell would inherit that for good.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cache, shells = options.cache.absolute(), options.shell or list(LEAST)
    outcomes: dict[str, dict[str, Outcome]] = {}
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for name in options.releases:
            release = make(name, cache, options.mirror)
            with tempfile.TemporaryDirectory(prefix="caro-") as programs:
                release.wrap(Path(programs))
                outcomes[name] = {shell: try_shell(release, shell, Path(programs), options.more) for shell in shells}
    except (RunError, OSError) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    print("", table(outcomes, shells), sep="\n")
    failed = [(name, shell, test) for name, by in outcomes.items() for shell, o in by.items() for test in o.failed]
    for name, shell, test in failed:
        print(f"failed in {shell} of {name}: {test}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
