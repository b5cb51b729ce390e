"""What a failed command has shown, from the screen: only in tmux, and only where the user allows it."""

from collections.abc import Mapping

# What a model needs of it is at the end, and a prompt has to stay short.
_MOST_LINES, _MOST_CHARACTERS = 20, 1500
_HISTORY_LINES = 200
_STATUS = "  …"
# tmux answers in milliseconds; nobody waits for one that does not.
_LIMIT_S = 1.0


def output_of(command: str, environ: Mapping[str, str]) -> str:
    """Return what stands on the screen between `command` and the prompt after it; empty when that is not to be had."""
    pane, session = environ.get("TMUX_PANE"), environ.get("TMUX")
    if not (pane and session):
        return ""
    import subprocess

    words = ["tmux", "capture-pane", "-p", "-J", "-S", f"-{_HISTORY_LINES}", "-t", pane]
    try:
        done = subprocess.run(words, capture_output=True, timeout=_LIMIT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return output_in(done.stdout.decode("utf-8", "replace"), command)


def output_in(screen: str, command: str) -> str:
    """Return what `command` has shown on `screen`, whose last line is the prompt after it.

    The prompt is known by what stands before the command: the same is taken off the end.
    """
    lines = [line.rstrip() for line in screen.rstrip().split("\n")]
    typed = command.strip().split("\n")[-1].rstrip()
    at = next((at for at in range(len(lines) - 1, -1, -1) if typed and lines[at].endswith(typed)), -1)
    if at < 0:
        return ""
    prompt = lines[at].removesuffix(typed).rstrip()
    shown = lines[at + 1 :]
    # In bash and fish our own status stands below the prompt by now.
    while shown and shown[-1].startswith(_STATUS):
        shown.pop()
    if shown and shown[-1].startswith(prompt):
        shown.pop()
    # A prompt of several lines: those before its last one.
    above = at - 1
    while shown and above >= 0 and prompt and lines[above] and shown[-1] == lines[above]:
        shown.pop()
        above -= 1
    return "\n".join(line for line in shown[-_MOST_LINES:])[-_MOST_CHARACTERS:].strip()
