"""What a text of any other language does, read by its calls, quotes and arrows."""

import re
import shlex
from collections.abc import Iterator, Mapping

from caro_shell.safety.code_calls import as_word, done

_STRING = r"""(?:[rbfuL]{0,2}(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|`((?:\\.|[^`\\])*)`))"""
# A name, perhaps a parenthesis or blank, and the strings behind it.
_CALL = re.compile(r"([A-Za-z_][\w-]*[*!]?)\s*[(\s]\s*((?:[\[\]\s,(]|%w\[|" + _STRING + r")+)")
# Tcl, PowerShell and R say it with blanks and flags.
_SPOKEN = re.compile(
    r"(?:file delete(?: -force)?(?: --)?|Remove-Item(?:\s+-\w+)*|\bunlink\(\s*|\brm\(\s*)\s*[\"']?([~/$*][^\"'\s,);]*)"
)
_GLOBBED = re.compile(r"(?:unlink|rm|delete|remove)\w*\s*\(?\s*(?:glob|<|Dir\[|Dir\.glob)\s*\(?\s*['\"]?([^'\">)\]]+)")
# What is found here, and removed further on, or the other way round.
_FOUND = re.compile(
    r"(?:\bglob|\bDir\s*(?:\.\w+)?|Find\.find|scandir|readdir\w*|walk\w*|children|ls_r)\s*[(\[]\s*['\"]([^'\"]+)['\"]"
    r"|\bfind(?:depth)?\s*\(?[^'\"]*['\"]([~/][^'\"]*)['\"]"
)
_REMOVED = re.compile(
    r"\b(?:unlink|File\.delete|delete|rmtree|rm_rf?|remove_tree"
    r"|rmdir|fs\.rm|rm|rmSync|unlinkSync|remove)\b"
)
_VARIABLE = re.compile(
    r"(?:\b(?:my|var|let|const|local|set)\s+)?[$@]?\b(\w+)\s*=\s*(\"[^\"\\\n]*\"|'[^'\\\n]*')\s*(?=[;\n}]|$)"
)
_MOST_VARIABLES = 20
_NAMED_ARGUMENTS = re.compile(r"\bCommand\(\s*[\"'](\w+)[\"']\s*,\s*\{[^}]{0,200}?\bargs:\s*\[([^\]]*)\]")
_PIPED_AWAY = re.compile(
    r"(?i)\b(?:Get-ChildItem|gci|ls|dir)\s+(?:-\w+\s+)*([^\s|;-][^\s|;]*)[^|;]*\|\s*(?:Remove-Item|ri|rm|del|rd)\b"
)


def commands_in(text: str, language: str) -> Iterator[str]:
    """Yield shell commands that do what `text` does."""
    text = _with_variables(re.sub(r"~[cCsS](?=[\"'])", "", text))
    yield from _of_one_language(text, language)
    for found in _CALL.finditer(text):
        values = [value.replace('\\"', '"').replace("\\'", "'") for value in _strings(found.group(2))]
        yield from done(found.group(1), values, lists="[" in found.group(2))
    for found in _SPOKEN.finditer(text):
        yield f"rm -rf {found.group(1)}"
    for pattern in (*_RUN_PLAINLY, *_RUN_IN.get(language, ())):
        for found in pattern.finditer(text):
            yield found.groupdict().get("text") or next(group for group in found.groups() if group is not None)
    yield from _removed(text)
    yield from changed_files(text)
    for found in _PARTED.finditer(text):
        yield shlex.join(_strings(found[1]))


def _of_one_language(text: str, language: str) -> Iterator[str]:
    """Yield what is said in a way that only one language has."""
    for found in _NAMED_ARGUMENTS.finditer(text):
        yield shlex.join([found[1], *_strings(found[2])])
    for found in re.finditer(r"\[((?:[\"'][^\"']*[\"']\s*,?\s*)+)\]\.execute", text):
        yield shlex.join(_strings(found[1]))
    if language in ("pwsh", "powershell"):
        yield text
        for found in _PIPED_AWAY.finditer(text):
            yield f"rm -rf {as_word(found[1])}"
    if language == "awk":
        yield from _in_awk(text)
    if language == "osascript":
        yield from _in_applescript(text)


def _removed(text: str) -> Iterator[str]:
    """Yield what is removed of what is found somewhere."""
    for found in _GLOBBED.finditer(text):
        yield f"rm {found.group(1)}"
    if _REMOVED.search(text):
        for found in _FOUND.finditer(text):
            below = found[1] or f"{found[2].rstrip('/')}/*"
            yield f"rm -rf {as_word(re.sub(r'(?:/[*][*])+/[*]', '/*', below))}"


