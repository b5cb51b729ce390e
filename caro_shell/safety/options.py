"""The options and the other words of a call, however they are spelled: `-fr`, `-r -f`, `--recursive`, `--recur`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from caro_shell.safety.words import Word, shown

# getopt_long takes any beginning of a long option that is no other's; shorter ones are nobody's habit.
_LEAST_PREFIX = 4
# Options that are also the beginning of others, and mean themselves.
_WHOLE = frozenset({"--force", "--all", "--delete", "--remove", "--file", "--user", "--group", "--set", "--clear"})


@dataclass
class Options:
    """The words of a call, sorted."""

    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    """Of options whose value is known to be one."""
    words: list[Word] = field(default_factory=list)
    """What is no option and no option's value."""
    said: str = ""
    """All the words as people would read them."""

    def has(self, option: str) -> bool:
        """Say whether an option is there; `-r|--recursive` is one option by two names."""
        return any(self._has(name) for name in option.split("|"))

    def _has(self, name: str) -> bool:
        if name in self.flags:
            return True
        if name.startswith("--"):
            return any(
                len(flag) >= _LEAST_PREFIX and flag.startswith("--") and name.startswith(flag) and flag not in _WHOLE
                for flag in self.flags
            )
        return False


def read_options(arguments: Sequence[Word], takes_value: frozenset[str]) -> Options:
    """Sort the words after a command's name; `takes_value` are its options that take the next word."""
    options = Options(said=" ".join(shown(word.value) for word in arguments))
    words = iter(arguments)
    for word in words:
        value = word.value
        if value == "--":
            options.words += words
        elif len(value) < 2 or value[0] not in "-+" or value[1] == " ":  # noqa: PLR2004  a dash and a letter
            options.words.append(word)
        elif value.startswith("--"):
            name, sign, given = value.partition("=")
            options.flags.add(name)
            if sign:
                options.values[name] = given
            elif name in takes_value:
                options.values[name] = _next(words)
        else:
            _read_short(value, words, takes_value, options)
    return options


def _next(words: Iterator[Word]) -> str:
    found = next(words, None)
    return found.value if found else ""


def _read_short(value: str, words: Iterator[Word], takes_value: frozenset[str], options: Options) -> None:
    whole, sign, given = value.partition("=")
    options.flags |= {value, whole}
    if whole in takes_value or value in takes_value:
        options.values[whole] = given if sign else _next(words)
        return
    if value[1:].isupper() and len(value) > _LEAST_PREFIX - 1:
        # A signal: `-KILL`, `-HUP`.
        return
    for at, letter in enumerate(value[1:], start=1):
        flag = f"{value[0]}{letter}"
        options.flags.add(flag)
        if flag in takes_value:
            options.values[flag] = value[at + 1 :] or _next(words)
            return
