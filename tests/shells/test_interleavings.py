"""Random keys in a random order: whatever happens when, the line is what the contract allows, and nothing else.

Time is free here: an answer may come between any two keys. So the model holds every state the line may be in, a
step turns each of them into those that may follow, and what the shell says of its line must be one of them.
`CARO_TEST_SEEDS=200` walks further than the default; `-k seed-17` repeats one walk.
"""

import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from shell_kinds import ShellKind
from terminal import Line, OpenShell, Terminal, wait_for
from user_home import Home, Script

from caro_shell.context import is_known
from caro_shell.line import read_line
from caro_shell.prompt import Place, other_request
from caro_shell.task import generate_task

SEEDS = range(int(os.environ.get("CARO_TEST_SEEDS", "25")))
STEPS = 16
WORDS = ("qa", "files here", "näive", "日本", "it's", "100%", "$HOME", "\\x", "a;b")
# The ghost text and the status, as drawn; none of the words above has them.
GHOSTS = ("→", "…")
# In fish, moving beyond the end of the line takes what the history suggests.
SETTINGS = {"fish": "set -g fish_autosuggestion_enabled 0"}
OFFER = "(once more to take it)"
# Whatever failed: the key on an empty line asks for a fix then, which never comes.
FIX = "This command failed with exit status "


class State(NamedTuple):
    """What the line may be: its text, the cursor, and what is pending or offered."""

    text: str = ""
    cursor: int = 0
    asked: str | None = None
    """The line that an answer is awaited for."""
    about: str = ""
    """What the model is asked then."""
    may_fail: bool = False
    """Whether the daemon was killed meanwhile: then the request ends with or without an answer."""
    offer: str | None = None
    past: tuple[str, ...] = ()
    """What undo may bring back: every earlier text since the prompt."""
    replaced: bool = False
    """Whether the latest change was an answer that took the line's place."""

    def edited(self, text: str, cursor: int) -> "State":
        """Return the state after the user's own change."""
        return self._replace(text=text, cursor=cursor, past=(*self.past, self.text), replaced=False)

    def typed(self, text: str) -> "State":
        """Return the state after `text` has been typed at the cursor."""
        return self.edited(self.text[: self.cursor] + text + self.text[self.cursor :], self.cursor + len(text))

    def taken(self, command: str) -> "State":
        """Return the state after a command has taken the line's place; nothing is pending then."""
        past = (*self.past, self.text)
        # The same command again may be no change for the shell's undo.
        return State(command, len(command), past=past, replaced=command != self.text)

    @property
    def is_blank(self) -> bool:
        """Whether there are no words on the line."""
        return not self.text.strip("# \n")


