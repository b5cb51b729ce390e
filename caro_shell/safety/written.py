"""Text that is written where something runs it later: what a shell begins with, scheduled jobs, hooks, units."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from caro_shell.safety import outputs
from caro_shell.safety.words import TILDE, plain

if TYPE_CHECKING:
    from caro_shell.safety.call import Call
    from caro_shell.safety.reader import Reader
    from caro_shell.safety.scope import Scope

_HOME = f"(?:{TILDE}|~|/root|/home/[^/]+|/Users/[^/]+)"
_OF_SHELLS = re.compile(
    rf"{_HOME}/\.(?:bashrc|bash_profile|bash_login|bash_logout|bash_aliases|profile|zshrc|zshenv|zprofile|zlogin|zlogout"
    rf"|xinitrc|xprofile|xsession|kshrc|cshrc|tcshrc|login|logout)$|{_HOME}/\.config/fish/(?:config\.fish|conf\.d/.*|functions/.*)$"
    r"|/etc/(?:profile|bash\.bashrc|bashrc|zsh/.*|zshrc|zshenv|rc\.local|environment)$|/etc/(?:profile|update-motd)\.d/.*"
    r"|/etc/(?:rc\d?\.d|init\.d|cron\.(?:daily|hourly|weekly|monthly)|NetworkManager/dispatcher\.d|network/if-\w+\.d)/.*"
    r"|(?:.*/)?\.git/hooks/[\w-]+$|(?:.*/)?\.husky/[\w-]+$|/etc/grub\.d/.*|(?:.*/)?\.envrc$"
)
_OF_CRON = re.compile(r"/etc/crontab$|/etc/cron\.d/.*|/var/spool/cron/.*|/etc/anacrontab$")
_OF_UNITS = re.compile(r"(?:.*/)?[\w@.-]+\.(?:service|timer|desktop|path|socket)$|/etc/udev/rules\.d/.*")
# Five fields or a name, perhaps a user, and the command.
_JOB = re.compile(r"^\s*(?:(?:[\d*/,-]+\s+){5}|@\w+\s+)(?P<run>[^\n]+)", re.MULTILINE)
_USER = re.compile(r"^(?:root|daemon|nobody|www-data|\$USER|[a-z_][a-z0-9_-]*)\s+(?=\S)")
_UNIT = re.compile(r"(?:^Exec\w*\s*=\s*[-@+!:]*|RUN\+?=\")(?P<run>[^\n\"]+)", re.MULTILINE)


def run_later(call: "Call", scope: "Scope", reader: "Reader") -> Iterator["Call"]:
    """Yield the calls of the text that `call` writes into a file from which others will run it."""
    files = [redirect.target.value for redirect in call.redirects if ">" in redirect.operator]
    if call.name == "tee":
        files += [word.value for word in call.arguments if not word.value.startswith("-")]
    if call.name in ("sudo", "doas"):
        names = [word.value for word in call.arguments]
        files += names[names.index("tee") + 1 :] if "tee" in names else []
    kinds = [kind for path in files for kind in (_OF_SHELLS, _OF_CRON, _OF_UNITS) if kind.match(path)]
    if not kinds:
        return
    given = [*call.fed_by, call] if call.name not in ("sudo", "doas") else list(call.fed_by)
    printed = outputs.of_pipeline(given)
    for text in _texts(plain(printed or ""), kinds[0]):
        yield from reader.read(text, scope.inner("later", span=call.span))


def _texts(printed: str, kind: re.Pattern[str]) -> Iterator[str]:
    """Yield the commands in a text for the kind of file that it is written into."""
    if kind is _OF_SHELLS:
        yield printed
    elif kind is _OF_CRON:
        for found in _JOB.finditer(printed):
            yield _USER.sub("", found["run"])
    else:
        yield from (found["run"] for found in _UNIT.finditer(printed))
