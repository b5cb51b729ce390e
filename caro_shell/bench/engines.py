"""`caro bench --engines`: the engines and models of this machine beside each other, in one run.

Each pair of an engine and a model has a process of its own, and they take turns request by request, so that a
machine that slows down slows all of them. Measured behind the engine's seam: what the engine is asked and when its
answer counts as complete are the product's, daemon and transport are not in it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Self

from caro_shell import config, context, parse
from caro_shell.bench.figures import percentile
from caro_shell.bench.requests import some_requests
from caro_shell.engines import Engine, Sampling, never
from caro_shell.engines.registry import create_engine
from caro_shell.errors import CaroError
from caro_shell.prompt import build_messages

# The requests are asked for this shell: its grammar says when an answer is complete.
_SHELL = "bash"


@dataclass(frozen=True)
class Pair:
    """An engine and a model, by the names that the settings give them."""

    engine: str
    model: str


@dataclass
class Row:
    """What was seen of one pair: milliseconds, a list entry a request."""

    pair: Pair
    error: str = ""
    name: str = ""
    title: str = ""
    device: str = ""
    load_ms: float = 0.0
    first_ms: list[float] = field(default_factory=list)
    total_ms: list[float] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    """Tokens a second after the first one, of the answers that had more than one."""
    answers: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Return the row as an object: medians and 95th percentiles."""
        about = {"engine": self.pair.engine, "model": self.pair.model}
        if self.error:
            return {**about, "error": self.error}
        return {
            **about,
            "name": self.name,
            "title": self.title,
            "device": self.device,
            "load_ms": round(self.load_ms, 1),
            "first_ms": {f"p{p}": round(percentile(self.first_ms, p), 1) for p in (50, 95)},
            "total_ms": {f"p{p}": round(percentile(self.total_ms, p), 1) for p in (50, 95)},
            "tokens_s": round(percentile(self.speeds, 50), 1) if self.speeds else None,
            "answers": self.answers,
        }


class Contestant:
    """A process that holds one pair; a context manager."""

    def __init__(self, pair: Pair) -> None:
        """Start the process; it loads nothing yet."""
        self.row = Row(pair)
        reader, writer = os.pipe()
        # Its standard output belongs to whatever the engine's library prints.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "caro_shell.bench.engines", str(writer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(writer,),
            text=True,
        )
        os.close(writer)
        self._replies = os.fdopen(reader, encoding="utf-8")

    def __enter__(self) -> Self:
        """Return the contestant itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._replies.close()

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the process's reply; what went wrong is kept in the row, and nothing is asked after it."""
        if self.row.error:
            return {}
        try:
            assert self._process.stdin is not None  # noqa: S101  for the type checker
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
            reply: dict[str, Any] = json.loads(self._replies.readline() or '{"error": "The engine died."}')
        except BrokenPipeError:
            reply = {"error": "The engine died."}
        self.row.error = reply.get("error", "")
        return {} if self.row.error else reply

    def load(self) -> None:
        """Load engine and model, and evaluate the constant prompt."""
        reply = self._ask({"engine": self.row.pair.engine, "model": self.row.pair.model})
        for name, value in reply.items():
            setattr(self.row, name, value)

    def answer(self, line: str, *, counted: bool) -> None:
        """Have it answer one request."""
        reply = self._ask({"line": line})
        if not reply or not counted:
            return
        self.row.first_ms.append(reply["first_ms"])
        self.row.total_ms.append(reply["total_ms"])
        self.row.answers.append(reply["answer"])
        if reply["tokens"] > 1:
            self.row.speeds.append((reply["tokens"] - 1) / (reply["total_ms"] - reply["first_ms"]) * 1000)


def compare(pairs: Sequence[Pair], number: int) -> list[dict[str, Any]]:
    """Return a row of figures for each pair over `number` warm requests; a pair that fails has its sentence instead."""
    lines = some_requests(number)
    with ExitStack() as stack:
        contestants = [stack.enter_context(Contestant(pair)) for pair in pairs]
        for contestant in contestants:
            contestant.load()
            contestant.answer(lines[0], counted=False)
        for line in lines:
            for contestant in contestants:
                contestant.answer(line, counted=True)
        return [contestant.row.figures() for contestant in contestants]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows for people."""
    head = ("engine", "model", "device", "load", "first token", "total", "tokens/s")
    lines = [_cells(row) for row in rows]
    widths = [max(len(line[at]) for line in [head, *lines] if len(line) == len(head)) for at in range(len(head))]
    shown = []
    for line in [head, *lines]:
        # A sentence may be longer than every column.
        shown.append("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)).rstrip())
        if len(line) != len(head):
            shown[-1] = f"{line[0]:{widths[0]}}  {line[1]:{widths[1]}}  {line[2]}"
    return "\n".join(shown)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    if "error" in row:
        return row["engine"], row["model"], row["error"]
    return (
        row["name"],
        row["model"],
        row["device"],
        f"{row['load_ms'] / 1000:.1f} s",
        f"{row['first_ms']['p50']:.0f} ms",
        f"{row['total_ms']['p50']:.0f} ms",
        f"{row['tokens_s']:.1f}" if row["tokens_s"] else "-",
    )


def _load(message: dict[str, str]) -> tuple[Engine, dict[str, Any]]:
    settings = replace(config.current(), engine=message["engine"], model=message["model"])
    engine = create_engine(settings)
    start = time.perf_counter()
    engine.load()
    engine.prime(build_messages("", context.place(_SHELL)))
    load_ms = (time.perf_counter() - start) * 1000
    return engine, {
        "name": engine.name,
        "title": engine.model,
        "device": engine.placement.device,
        "load_ms": load_ms,
    }


def _answer(engine: Engine, line: str) -> dict[str, Any]:
    """Return the answer and what it took, up to where the command is complete."""
    start = time.perf_counter()
    moments, raw = [], ""
    stream = engine.stream(build_messages(line, context.place(_SHELL)), Sampling(), never)
    for piece in stream:
        moments.append((time.perf_counter() - start) * 1000)
        raw += piece
        if parse.is_finished(raw, _SHELL):
            break
    stream.close()  # type: ignore[attr-defined]
    now = (time.perf_counter() - start) * 1000
    tokens = engine.usage.answer_tokens or len(moments)
    return {"first_ms": moments[0] if moments else now, "total_ms": now, "tokens": tokens, "answer": raw}


def _replies(messages: Iterator[str]) -> Iterator[dict[str, Any]]:
    engine: Engine | None = None
    for text in messages:
        message = json.loads(text)
        try:
            if engine is None:
                engine, reply = _load(message)
                yield reply
            else:
                yield _answer(engine, message["line"])
        except CaroError as error:
            yield {"error": f"{error.message} {error.hint}".strip()}


def main() -> int:
    """Be a contestant: messages a line each on stdin, replies on the descriptor that is named."""
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as replies:
        for reply in _replies(iter(sys.stdin.readline, "")):
            replies.write(json.dumps(reply) + "\n")
            replies.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