class Answers:
    """What the scripted engine says to each request: decided when it is first asked, the same ever after."""

    def __init__(self, script: Script, dice: random.Random, kind: ShellKind) -> None:
        """Say nothing yet."""
        self._kind = kind
        self._script = script
        self._dice = dice
        self._outcomes: dict[str, tuple[str | None, ...]] = {FIX: (None,)}
        self._written: set[str] = set()
        self._gates: dict[str, str] = {}
        script.say(f"{FIX}*", {"fail": "There is no fix."})

    def prepare(self, text: str, cursor: int, kind: str = "") -> str:
        """Decide how the line is answered: at once, behind a gate, with several lines, or not at all.

        Returns what the model is asked.
        """
        place = Place("Linux", "GNU", self._kind.name)
        task = generate_task(read_line(text, cursor, self._kind.name, is_known), (), place, is_known)
        asked = task.messages[-1].content
        if asked not in self._outcomes:
            kind = kind or self._dice.choice(("now", "slow", "slow", "lines", "slow lines", "failure", "slow failure"))
            if task.right:
                # No command of ours would leave that as it is.
                kind = "slow failure" if "slow" in kind else "failure"
            if text in self._written:
                self._again(asked, text, task.right)
            else:
                self._decide(asked, kind)
        return asked

    def _again(self, asked: str, command: str, right: str) -> None:
        """Let a command that we wrote be answered by itself: it is its own and only alternative."""
        self._outcomes[asked] = (command, None) if right else (command,)
        self._script.say(asked, {"fail": "Not that."} if right else f"```\n{command}\n```")

    def _decide(self, asked: str, kind: str) -> None:
        name = f"a{len(self._outcomes)}"
        steps: list[object] = []
        if "slow" in kind:
            self._gates[asked] = name
            steps.append({"wait": name})
        if "failure" in kind:
            self._outcomes[asked] = (None,)
            self._script.say(asked, *steps, {"fail": f"No answer {name}."})
            return
        lines = "lines" in kind
        command = self._kind.loop(name, "echo $name") if lines else f"echo {name}"
        self._outcomes[asked] = (command,)
        self._written.add(command)
        self._script.say(asked, *steps, *(["```\n", command, "\n```"] if lines else ["echo ", name]))
        self._script.say(other_request(asked, [command.split()[0]]), f"```\n{command}\n```")

    def outcomes(self, asked: str) -> tuple[str | None, ...]:
        """Return what may come of asking the model that: a command, None when the engine fails."""
        return self._outcomes[asked]

    def may_have_come(self, asked: str) -> bool:
        """Say whether nothing holds the answer back."""
        return asked not in self._gates

    def open_gates(self) -> None:
        """Let every slow answer come."""
        for name in self._gates.values():
            self._script.open_gate(name)
        self._gates.clear()

    def are_whole(self, text: str) -> bool:
        """Say whether Enter runs `text` at once: half a loop, an open quote or a last backslash asks for more."""
        # A name or a number may have been taken away from behind its mark, which fish does not run.
        half = "for " in text or "'" in text or re.search(r"\\(?:$|x(?![0-9a-f]))|\$(?![A-Z])", text)
        return not half or text in self._written


