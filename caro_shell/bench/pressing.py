"""The key pressed in a real shell, and what each step of the request took until the command stood on the line."""

import json
import os
import select
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from caro_shell import paths
from caro_shell.bench.sourcing import SHELLS
from caro_shell.bench.terminal import QUIET_S, Terminal
from caro_shell.client import Client
from caro_shell.errors import CaroError

_KEY = b"\x07"
# Ctrl-C is the only way to a new prompt here. Enter is never typed: what stands on the line was written by a model, and
# no other key takes all of a command of several lines away in every shell.
_NEW_PROMPT = b"\x03"
_PROMPT = b"ready> "
# How bash and fish are told of an answer; what they draw comes after it.
_TOLD = b"\x1b[5n"
_APPLIED_WITHIN_S = 10.0
# A large model on a slow machine loads for minutes.
_LIMIT_S = 600.0
# Of a longer path, or one with a blank in it, Linux runs no interpreter.
_LONGEST_INTERPRETER = 120
_STEPS_OF_DAEMON = ("context", "prompt", "hints", "first_token", "decode", "parse", "verify", "proof", "judge")
_ARGUMENTS = {
    "zsh": ("-d", "-i"),
    "bash": ("--noprofile", "--rcfile", "press.bash", "-i"),
    "fish": ("--no-config", "--private", "-i", "-C", "source press.fish"),
}


@dataclass(frozen=True)
class Press:
    """One key press as its user sees it, in milliseconds, and the request as the daemon remembers it."""

    feedback_ms: float
    """From the key to the first sign of life."""
    words_ms: float
    """To the first words of the command, which may be its last."""
    total_ms: float
    """To the command on the line, and all that is said of it on the screen."""
    steps_ms: Mapping[str, float]
    """What the total is made of, in order."""
    cached: bool
    last: Mapping[str, Any]
    """What `caro last --json` says; of an answer that was known, it is about an earlier request."""


class Presses:
    """A shell, and a daemon of its own in a directory of its own; the user's is not touched. A context manager.

    Shells with one directory share the daemon.
    """

    def __init__(self, directory: Path, shell: str, more: Mapping[str, str] | None = None) -> None:
        """Start the shell; everything else is of this process's environment and settings, and of `more`."""
        program = shutil.which(shell)
        if not program:
            raise CaroError(f"There is no {shell} here to be measured.", f"Try: caro bench --shell {'|'.join(SHELLS)}")
        place = Path(tempfile.mkdtemp(prefix=shell, dir=directory))
        self._known = place / "known"
        fifo = place / "notes"
        os.mkfifo(fifo, 0o600)
        # For reading and writing: it stays open when a client closes it.
        self._notes = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        here = Path(__file__).parent / "shells"
        # zsh reads files of these names alone.
        shutil.copyfile(here / "press.zsh", place / ".zshrc")
        self.environ = {
            **_in_utf8(os.environ),
            **(more or {}),
            "BENCH_PLUGIN": paths.shell_script(shell),
            "CARO_PYTHON": str(_traced_python(place, fifo, self._known)),
            "CARO_RUNTIME_DIR": str(directory / "run"),
            # A readline with the user's own keys would not know ours.
            "INPUTRC": os.devnull,
            "TERM": "xterm-256color",
            "ZDOTDIR": str(place),
        }
        argv = [program, *(word.replace("press.", f"{here}/press.") for word in _ARGUMENTS[shell])]
        self._terminal = Terminal(argv, self.environ)

    def __enter__(self) -> Self:
        """Wait for the shell's prompt; raises CaroError when it does not come."""
        try:
            self._terminal.settle(_PROMPT)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the shell and the daemon."""
        self._terminal.__exit__()
        os.close(self._notes)
        self.stop()

    def stop(self) -> None:
        """End the daemon."""
        with Client(self.environ) as client:
            client.stop()

    def status(self) -> dict[str, Any]:
        """Return what the daemon says of itself and of its latest request."""
        with Client(self.environ) as client:
            return client.ask({"type": "status", "last": True})

    def _new_prompt(self) -> None:
        # On an empty line fish would not do anything; and what has not been read yet goes with a Ctrl-C.
        self._terminal.type(b"x")
        self._terminal.settle()
        self._terminal.forget()
        self._terminal.type(_NEW_PROMPT)
        self._terminal.settle(_PROMPT)

    def press(self, line: str, *, known: bool = False) -> Press:
        """Type a request and press the key; the model is asked even where the answer is `known`, unless that is said.

        Raises CaroError with the request's own error.
        """
        if not line.isprintable():
            # A newline would run what stands before it.
            raise ValueError(line)
        if known:
            self._known.touch()
        else:
            self._known.unlink(missing_ok=True)
        self._new_prompt()
        self._terminal.type(line.encode())
        self._terminal.settle()
        self._terminal.forget()
        pressed = time.perf_counter()
        self._terminal.type(_KEY)
        note = self._read_note()
        drawn = max([note["written"], *(moment for moment, _length in self._terminal.moments[-1:])])
        words = self._terminal.first("→") or drawn
        feedback = self._terminal.first("…") or words
        last = self.status()["last"]
        return Press(
            feedback_ms=(feedback - pressed) * 1000,
            words_ms=(words - pressed) * 1000,
            total_ms=(drawn - pressed) * 1000,
            steps_ms=_steps(pressed, note, drawn, last),
            cached=note["cached"],
            last=last,
        )

    def _read_note(self) -> dict[str, Any]:
        """Return the client's note once the shell has drawn what came of it."""
        deadline, said = time.monotonic() + _LIMIT_S, b""
        sources = [self._terminal.fd, self._notes]
        while ready := select.select(sources, [], [], QUIET_S if said else max(0.0, deadline - time.monotonic()))[0]:
            if self._terminal.fd in ready:
                self._terminal.read()
            if self._notes in ready:
                said += os.read(self._notes, 65536)
        if not said:
            raise CaroError("A measured request was not answered.", "Mend that first: caro doctor")
        note: dict[str, Any] = json.loads(said.splitlines()[-1])
        if "error" in note:
            raise CaroError(f"A measured request failed: {note['error']}", "Mend that first: caro doctor")
        self._wait_until_applied(note["written"])
        return note

    def _wait_until_applied(self, written: float) -> None:
        """Read on while a shell on a slow machine has drawn nothing of an answer, or has only just been told of it."""
        terminal, deadline = self._terminal, time.monotonic() + _APPLIED_WITHIN_S
        while time.monotonic() < deadline:
            is_told = terminal.moments and terminal.moments[-1][0] >= written
            if is_told and not terminal.drawn.endswith(_TOLD):
                break
            if select.select([terminal.fd], [], [], QUIET_S)[0]:
                terminal.read()
        terminal.settle()


