"""The process that fills the index: `python -m caro_shell.retrieval.build`, started and stopped by the daemon.

It gives way to everything else, ends at once when it is told to or when whoever started it has gone, and goes on where
it stopped: each tool is one transaction.
"""

import json
import logging
import os
import resource
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import FrameType

from caro_shell import context
from caro_shell.machine.priority import give_way
from caro_shell.retrieval import history, index
from caro_shell.retrieval.background import Order
from caro_shell.retrieval.sources import Machine, Unit, stamp_of

_log = logging.getLogger(__name__)
MOST_BYTES = 48 * 1024 * 1024
"""Of the index; what does not fit is not known."""
_CPU_LIMIT_S = 180
_WAIT_S = 5.0


def build(order: Order, machine: Machine, system: str) -> None:
    """Bring the index up to date with what there is on this machine; raises sqlite3.Error."""
    with closing(_open(Path(order.file))) as file:
        index.note(file, "system", system)
        if order.history:
            _take_history(file, machine)
        else:
            index.remove(file, index.HISTORY)
        for unit in machine.units():
            if Path(order.file).stat().st_size > MOST_BYTES:
                break
            if not index.has(file, unit.name, unit.stamp):
                _take(file, unit, machine)
        _drop_what_has_gone(file, machine)


def _take(file: sqlite3.Connection, unit: Unit, machine: Machine) -> None:
    index.begin(file, unit.name, unit.stamp)
    try:
        index.write(file, unit.name, machine.read(unit), common=unit.common)
    except SystemExit:
        index.forgive(file, unit.name)
        raise


def _open(path: Path) -> sqlite3.Connection:
    """Return the index; one that cannot be used is only a cache, and begins anew."""
    try:
        return index.open_index(path, _WAIT_S)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        _log.warning("the index of local knowledge begins anew: %s", error)
        for end in ("", "-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)
        return index.open_index(path, _WAIT_S)


def _take_history(file: sqlite3.Connection, machine: Machine) -> None:
    files = history.files(machine.home, machine.environ)
    stamp = stamp_of(files)
    if not index.has(file, index.HISTORY, stamp):
        index.begin(file, index.HISTORY, stamp)
        index.write(file, index.HISTORY, history.read_lines(files), common=False)


def _drop_what_has_gone(file: sqlite3.Connection, machine: Machine) -> None:
    for (name,) in file.execute("SELECT name FROM unit").fetchall():
        if name != index.HISTORY and not machine.programs.find(name):
            index.remove(file, name)


def _give_way() -> None:
    """Take only what nobody else wants of the CPU, and of that not for ever."""
    give_way()
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))


def _leave(_number: int, _frame: FrameType | None) -> None:
    # An exception, so that a tool that is just being asked for its help ends with us.
    raise SystemExit(1)


def _leave_with_the_daemon() -> None:
    """Wait for the end of the input, which is the daemon's."""
    # Not by sys.stdin: its lock would be held when the interpreter ends.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n") and (piece := os.read(0, 1)):
        line += piece
    return line or b"{}"


def main() -> int:
    """Do what the first line of the input orders; what goes wrong is a line in the daemon's log."""
    signal.signal(signal.SIGTERM, _leave)
    _give_way()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    order = Order(**json.loads(_first_line()))
    threading.Thread(target=_leave_with_the_daemon, daemon=True).start()
    place = context.place("bash")
    machine = Machine(order.path, os.environ.get("HOME", ""), place.system, os.environ)
    try:
        build(order, machine, f"{place.system} {place.flavour}")
    except (sqlite3.Error, OSError) as error:
        _log.warning("the index of local knowledge cannot be written: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
