"""zsh's expansions with flags, written as what bash reads: `${(P)name}`, `${(j: :)${(s:,:)…}}`, `$name[key]`."""

import re

# The innermost ones, whose value stands in them: `${(flags):-text}`.
_SAID = re.compile(r"\$\{(?:\((?P<flags>[^()]*(?:\([^()]*\)[^()]*)?)\))?:-(?P<text>[^${}]*(?:\$\w+[^${}]*)*)\}")
_AROUND = re.compile(r"(\$\{\([^()]*\))\ue010([^\ue011]*)\ue011\}")
_INDIRECT = re.compile(r"\$\{\(P\)(\w+)\}")
_SPLIT = re.compile(r"\$\{=(\w+)\}|\$=(\w+)")
_FLAGGED = re.compile(r"\$\{\([a-zA-Z@:=, ]+\)(\w+)\}")
_KEYED = re.compile(r"\$([A-Za-z_]\w*)\[([\w@*-]+)\]")
_CUTS = re.compile(r"([sj])(.)(.*?)\2")
# Nested ones are followed from the inside; nobody writes more.
_MOST_ROUNDS = 6


def flags_followed(text: str) -> str:
    """Return a text with the expansions that say themselves what they come to replaced by that."""
    for _ in range(_MOST_ROUNDS):
        followed = _AROUND.sub(r"\1:-\2}", _SAID.sub(lambda found: f"\ue010{_value(found)}\ue011", text))
        if followed == text:
            break
        text = followed
    text = text.replace("\ue010", "").replace("\ue011", "")
    text = _INDIRECT.sub(r"${!\1}", _SPLIT.sub(lambda found: f"${found[1] or found[2]}", text))
    return _KEYED.sub(r"${\1[\2]}", _FLAGGED.sub(r"${\1}", text))


def _value(found: re.Match[str]) -> str:
    """Return what flags make of a text: `P` names a variable, `s` and `j` cut and join, `e` and `Q` take quotes off."""
    text, flags = found["text"], found["flags"] or ""
    cuts = {kind: sign for kind, _, sign in _CUTS.findall(flags)}
    bare = _CUTS.sub("", flags)
    if set("eQ") & set(bare):
        text = text.strip("'\"")
    if cuts.get("s"):
        text = text.replace(cuts["s"], " ")
    if cuts.get("j", "").strip():
        text = text.replace(" ", cuts["j"])
    cased = text.upper() if "U" in bare else text.lower() if "L" in bare else text
    return f"${cased}" if "P" in bare and re.fullmatch(r"\w+", cased) else cased