def changed_files(text: str) -> Iterator[str]:
    """Yield what is opened for writing, given to everybody or deleted by other ways of saying it."""
    for found in _OPENED.finditer(text):
        yield f": > {as_word(found[1].strip())}"
    for found in _MODE_SET.finditer(text):
        yield f"chmod {found[1] or found[4]} {as_word(found[2] or found[3])}"
    for found in _DELETED.finditer(text):
        yield f"rm -rf {as_word(found[1])}"


def _with_variables(text: str) -> str:
    """Return a text with the strings that variables hold in the place of the variables, where they are handed on."""
    for name, value in _VARIABLE.findall(text)[:_MOST_VARIABLES]:
        # A value is never read as a pattern's replacement: it may hold any sign.
        handed = re.compile(rf"(?<=[(,])\s*[$@]?{name}\s*(?=[),;])|(?<=\bsystem )[$@]{name}\b|(?<=\bexec )[$@]{name}\b")
        text = "".join(piece if not number else f"{value}{piece}" for number, piece in enumerate(handed.split(text)))
    return text


def _in_awk(text: str) -> Iterator[str]:
    """Yield what awk's own arrows write and run."""
    for found in re.finditer(r">>?\s*\"(/[^\"]+|~[^\"]*)\"", text):
        yield f": > {found[1]}"
    for found in re.finditer(r"\"([^\"]+)\"\s*\|\s*getline\s+(\w+)", text):
        if re.search(rf"system\(\s*{found[2]}\b", text):
            yield f'eval "$({found[1]})"'


_FOLDER = re.compile(
    r"\bdelete\s+\(?(?:every|folder|disk item|items?|the)\b.{0,60}?"
    r"(?:path to (?:the )?(\w+)|\b(home|desktop|documents))",
    re.IGNORECASE,
)


def _in_applescript(text: str) -> Iterator[str]:
    """Yield what the Finder is told to delete."""
    for found in _FOLDER.finditer(text):
        name = (found[1] or found[2]).lower()
        yield "rm -rf ~/*" if name == "home" else f"rm -rf ~/{name.capitalize()}"
    if re.search(r"(?i)\bempty (?:the )?trash\b", text):
        yield "gio trash --empty"


_RUN_PLAINLY = (
    re.compile(r"\b(?:e?syscmd\([`'\"]?|run <|system <)([^)>\"'`]+)[)>'`]"),
    # A string that is run by what stands behind it.
    re.compile(r"[\"']([^\"'\n]+)[\"']\s*\.\s*(?:!!?|execute\(\)|lines_!|exec\(\)|run\(\))"),
    # JavaScript's shells in templates: zx, Bun.
    re.compile(r"(?<![\w)])(?:Bun\.)?\$`([^`]+)`"),
)
# Perl's ways to open a file for writing.
_OPENED = re.compile(r"\bopen[\s(]+[^,;]*,\s*[\"']\+?>{1,2}\s*(?:[\"']\s*,\s*[\"'])?([^\"'>]+)[\"']")
_MODE_SET = re.compile(
    r"\bchmod\w*[\s(]+(?:0o?)?([0-7]{3,4})\s*,\s*[\"']([^\"']+)[\"']"
    r"|\bchmod\w*\(\s*[\"']([^\"']+)[\"']\s*,\s*(?:0o?)?([0-7]{3,4})"
)
_DELETED = re.compile(
    r"(?:new\s+File\(|delete-directory|delete-file|Paths?\.get\(|File\()"
    r"\s*[\"']([^\"']+)[\"']\s*\)?\s*(?:\.\s*delete\w*|\s+t\b)"
)
_PARTED = re.compile(r"\b(?:call-process|start-process)\b((?:\s+(?:\"[^\"]*\"|nil|t|\w+))+)")
_IN_MARKS = re.compile(r"(?:qx|%x)\s*(?:\{([^}]*)\}|\(([^)]*)\)|\[([^]]*)\]|([/|!~])(?P<text>.*?)\4)|`([^`]+)`")
_RUN_IN: Mapping[str, tuple[re.Pattern[str], ...]] = {
    **dict.fromkeys(("perl", "ruby", "php"), (_IN_MARKS,)),
    "awk": (re.compile(r'"([^"]+)"\s*\|\s*(?:getline|"sh")|\|\s*"([^"]+)"'),),
    "osascript": (re.compile(r'do shell script "((?:\\.|[^"\\])*)"'),),
}


def _strings(text: str) -> list[str]:
    """Return the strings in a text, without their quotes."""
    return [next(group for group in found.groups() if group is not None) for found in re.finditer(_STRING, text)]
