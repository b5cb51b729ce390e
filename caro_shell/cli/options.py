"""argparse with our manners: a wrong word is one sentence and exit code 2, and `--help` ends with examples.

The man page and the completions of the three shells are made from these parsers (`python -m manual`). What may stand in
a place is said by its `metavar`: for MODEL, FILE, DIR, KEY, COMMAND and NAME (what `caro abbr` keeps) they offer words.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from caro_shell.errors import UsageError

Examples = Sequence[tuple[str, str]]
"""Command lines as they are typed, each with what it does."""

# Of a longer example, what it does would stand too far away.
_WIDEST_EXAMPLE = 50


class Parser(argparse.ArgumentParser):
    """A parser whose errors are UsageErrors, and whose help ends with exit statuses and examples."""

    def __init__(
        self,
        *,
        lists: Mapping[str, Mapping[str, str]] | None = None,
        statuses: Mapping[int, str] | None = None,
        examples: Examples = (),
        **words: Any,  # noqa: ANN401  argparse's own
    ) -> None:
        """Take argparse's words besides; `statuses` are given where they say more than 0, 1 an error and 2 usage.

        `lists` are titles, each with names and what they stand for.
        """
        super().__init__(**words)
        self.lists = dict(lists or {})
        self.statuses = dict(statuses or {})
        self.examples = tuple(examples)

    def error(self, message: str) -> NoReturn:
        """Turn argparse's complaint into one of ours."""
        raise UsageError(f"{message[:1].upper()}{message[1:].rstrip('.')}.", f"Try: {self.prog} --help")

    def format_help(self) -> str:
        """Return argparse's help and what is ours, all of it in lines of their own."""
        lines = [super().format_help()]
        told = {**self.lists, "exit status": {str(status): meaning for status, meaning in self.statuses.items()}}
        for title, rows in told.items():
            if rows:
                width = max(map(len, rows))
                lines += [f"{title}:", *(f"  {name:{width}}  {what}" for name, what in rows.items()), ""]
        if self.examples:
            width = min(max(len(command) for command, _what in self.examples), _WIDEST_EXAMPLE)
            lines += ["examples:", *(f"  {command:{width}}  # {what}" for command, what in self.examples), ""]
        return "\n".join(lines)

    def arguments(self) -> list[argparse.Action]:
        """Return what may stand behind the verb, in the order of the help; the verbs below it are not among them."""
        return [action for action in self._actions if action.help != argparse.SUPPRESS and not _is_verbs(action)]

    def verbs(self) -> dict[str, "Parser"]:
        """Return the parsers of the verbs below this one."""
        return next((dict(action.choices) for action in self._actions if _is_verbs(action) and action.choices), {})


def _is_verbs(action: argparse.Action) -> bool:
    return isinstance(action.choices, dict) and all(isinstance(made, Parser) for made in action.choices.values())
