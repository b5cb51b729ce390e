"""One request after another and what is done with the answer, whatever the terminal looks like."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from caro_shell import paths
from caro_shell.cli.asking import request, terminal_name
from caro_shell.errors import Cancelled, CaroError
from caro_shell.keypress.answer import message_of
from caro_shell.keypress.press import Conversation, Press, Question
from caro_shell.protocol import Reply, reply_from
from caro_shell.terminal import turns
from caro_shell.terminal.card import Card, card_of
from caro_shell.terminal.copying import copy
from caro_shell.terminal.errand import Errand
from caro_shell.terminal.face import Face
from caro_shell.terminal.menu import Action
from caro_shell.terminal.running import run_command

WORD = "run"
"""What has to be typed before a command of high risk is run."""


@dataclass
class Wishes:
    """What holds for every request until the user says otherwise."""

    shell: str
    model: str = ""
    fresh: bool = False
    force: bool = False
    """Whether a command that would destroy the system, a home or a disk may be run, too."""


@dataclass
class Session:
    """A terminal's requests; one at a time."""

    opened: Callable[[], Face]
    """Gives the terminal: while the first answer is under way, what draws on it is loaded."""
    wishes: Wishes
    environ: Mapping[str, str]
    card: Card | None = None
    """What was answered last, or what the user has made of it."""
    failed: tuple[str, int] | None = None
    """The last command that was run, when it failed, and its exit status."""
    typed: str = ""
    """What was typed while an answer was waited for."""
    is_private: bool = False
    """Whether nothing of this request is to be kept: it begins with a blank."""
    _past: Conversation = field(default_factory=Conversation)
    _outcomes: list[str] = field(default_factory=list)
    _asked: int = 0
    _comment: str = ""
    _draft: str = ""

    @cached_property
    def face(self) -> Face:
        """The terminal."""
        return self.opened()

    def ask(self, question: Question) -> None:
        """Show the answer to a question; raises Cancelled, or what went wrong."""
        reply = self._reply_to(question)
        self._past = question.after(reply._asdict(), reply.command)
        self._comment = self._draft = ""
        self._turn_to(card_of(reply, self.wishes.shell))

    def settle(self) -> int:
        """Let the user do something with the command until they are done; returns an exit status."""
        can: Mapping[Action, Callable[[], int | None]] = {
            Action.RUN: self._run,
            Action.EDIT: self._edit,
            Action.NEXT: self._next,
            Action.REFINE: self._refine,
            Action.EXPLAIN: self._explain,
            Action.COPY: self._copy,
            Action.QUIT: self._quit,
        }
        while True:
            action = self.face.choose()
            try:
                status = can[action]()
            except (Cancelled, KeyboardInterrupt):
                continue
            except CaroError as error:
                self.face.complain(error)
                continue
            if status is not None:
                return status

    def explain(self, command: str) -> None:
        """Say what each part of a command does; the model is asked only about what nothing on this machine says."""
        from caro_shell.explain import explain, here_of

        known = explain(command, here_of(self.wishes.shell))
        if known.parts and not known.asked:
            self.face.explain(known)
            return
        try:
            reply = self._reply_to(turns.explain(command, known.asked))
        except CaroError:
            if any(part.text for part in known.parts):
                self.face.explain(known)
            raise
        if known.parts:
            self.face.explain(known.told(reply.explanation, reply.parts, reply.model))
        else:
            self.face.say(reply.explanation, "")

    def change(self, comment: str) -> None:
        """Have the command changed, and show what it becomes."""
        self._tell("asked", f"{self._shown.command} # {comment}")
        self.ask(turns.change(self._past, self._shown.command, comment))

    def _reply_to(self, question: Question) -> Reply:
        self._asked += 1
        press = Press(
            shell=self.wishes.shell,
            terminal=terminal_name(),
            pid=os.getpid(),
            press=self._asked,
            fresh=int(self.wishes.fresh),
            outcomes=tuple(self._outcomes),
        )
        model = request("", model=self.wishes.model).model
        errand = Errand({**message_of(question, press), "model": model}, self.environ)
        self.typed += self.face.wait(errand)
        reply = reply_from(errand.reply())
        self._outcomes.clear()
        return reply

    def _turn_to(self, card: Card) -> None:
        self.card = card
        self.face.show(card)

    @property
    def _shown(self) -> Card:
        if self.card is None:
            raise CaroError("There is no command yet.", "Say in words what you want.")
        return self.card

    def _run(self) -> int | None:
        card = self._shown
        if card.risk == "critical" and not self.wishes.force:
            raise CaroError("This is not run here.", "Copy it if you are sure, or start caro with --force.")
        if card.risk in ("high", "critical"):
            typed = self.face.ask(f"Type {WORD} and Enter to run it: ")
            if not typed.accepted or typed.text.strip() != WORD:
                self.face.say("It was not run.")
                return None
        self._tell("run", card.command)
        with self.face.away():
            status = run_command(card.command, card.shell, self.environ)
        self.failed = (card.command, status) if status else None
        return status

    def _edit(self) -> None:
        edited = self.face.edit(self._draft or self._shown.command, self.wishes.shell)
        if not edited.accepted:
            self._draft = edited.text
            return
        self._draft = ""
        if edited.text.strip():
            self._turn_to(judged(edited.text.strip(), self._shown.shell, self.environ))

    def _next(self) -> None:
        self._tell("asked", self._past.shown)
        was = self._past.alternative
        self.ask(turns.next_answer(self._past))
        if self._past.alternative <= was:
            self.face.say("There is no other answer." if was == 0 else "That was the last; this is the first again.")

    def _refine(self) -> None:
        typed = self.face.ask("change: ", self._comment)
        self._comment = typed.text
        if typed.accepted and typed.text.strip():
            self.change(typed.text)

    def _explain(self) -> None:
        self.explain(self._shown.command)

    def _copy(self) -> None:
        self.face.say(copy(self._shown.command, self.environ))

    def _quit(self) -> int:
        return 0

    def _tell(self, event: str, line: str) -> None:
        """Keep what became of the answer, to be told with the next request."""
        if self._past.turns and not self.is_private:
            self._outcomes.append(f"{event}\x1f{self._past.text()}\x1f{line}")


def judged(command: str, shell: str, environ: Mapping[str, str]) -> Card:
    """Return the card of a command that the user has written: judged here, and read by the shell's own parser."""
    from caro_shell.danger import judge_here
    from caro_shell.verify import syntax_error

    found = judge_here(command, shell, paths.working_dir(), environ)
    objection = syntax_error(command, shell)
    notes = (f"{shell} cannot read it: {objection}",) if objection else ()
    return Card(command, shell, found.level, tuple(reason.sentence for reason in found.reasons), notes)
