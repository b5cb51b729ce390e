"""What commands that look for files hand on: the targets that `find`, `fd`, `ls` and the like stand for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from caro_shell.safety.call import Call
from caro_shell.safety.words import GLOB, STAR, UNKNOWN, Word

FINDERS = frozenset({"find", "gfind", "bfs", "fd", "fdfind"})
# find's tests that narrow what it finds; -type alone does not.
_NARROWS = frozenset(
    """-name -iname -path -ipath -wholename -iwholename -regex -iregex -size -mtime -mmin -atime -amin -ctime -cmin
    -newer -newermt -anewer -cnewer -empty -user -group -perm -links -inum -samefile -nouser -nogroup -uid -gid
    -lname -xtype -executable""".split()  # noqa: SIM905
)
_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
# What only looks at a file tells find whether to go on with it.
_TESTS = [["test"], ["["], ["grep"], ["cmp"], ["diff"], ["file"]]
_FD_RUNS = frozenset({"-x", "-X", "--exec", "--exec-batch"})
_FD_VALUES = [["-t"], ["--type"], ["-d"], ["--max-depth"], ["-E"], ["--exclude"], ["-e"], ["--extension"], ["-j"]]
_GLOBAL = ("-H", "-L", "-P", "-D", "-O")


def _find_parts(call: Call) -> tuple[list[Word], list[Word]]:
    """Return where find begins, and its expression."""
    words = list(call.arguments)
    at = 0
    while at < len(words) and (words[at].value in _GLOBAL or not words[at].value.startswith(("-", "(", "!"))):
        at += 1
    return [word for word in words[:at] if word.value not in _GLOBAL], words[at:]


def _is_narrow(expression: Sequence[Word]) -> bool:
    """Say whether the expression picks some of what is there, before it acts, rather than all, or all but some."""
    values = [word.value for word in expression]
    if any(value in _RUNS and values[at + 1 : at + 2] in _TESTS for at, value in enumerate(values)):
        return True
    values = values[
        : next((at for at, value in enumerate(values) if value == "-delete" or value in _RUNS), len(values))
    ]
    for at, value in enumerate(values):
        negated = at > 0 and values[at - 1] in ("!", "-not")
        anything = values[at + 1 : at + 2] in (["*"], [STAR], [".*"])
        if value in _NARROWS and not negated and not anything:
            return True
    return False


_NAMES = ("-name", "-iname")


def _named(expression: Sequence[Word]) -> str:
    """Return the pattern of the names that find's expression picks, or what stands for one."""
    values = [word.value for word in expression]
    for at, value in enumerate(values[:-1]):
        if value in _NAMES and values[at - 1 : at] not in (["!"], ["-not"]):
            return values[at + 1].replace("*", STAR).replace("?", GLOB).replace("[", GLOB)
    return f"{STAR}.found"


def _under(directory: str, *, narrow: bool, named: str = f"{STAR}.found") -> str:
    """Return what stands for everything, or for some things, below a directory."""
    return f"{directory.rstrip('/') or ''}/{named if narrow else STAR}"


def found_by(call: Call) -> tuple[str, ...]:
    """Return the targets that a finder's call stands for."""
    if call.name in ("fd", "fdfind"):
        words = [word.value for word in call.arguments]
        words = words[: next((at for at, word in enumerate(words) if word in _FD_RUNS), len(words))]
        positional = [
            word for at, word in enumerate(words) if not word.startswith("-") and words[at - 1 : at] not in _FD_VALUES
        ]
        narrow = bool(positional and positional[0] not in (".", ".*", "")) or "-e" in words
        return tuple(_under(root, narrow=narrow) for root in positional[1:2] or ["."])
    roots, expression = _find_parts(call)
    narrow, named = _is_narrow(expression), _named(expression)
    where = [value for root in roots for value in root.values] or ["."]
    return tuple(_under(value, narrow=narrow, named=named) for value in where)


def commands_of(call: Call) -> Iterator[tuple[list[Word], str]]:
    """Yield the commands that a finder runs on what it finds, and by which of its options."""
    targets = found_by(call)
    words = list(call.arguments)
    for at, word in enumerate(words):
        value = word.value
        if value == "-delete":
            deep = (
                ()
                if any(other.value == "-maxdepth" for other in words) or _is_narrow(_find_parts(call)[1])
                else ("-r",)
            )
            names = [replace(word, values=(name,)) for name in ("rm", *deep)]
            yield [*names, replace(word, values=targets)], "find -delete"
        elif value in _RUNS or (call.name.startswith("fd") and value in _FD_RUNS):
            end = next((n for n in range(at + 1, len(words)) if words[n].value in (";", "+")), len(words))
            inner = [
                replace(other, values=tuple(text.replace("{}", target) for target in targets))
                if "{}" in (text := other.value)
                else other
                for other in words[at + 1 : end]
            ]
            if call.name.startswith("fd") and not any("{}" in other.value for other in words[at + 1 : end]):
                inner.append(replace(word, values=targets))
            if inner:
                yield inner, f"{call.name} {value}"


_LISTS = frozenset({"ls", "exa", "eza", "gls", "tree", "du"})
# These hand on what they are given, in another order or another form.
_PASS_ON = frozenset("sort uniq tr xargs tee cat while shuf tac rev string read mapfile".split())  # noqa: SIM905


def supplied(call: Call, *, lines: bool = False) -> tuple[str, ...]:  # noqa: C901  one branch a kind of lister
    """Return what a call is given to work on by the commands before it in its pipeline."""
    if call.input is not None:
        return tuple(call.input.splitlines() if lines else call.input.split()) or (UNKNOWN,)
    narrowed = False
    for before in reversed(call.fed_by):
        words = [word.value for word in before.arguments]
        if before.name == "comm" and before.substituted and set(words) & {"-23", "-13", "-3"}:
            # All but what is in another list.
            return supplied(replace(call, fed_by=before.substituted), lines=lines)
        if before.name == "rg" and "--files" in words:
            return tuple(_under(word, narrow=narrowed) for word in words if not word.startswith("-")) or (STAR,)
        if before.name in ("grep", "egrep", "rg", "head", "tail", "awk", "sed", "cut", "comm", "jq"):
            # All but the first ones, all but what matches: that is nearly everything.
            leaves = any(word.startswith("+") or word in ("-v", "--invert-match") for word in words)
            narrowed = narrowed or not leaves
        elif before.name in FINDERS:
            return tuple(f"{target}.found" if narrowed else target for target in found_by(before))
        elif before.name == "compgen" and "-G" in words:
            return tuple(word.replace("*", STAR) for word in words if not word.startswith("-")) or (UNKNOWN,)
        elif before.name in _LISTS:
            paths = [word.value for word in before.arguments if not word.value.startswith("-")] or ["."]
            return tuple(_under(path, narrow=narrowed) for path in paths)
        elif before.name == "git" and words[:1] == ["ls-files"] and not narrowed:
            return (STAR,) if len(words) == 1 else (UNKNOWN,)
        elif before.name not in _PASS_ON:
            break
    return (UNKNOWN,)


def named_by(calls: Sequence[Call]) -> tuple[str, ...]:
    """Return what the output of a pipeline names, where it looks for files: of `ls`, names without a directory."""
    given = supplied(Call((), fed_by=tuple(calls)))
    if any(call.name in ("ls", "exa", "eza", "gls") for call in calls):
        return tuple(value if value == UNKNOWN else value.rpartition("/")[2] for value in given)
    return given
