"""Strings that a program puts together before it uses them: base64, hexadecimal, characters by number, pieces."""

import base64
import binascii
import codecs
import re
import urllib.parse
import zlib
from collections.abc import Callable, Mapping

from caro_shell.safety.words import LAST_CHARACTER

_MOST = 100_000
_TEXT = r"(?P<quote>['\"])(?P<data>[^'\"\\]*)(?P=quote)"
_BASE64 = r"(?P<quote>['\"])(?P<data>[A-Za-z0-9+/=\s]{4,})(?P=quote)"
_BASE64_CALL = re.compile(
    r"(?:[\w.]*b64decode|[\w.]*decode_base64|Base64\.(?:strict_|urlsafe_)?decode64|base64_decode|atob|Buffer\.from"
    rf"|FromBase64String|Base\.decode64!?)\s*\(?\s*b?{_BASE64}(?:\s*,\s*['\"]base64['\"])?\s*\)?(?:\.(?:decode|toString)\([^)]*\))?"
)
_BASE64_UNPACKED = re.compile(rf"{_BASE64}\.unpack1?\(?\s*['\"]m0?['\"]\s*\)?(?:\[0\]|\.first|\.join)?")
_HEX = r"(?P<quote>['\"])(?P<data>(?:[0-9a-fA-F]{2}\s*){2,})(?P=quote)"
_HEX_CALL = re.compile(
    rf"(?:bytes\.fromhex|[\w.]*unhexlify|hex2bin|Buffer\.from|pack\s*\(?\s*['\"]H\*['\"]\s*,)\s*\(?\s*{_HEX}"
    r"(?:\s*,\s*['\"]hex['\"])?\s*\)?(?:\.(?:decode|toString)\([^)]*\))?"
)
_HEX_PACKED = re.compile(rf"\[\s*{_HEX}\s*\]\.pack\(?\s*['\"]H\*['\"]\s*\)?")
_BASE64_PACKED = re.compile(rf"\[\s*{_BASE64}\s*\]\.pack\(?\s*['\"]m\S*?['\"]\s*\)?")
_PERCENT = re.compile(
    rf"(?:decodeURI(?:Component)?|unescape|(?:raw)?urldecode|URI\.decode\w*|unquote)\s*\(\s*{_TEXT}\s*\)"
)
_ROTATED = re.compile(rf"(?:str_rot13|rot13)\s*\(\s*{_TEXT}\s*\)")
_TURNED = re.compile(rf"(?:strrev|scalar\s+reverse|string\.reverse)\s*\(?\s*{_TEXT}\s*\)?")
_TURNED_BEHIND = re.compile(
    rf"{_TEXT}(?:\.reverse(?:\(\))?|:reverse\(\)|\.split\(\s*(?:''|\"\")\s*\)\.reverse\(\)\.join\(\s*(?:''|\"\")\s*\))"
)
_LIST = r"(?P<data>(?:\d{1,3}\s*,\s*)+\d{1,3})"
_NUMBERS = re.compile(
    rf"(?:String\.fromCharCode|string\.char|Buffer\.from|\bmap\s*\(?\s*(?:\{{\s*chr\s*(?:\$_)?\s*\}}|chr)\s*,?)"
    rf"\s*[(\[]*\s*{_LIST}\s*[)\]]*"
    r"(?:\.toString\(\))?"
)
_NUMBERS_PACKED = re.compile(
    rf"\[\s*{_LIST}\s*\](?:\.pack\(\s*['\"][cCU]\*['\"]\s*\)"
    r"|\.map\(?\s*\{?[&:\w|. ]*chr[\w ]*\}?\)?\.join(?:\(?['\"]['\"]\)?)?)"
)
_NUMBERS_FIRST = re.compile(rf"pack\s*\(?\s*['\"][cCU]\*['\"]\s*,\s*{_LIST}\s*\)?")
_ONE = re.compile(r"\bchr\(\s*(?P<data>\d{1,7})\s*\)")
_FORMED = re.compile(r"sprintf\(\s*\"(?P<form>[^\"]*)\"\s*(?P<data>(?:,\s*\d{1,3}\s*)+)\)")
_JOINED = re.compile(r"\bjoin\s*\(?\s*(['\"])\1\s*,\s*(?=['\"])")
_CONCATENATED = re.compile(r"(['\"])([^'\"\\]*)\1\s*(?:\.\.?|\+|<>|~)\s*(['\"])([^'\"\\]*)\3")
_MOST_PIECES = 60


