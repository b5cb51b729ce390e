"""What a shell tells of a key press, and what becomes of the conversation on a line: text in, value out."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from caro_shell.errors import UsageError

# Turns of one line that the model is told of; an older one no longer matters to what is asked now.
_MOST_TURNS = 6
# 128 + SIGINT, SIGTSTP: the user ended or stopped the command, which is no failure to be mended.
_NO_FAILURE = frozenset({0, 130, 146, 147, 148})
# Fields that come once for each alias, as NAME=MEANING, and what a press calls all of them.
_ALIASES = {"alias": "aliases", "global_alias": "global_aliases", "suffix_alias": "suffix_aliases"}
# Nobody has so many by hand; they are generated, and the rest of them will not be missed. Of those that mean more
# characters than this, only the name is told, as of a function.
_MOST_NAMES = 4000
_LONGEST_MEANING = 2000
# Digits of 2^64 - 1.
_LONGEST_NUMBER = 20


class Press(NamedTuple):
    """A key press: the gesture, the line on both sides of the cursor, and what the shell remembers."""

    gesture: str = "write"
    """`write` or `explain`."""
    shell: str = ""
    terminal: str = ""
    """The terminal's device, a path."""
    pid: int = 0
    """The shell's process id."""
    press: int = 0
    """Which press this is in this shell: a client that is slow to start must not overtake the next."""
    left: str = ""
    right: str = ""
    state: str = ""
    """What the record `state` said last on this line; opaque to the shell."""
    failed: str = ""
    """The last command, when it failed."""
    status: int = 0
    """Its exit status."""
    keep: str = "off"
    """`keep_request`: off, history or comment."""
    style: str = "fg=8"
    prompt: str = ""
    """The prompt as it is shown, for a shell whose line editor has taken it off the screen (bash)."""
    capture: str = "off"
    """`fix_output`: whether what the failed command has shown may be read from the screen: off or tmux."""
    comments: int = 1
    """0 where the shell does not take `#` at its prompt for a comment (zsh and bash without interactive_comments)."""
    aliases: Mapping[str, str] = {}
    """The shell's aliases; the next two are zsh's alone."""
    global_aliases: Mapping[str, str] = {}
    suffix_aliases: Mapping[str, str] = {}
    functions: tuple[str, ...] = ()
    """The names of its functions."""
    outcomes: tuple[str, ...] = ()
    """What became of the answers of before, as outcomes.py reads it."""
    fresh: int = 0
    """1 asks the model even when the answer is known; `caro bench` needs that."""

    @property
    def line(self) -> str:
        """The whole line."""
        return self.left + self.right


def press_of(fields: bytes) -> Press:
    """Return the press in `fields`: a name, a tab, a text and a NUL each; unknown names are ignored.

    So is a field whose end is missing: there was more than is read.
    """
    kinds = Press.__annotations__
    found: dict[str, Any] = {}
    functions: list[str] = []
    outcomes: list[str] = []
    for field in fields.decode("utf-8", "replace").split("\0")[:-1]:
        name, _tab, text = field.partition("\t")
        if name in _ALIASES:
            called, _sign, meaning = text.partition("=")
            if len(meaning) > _LONGEST_MEANING:
                functions.append(called)
            elif called:
                found.setdefault(_ALIASES[name], {})[called] = meaning
        elif name == "functions":
            functions += text.split()[:_MOST_NAMES]
        elif name == "outcome":
            outcomes += [text] if text else []
        elif name in kinds and name != "outcomes" and name not in _ALIASES.values():
            found[name] = _number_in(text) if kinds[name] is int else text
    return Press(**found, functions=tuple(functions), outcomes=tuple(outcomes))


def _number_in(text: str) -> int:
    """Return a number as a shell writes it, 0 for whatever is none."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0


class Conversation(NamedTuple):
    """What was asked on this line so far: the turns, oldest first, the line as we left it, and which answer it is."""

    turns: tuple[Mapping[str, Any], ...] = ()
    """Each with `line`, `cursor` and `command`; a fix has a `status` instead, and `line` is then what failed."""
    shown: str = ""
    alternative: int = 0
    words: str = ""
    """What was asked for, as the reply tells it."""

    def text(self) -> str:
        """Return what the shell keeps."""
        return json.dumps([self.turns, self.shown, self.alternative, self.words], ensure_ascii=False)


def conversation_of(text: str) -> Conversation:
    """Return the conversation that a shell has kept; an empty one for whatever is none."""
    try:
        # A shell may have kept one from before an upgrade, without words.
        turns, shown, alternative, *words = json.loads(text)
        if all(isinstance(turn[name], str) for turn in turns for name in ("line", "command")):
            return Conversation(tuple(dict(turn) for turn in turns), str(shown), int(alternative), *map(str, words))
    except (ValueError, TypeError, LookupError, RecursionError):
        pass
    return Conversation()


class Question(NamedTuple):
    """What a press asks the daemon: the message's own fields, and the turns that come before it."""

    message: Mapping[str, Any]
    before: tuple[Mapping[str, Any], ...] = ()

    def after(self, reply: Mapping[str, Any], shown: str) -> Conversation:
        """Return the conversation once `reply` has put `shown` on the line."""
        told = {name: self.message[name] for name in ("line", "cursor", "status") if name in self.message}
        turn = {**told, "command": reply["command"]}
        turns = (*self.before, turn)[-_MOST_TURNS:]
        return Conversation(turns, shown, reply.get("alternative", 0), str(reply.get("words", "")))


def question_of(press: Press) -> Question:
    """Return what the press asks; raises UsageError when there is nothing to ask."""
    line = press.line
    if press.gesture == "explain":
        if not line.strip():
            raise UsageError("There is no command on the line to explain.", "Type one, then press the key.")
        return Question({"type": "explain", "line": line})
    past = conversation_of(press.state)
    if past.turns and line == past.shown:
        return _asked_again(past)
    if line.strip("# \t\n"):
        asked = {"type": "generate", "line": line, "cursor": len(press.left)}
        return Question({**asked, "turns": list(past.turns)}, past.turns)
    if press.failed.strip() and press.status not in _NO_FAILURE:
        return Question({"type": "fix", "line": press.failed, "status": press.status})
    raise UsageError("There are no words on the line.", "Type what you want in words, then press the key.")


def _asked_again(past: Conversation) -> Question:
    """Return the last question of a conversation, for its next answer."""
    *before, turn = past.turns
    asked = {name: value for name, value in turn.items() if name != "command"}
    asked["alternative"] = past.alternative + 1
    if "status" in turn:
        return Question({"type": "fix", **asked})
    return Question({"type": "generate", **asked, "turns": before}, tuple(before))
