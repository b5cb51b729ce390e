"""What a text of another language does to files and processes, as shell commands that do the same."""

import ast
import base64
import binascii
import re
import shlex
import warnings
from collections.abc import Iterator, Mapping, Sequence

from caro_shell.safety.call import Call
from caro_shell.safety.handed import TALKERS
from caro_shell.safety.words import LAST_CHARACTER, UNKNOWN

# The options that take a text of the language.
_TEXT_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "python": ("-c",),
    "perl": ("-e", "-E"),
    "ruby": ("-e",),
    "node": ("-e", "--eval", "-p", "--print"),
    "deno": ("eval",),
    "bun": ("-e", "--eval"),
    "php": ("-r",),
    "lua": ("-e",),
    "osascript": ("-e",),
    "Rscript": ("-e",),
    "emacs": ("--eval", "-eval"),
    "pwsh": ("-c", "-Command", "-command"),
    "powershell": ("-c", "-Command"),
    "julia": ("-e", "-E"),
    "elixir": ("-e",),
    "iex": ("-e",),
    "octave": ("--eval",),
    "groovy": ("-e",),
    "ghc": ("-e",),
    "tclsh": ("-c",),
    "guile": ("-c",),
    "scala": ("-e",),
    "kotlin": ("-e",),
    "crystal": ("eval",),
    "luajit": ("-e",),
    "raku": ("-e",),
    "swift": ("-e",),
    "R": ("-e",),
}
_AWK = frozenset({"awk", "gawk", "mawk", "nawk"})
_AWK_VALUES = ("-F", "-v", "-f")
_VERSION = re.compile(r"[\d.]+$")


def language_of(name: str) -> str:
    """Return the language that a program of this name reads, or nothing."""
    bare = _VERSION.sub("", name)
    if bare in ("pypy", "ipython", "python-config"):
        return "python"
    if bare == "nodejs":
        return "node"
    return "awk" if bare in _AWK else bare if bare in _TEXT_OPTIONS else ""


def texts_of(call: Call) -> Iterator[tuple[str, str]]:
    """Yield the texts of another language that a call is given, and the language."""
    language = language_of(call.name)
    if not language:
        yield from ((text, "any") for text in _looks_like_code(call))
        return
    words = [word.value for word in call.arguments]
    if language == "awk":
        plain = [word for at, word in enumerate(words) if word[:1] != "-" and words[at - 1] not in _AWK_VALUES]
        if plain:
            yield plain[0], language
        return
    options = _TEXT_OPTIONS[language]
    texts = [words[at + 1] for at, word in enumerate(words[:-1]) if word in options or _takes_text(word, options)]
    for text in texts:
        yield text, language
    if not texts and call.input is not None and not any(word not in ("-", "") and word[:1] != "-" for word in words):
        yield call.input, language


_CODE = re.compile(
    r"\b(?:system\*?|syscmd|cmd|exec\w*|spawn\w*|popen|execute|run|rm_rf!?|rmdir\w*|rmtree|delete\w*|remove\w*|unlink\w*)\b"
    r"\s*[(!<\s\"']"
)


def _looks_like_code(call: Call) -> Iterator[str]:
    """Yield the texts that may be of a language nobody has told us about."""
    if call.name in TALKERS:
        return
    texts = [word.value for word in call.arguments if " " in word.value or "(" in word.value]
    yield from (text for text in [*texts, call.input or ""] if ("(" in text or "<" in text) and _CODE.search(text))


def _takes_text(word: str, options: tuple[str, ...]) -> bool:
    """Say whether short options end in the one that takes the text: `-lne`."""
    return bool(re.fullmatch(r"-[a-zA-Z0-9]+", word)) and f"-{word[-1]}" in options


