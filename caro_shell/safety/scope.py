"""What is known where a command stands, and what builtins change of it for the commands after them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from caro_shell.safety import finders, outputs
from caro_shell.safety.call import Call
from caro_shell.safety.words import BLANK, TILDE, UNKNOWN, Several, Values, plain

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass
class Scope:
    """What is known where a command stands: variables, functions and aliases so far, the directory, the way there."""

    variables: dict[str, Values]
    functions: dict[str, tuple["Node", bytes]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    cwd: str = ""
    chain: tuple[str, ...] = ()
    given: str | None = None
    """What the statement that is being read is given to read."""
    separators: str = ""
    """What the user has made of `$IFS`; empty: blanks."""
    depth: int = 0
    remote: bool = False
    span: tuple[int, int] | None = None
    """Where the text that is being read stands in what was typed; None: it is what was typed."""
    files: dict[str, str] = field(default_factory=dict)
    """What was written into files before, by their last names."""
    suffixes: dict[str, str] = field(default_factory=dict)
    """zsh's suffix aliases: what opens a file whose name ends so."""
    everywhere: dict[str, str] = field(default_factory=dict)
    """zsh's global aliases, which are replaced wherever they stand."""
    calling: tuple[str, ...] = ()
    """The functions that are being called."""
    origins: dict[str, tuple[Call, ...]] = field(default_factory=dict)
    """The calls whose output variables hold, and those that a descriptor (`/dev/fd/3`) reads from."""

    def inner(self, *chain: str, span: tuple[int, int] | None = None, remote: bool = False) -> "Scope":
        """Return a scope for what this one runs; nothing in it changes this one."""
        return replace(
            self,
            variables=dict(self.variables),
            functions=dict(self.functions),
            aliases=dict(self.aliases),
            origins=dict(self.origins),
            chain=(*self.chain, *chain),
            depth=self.depth + 1,
            remote=self.remote or remote,
            span=self.span or span,
        )


def follow(call: Call, scope: Scope, shell: str) -> None:
    """Keep what a builtin changes for the commands after it."""
    values = [word.value for word in call.arguments]
    if call.name in ("cd", "pushd"):
        paths = [value for value in values if not value.startswith("-") or value == "-"]
        home = scope.variables.get("HOME", (TILDE,))
        scope.cwd = _entered(scope.cwd, paths[0] if paths else home[0] if home else TILDE)
    elif call.name == "alias":
        _keep_aliases(values, scope)
    elif call.name == "set":
        _keep_set(values, scope, shell)
    elif call.name == "tee":
        keep_written(call, scope)
    elif call.name == "shift":
        count = int(values[0]) if values and values[0].isdigit() else 1
        rest = [scope.variables.get(str(number), ("",)) for number in range(1 + count, 10)]
        scope.variables |= {str(number): value for number, value in enumerate(rest, start=1)}
    elif call.name in ("read", "mapfile", "readarray"):
        text = call.input if call.input is not None else scope.given
        given = (text,) if text is not None else finders.supplied(call)
        names = [value for value in values if not value.startswith("-")]
        read = tuple(line.strip() for text in given for line in (text.splitlines() or [""]))
        scope.variables |= dict.fromkeys(names, read if call.name == "read" else Several(read))
        scope.origins |= dict.fromkeys(names, call.fed_by)
    elif call.name == "printf" and values[:1] == ["-v"] and len(values) > 2:  # noqa: PLR2004  name and form
        printed = outputs.of_pipeline([replace(call, words=(call.words[0], *call.words[3:]))])
        scope.variables[values[1]] = (UNKNOWN if printed is None else printed,)


def _keep_aliases(values: Sequence[str], scope: Scope) -> None:
    if len(values) == 2 and "=" not in values[0]:  # noqa: PLR2004  fish's way: a name and what it stands for
        scope.aliases[values[0]] = plain(values[1])
    for value in values:
        name, sign, meaning = value.partition("=")
        if sign:
            scope.aliases[name] = plain(meaning)
        if sign and "-g" in values:
            scope.everywhere[name] = plain(meaning)


def _keep_set(values: Sequence[str], scope: Scope, shell: str) -> None:
    """Keep a variable of fish's, or the arguments that any other shell's `set --` gives itself."""
    names = [value for value in values if not value.startswith("-")]
    if shell == "fish" and names:
        scope.variables[names[0]] = Several(names[1:]) if len(names) > 2 else tuple(names[1:]) or ("",)  # noqa: PLR2004
    elif values[:1] == ["--"]:
        scope.variables |= {str(number): (value,) for number, value in enumerate(values[1:], start=1)}
        scope.variables["@"] = scope.variables["*"] = Several(values[1:])


def keep_written(call: Call, scope: Scope) -> None:
    """Keep what a call writes into a file, where the line itself says what that is."""
    files = [redirect.target.value for redirect in call.redirects if ">" in redirect.operator]
    if call.name == "tee":
        files += [word.value for word in call.arguments if not word.value.startswith("-")]
    printed = outputs.of_pipeline([*call.fed_by, call]) if files else None
    if printed is not None:
        scope.files |= {path.rpartition("/")[2]: printed for path in files if not path.startswith("/dev/")}


def _entered(directory: str, path: str) -> str:
    """Return where `cd` leads; empty where nobody can know."""
    return "" if path.startswith(UNKNOWN) or path == "-" else joined(directory, path)


def joined(directory: str, path: str) -> str:
    """Return `path` as seen from `directory`."""
    if path.startswith(("/", TILDE, UNKNOWN)):
        return path
    return f"{directory.rstrip('/')}/{path}" if directory else path


ARGUMENTS = ("@", "*", *map(str, range(1, 10)))


def first_variables() -> dict[str, Values]:
    """Return the variables that every shell has at its prompt."""
    # At a prompt there are no arguments.
    none: dict[str, Values] = dict.fromkeys(ARGUMENTS, ("",))
    shells: dict[str, Values] = {"SHELL": ("sh",), "BASH": ("bash",), "0": ("bash",)}
    return none | shells | {"HOME": (TILDE,), "PWD": (".",), "IFS": (BLANK,)}
