"""What a model wrote around the command: the text that nobody sees."""

from caro_shell.parse.continuation import split_commands, without_comments
from caro_shell.parse.wrapping import unwrap


def text_around(raw: str, shell: str) -> str:
    """Return an answer without its command; comments are text around it, too."""
    unwrapped = unwrap(raw)
    commands = split_commands(without_comments(unwrapped.text, shell), shell)
    text = raw
    for command in commands if unwrapped.fenced else commands[:1]:
        for line in filter(None, map(str.strip, command.split("\n"))):
            text = text.replace(line, " ")
    return text