def of_base64(data: str) -> str:
    """Return what base64 encodes, one character a byte where it is no text; raises ValueError."""
    return _text(base64.b64decode("".join(data.split()) + "==="))


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _unpressed(text: str) -> str:
    return _text(zlib.decompressobj(wbits=47).decompress(_bytes(text), _MOST))


def of_numbers(data: str) -> str:
    """Return the characters that numbers stand for."""
    numbers = [int(number) for number in re.findall(r"\d+", data)]
    return "".join(chr(number) for number in numbers if 0 < number <= LAST_CHARACTER)


DECODERS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("b64decode", "urlsafe_b64decode", "standard_b64decode", "decodebytes", "a2b_base64"), of_base64),
    "b32decode": lambda text: _text(base64.b32decode(_bytes(text))),
    "b16decode": lambda text: _text(base64.b16decode(_bytes(text), casefold=True)),
    "b85decode": lambda text: _text(base64.b85decode(_bytes(text))),
    "a85decode": lambda text: _text(base64.a85decode(_bytes(text))),
    **dict.fromkeys(("fromhex", "unhexlify", "a2b_hex"), lambda text: _text(bytes.fromhex(text))),
    "decompress": _unpressed,
    **dict.fromkeys(("unquote", "unquote_plus"), urllib.parse.unquote),
    "rot13": lambda text: codecs.decode(text, "rot13"),
    "reverse": lambda text: text[::-1],
}
"""What the functions of these names return of one string."""
CODECS: Mapping[str, str] = {
    "rot13": "rot13",
    "rot_13": "rot13",
    "rot-13": "rot13",
    "hex": "fromhex",
    "base64": "b64decode",
    "zlib": "decompress",
}
"""The names of codecs, as those of functions."""


def decode_by(name: str, text: str) -> str | None:
    """Return what the function `name` makes of a string, or None where it would fail."""
    try:
        return DECODERS[name](text)
    except (KeyError, ValueError, binascii.Error, zlib.error):
        return None


_WAYS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_HEX_CALL, "fromhex"),
    (_HEX_PACKED, "fromhex"),
    (_BASE64_CALL, "b64decode"),
    (_BASE64_UNPACKED, "b64decode"),
    (_BASE64_PACKED, "b64decode"),
    (_PERCENT, "unquote"),
    (_ROTATED, "rot13"),
    (_TURNED, "reverse"),
    (_TURNED_BEHIND, "reverse"),
)
# What holds this is worth the look: most texts hold none.
_ANY = re.compile(r"decode|base64|atob|Buffer|hex|pack|quote|rot13|everse|rev\(|har|chr|sprintf|unescape|Base64")


def decoded_strings(text: str) -> tuple[str, list[str]]:
    """Return a text with its encoded strings as plain ones, and those strings."""
    kept: list[str] = []
    if not _ANY.search(text):
        return _concatenated(text), kept

    def plainly(value: str) -> str:
        kept.append(value)
        return repr(value)

    for pattern, way in _WAYS:
        text = pattern.sub(
            lambda found, way=way: (  # type: ignore[misc]  # a lambda's default has no place for a type
                found.group() if (value := decode_by(way, found["data"])) is None else plainly(value)
            ),
            text,
        )
    for pattern in (_NUMBERS, _NUMBERS_PACKED, _NUMBERS_FIRST):
        text = pattern.sub(lambda found: plainly(of_numbers(found["data"])), text)
    text = _ONE.sub(lambda found: repr(of_numbers(found["data"])), text)
    text = _FORMED.sub(_formed, text)
    return _concatenated(_JOINED.sub("", text)), kept


def _formed(found: re.Match[str]) -> str:
    numbers = iter(re.findall(r"\d+", found["data"]))
    return f'"{re.sub("%c", lambda _: of_numbers(next(numbers, "")), found["form"])}"'


def _concatenated(text: str) -> str:
    """Return a text with strings that are put one behind the other as one string."""
    for _ in range(_MOST_PIECES):
        joined = _CONCATENATED.sub(lambda found: f"{found[1]}{found[2]}{found[4]}{found[1]}", text)
        if joined == text:
            return text
        text = joined
    return text
