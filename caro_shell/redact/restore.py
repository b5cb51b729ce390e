"""Putting back what was taken out, in an answer that comes piece by piece, quoted as the place in it needs."""

import re

from caro_shell.redact import Redacted, Secret

# These mean themselves in zsh, bash and fish, quoted or not.
_HARMLESS = re.compile(r"[\w@%+=:,./-]+")
_BELOW = re.compile(r"~(/[\w.+@-]+)?")


def quote(text: str, state: str) -> str:
    """Return `text` written so that a shell takes it literally inside the quotes `state`: `'`, `"` or none."""
    if _HARMLESS.fullmatch(text):
        return text
    if state == '"':
        return re.sub(r'([\\"$`])', r"\\\1", text)
    inside = text.replace("'", r"'\''")
    return inside if state == "'" else f"'{inside}'"


def _literal(secret: Secret) -> str:
    """Return what a secret is without the quotes it was written in."""
    return re.sub(r'\\([\\"$`])', r"\1", secret.text) if secret.quoting == "double" else secret.text


class Restorer:
    """Takes an answer piece by piece and gives it back with the secrets in it; holds back what may become one."""

    def __init__(self, redacted: Redacted) -> None:
        """Know what may come."""
        self._secrets = {secret.placeholder: secret for secret in redacted.secrets}
        self._homes = redacted.homes
        self._others = {placeholder: whole for whole, placeholder in redacted.homes.others.items()}
        forms = []
        if self._secrets:
            # The model may take the placeholder for a variable.
            names = "|".join(map(re.escape, self._secrets))
            forms.append(rf"\$\{{(?P<braced>{names})\}}|\$?(?P<name>{names})(?!\d)")
        if self._others:
            forms.append(rf"(?P<other>{'|'.join(map(re.escape, self._others))})(?![\w.+@-])")
        if redacted.homes.below:
            forms.append(rf"(?<![\w.~/-]){_BELOW.pattern.replace('(/', '(?P<below>/')}")
        self._pattern = re.compile("|".join(forms)) if forms else None
        self._partial = self._partial_pattern()
        self._text, self._before, self._state = "", "", ""

    def _partial_pattern(self) -> re.Pattern[str]:
        """Return what an unfinished placeholder looks like at the end of a piece."""
        forms = [r"~(?:/[\w.+@-]*)?"] if self._homes.below else []
        for word in (*self._secrets, *self._others):
            beginning = ""
            for char in reversed(word):
                beginning = rf"(?:{re.escape(char)}{beginning})?"
            forms.append(rf"(?:\$\{{?)?{beginning}\}}?")
        return re.compile(rf"(?:{'|'.join(forms)})\Z") if forms else re.compile(r"(?!)")

    def feed(self, piece: str) -> str:
        """Return what of the answer is certain by now."""
        if self._pattern is None:
            return piece
        self._text += piece
        held = min((m.start() for m in self._partial.finditer(self._text) if m[0]), default=len(self._text))
        return self._restored(held)

    def finish(self) -> str:
        """Return the rest."""
        return self._restored(len(self._text))

    def _restored(self, end: int) -> str:
        """Give back what is left of `end`."""
        if self._pattern is None or not end:
            return ""
        text, at = self._before + self._text[:end], len(self._before)
        pieces = []
        for match in self._pattern.finditer(text, at):
            pieces += [self._passed(text[at : match.start()]), self._put_back(match)]
            at = match.end()
        pieces.append(self._passed(text[at:]))
        self._before, self._text = text[-1:], self._text[end:]
        return "".join(pieces)

    def _passed(self, text: str) -> str:
        """Follow the quotes in a part of the answer that stays as it is."""
        escaped = False
        for char in text:
            if escaped:
                escaped = False
            elif char == "\\" and self._state != "'":
                escaped = True
            elif char in "'\"" and self._state in {"", char}:
                self._state = "" if self._state else char
            elif char == "\n":
                self._state = ""
        return text

    def _put_back(self, match: re.Match[str]) -> str:
        groups = match.groupdict()
        if other := groups.get("other"):
            return self._others[other]
        name = groups.get("braced") or groups.get("name")
        if name is None:
            below = groups.get("below") or ""
            return quote(self._homes.home, self._state) + below if self._homes.means_home(below) else match[0]
        secret = self._secrets[name]
        # What was typed for a place like this one is right as it is, variables in it included. A `&` without quotes
        # would have ended the word, so it was not typed for a shell.
        if secret.quoting == "bare" and not ("&" in secret.text and not self._state):
            return secret.text
        if secret.quoting == {"'": "single", '"': "double"}.get(self._state):
            return secret.text
        return quote(_literal(secret), self._state)


def restore(text: str, redacted: Redacted) -> str:
    """Return a whole answer with the secrets in it."""
    restorer = Restorer(redacted)
    return restorer.feed(text) + restorer.finish()
