"""What is known against a command before its user sees it: proof, judgement, and both together."""

import os
import re
from typing import TYPE_CHECKING

from caro_shell import context
from caro_shell.protocol import Ask
from caro_shell.safety.targets import Aliases
from caro_shell.task import Task

# Grammar, rules and knowledge take memory that an idle daemon does not need, so each function loads its own.
if TYPE_CHECKING:
    from caro_shell.prove import Proof
    from caro_shell.safety.judge import Judgement

_WORD = re.compile(r"[\w.+-]+")


def mendable(proof: "Proof") -> str:
    """Return what a second attempt has to know; of a file that is not there the model can make nothing."""
    return " ".join(objection.wish for objection in proof.objections if objection.kind != "file")


def read_ahead(shell: str) -> None:
    """Load what answers for a shell are looked up, proved and judged with: 0.15 s of the first one, else."""
    import caro_shell.learned
    import caro_shell.prove.own  # noqa: F401  both are there, that is all

    judged("true", Ask("", shell, ""))


def proved(command: str, ask: Ask, task: Task, *, known: bool) -> "Proof":
    """Return what is known against a command; nothing unless it is `known` here, or where the user has redefined it."""
    from caro_shell.prove import Facts, Proof, prove
    from caro_shell.prove.own import Own

    own = Own(Aliases(ask.aliases, ask.global_aliases, ask.suffix_aliases), ask.functions)
    if not known or not ask.path or own.is_rewritten(command):
        return Proof()
    # A shell that has not told its names may have more: what begins the user's own line, or a request, may be one.
    said = _WORD.findall(ask.line)
    names = own.names_in(command) | set(said[:1] if task.words == ask.line.strip("# \t") else said)
    facts = Facts(ask.cwd, task.words, names, ask.path, before=task.before)
    return prove(command, context.place(ask.shell), facts)


def judged(command: str, ask: Ask, *, warned: bool = False) -> "Judgement":
    """Return how dangerous a command is where it was asked for; `warned`: the model has said so itself."""
    from caro_shell.danger import judge_here

    aliases = Aliases(ask.aliases, ask.global_aliases, ask.suffix_aliases)
    return judge_here(command, ask.shell, ask.cwd, os.environ, aliases, warned=warned)


def raised(judgement: "Judgement", proof: "Proof") -> "Judgement":
    """Return a judgement with what nobody has asked for in it; no level is lowered."""
    from caro_shell.safety.judge import Judgement, Reason
    from caro_shell.safety.rules import LEVELS

    if not proof.risks:
        return judgement
    said = [one.note.removeprefix("It ").rstrip(".") for one in proof.risks]
    reasons = [Reason(one.level, text, "unasked", (), one.span) for one, text in zip(proof.risks, said, strict=True)]
    level = max([judgement.level, *(one.level for one in reasons)], key=LEVELS.index)
    return Judgement(level, (*reasons, *judgement.reasons))