_STRING = r"""(?:[rbfuL]{0,2}(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|`((?:\\.|[^`\\])*)`))"""
_HOME = re.compile(
    r"""os\.path\.expanduser\(\s*['"]~(?P<rest>[^'"]*)['"]\s*\)
    |(?:(?:pathlib\.)?Path\.home\(\)|(?:require\(['"]os['"]\)|os)\.homedir\(\)|Dir\.home|os\.environ\[['"]HOME['"]\]
    |ENV(?:IRON)?\[['"]HOME['"]\]|\$env\(HOME\)|vim\.env\.HOME|Deno\.env\.get\(['"]HOME['"]\)|\bgetenv\(['"]HOME['"]\)
    |System\.user_home!?(?:\(\))?|(?<![\w.])homedir\(\)|\$ENV\{['"]?HOME['"]?\}|process\.env\.HOME|os\.getenv\(['"]HOME['"]\)|\(getenv\s"HOME"\))""",
    re.VERBOSE,
)
_ENCODED = re.compile(
    r"""(?:[\w.]*b64decode|[\w.]*decode_base64|Base64\.(?:strict_)?decode64|base64_decode|atob|Buffer\.from|bytes\.fromhex|unhexlify
    |hex2bin|pack\(["']H\*["'],|\[)\s*\(?\s*b?(?P<quote>['"])(?P<data>[A-Za-z0-9+/=\s]{4,})(?P=quote)(?:\s*,\s*['"](?P<how>base64|hex)['"])?\s*\)?
    (?:\]\.pack\(['"](?P<pack>H\*|m)\S*?\))?(?:\.(?:decode|toString)\([^)]*\))?""",
    re.VERBOSE,
)
_BOMB = re.compile(
    r"while[\s(]*(?:1|True|true)[\s):{]*.{0,40}\bfork\b|\bfork\b(?:\(\))?\s+while|loop\s*(?:\{|do)\s*fork", re.DOTALL
)
_REMOTE = re.compile(
    r"\b(?:eval|exec|system|instance_eval|Function)\b[\s(]*.{0,60}?"
    r"(?:urlopen|urlretrieve|requests\.get|httpx\.get|URI\.open|URI\(|Net::HTTP|LWP|\bget\s*\(?['\"]https?|file_get_contents\(['\"]http|fetch\()",
    re.DOTALL,
)
_BACKDOOR = re.compile(r"(?:dup2|pty\.spawn|subprocess|exec|/bin/(?:ba)?sh|spawn).*", re.DOTALL)
_SOCKET = re.compile(r"socket\.socket|TCPSocket|IO::Socket|net\.connect|fsockopen|Socket\(|\bsocket\(")
_KILLS_ALL = re.compile(
    r"(?:\bkill\w*)\s*\(?\s*(?:-1\s*,|['\"]?(?:SIG)?KILL['\"]?\s*,\s*-1|9\s*,\s*-1)|process\.kill\(\s*-1"
)

# What calls of these names do, wherever they come from, by the last part of the name.
_RUNS = frozenset(
    """system system* cmd syscmd system popen exec execl execlp execv execvp execve execSync exec_sync spawn spawnSync
    spawnl spawnlp Popen run call check_call check_output getoutput getstatusoutput shell_exec passthru execFile
    execFileSync execute""".split()  # noqa: SIM905
)
_REMOVES_ALL = frozenset(
    """Remove-Item ri del erase rmtree rm_rf rm_r remove_tree remove_dir_all rimraf rimrafSync rmSync rmdirSync rm
    remove_entry_secure deltree removeSync emptyDirSync remove_dir delete-directory rmdir_r delete_tree remove_directory
    DirectoryDelete secure_rm rm_tree""".split()  # noqa: SIM905
)
_REMOVES = frozenset("unlink unlinkSync remove delete rm_f rmfile delete-file".split())  # noqa: SIM905
_WRITES = frozenset("open writeFileSync writeFile write_text write_bytes file_put_contents write truncate".split())  # noqa: SIM905


def commands_in(text: str, language: str) -> Iterator[str]:
    """Yield shell commands that do what `text` does by itself: runs, removes, overwrites, forks without end."""
    yield from _at_large(text)
    text = _HOME.sub(lambda found: f"'~{found.groupdict().get('rest') or ''}'", text)
    decoded: list[str] = []
    text = _ENCODED.sub(lambda found: _decoded(found, decoded), text)
    for inner in decoded:
        # What was hidden is a command, or a text of the same language.
        yield inner
        if inner != text:
            yield from commands_in(inner, language)
    if language == "python" and (tree := _python(text)):
        yield from _in_python(tree)
    else:
        yield from _in_text(text, language)


