"""A client that writes anything, in real shells: the line is what was typed, or what a whole record says."""

import random
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "shells"))

import fuzz_records
from fuzz_records import FIXED, READERS, pieces_of, play_all, prepare, round_of
from shell_kinds import ShellKind
from terminal import Terminal
from user_home import Home, need_program

SEEDED = 3


@pytest.mark.parametrize("kind", READERS, ids=[kind.name for kind in READERS])
def test_whatever_a_client_writes_the_line_stays_its_users(home: Home, kind: ShellKind) -> None:
    """Records that are none, halves, wrong versions, traps; `python tests/fuzz/fuzz_records.py 500` goes further."""
    need_program("tmux")
    need_program(kind.argv[0])
    chance = random.Random(f"1{kind.name}")  # noqa: S311  not for secrets
    rounds = [round_of(pieces) for pieces in (*FIXED, *(pieces_of(chance) for _ in range(SEEDED)))]
    with Terminal(kind.argv, home.environ) as terminal:
        terminal.type(f" {kind.source} {prepare(home, kind)}; cd; clear; echo ready")
        terminal.press("Enter")
        terminal.see("ready\n>")
        play_all(terminal, home, rounds)


def test_the_rounds_follow_the_contract() -> None:
    """Only a whole `done` with a command in it changes a line; two of them, or one and an error, may or may not."""
    assert round_of([b"done\tls", b" -l\0"]).lines == {"ls -l"}
    for none in (b"", b"done\tls", b"done\0", b"done\t \n\0", b"error\tdone\tls\0"):
        assert round_of([none]).lines == {fuzz_records.WORDS}
    assert round_of([b"done\ta\0error\tb\0"]).lines == {"a", fuzz_records.WORDS}
