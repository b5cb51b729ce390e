"""What the user made of the answers of before: a shell tells what became of each line, and this says what that means.

Imported only when there is something to tell: a key press pays for every import.
"""

from collections.abc import Iterable, Iterator

from caro_shell.keypress.press import Conversation, conversation_of

MOST = 20
"""Outcomes that are told with one request; the latest count."""
_LONGEST = 2000
# Two commands that have so much of the shorter one's words in common are one that was changed into the other.
_ALIKE = 0.5
_BEFORE = frozenset({"sudo", "doas", "env", "time", "command", "builtin", "nohup"})


def outcomes_of(told: Iterable[str]) -> list[dict[str, str]]:
    """Return the outcomes in what a shell has told: `EVENT US STATE US LINE` each, with US the unit separator."""
    return list(_outcomes(told))[-MOST:]


def _outcomes(told: Iterable[str]) -> Iterator[dict[str, str]]:
    for text in told:
        event, _, rest = text.partition("\x1f")
        state, _, line = rest.partition("\x1f")
        past = conversation_of(state)
        if past.turns and (fate := fate_of(event, line, past)):
            turn = past.turns[-1]
            fixes = "status" in turn
            outcome = {"request": str(turn["line"]) if fixes else past.words, "command": str(turn["command"])}
            outcome |= {"fate": fate, "gesture": "fix" if fixes else "generate"}
            if fate == "corrected":
                outcome["ran"] = _without_words(line, past).strip()
            if outcome["request"].strip() and all(len(value) <= _LONGEST for value in outcome.values()):
                yield outcome


def fate_of(event: str, line: str, past: Conversation) -> str:
    """Return `accepted`, `corrected`, `undone` or `dropped`; empty where nothing can be said of the answer.

    `event` says what became of the line: it was `run`, another answer was `asked` for on it, or it was `left`.
    """
    turn = past.turns[-1]
    command, asked, now = str(turn["command"]).strip(), str(turn["line"]).strip(), line.strip()
    is_kept_from_running = past.shown.startswith("#") and not command.startswith("#")
    if event == "left":
        return "dropped"
    if now == asked and "status" not in turn:
        return "undone"
    if event == "asked":
        # The next alternative; a refinement, whose answer will tell; other words.
        return "dropped" if line == past.shown else "" if _are_alike(now, command) else "undone"
    if now == command or (line == past.shown and not is_kept_from_running):
        return "accepted"
    if not now or now.startswith("#"):
        return "dropped"
    bare = _without_words(line, past).strip()
    return "accepted" if bare == command else "corrected" if _are_alike(bare, command) else "dropped"


def _without_words(line: str, past: Conversation) -> str:
    """Return the line without the words that `keep_request = comment` has put behind the command."""
    return line.removesuffix(f"  # {' '.join(past.words.split())}") if past.words else line


def _are_alike(line: str, command: str) -> bool:
    """Say whether a command has become `line` by being changed, and not by being replaced."""
    ours, theirs = command.split(), line.split()
    common = len(set(ours) & set(theirs))
    return _program(ours) == _program(theirs) or common >= _ALIKE * min(len(set(ours)), len(set(theirs)))


def _program(words: list[str]) -> str:
    return next((word for word in words if word not in _BEFORE), "")