def _at_large(text: str) -> Iterator[str]:
    if _BOMB.search(text):
        yield ":(){ :|:& };:"
    if _REMOTE.search(text):
        yield "curl -s https://unknown | sh"
    if _SOCKET.search(text) and _BACKDOOR.search(text):
        yield "nc -e /bin/sh unknown 1"
    if _KILLS_ALL.search(text):
        yield "kill -9 -1"


def _decoded(found: re.Match[str], kept: list[str]) -> str:
    """Return a decoded text as a string of the language, and keep it."""
    data = "".join(found["data"].split())
    is_hex = (
        "hex" in found.group()[:20].lower()
        or "H*" in found.group()[:12]
        or found["how"] == "hex"
        or found["pack"] == "H*"
    )
    try:
        text = (bytes.fromhex(data) if is_hex else base64.b64decode(data + "===")).decode()
    except (ValueError, binascii.Error):
        return found.group()
    kept.append(text)
    return repr(text)


def _python(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _in_python(tree: ast.Module) -> Iterator[str]:
    """Yield what the calls in Python's own tree do; a string that only looks like one is none."""
    everywhere = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in everywhere:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        values = list(_constants(node.args))
        owner = list(_constants([node.func.value])) if isinstance(node.func, ast.Attribute) else []
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
            owner = list(_constants(node.func.value.args)) or list(_owners(node.func.value))
        yield from _done(
            name,
            values or owner,
            "python",
            lists=any(isinstance(arg, ast.List | ast.Tuple) or "split" in ast.dump(arg) for arg in node.args),
        )
        if name in ("glob", "iglob", "listdir", "walk", "scandir") and values and _removes_somewhere(everywhere):
            yield f"rm -rf {_path(values[0])}{'' if name in ('glob', 'iglob') else '/*'}"
        if name in ("rglob", "glob", "iterdir") and owner and _removes_somewhere(everywhere):
            yield f"rm -rf {_path(owner[0])}/*" if _is_all(values) else f"rm {_path(owner[0])}/{values[0]}"


def _owners(node: ast.Call) -> Iterator[str]:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from _constants([node.func.value])
        if not isinstance(node.func.value, ast.Call):
            return
        node = node.func.value


def _is_all(patterns: Sequence[str]) -> bool:
    return not patterns or patterns[0] in ("*", "**", "**/*", "*.*")


def _removes_somewhere(calls: Sequence[ast.Call]) -> bool:
    names = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    return bool(names & (_REMOVES | _REMOVES_ALL))


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
        return (
            value if isinstance(value, str) else value.decode("utf-8", "replace") if isinstance(value, bytes) else None
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _folded(node.left), _folded(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.JoinedStr):
        return "".join(_folded(part) or "" if isinstance(part, ast.Constant) else UNKNOWN for part in node.values)
    if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "::-1":
        turned = _folded(node.value)
        return None if turned is None else turned[::-1]
    return _folded_call(node) if isinstance(node, ast.Call) else None


def _folded_call(node: ast.Call) -> str | None:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    arguments = list(_constants(node.args))
    if name == "chr" and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, int):
        return chr(node.args[0].value % (LAST_CHARACTER + 1))
    owner = _folded(node.func.value) if isinstance(node.func, ast.Attribute) else None
    if name == "join" and owner is not None:
        return owner.join(arguments)
    if name in ("decode", "strip", "encode", "lower", "format", "expanduser", "read", "resolve", "absolute"):
        return owner if owner is not None else arguments[0] if arguments else None
    if name == "replace" and owner is not None and len(arguments) == 2:  # noqa: PLR2004  old and new
        return owner.replace(arguments[0], arguments[1])
    if name in ("bytes", "str", "Path", "PurePath", "abspath", "list", "reversed"):
        return arguments[0] if arguments else "".join(chr(n) for n in _numbers(node))
    return None


def _numbers(node: ast.Call) -> Iterator[int]:
    for item in ast.walk(node):
        if isinstance(item, ast.Constant) and isinstance(item.value, int) and 0 < item.value <= LAST_CHARACTER:
            yield item.value


def _done(name: str, values: Sequence[str], language: str, *, lists: bool) -> Iterator[str]:
    """Yield the commands that a call of `name` with these strings comes to."""
    if not values:
        return
    if name in ("exec", "eval", "compile") and language == "python":
        yield from commands_in(values[0], language)
    elif name in _RUNS:
        if lists or (len(values) > 1 and " " not in values[0]):
            yield shlex.join(values)
        else:
            # Strings side by side are one text: "rm -rf " ENVIRON["HOME"].
            yield "".join(values) if values[0].endswith(" ") else values[0]
    elif name in _REMOVES_ALL:
        yield f"rm -rf {_path(values[0])}"
    elif name in _REMOVES:
        yield f"rm {_path(values[0])}"
    elif name in _WRITES and (name not in ("open", "write") or any(value[:1] == "w" for value in values[1:2])):
        yield f": > {_path(values[0])}"


# A name, perhaps a parenthesis or blank, and the strings behind it.
_CALL = re.compile(r"([A-Za-z_][\w-]*[*!]?)\s*[(\s]\s*((?:[\[\]\s,(]|%w\[|" + _STRING + r")+)")
# Tcl, PowerShell and R say it with blanks and flags.
_SPOKEN = re.compile(
    r"(?:file delete(?: -force)?(?: --)?|Remove-Item(?:\s+-\w+)*|\bunlink\(\s*|\brm\(\s*)\s*[\"']?([~/$*][^\"'\s,);]*)"
)
_GLOBBED = re.compile(r"(?:unlink|rm|delete|remove)\w*\s*\(?\s*(?:glob|<|Dir\[|Dir\.glob)\s*\(?\s*['\"]?([^'\">)\]]+)")


def _in_text(text: str, language: str) -> Iterator[str]:
    for found in _CALL.finditer(text):
        values = [value.replace('\\"', '"').replace("\\'", "'") for value in _strings(found.group(2))]
        yield from _done(found.group(1), values, language, lists="[" in found.group(2))
    for found in _SPOKEN.finditer(text):
        yield f"rm -rf {found.group(1)}"
    for pattern in (*_RUN_PLAINLY, *_RUN_IN.get(language, ())):
        for found in pattern.finditer(text):
            yield next(group for group in found.groups() if group is not None)
    for found in re.finditer(r"\[((?:[\"'][^\"']*[\"']\s*,?\s*)+)\]\.execute", text):
        yield shlex.join(_strings(found[1]))
    for found in _GLOBBED.finditer(text):
        yield f"rm {found.group(1)}"
    if language == "awk":
        for found in re.finditer(r">>?\s*\"(/[^\"]+|~[^\"]*)\"", text):
            yield f": > {found[1]}"


_RUN_PLAINLY = (re.compile(r"\b(?:syscmd\(|run <|system <)([^)>\"'`]+)[)>]"),)
_IN_MARKS = re.compile(r"(?:qx|%x)\s*[{(/|]([^})/|]*)[})/|]|`([^`]+)`")
_RUN_IN: Mapping[str, tuple[re.Pattern[str], ...]] = {
    **dict.fromkeys(("perl", "ruby", "php"), (_IN_MARKS,)),
    "awk": (re.compile(r'"([^"]+)"\s*\|\s*(?:getline|"sh")|\|\s*"([^"]+)"'),),
    "osascript": (re.compile(r'do shell script "((?:\\.|[^"\\])*)"'),),
}


def _strings(text: str) -> list[str]:
    """Return the strings in a text, without their quotes."""
    return [next(group for group in found.groups() if group is not None) for found in re.finditer(_STRING, text)]


def _path(text: str) -> str:
    # A path that begins in the home directory has to stay readable as one, and so has a pattern.
    return text if re.fullmatch(r"[~\w./*@+-]+", text) else shlex.quote(text)
