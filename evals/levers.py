"""Levers that the product does not have, to be measured beside it: forms of the answer, blocks of context, votes."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from caro_shell import pipeline as product
from caro_shell.answers import Answers, Attempt, Visit, listen
from caro_shell.engines import Engine, Sampling
from caro_shell.engines.loaded import Sampler
from caro_shell.errors import CaroError
from caro_shell.parse.likeness import likeness
from caro_shell.pipeline import Pipeline
from caro_shell.prompt import Message, Place
from caro_shell.protocol import Ask
from caro_shell.task import Task
from caro_shell.verify import SyntaxCheck

_MOST_ENTRIES = 20
_TOOLS = ("jq", "rg", "fd", "fzf", "tree", "ncdu", "htop", "lsof", "ss", "ip", "docker", "kubectl", "systemctl")
_VOTES = 3
_TEMPERATURE = 0.8
_GRAMMAR = r"""root ::= "{\"command\": \"" char+ "\"}"
char ::= [^"\\\x00-\x1f] | "\\" ["\\/bfnrt]"""


def with_system(words: str, stack: ExitStack) -> None:
    """Let the system's message of weights that are not tuned end in `words`, instead of asking for a bare line."""

    def opened(self: Pipeline, messages: Sequence[Message], place: Place) -> Sequence[Message]:
        system, *rest = real(self, messages, place)
        constant = system.content.partition("Answer with")[0]
        return [Message(system.role, f"{constant}{words}"), *rest]

    real = Pipeline._opened  # noqa: SLF001  every prompt goes through it
    stack.enter_context(mock.patch.object(Pipeline, "_opened", opened))


def fenced(made: Pipeline, stack: ExitStack) -> Pipeline:
    """Ask for a code block, as chat models are used to write."""
    with_system("Answer with one command in a code block and nothing else.", stack)
    return made


def as_json(made: Pipeline, stack: ExitStack) -> Pipeline:
    """Ask for an object, and let a grammar allow nothing else; for llama.cpp alone."""
    with_system('Answer with JSON, {"command": "…"}, and nothing else.', stack)

    def steps(self: Sampler, temperature: float, seed: int) -> Iterable[Any]:
        c, vocab = self._c, self._loaded.vocab
        return [c.llama_sampler_init_grammar(vocab, _GRAMMAR.encode(), b"root"), *real(self, temperature, seed)]

    real = Sampler._steps  # noqa: SLF001  nothing else says how a token is drawn
    stack.enter_context(mock.patch.object(Sampler, "_steps", steps))
    return made


def _told(about: str, stack: ExitStack) -> None:
    """Let a block of context stand behind each request."""

    def task(ask: Ask, place: Place) -> Task:
        made = real(ask, place)
        block = _directory(Path(ask.cwd)) if about == "directory" else _tools(ask.path)
        return replace(made, messages=made.knowing(block))

    real = product._task  # noqa: SLF001  every request goes through it
    stack.enter_context(mock.patch.object(product, "_task", task))


def _directory(cwd: Path) -> str:
    entries = sorted(path.name + "/" * path.is_dir() for path in cwd.iterdir())[:_MOST_ENTRIES]
    line = f"(Here: {' '.join(entries)})" if entries else "(Nothing is here.)"
    with suppress(OSError, subprocess.CalledProcessError):
        words = ["git", "-C", str(cwd), "status", "--short", "--branch"]
        line += "\n(git: " + subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip() + ")"
    return line


def _tools(path: str) -> str:
    return f"(Installed: {' '.join(name for name in _TOOLS if shutil.which(name, path=path))})"


def directory(made: Pipeline, stack: ExitStack) -> Pipeline:
    """Tell the model what is in the directory, and git's state."""
    _told("directory", stack)
    return made


def tools(made: Pipeline, stack: ExitStack) -> Pipeline:
    """Tell the model which of some tools are installed."""
    _told("tools", stack)
    return made


def votes(made: Pipeline, stack: ExitStack) -> Pipeline:
    """Draw three more answers, and take the command that most of the four have; the greedy one where none leads."""

    def reach(self: Answers, engine: Engine, number: int, visit: Visit) -> None:
        first = not self.commands
        real(self, engine, number, visit)
        if not first:
            return
        drawn = [self.commands[0], *_more(self, engine, visit)]
        most = Counter(map(likeness, drawn)).most_common(1)[0]
        if most[1] > 1:
            chosen = next(one for one in drawn if likeness(one) == most[0])
            self.commands[0] = chosen

    real = Answers.reach
    stack.enter_context(mock.patch.object(Answers, "reach", reach))
    return made


def _more(answers: Answers, engine: Engine, visit: Visit) -> list[str]:
    commands = []
    for seed in range(1, _VOTES + 1):
        attempt = Attempt(answers.task.messages)
        visit.attempts.append(attempt)
        with SyntaxCheck(visit.shell) as check, suppress(CaroError):
            for _text in listen(engine, attempt, Sampling(visit.max_tokens, _TEMPERATURE, seed), visit):
                pass
            commands.append(answers._checked(attempt, visit, check))  # noqa: SLF001  what any other answer has to pass
    return commands
