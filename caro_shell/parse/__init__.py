"""From whatever the model wrote to exactly one command, or a refusal with its reason."""

import re

from caro_shell.errors import Unusable
from caro_shell.parse.characters import refused_in, without_refused
from caro_shell.parse.continuation import is_complete, split_commands, without_comments
from caro_shell.parse.wrapping import Unwrapped, is_bare_name, is_data, is_prose, unwrap
from caro_shell.prompt import NO_COMMAND

# The same stretch this often in a row is a model that has lost its way.
_LOOP = re.compile(r"((?=[^\n]{0,80}\w).{8,80}?)\1{3,}", re.DOTALL)
# No command line is so long; whatever a model writes, and however long, the work on it ends here.
MOST_CHARACTERS = 16 * 1024
# After these a closing backtick is more likely the opening of a substitution.
_BEFORE_SUBSTITUTION = tuple(" \t=(\"'|;&")
_REPEATS = 4
_FENCES = ("```", "~~~")
_HINT = "Say it in other words, or try a larger model: caro models list"


def _is_loop(text: str) -> bool:
    return bool(_LOOP.search(text))


def _ends_in_loop(text: str) -> bool:
    """Say the same of the end of a text that grows: asked at every token, it must cost nothing."""
    return any(
        text[-1:] == text[-1 - length : -length]
        and text.endswith(text[-length:] * _REPEATS)
        and re.search(r"\w", text[-length:])
        for length in range(8, 81)
    )


def _one_command(unwrapped: Unwrapped, shell: str) -> str:
    """Return the first command of a bare answer, or all steps of a fenced one joined by `&&`."""
    commands = split_commands(without_comments(unwrapped.text, shell), shell)
    if not commands:
        raise Unusable("The model wrote no command.", _HINT)
    if not unwrapped.fenced or len(commands) == 1:
        return commands[0]
    if any("\n" in command for command in commands):
        return "\n".join(commands)
    joined = ""
    for command in map(_without_separator, commands):
        # What runs in the background is a step that has no end to wait for.
        separator = " " if joined.endswith("&") else "; and " if shell == "fish" else " && "
        joined = f"{joined}{separator}{command}" if joined else command
    return joined


def _without_separator(command: str) -> str:
    r"""Return a command without what ends it and would be in the way of `&&`; the `;` of `find -exec … \;` stays."""
    bare = command.rstrip("; ")
    return command[: len(bare) + bare.endswith("\\")]


def parse_command(raw: str, shell: str, *, ended: bool) -> str:
    """Return the one command in `raw`; `ended` says whether the model itself ended the answer.

    Raises Unusable for an empty, truncated, looping or chatty answer, and for characters that would
    deceive a terminal; a final one where the model, tuned to tell, says that there is none to write.
    """
    if len(raw) > MOST_CHARACTERS:
        raise Unusable("The model wrote more than any command needs.", _HINT)
    if raw.strip() == NO_COMMAND:
        refusal = Unusable("These words ask for nothing that a command does.", "Say what the shell is to do.")
        refusal.final = True
        raise refusal
    if _is_loop(raw):
        raise Unusable("The model repeated itself without end.", _HINT)
    if bad := refused_in(raw.replace("\r\n", "\n")):
        raise Unusable(f"The model wrote characters that do not belong on a command line ({bad}).", _HINT)
    unwrapped = unwrap(raw)
    # JSON can hide them behind escapes.
    if bad := refused_in(unwrapped.text):
        raise Unusable(f"The model wrote characters that do not belong on a command line ({bad}).", _HINT)
    command = _one_command(unwrapped, shell)
    if is_data(command):
        raise Unusable("The model answered with data, not a command.", _HINT)
    if is_prose(command):
        raise Unusable("The model answered with a sentence, not a command.", _HINT)
    if not (ended or is_finished(raw, shell)):
        raise Unusable("The model's answer was cut off before the command was complete.", _HINT)
    return command


def is_finished(raw: str, shell: str) -> bool:
    """Say whether the command in `raw` is complete, so that nothing the model adds would change it."""
    if len(raw) > MOST_CHARACTERS or _ends_in_loop(raw):
        return True
    unwrapped = unwrap(raw)
    if unwrapped.fenced:
        return unwrapped.closed
    if is_data(unwrapped.text):
        return False
    text = raw.strip()
    if text.startswith("`") and text.endswith("`") and len(text) > 1 and not text.startswith("``"):
        inner = text[1:-1]
        return not inner.endswith(_BEFORE_SUBSTITUTION) and "`" not in inner and is_complete(inner, shell)
    if unwrapped.closed:
        return is_complete(unwrapped.text, shell)
    head, newline, _rest = raw.lstrip().rpartition("\n")
    said = unwrap(head).text
    # More may follow a sentence, or the bare name of a shell, that turns out to be the command.
    if not newline or is_prose(said) or is_bare_name(said) or said.startswith(_FENCES):
        return False
    return any(is_complete(command, shell) for command in split_commands(said, shell)[:1])


def preview(raw: str, shell: str) -> str:
    """Return the command as far as it is written, fit to be shown as ghost text."""
    raw = raw[:MOST_CHARACTERS]
    text = raw.strip()
    unwrapped = unwrap(raw)
    # A fence or backtick that is still being written is not shown.
    if not text.strip("`~") or unwrapped.text.startswith(_FENCES):
        return ""
    if is_data(unwrapped.text) or (is_prose(unwrapped.text) and not unwrapped.fenced):
        return ""
    commands = split_commands(without_refused(unwrapped.text), shell)
    return ("\n".join(commands) if unwrapped.fenced else commands[0]) if commands else ""
