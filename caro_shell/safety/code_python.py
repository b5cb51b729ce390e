"""What a text of Python does, read on its own tree: a string that only looks like a call is none."""

import ast
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence

from caro_shell.safety import code_encoded
from caro_shell.safety.code_calls import REMOVES, REMOVES_ALL, as_word, done
from caro_shell.safety.words import UNKNOWN

_FINDS = frozenset({"glob", "iglob", "listdir", "walk", "scandir"})
# What these are given is the content; the path is what they are called on.
_OF_OWNER = frozenset({"write_text", "write_bytes"})
_KEEPS = frozenset(
    """decode strip encode lower expanduser split quote read resolve absolute bytes str Path PurePath abspath list tuple
    bytearray""".split()  # noqa: SIM905
)


def tree_of(text: str) -> ast.Module | None:
    """Return the tree of a text of Python, or None of a text that is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def texts_run(tree: ast.Module) -> Iterator[str]:
    """Yield the texts of Python that a text of Python runs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node, {}) in ("exec", "eval", "compile"):
            yield from list(_constants(node.args))[:1]


class _Known(ast.NodeTransformer):
    """Puts the strings that variables hold in the place of the variables."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` are those of the variables that are assigned once."""
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return the string for a name that is read."""
        known = isinstance(node.ctx, ast.Load) and node.id in self._values
        return ast.copy_location(ast.Constant(self._values[node.id]), node) if known else node


def _variables(tree: ast.Module) -> Mapping[str, str]:
    """Return the variables that hold a string all the time."""
    held: dict[str, list[str | None]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    held.setdefault(target.id, []).append(_folded(node.value))
    return {name: values[0] for name, values in held.items() if len(values) == 1 and values[0] is not None}


def commands_in(tree: ast.Module) -> Iterator[str]:
    """Yield shell commands that do what the calls in a tree do."""
    called = _other_names(tree)
    if held := _variables(tree):
        tree = _Known(held).visit(tree)
    everywhere = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    removes = bool({_name(call, called) for call in everywhere} & (REMOVES | REMOVES_ALL))
    for node in everywhere:
        name = _name(node, called)
        values = list(_constants(node.args))
        owner = list(_constants([node.func.value])) if isinstance(node.func, ast.Attribute) else []
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
            owner = list(_constants(node.func.value.args)) or list(_owners(node.func.value))
        lists = any(isinstance(arg, ast.List | ast.Tuple) or "split" in ast.dump(arg) for arg in node.args)
        yield from done(name, owner if owner and name in _OF_OWNER else values or owner, lists=lists)
        if name in _FINDS and values and removes:
            yield f"rm -rf {as_word(values[0])}{'' if name in ('glob', 'iglob') else '/*'}"
        if name in ("rglob", "glob", "iterdir") and owner and removes:
            yield f"rm -rf {as_word(owner[0])}/*" if _is_all(values) else f"rm {as_word(owner[0])}/{values[0]}"


def _other_names(tree: ast.Module) -> Mapping[str, str]:
    """Return the names that imports and assignments give to functions: `from shutil import rmtree as r`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
            names |= {target.id: node.value.attr for target in node.targets if isinstance(target, ast.Name)}
    return names


def _name(node: ast.Call, called: Mapping[str, str]) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    if isinstance(node.func, ast.Call) and _name(node.func, {}) == "getattr":
        # A function by a name that is put together.
        return "".join(list(_constants(node.func.args))[-1:])
    name: str = getattr(node.func, "id", "")
    return called.get(name, name)


def _owners(node: ast.Call) -> Iterator[str]:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from _constants([node.func.value])
        if not isinstance(node.func.value, ast.Call):
            return
        node = node.func.value


def _is_all(patterns: Sequence[str]) -> bool:
    return not patterns or patterns[0] in ("*", "**", "**/*", "*.*")


def _constants(nodes: Sequence[ast.expr]) -> Iterator[str]:
    """Yield the strings among some expressions, put together as far as they are plain."""
    for node in nodes:
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            yield from _constants(node.elts)
        elif isinstance(node, ast.Starred):
            yield from _constants([node.value])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
            for whole in _constants([node.func.value]):
                yield from whole.split()
        elif (text := _folded(node)) is not None:
            yield text


def _folded(node: ast.expr) -> str | None:
    """Return the string that an expression of constants comes to, or None."""
    if isinstance(node, ast.Constant):
        value = node.value
        return value if isinstance(value, str) else value.decode("latin-1") if isinstance(value, bytes) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _folded(node.left), _folded(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and (form := _folded(node.left)) is not None:
        return _formed(form, list(_constants([node.right])))
    if isinstance(node, ast.JoinedStr):
        return "".join(_folded(part) or "" for part in node.values)
    if isinstance(node, ast.FormattedValue):
        said = _folded(node.value)
        return UNKNOWN if said is None else said
    if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "::-1":
        turned = _folded(node.value)
        return None if turned is None else turned[::-1]
    return _folded_call(node) if isinstance(node, ast.Call) else None


def _formed(form: str, values: Sequence[str]) -> str:
    """Return a form with values in its holes: `%s`, `{}`."""
    rest = iter(values)
    return re.sub(r"%[sdr]|\{\d*\}", lambda _: next(rest, UNKNOWN), form)


def _folded_call(node: ast.Call) -> str | None:
    """Return the string that a call of a few well-known functions returns, or None."""
    name = _name(node, {})
    arguments = list(_constants(node.args))
    if name == "chr" and node.args and isinstance(node.args[0], ast.Constant):
        return code_encoded.of_numbers(str(node.args[0].value))
    owner = _folded(node.func.value) if isinstance(node.func, ast.Attribute) else None
    if name == "join" and owner is not None:
        return owner.join(arguments)
    if name == "format" and owner is not None:
        return _formed(owner, arguments)
    if name in code_encoded.DECODERS and arguments:
        return code_encoded.decode_by(name, arguments[0])
    if name == "decode" and arguments and (codec := code_encoded.CODECS.get(arguments[-1])):
        return code_encoded.decode_by(codec, arguments[0] if len(arguments) > 1 else owner or "")
    if name == "replace" and owner is not None and len(arguments) == 2:  # noqa: PLR2004  old and new
        return owner.replace(arguments[0], arguments[1])
    if name in _KEEPS:
        numbers = [item.value for item in ast.walk(node) if isinstance(item, ast.Constant)]
        said = code_encoded.of_numbers(" ".join(str(number) for number in numbers if isinstance(number, int)))
        return owner if owner is not None else arguments[0] if arguments else said
    return "".join(reversed(arguments[0])) if name == "reversed" and arguments else None