def _steps(pressed: float, note: Mapping[str, Any], drawn: float, last: Mapping[str, Any]) -> dict[str, float]:
    """Return the milliseconds of each step; together they are the total."""

    def between(start: float, end: float) -> float:
        return (end - start) * 1000

    told = dict(note["timings_ms"])
    daemon = {name: told[name] for name in _STEPS_OF_DAEMON if name in told}
    starting = between(note["starting"], note["started"]) if "starting" in note else 0.0
    evaluation = min(sum(last.get("prompt_ms", ())), daemon.get("first_token", 0.0))
    inside = told["total"] + told["queue"] + told.get("load", 0.0)
    steps = {
        "shell and interpreter": between(pressed, note["began"]),
        "client start": between(note["began"], note["connecting"]),
        "daemon start": starting,
        "connect": between(note["connecting"], note["connected"]) - starting,
        "socket, both ways": between(note["connected"], note["answered"]) - inside,
        "queue": told["queue"],
        "load": told.get("load", 0.0),
        **daemon,
        "other": told["total"] - sum(daemon.values()),
        "reply": between(note["answered"], note["written"]),
        "apply": between(note["written"], drawn),
    }
    if "first_token" in steps:
        steps = _with_evaluation(steps, evaluation)
    # What there was none of is no step; a first start has one, and the next ones have none.
    return {name: value for name, value in steps.items() if value or name not in ("daemon start", "load")}


def _with_evaluation(steps: Mapping[str, float], evaluation: float) -> dict[str, float]:
    """Return the steps with the part of `first_token` that the engine took for the prompt as a step of its own."""
    split: dict[str, float] = {}
    for name, value in steps.items():
        if name == "first_token":
            split |= {"prompt evaluation": evaluation, "first token": value - evaluation}
        else:
            split[name] = value
    return split


def _traced_python(place: Path, notes: Path, known: Path) -> Path:
    """Return a program that is Python to a shell, and notes what the client does (traced.py)."""
    program, code = place / "python", place / "traced.py"
    began = "from time import perf_counter\nbegan = perf_counter()\n"
    code_text = f"{began}from caro_shell.bench.traced import run\nrun(began, {str(notes)!r}, {str(known)!r})\n"
    python = sys.executable
    if " " in python or len(python) > _LONGEST_INTERPRETER:
        code.write_text(code_text)
        program.write_text(f"#!/bin/sh\nexec '{python}' -I '{code}' \"$@\"\n")
    else:
        program.write_text(f"#!{python} -I\n{code_text}")
    program.chmod(0o700)
    return program


def _in_utf8(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which a shell draws what is not ASCII as it is."""
    chosen = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    utf8 = {} if "utf" in chosen.lower() else {"LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"}
    return {**environ, **utf8}
