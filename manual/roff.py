"""The little of roff that a man page needs: groff_man(7), which mandoc reads as well. Everything written is ASCII."""

# groff_char(7): what some output devices would exchange for a typographer's form.
_NAMES = {"\\": "\\e", "-": "\\-", "`": "\\(ga", "'": "\\(aq", "^": "\\(ha", "~": "\\(ti"}


def text(words: str) -> str:
    """Return plain words as they stand in a page: no character of them means anything to roff."""
    safe = "".join(_NAMES.get(char, char) if char.isascii() else f"\\[u{ord(char):04X}]" for char in words)
    # A line that begins with a dot would be a request.
    return f"\\&{safe}" if safe.startswith(".") else safe


def prose(words: str) -> str:
    """Return a text in which `words in backquotes` are bold."""
    parts = words.split("`")
    return "".join(bold(part) if number % 2 else text(part) for number, part in enumerate(parts))


def bold(words: str) -> str:
    """Return words as they are typed."""
    return f"\\fB{text(words)}\\fR" if words else ""


def italic(words: str) -> str:
    """Return the name of something that is put in its place."""
    return f"\\fI{text(words)}\\fR" if words else ""


def request(name: str, *words: str) -> str:
    """Return a request of roff's, with its words in quotes."""
    quoted = [f'"{text(word)}"'.replace('"\\&', '"') for word in words]
    return " ".join([f".{name}", *quoted])


def tagged(tag: str, what: str) -> list[str]:
    """Return an item: a tag that is formatted already, and the text beside or below it."""
    return [".TP", tag, what]


def example(command: str, what: str) -> list[str]:
    """Return an example that is not filled, with what it does above it."""
    return [".PP", text(f"{what[:1].upper()}{what[1:]}:"), ".PP", ".RS 4", ".EX", text(command), ".EE", ".RE"]
