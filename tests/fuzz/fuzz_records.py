"""What a client may write, at random, to a shell that reads it: `python tests/fuzz/fuzz_records.py ROUNDS [SEED]`.

A client that says what the seed says stands in the place of ours, in real shells in tmux. Whatever it says, the line is
the words that were typed, or what a whole record `done` has put there; nothing runs, and the prompt stays usable.
"""

import json
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(_TESTS.parent), str(_TESTS / "support"), str(_TESTS / "shells")]

from mutations import mutated_bytes, text  # noqa: E402  a program by itself, found by the lines above
from shell_kinds import KINDS, ShellKind, init_lines  # noqa: E402  as above
from terminal import Terminal, wait_for  # noqa: E402  as above
from user_home import SUPPORT, Home  # noqa: E402  as above

READERS = KINDS
WORDS = "list the files"
GOOD = b'working\tthinking\0chunk\tls -l\0note\ta note\0state\t[[], "ls -la", 0, ""]\0cursor\t3\0done\tls -la\0'
# Whoever computes or expands one of these makes a file that must not be there.
TRAPS = (
    "$(touch ran)",
    "`touch ran`",
    "a[$(touch ran)]",
    "x[`touch ran`]",
    "';touch ran;'",
    "%n$(touch ran)",
    "${(e)a}",
)
FIXED: tuple[tuple[bytes, ...], ...] = (
    (GOOD,),
    tuple(GOOD[at : at + 5] for at in range(0, len(GOOD), 5)),
    (b"",),
    (GOOD[:-1],),
    (b"done\0",),
    (b"done\t\0", b"done\t  \n\0"),
    (b"caro/9\tdone\0answer\tls\0DONE\tls\0done-2\tls\0 done\tls\0", b"error\tNo.\0"),
    (b"cursor\ta[$(touch ran)]\0state\t$(touch ran)\0note\t`touch ran`\0working\t$(touch ran)\0done\tls -la\0",),
    (b"cursor\t99999999999999999999999\0done\tls -la\0",),
    (b"cursor\t-5\0cursor\t0x10\0cursor\t08\0done\tls -la\0",),
    (b"chunk\t" + b"x" * 300_000 + b"\0done\tls -la\0",),
    (b"\0\0\t\0\t\t\0\xff\xfe\0\xc3\0", b"done\tls -la\0"),
    (b"note\t\x1b[2J\x1b]0;x\x07\x9b5n\0error\t\x1b[2J\xe2\x80\xae\0",),
    (b"done\tfor a in b; do\n  echo \xc3\xa9\ndone\0",),
)
"""What each of the readers has to do with, in pieces as it is written."""


class Round(NamedTuple):
    """What a client writes, and what the line may be then."""

    pieces: Sequence[bytes]
    lines: frozenset[str]


def round_of(pieces: Sequence[bytes]) -> Round:
    """Return a round by the contract in docs/shells.md: the line changes by a whole `done` with a command in it."""
    whole = b"".join(pieces)
    records = whole.split(b"\0")[:-1]
    done = [record[5:] for record in records if record.startswith(b"done\t") and record[5:].strip()]
    commands = frozenset(said.decode("utf-8", "surrogateescape").rstrip("\n") for said in done)
    # In bytes that are no UTF-8, bash may take a NUL for a character's second half: then the line stays as it is.
    is_text = whole == whole.decode("utf-8", "replace").encode()
    if len(done) == 1 and is_text and not any(record.startswith(b"error\t") for record in records):
        return Round(pieces, commands)
    return Round(pieces, commands | {WORDS})


def pieces_of(chance: random.Random) -> list[bytes]:
    """Return what a client might write, in pieces."""
    words = ("working", "chunk", "note", "state", "cursor", "history", "done", "error", "x", "")
    records = [
        f"{chance.choice(words)}{chance.choice((chr(9), chr(9), '', ' '))}{chance.choice((*TRAPS, text(chance)))}\0"
        for _ in range(chance.randint(0, 6))
    ]
    data = "".join(records).encode("utf-8", "replace")
    if chance.random() < 0.5:
        data = mutated_bytes(GOOD, chance, (data, b"\0", b"\t", *(trap.encode() for trap in TRAPS)))
    cuts = sorted(chance.randint(0, len(data)) for _ in range(chance.randint(0, 3)))
    return [data[at:to] for at, to in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def prepare(home: Home, kind: ShellKind) -> Path:
    """Write the client, and a file for the shell to source; returns that file."""
    client = home.path / "client"
    client.write_text(f'#!/bin/sh\nexec {sys.executable} -S {SUPPORT / "fake_client.py"} "$@"\n')
    client.chmod(0o755)
    rc = home.path / f"rc.{kind.name}"
    rc.write_text(f"{kind.rc.read_text()}\n{init_lines(kind.name, home)}\n{kind.set('CARO_PYTHON', str(client))}\n")
    return rc


def play(terminal: Terminal, home: Home, one: Round) -> None:
    """Press the key, let the client write, and look at the line; it is empty afterwards."""
    sent = home.script.directory / "sent"
    sent.unlink(missing_ok=True)
    (home.script.directory / "plan.json").write_text(json.dumps([piece.decode("latin-1") for piece in one.pieces]))
    terminal.type(WORDS)
    terminal.line_becomes(WORDS)
    terminal.press("C-g")
    wait_for(sent.exists, lambda: f"for the shell to take {one.pieces!r}\n{terminal.screen()}")
    wait_for(
        lambda: terminal.line().text.rstrip("\n") in one.lines,
        lambda: f"the line is {terminal.line()!r}, not of {one.lines!r}, after {one.pieces!r}\n{terminal.screen()}",
    )
    for _ in range(3):
        # The first one may end a request that nothing has answered.
        terminal.press("C-c")
        if not terminal.line().text:
            break
    terminal.line_becomes("")


def play_all(terminal: Terminal, home: Home, rounds: Sequence[Round]) -> None:
    """Play rounds on one terminal; at the end the prompt works, and nothing has run."""
    for one in rounds:
        play(terminal, home, one)
    terminal.press("C-l")
    terminal.type("echo works on")
    terminal.press("Enter")
    terminal.see("\nworks on\n")
    ran = [str(path) for path in (home.path / "ran", Path("ran")) if path.exists()]
    if ran:
        raise AssertionError(f"something has run: {ran}")


def main(number: int, seed: int) -> int:
    """Play so many rounds in each shell; return the exit status."""
    for kind in READERS:
        chance = random.Random(f"{seed}{kind.name}")  # noqa: S311  not for secrets
        path = Path(tempfile.mkdtemp(prefix="caro-"))
        home = Home(path)
        try:
            with Terminal(kind.argv, home.environ) as terminal:
                terminal.type(f" {kind.source} {prepare(home, kind)}; cd; clear; echo ready")
                terminal.press("Enter")
                terminal.see("ready\n>")
                play_all(terminal, home, [round_of(pieces_of(chance)) for _ in range(number)])
        finally:
            home.kill_daemon()
            shutil.rmtree(path, ignore_errors=True)
        print(f"{kind.name}: {number} rounds, seed {seed}")  # noqa: T201  a program's output
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
