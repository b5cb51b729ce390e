"""What the user's shell knows by a name, as far as a proof depends on it."""

from collections.abc import Iterable
from dataclasses import dataclass

from caro_shell.safety.targets import Aliases


@dataclass(frozen=True)
class Own:
    """The aliases and the functions of the shell that asks; empty where it has not told them."""

    aliases: Aliases
    functions: Iterable[str] = ()

    def names_in(self, command: str) -> frozenset[str]:
        """Return the names that `command` may call and that are something else here than programs of these names.

        An alias that only gives options to the program of its own name (`ls --color`) is none of them.
        """
        names = {name for name, meaning in self.aliases.commands.items() if meaning.split()[:1] != [name]}
        files = {word for word in command.split() if word.rpartition(".")[2] in self.aliases.suffixes}
        return frozenset(names | files | set(self.functions))

    def is_rewritten(self, command: str) -> bool:
        """Say whether zsh replaces a word of `command` wherever it stands: what its words are is not known then."""
        return any(word in self.aliases.everywhere for word in command.split())
