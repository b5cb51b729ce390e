"""What a command does to files though no word of the request asks for such a thing."""

from collections.abc import Callable, Iterator

from caro_shell.prove.commands import Command
from caro_shell.prove.surprises.surprise import (
    Asked,
    Surprise,
    changes_files,
    data,
    deletes_files,
    is_directory,
    is_file,
    replaces_files,
    surprise,
)

_PUSHING = ("push", "save", "-u", "-a", "--include-untracked", "--all")


def unasked(asked: Asked) -> Iterator[Surprise]:
    """Yield what nobody has asked for."""
    if not asked.is_deletion:
        yield from _done("deletes", deletes_files, asked)
    if not asked.begins(data()["restores"]["asked"]):
        yield from _done("restores", _restores, asked)
    if not asked.begins(data()["resets"]["asked"]):
        yield from _done("resets", _resets, asked)
    if not asked.begins(data()["stashes"]["asked"]):
        yield from _done("stashes", _stashes, asked)
    if asked.begins(data()["replaces"]["asked"]):
        yield from _done("replaces", replaces_files, asked)
    if _only_looks(asked):
        yield from _done("edits", changes_files, asked)
    if _only_copies(asked):
        yield from _moved_away(asked)


def _done(kind: str, does: Callable[[Command], bool], asked: Asked) -> Iterator[Surprise]:
    if any(map(does, asked.before)):
        return
    for command in asked.commands:
        if does(command) and not all(map(asked.meant, (command.name.text, *(word.text for word in command.words[:1])))):
            yield surprise(kind, command.name)


def _restores(command: Command) -> bool:
    """Say whether files of a work tree are put back to what git has of them."""
    words = [word.text for word in command.words]
    if command.name.text != "git" or len(words) < 2:  # noqa: PLR2004  a subcommand, and what it is done to
        return False
    told = {"--staged", "-S"} & set(words) and not {"--worktree", "-W"} & set(words)
    checked_out = words[0] == "checkout" and ("--" in words[1:-1] or words[-1] == "." or {"-f", "--force"} & set(words))
    return (words[0] == "restore" and not told) or bool(checked_out)


def _stashes(command: Command) -> bool:
    words = [word.text for word in command.words]
    return command.name.text == "git" and words[:1] == ["stash"] and (len(words) == 1 or words[1] in _PUSHING)


def _resets(command: Command) -> bool:
    """Say whether what is in no commit goes, and not only the commit."""
    words = [word.text for word in command.words]
    return command.name.text == "git" and words[:1] == ["reset"] and "--hard" in words


def _only_looks(asked: Asked) -> bool:
    """Say whether a request begins as those do that want to see something, and goes on to no change."""
    edits = data()["edits"]
    looks = bool(asked.words) and asked.words[0] in edits["looking"]
    return looks and not asked.is_deletion and not asked.begins(edits["asked"])


def _only_copies(asked: Asked) -> bool:
    """Say whether a request begins as those do that want a second one of something."""
    moves = data()["moves"]
    copies = bool(asked.words) and asked.words[0].startswith(tuple(moves["copying"]))
    return copies and not asked.begins(moves["asked"])


def _moved_away(asked: Asked) -> Iterator[Surprise]:
    for command in asked.commands:
        for word in command.words[:-1] if command.name.text == "mv" else ():
            is_there = word.known and (is_file(word.text, asked.disk) or is_directory(word.text, asked.disk))
            if is_there and not word.text.startswith("-"):
                yield surprise("moves", word, word.text)