class Walk:
    """One shell, the steps taken so far, and every state its line may be in."""

    def __init__(self, terminal: Terminal, home: Home, kind: ShellKind, seed: int) -> None:
        """Begin at an empty line."""
        self.steps: list[str] = []
        self._terminal = terminal
        self._home = home
        self._undo = kind.undo
        self._loses_ctrl_c = kind.name == "fish"
        self._dice = random.Random(seed)  # noqa: S311  a walk has to be repeatable, not secret
        self._answers = Answers(home.script, self._dice, kind)
        self._states = {State()}
        self._number = 0

    def go(self) -> None:
        """Take the steps, looking at the line between some of them, and let everything end."""
        moves = (
            *(self._type,) * 5,
            *(self._ask,) * 6,
            *(self._interrupt, self._enter, self._open, self._settle, self._undo_once, self._erase) * 2,
            *(self._move, self._resize, self._kill_daemon, self._run_cat, self._clear),
        )
        for _ in range(STEPS):
            self._dice.choice(moves)()
            # Otherwise the keys follow on each other at once.
            if self._dice.random() < 0.4:
                self._look()
        self._settle()
        self._work_on()

    # --- what may happen by itself ---------------------------------------------------------------------

    def _outcomes(self, state: State) -> Iterator[State]:
        """Yield what a state may have turned into without a key."""
        yield state
        if state.asked is None:
            return
        over = state._replace(asked=None, may_fail=False)
        if state.may_fail:
            yield over
        if self._answers.may_have_come(state.about):
            for command in self._answers.outcomes(state.about):
                if command is None:
                    yield over
                elif state.text == state.asked:
                    yield state.taken(command)
                else:
                    yield over._replace(offer=command)

    def _turn(self, step: Callable[[State], State]) -> None:
        """Let everything happen that may, then the step."""
        self._states = {step(outcome) for state in self._states for outcome in self._outcomes(state)}

    def _explained(self, seen: Line) -> set[State]:
        outcomes = {outcome for state in self._states for outcome in self._outcomes(state)}
        return {state for state in outcomes if (state.text, state.cursor) == seen}

    def _look(self) -> Line:
        """Ask the shell for its line; keep the states that explain it, of which there must be one."""
        seen = self._terminal.line()
        explained = self._explained(seen)
        allowed = "\n".join(sorted({repr(state._replace(past=())) for state in self._states}))
        assert explained, f"the line is {seen!r}; allowed, before what may come by itself:\n{allowed}"
        self._states = explained
        return seen

    def _note(self, step: str) -> None:
        self.steps.append(step)

    # --- steps -----------------------------------------------------------------------------------------

    def _type(self) -> None:
        self._number += 1
        text = f" {self._dice.choice(WORDS)}{self._number}"
        if all(state.text == "" for state in self._states):
            text = f": {text}"
        self._note(f"type {text!r}")
        self._terminal.type(text)
        # An answer may come between any two characters.
        for char in text:
            self._turn(lambda state, char=char: state.typed(char))  # type: ignore[misc]

    def _ask(self) -> None:
        self._note("press the key")
        before = {outcome for state in self._states for outcome in self._outcomes(state)}
        about = {at: FIX if at.is_blank else self._answers.prepare(at.text, at.cursor) for at in before}
        self._terminal.press("C-g")
        self._states = {after for at in before for after in self._asked(at, about[at])}

    def _asked(self, state: State, about: str) -> Iterator[State]:
        """Yield what a state is after the key."""
        if state.offer is not None:
            yield state.taken(state.offer)
        elif state.asked == state.text:
            yield state
        else:
            yield state._replace(asked=state.text, about=about, may_fail=False)
            if state.is_blank:
                # Nothing has failed: there is nothing to ask.
                yield state

    def _interrupt(self) -> None:
        # The terminal throws away what the shell has not read yet, so it has to have read everything.
        self._look()
        twice = self._dice.random() < 0.4 and self._drawn() == "waiting"
        self._note("press C-c")
        lost = self._answered_meanwhile() if self._loses_ctrl_c else set()
        self._terminal.press("C-c")
        self._turn(lambda state: State() if state.asked is None else state._replace(asked=None, may_fail=False))
        self._states |= lost
        if twice:
            wait_for(lambda: self._drawn() != "waiting", self._terminal.screen)
            self._note("press C-c, with no key in between")
            self._terminal.press("C-c")
            self._turn(lambda _state: State())
        self._look()

    def _answered_meanwhile(self) -> set[State]:
        """Return what answers that come just now make of the line: a Ctrl-C in that moment may be lost in fish.

        The answer or the offer stands then. What the terminal types for us is a key, see docs/shells.md.
        """
        asked = [state for state in self._states if state.asked is not None]
        return {outcome for state in asked for outcome in self._outcomes(state) if outcome.asked is None}

    def _enter(self) -> None:
        outcomes = [outcome for state in self._states for outcome in self._outcomes(state)]
        if all(self._answers.are_whole(state.text) for state in outcomes):
            self._note("press Enter")
            self._terminal.press("Enter")
            self._turn(lambda _state: State())

    def _erase(self) -> None:
        self._note("press Backspace")
        self._terminal.press("BSpace")
        self._turn(
            lambda at: at.edited(at.text[: at.cursor - 1] + at.text[at.cursor :], at.cursor - 1) if at.cursor else at
        )

    def _move(self) -> None:
        times, key = self._dice.randint(1, 5), self._dice.choice(("C-b", "C-f"))
        self._note(f"press {key} {times} times")
        for _ in range(times):
            self._terminal.press(key)
            by = -1 if key == "C-b" else 1
            self._turn(lambda at, by=by: at._replace(cursor=min(max(at.cursor + by, 0), len(at.text))))  # type: ignore[misc]

    def _clear(self) -> None:
        if any("\n" in outcome.text for state in self._states for outcome in self._outcomes(state)):
            return
        self._note("press C-e C-u")
        self._terminal.press("C-e", "C-u")
        self._turn(lambda state: state._replace(cursor=len(state.text)))
        self._turn(lambda state: state.edited("", 0) if state.text else state)

    def _undo_once(self) -> None:
        """Undo: after an answer exactly the words it replaced, else some earlier text of this prompt."""
        self._look()
        states = self._states
        if len(states) > 1 or not all(state.past for state in states):
            return
        self._note("undo")
        self._terminal.press(self._undo)
        seen = self._terminal.line()
        back = {
            state._replace(text=seen.text, cursor=seen.cursor, past=(*before.past, before.text), replaced=False)
            for before in {outcome for state in states for outcome in self._outcomes(state)}
            for text in (before.past[-1:] if before.replaced else (before.text, *before.past))
            for state in self._outcomes(before._replace(text=text))
            if state.text == seen.text
        }
        assert back, f"undo brought {seen!r}; before it was one of {states!r}"
        self._states = back

    def _resize(self) -> None:
        columns, lines = self._dice.randint(30, 160), self._dice.randint(12, 30)
        self._note(f"resize to {columns} x {lines}")
        self._terminal.resize(columns, lines)

    def _kill_daemon(self) -> None:
        self._note(f"kill the daemon: {self._home.kill_daemon()}")
        self._turn(lambda state: state._replace(may_fail=True) if state.asked is not None else state)

    def _open(self) -> None:
        self._note("open the gates")
        self._answers.open_gates()

    def _run_cat(self) -> None:
        """Ask with a program's name on the line and run it: the program reads what is typed, and no answer."""
        self._interrupt()
        if not all(state.text == "" for state in self._states):
            return
        self._number += 1
        got = Path(self._home.path, f"cat{self._number}")
        line = f"cd; cat >{got.name}"
        self._terminal.type(line)
        self._turn(lambda state: state.typed(line))
        self._answers.prepare(line, len(line), "slow")
        self._ask()
        self._note(f"that was on the line {line!r}; press Enter, type into cat")
        self._terminal.press("Enter")
        self._turn(lambda _state: State())
        wait_for(got.exists, self._terminal.screen)
        self._answers.open_gates()
        self._terminal.type("one two")
        self._terminal.press("Enter", "C-d")
        self._look()
        assert got.read_text() == "one two\n"

    def _settle(self) -> None:
        """Let every answer come: the line becomes what it then has to be, and nothing is left on the screen."""
        self._note("let everything come")
        self._terminal.resize(160, 30)
        self._answers.open_gates()

        def over() -> bool:
            self._look()
            before, drawn = self._drawn(), (self._look(), self._drawn())[1]
            if drawn == "waiting" or drawn != before:
                return False
            ended = {state for state in self._states if state.asked is None and bool(state.offer) == (drawn == "offer")}
            self._states = ended or self._states
            return bool(ended)

        wait_for(over, lambda: f"for the line to settle; it may be one of {self._states!r}")
        if any(state.offer for state in self._states):
            self._ask()
            self._look()
            self._terminal.see_gone(OFFER)

    def _work_on(self) -> None:
        """Whatever has happened, the next prompt's press is answered; no client is left that might start a daemon."""
        self._note("ask once more")
        self._interrupt()
        self._terminal.type("the end")
        (command,) = self._answers.outcomes(self._answers.prepare("the end", 0, "now"))
        self._terminal.press("C-g")
        self._terminal.line_becomes(str(command))

    def _drawn(self) -> str:
        """Return what is drawn behind the line: `offer`, `waiting`, or nothing."""
        line = self._terminal.screen().rpartition("\n>")[2].replace("\n", "")
        if OFFER in line:
            return "offer"
        return "waiting" if any(ghost in line for ghost in GHOSTS) else ""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed-{seed}")
def test_no_order_of_events_loses_a_character_or_misplaces_an_answer(
    open_shell: OpenShell, home: Home, kind: ShellKind, seed: int
) -> None:
    """Points 1 to 5, 9 to 13 and 16, in any order: the line is always one that the steps explain."""
    terminal = open_shell(after=SETTINGS.get(kind.name, ""))
    walk = Walk(terminal, home, kind, seed)
    try:
        walk.go()
    except AssertionError as error:
        steps = "\n".join(f"  {step}" for step in walk.steps)
        raise AssertionError(f"seed {seed}: {error}\nsteps:\n{steps}\nscreen:\n{terminal.screen()}") from error
