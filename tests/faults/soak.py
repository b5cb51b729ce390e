"""Requests of all kinds while something goes wrong every second: `python tests/faults/soak.py SECONDS REQUESTS [SEED]`.

The daemon is the real one, with the scripted engine; clients, shells and users are real. The last lines say what became
of the requests; the exit status is 1 when one hung or was lost, or when anything is left of them. Linux; with a disk
that becomes full or read-only where that may be mounted (root), with a clock that jumps where there is a C compiler.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(_TESTS.parent), *(str(_TESTS / name) for name in ("support", "shells", "faults"))]

from commands import caro  # noqa: E402  a program by itself, found by the line above
from other_version import OtherVersion  # noqa: E402  as above
from processes import STAYS, processes_of  # noqa: E402  as above
from shell_kinds import KINDS  # noqa: E402  as above
from soak_faults import Faults  # noqa: E402  as above
from soak_requests import Asker, Tally  # noqa: E402  as above
from soak_shells import User  # noqa: E402  as above
from terminal import wait_for  # noqa: E402  as above
from user_home import SUPPORT, Home  # noqa: E402  as above

from caro_shell import client, lifecycle  # noqa: E402  as above

# A daemon that is there and says nothing is given up after the one, one that is being started after the other.
CLIENT_S = client._LOST_S + lifecycle.START_LIMIT_S  # noqa: SLF001  the client's own limit
# The interpreter's start and end beside it, on a machine with other work.
LIMIT_S = CLIENT_S + 5.0
ASKERS = 3
EVERY_S = 1.0
_LATEST = 8
_LOG_LINES = 6
# What a daemon may grow by, as in tests/daemon/test_batch.py.
MOST_GROWTH = 8_000_000
_MOST_PATIENCE_S = 10.0
_MOUNTED = "--mounted"


class Plan(NamedTuple):
    """How long, how many requests, and by which seed."""

    seconds: float
    requests: int
    seed: int


class Requests:
    """Their numbers, handed out evenly over the time; any thread may take the next one."""

    def __init__(self, plan: Plan) -> None:
        """The time begins now."""
        self._plan = plan
        self._since = time.monotonic()
        self._next = 0
        self._lock = threading.Lock()

    def take(self) -> int:
        """Wait until the next request is due and return its number; 0 when there are no more."""
        with self._lock:
            if self._next >= self._plan.requests:
                return 0
            self._next += 1
            number = self._next
        due = self._since + number * self._plan.seconds / self._plan.requests
        time.sleep(max(0.0, due - time.monotonic()))
        return number


def soak_home(path: Path) -> Home:
    """Return a home whose engine does what some requests say, and whose clocks may jump."""
    home = Home(path)
    (path / "tmp").mkdir()
    home.environ["TMPDIR"] = str(path / "tmp")
    for kind in ("crash", "memory", "end", "exit"):
        home.script.say(f"{kind} *", "l", {kind: True})
    library = path / "clock_jump.so"
    compiler = shutil.which("cc")
    command = [str(compiler), "-shared", "-fPIC", "-o", str(library), str(SUPPORT / "clock_jump.c")]
    if compiler and not subprocess.run(command, check=False).returncode:
        (path / "clocks").write_text("0 0")
        home.environ |= {"LD_PRELOAD": str(library), "CARO_TEST_CLOCKS": str(path / "clocks")}
    return home


class Soak:
    """One soak in a home of its own."""

    def __init__(self, home: Home, plan: Plan, *, mounted: bool) -> None:
        """Everything is made ready, nothing has been asked."""
        self._home = home
        self._plan = plan
        self._faults = Faults(home, self._chance("faults"), mounted=mounted)
        self.tally = Tally(LIMIT_S, self._around)
        self.latest: deque[str] = deque(maxlen=_LATEST)
        self.done: Counter[str] = Counter()
        self.broken: list[str] = []

    def _chance(self, of: str) -> random.Random:
        return random.Random(f"{self._plan.seed} {of}")  # noqa: S311  not for secrets

    def run(self) -> None:
        """Ask and do faults until all requests have ended."""
        other = OtherVersion(self._home, self._home.path / "other", "99.0")
        kinds = [kind for kind in KINDS if shutil.which(kind.argv[0])]
        users = [User(self._home, kind, self.tally, self._chance(kind.name)) for kind in kinds]
        askers = [Asker(self._home, self.tally, other, self._chance(f"asker {at}")) for at in range(ASKERS)]
        requests = Requests(self._plan)
        asks = [*(user.ask for user in users), *(asker.ask for asker in askers)]
        threads = [threading.Thread(target=self._all, args=(requests, ask)) for ask in asks]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            before = self.tally.total()
            self.latest.append(self._faults.one())
            self.done[self.latest[-1]] += 1
            time.sleep(EVERY_S)
            self._give_a_chance(before)
        for user in users:
            user.close()

    def _around(self) -> str:
        """Return the latest faults, and what the daemon has written last."""
        try:
            log = Path(self._home.runtime, "daemon.log").read_text(errors="replace").splitlines()[-_LOG_LINES:]
        except OSError as error:
            log = [str(error)]
        return "\n    ".join([", ".join(self.latest), *log])

    def _give_a_chance(self, before: int) -> None:
        """Wait until a request has ended: where faults are faster than clients start, none would ever be answered."""
        with suppress(AssertionError):
            wait_for(lambda: self.tally.total() > before, str, _MOST_PATIENCE_S)

    def _all(self, requests: Requests, ask: Callable[[int], None]) -> None:
        while number := requests.take():
            try:
                ask(number)
            except Exception as error:  # of the soak, not of what it looks at; the others go on
                self.broken.append(f"request {number}: {error!r}"[:2000])
                return

    def settle(self) -> list[str]:
        """Have the last daemon answer and leave; returns what of processes and files is left then."""
        said = caro(self._home, "one more")
        if said.stdout != "echo one more\n":
            self.broken.append(f"the last request: {said}")
        caro(self._home, "daemon", "stop")
        with suppress(AssertionError):
            wait_for(lambda: not processes_of(self._home), str, LIMIT_S)
        found = {path.name for path in Path(self._home.runtime).iterdir()} - STAYS
        # fish makes a directory of its own there; a bash that is killed may leave the file behind a here-string.
        made = [
            path.name for path in (self._home.path / "tmp").iterdir() if not path.name.startswith(("fish.", "sh-thd"))
        ]
        temporary = {f"tmp/{name}" for name in made}
        return [*processes_of(self._home).values(), *sorted(found | temporary)]

    def report(self, left: list[str]) -> bool:
        """Print what came of it; returns whether all is well."""
        tally = self.tally
        for kind, counted in sorted(tally.by_kind.items()):
            _say(f"  {kind:14}", ", ".join(f"{number} {outcome}" for outcome, number in counted.most_common()))
        _say("requests", f"{tally.total()}, {tally.total('answered')} answered; seed {self._plan.seed}")
        _say("faults", f"{self.done.total()}: " + ", ".join(f"{n} x {name}" for name, n in self.done.most_common()))
        took, kind = tally.slowest
        _say("slowest", f"{took:.1f} s ({kind}) of the client's {CLIENT_S:.0f} s; half of it: {len(tally.slow)}")
        _say("lost lines", f"{tally.total('lost')}; wrong ends {tally.total('wrong')}; hung {tally.total('hang')}")
        _say("left behind", ", ".join(left) or "no process, no file")
        grown = tally.most_grown()
        first, last = tally.sizes()
        _say(
            "memory",
            f"{first / 1e6:.1f} MB first, {last / 1e6:.1f} MB last, {grown / 1e6:+.1f} MB at most in one daemon",
        )
        return not (left or tally.bad or self.broken or grown > MOST_GROWTH)


def _say(what: str, text: str) -> None:
    print(f"{what:14}{text}", flush=True)  # noqa: T201  a program's output


def main(plan: Plan, *, mounted: bool) -> int:
    """Soak and say what came of it; return the exit status."""
    path = Path(tempfile.mkdtemp(prefix="caro-"))
    home = soak_home(path)
    state = Path(home.runtime).parent
    state.mkdir(parents=True, mode=0o700)
    if mounted:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "caro", str(state)], check=True)
    soak = Soak(home, plan, mounted=mounted)
    try:
        soak.run()
        left = soak.settle()
    finally:
        home.kill_daemon()
        if mounted:
            subprocess.run(["umount", "-l", str(state)], check=True)
        shutil.rmtree(path, ignore_errors=True)
    well = soak.report(left)
    for line in (*soak.broken, *soak.tally.bad, *soak.tally.slow):
        print(line, file=sys.stderr)  # noqa: T201  a program's output
    return int(not well)


def mounting() -> list[str]:
    """Return the words that start a program where it may mount a disk of its own; none where nobody may."""
    words = ["unshare", "--mount", "--propagation", "private"]
    tried = ["sh", "-c", 'mount -t tmpfs caro "$1" && umount "$1"', "sh", tempfile.gettempdir()]
    if os.geteuid() or not shutil.which("unshare"):
        return []
    return [] if subprocess.run([*words, *tried], capture_output=True, check=False).returncode else words


if __name__ == "__main__":
    given = [word for word in sys.argv[1:] if word != _MOUNTED]
    is_mounted = _MOUNTED in sys.argv
    if not is_mounted and (before := mounting()):
        os.execvp(before[0], [*before, sys.executable, __file__, *given, _MOUNTED])  # noqa: S606  a program by itself
    sys.exit(main(Plan(float(given[0]), int(given[1]), int([*given, "1"][2])), mounted=is_mounted))
