"""What a secret looks like: forms that are secret by themselves, and places where only a secret stands.

A form marks its secret by one of the groups `own`, `bare`, `single`, `double` and `escaped`; the last four also say
how it is quoted. A group `name` has to be a secret's name (`names_secret`).
"""

import re
from dataclasses import dataclass

# A value on a command line or in a file, quoted or not; a line that is still being typed may lack the closing quote.
_QUOTED = (
    r"""(?:\\"(?P<escaped>[^"\\]{1,400})|"(?P<double>(?:[^"\\]|\\.){1,400})(?:"|$)|'(?P<single>[^']{1,400})(?:'|$))"""
)
# An apostrophe inside a word is part of it, as in prose.
_BARE = r"""(?P<bare>(?:(?!,[A-Za-z_]+=)[^\s"'`;|<>()]|(?<=\w)'(?=\w+(?:\s|$))){1,400})"""
_VALUE = rf"(?:{_QUOTED}|{_BARE})"
# The words of one command up to an option of it.
_WORDS = r"[^\n;|]{0,300}?\s"


@dataclass(frozen=True)
class Form:
    """One way in which secrets are written."""

    pattern: re.Pattern[str]
    is_sure: bool = False
    """Whether what it matches is a secret whatever it looks like, because its own shape says so."""
    in_prose: bool = False
    """Whether it may be the middle of a sentence, where most values are just the next word."""


def _form(pattern: str, *, is_sure: bool = False, in_prose: bool = False, flags: int = 0) -> Form:
    return Form(re.compile(pattern, flags), is_sure, in_prose)


# Each issuer's own format, by its documentation; a word boundary stands in front of all of them.
_TOKENS = (
    r"sk-(?:proj|ant|or|svcacct|admin|lf)-[\w-]{10,}",
    r"sk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{20,}",
    r"sk-[A-Za-z0-9]{20,}",
    r"gh[pousr]_[A-Za-z0-9]{20,}",
    r"github_pat_\w{20,}",
    r"gl(?:pat|dt|rt|ft|soat|cbt|ptt|agent|imt|oas|ffct|cwt)-[\w-]{16,}(?:\.[\w-]+)*",
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])",
    r"AIza[\w-]{35}",
    r"ya29\.[\w-]{20,}",
    r"GOCSPX-[\w-]{20,}",
    r"1//0[\w-]{30,}",
    r"xox[abceoprs]-[\w-]{10,}",
    r"xapp-\d-[\w-]{10,}",
    r"hf_[A-Za-z0-9]{20,}",
    r"npm_[A-Za-z0-9]{20,}",
    r"pypi-AgE[\w-]{20,}",
    r"dckr_(?:pat|oat)_[\w-]{20,}",
    r"do[opr]_v1_[a-f0-9]{40,}",
    r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}",
    r"whsec_[A-Za-z0-9+/=]{16,}",
    r"SK[a-f0-9]{32}",
    r"SG\.[\w-]{16,}\.[\w-]{16,}",
    r"key-[a-f0-9]{32}",
    r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    r"sq0(?:atp|csp)-[\w-]{22,}",
    r"EAAA[\w-]{60}",
    r"\d{8,10}:AA[\w-]{33}",
    r"gsk_[A-Za-z0-9]{20,}",
    r"xai-[A-Za-z0-9]{20,}",
    r"r8_[A-Za-z0-9]{30,}",
    r"pplx-[A-Za-z0-9]{30,}",
    r"dapi[a-f0-9]{32}",
    r"gl(?:c|sa)_[\w+/=]{20,}",
    r"lin_api_[A-Za-z0-9]{20,}",
    r"ntn_[A-Za-z0-9]{30,}",
    r"hv[sbr]\.[\w-]{20,}",
    r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}",
    r"ATATT3[\w=-]{20,}",
    r"sbp_[a-f0-9]{40}",
    r"sntry[su]_[\w+/=-]{20,}",
    r"oy2[a-z0-9]{43}",
    r"rubygems_[a-f0-9]{40,}",
    r"cio[A-Za-z0-9]{32}",
    r"dp\.(?:pt|st|ct|sa)\.[\w.-]{20,}",
    r"tskey-[a-z]+-[\w-]{10,}",
    r"PMAK-[a-f0-9-]{20,}",
    r"[sp]k\.eyJ[\w-]{10,}\.[\w-]{10,}",
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w.-]*",
    r"ops_eyJ[\w-]{20,}",
    r"fm[12]_[\w+/=-]{20,}",
    r"AGE-SECRET-KEY-1[0-9A-Z]{20,}",
)
_BASE64_LINE = r"(?:(?:\s|\\[rn])+(?:[A-Za-z0-9+/=]{20,}|(?:Proc-Type|DEK-Info|Version|Comment|Hash):[^\n\\]*))*"

FORMS: tuple[Form, ...] = (
    # A key block, whole; or with its end, or its beginning, cut off.
    _form(
        r"(?P<own>-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----.{0,20000}?"
        r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)",
        is_sure=True,
        flags=re.DOTALL,
    ),
    _form(
        rf"(?P<own>-----BEGIN [A-Z0-9 ]{{0,30}}PRIVATE KEY(?: BLOCK)?-----{_BASE64_LINE}(?:\s+[A-Za-z0-9+/=]+$)?)",
        is_sure=True,
    ),
    _form(
        r"(?<![A-Za-z0-9+/=])(?P<own>(?:[A-Za-z0-9+/=]{16,200}(?:\s|\\[rn])+){1,200}"
        r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)",
        is_sure=True,
    ),
    _form(rf"(?<![\w-])(?P<own>{'|'.join(_TOKENS)})", is_sure=True),
    _form(r"https://hooks\.slack\.com/(?:services|workflows|triggers)/(?P<own>[\w/-]{10,})", is_sure=True),
    _form(r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/(?P<own>\d+/[\w-]{10,})", is_sure=True),
    _form(r"https://[\w.-]+\.webhook\.office\.com/webhookb2/(?P<own>[\w/@-]{10,})", is_sure=True),
    # crypt(3), and what followed it.
    _form(r"(?P<own>\$(?:2[abxy]?|5|6|y|7|gy)\$[./A-Za-z0-9,=$]{20,})", is_sure=True),
    _form(r"(?P<own>\$1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22})", is_sure=True),
    _form(r"(?P<own>\$argon2(?:id|i|d)\$[./A-Za-z0-9+,=$]{20,})", is_sure=True),
    # URLs: what stands before the @ behind a colon; a name there alone is one, unless it looks like a token.
    _form(r"""[A-Za-z][\w+.-]{1,30}://[^\s/:@"'?#]{0,200}:(?P<bare>(?!\d+/)[^\s"'/]{1,200})@(?=[\w.\[-])"""),
    _form(r"""[A-Za-z][\w+.-]{1,30}://[^\s/:@"'?#]{0,200}:(?P<bare>(?!\d+/)[^\s"'@]{1,200})@(?=[\w.\[-])"""),
    _form(
        r"[A-Za-z][\w+.-]{1,30}://(?P<own>(?=[\w~%-]*\d)(?=[\w~%-]*[A-Za-z])[\w~%-]{20,200})(?=(?::[^\s/@]{0,200})?@[\w\[])",
        is_sure=True,
    ),
    _form(r"""[?&](?P<name>[\w.-]{2,60})=(?P<bare>[^\s&"'#;`|<>()]{3,})"""),
    _form(r"[?&](?:sig|code|X-Amz-Signature|X-Amz-Credential|X-Goog-Signature)=(?P<own>[\w%./+-]{16,})", is_sure=True),
    # Headers.
    _form(
        r"""(?:Proxy-)?Authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:(?:Bearer|Basic|Token|Digest|ApiKey|Negotiate|AWS|"""
        r"""GenieKey|Splunk|SSWS)\s+)?(?P<bare>[^\s"']{3,})""",
        flags=re.IGNORECASE,
    ),
    _form(r"""\b(?:Bearer|Basic)\s+(?P<own>(?=[^\s"']*\d)[\w.~+/=-]{16,})""", is_sure=True, flags=re.IGNORECASE),
    _form(r"""(?:-H|--header)[\s=]{0,3}["']?(?P<name>[\w-]{2,60}):\s{0,3}(?P<bare>[^"'\n]{3,})"""),
    _form(r"""\b(?:Set-)?Cookie:\s{0,3}(?P<bare>[\w.-]+=[^"'\n]{3,})""", flags=re.IGNORECASE),
    _form(r"""\bcurl\b[^\n;|]{0,300}?\s(?:-b|--cookie)[\s=]{0,3}["']?(?P<bare>[\w.-]+=[^"'\n]{3,})"""),
    # Files of other programs.
    _form(rf"""\blogin\s+\S+\s+(?:account\s+\S+\s+)?password\s+{_VALUE}"""),
    _form(r"^[\w.*-]+:(?:\d{1,5}|\*):[^:\s]+:[^:\s]+:(?P<bare>\S+)$", flags=re.MULTILINE),
    # A name that says so.
    _form(rf"""(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{{0,60}})(?:\\?["'])?\s{{0,3}}(?::=|=>|={{1,2}})\s{{0,3}}{_VALUE}"""),
    _form(rf"""(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{{0,60}})\\?["']\s{{0,3}}:\s{{0,3}}{_VALUE}"""),
    _form(rf"^\s*(?:-\s+)?(?P<name>[A-Za-z_][\w.-]{{0,60}}):\s{{1,3}}{_VALUE}\s*$", flags=re.MULTILINE),
    _form(rf"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{{0,60}}):\s{{0,3}}{_VALUE}", in_prose=True),
    _form(rf"(?<![\w-])--?(?P<name>[A-Za-z][\w-]{{1,60}})(?:=|\s+){_VALUE}"),
    _form(rf"\bset(?:env)?\s+(?:-{{1,2}}[\w-]+\s+){{0,4}}(?P<name>[A-Za-z_]\w*)\s+{_VALUE}"),
    _form(
        r"\b(?:pass(?:word|wd|phrase|code)|token|secret|api[ _-]?key|pin)"
        rf"(?:\s+(?:is|as|to|of|with|being))?\s+{_VALUE}",
        in_prose=True,
        flags=re.IGNORECASE,
    ),
    _form(
        rf"\b(?:identified\s+by|(?:with|encrypted|set)\s+password)\s+{_QUOTED}",
        flags=re.IGNORECASE,
    ),
    # Options that are secret in one program only.
    _form(rf"\b(?:mysql|mariadb)[\w-]*\b{_WORDS}-p{_VALUE}"),
    _form(rf"\bsshpass\s+(?:-[a-z]+\s+)?-p\s*{_VALUE}"),
    _form(rf"""\b(?:curl|http|https|xh)\b{_WORDS}(?:-u|-a|-U|--user|--auth|--proxy-user)[\s=]*["']?[^\s:"'$]+:(?P<bare>[^\s"']+)"""),
    _form(rf"\b(?:redis-cli|valkey-cli)\b{_WORDS}(?:-a|--pass)\s+{_VALUE}"),
    _form(rf"\b(?:7z[ar]?|7zz|rar|unrar)\b{_WORDS}-h?p{_VALUE}"),
    _form(rf"\b(?:zip|unzip|sqlcmd|bcp|osql)\b{_WORDS}-P\s*{_VALUE}"),
    _form(rf"\bldap\w+\b{_WORDS}-w\s*{_VALUE}"),
    _form(r"""\b(?:smbclient|rpcclient|net|smbmap)\b[^\n;|]{0,300}?\s-U\s*["']?[^\s%"']+%(?P<bare>[^\s"']+)"""),
    _form(rf"\b(?:login|mongo(?:sh|dump|restore|export|import)?)\b{_WORDS}-p\s+{_VALUE}"),
    _form(rf"\bxfreerdp3?\b{_WORDS}/p:{_VALUE}"),
    _form(rf"\bhtpasswd\s+-\w*b\w*\s+(?:-\w+\s+)*\S+\s+\S+\s+{_VALUE}"),
    _form(rf"\bnmcli\b{_WORDS}password\s+{_VALUE}"),
    _form(rf"\bwpa_passphrase\s+\S+\s+{_VALUE}"),
    _form(rf"\bvault\s+login\s+(?:-[\w=-]+\s+)*{_VALUE}"),
    _form(r"""\blftp\b[^\n;|]{0,300}?\s-u\s*["']?[^\s,"']+,(?P<bare>[^\s"']+)"""),
    _form(rf"(?<![\w-])pass:{_VALUE}"),
    _form(r"""\becho\s+(?:-\w+\s+)*["']?[\w.-]+:(?P<bare>[^\s"'|]+)["']?\s*\|\s*(?:sudo\s+)?chpasswd"""),
    _form(
        rf"\b(?:echo|printf)\s+(?:-\w+\s+)*{_VALUE}\s*\|[^|\n]{{0,200}}?"
        r"(?:sudo\s+(?:-\w+\s+)*(?:-\w*S|--stdin)|-stdin\b|--stdin\b|--passphrase-fd|--with-token|cryptsetup)"
    ),
)  # fmt: skip
# AWS gives an access key a companion without a form of its own.
COMPANION = re.compile(r"(?<![A-Za-z0-9/+=])(?P<own>(?=[A-Za-z0-9/+]*[A-Z])[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])")
COMPANION_OF = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")

_NAMES = tuple(
    """password passwd passphrase passcode secret token apikey authtoken storepass keypass dbpass userpass accesskey
    secretkey privatekey accountkey authkey encryptionkey signingkey masterkey credential credentials""".split()  # noqa: SIM905
)
_NAMES_ALONE = frozenset({"pass", "pwd", "pw", "psk", "passwort", "kennwort", "otp", "pin", "pat"})
# These are often something else: what stands there must look like a key, too.
_DOUBTFUL = frozenset({"key", "auth", "sid", "session", "sessionid", "signature", "sig", "cookie", "license"})
_NOT_NAMES = frozenset({"pwd", "oldpwd"})


def names_secret(name: str) -> bool | None:
    """Say whether a setting of this name holds a secret; None: only if its value looks like one."""
    if name.lower() in _NOT_NAMES:
        return False
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)
    lower = [word.lower() for word in words if not word.isdigit()]
    joined = "".join(lower)
    if not lower:
        return False
    if joined.endswith(_NAMES) or lower[-1] in _NAMES_ALONE:
        return True
    return None if lower[-1] in _DOUBTFUL else False


_EMPTY_WORDS = frozenset(
    """true false null none nil yes no on off undefined unset empty prompt ask required optional password passwd secret
    token string example changeme your_password your-password your_token your-token mypassword mysecret redacted hidden
    stdin keyring env file here default auto always never disabled enabled bearer basic digest input output""".split()  # noqa: SIM905
)
_ROOTS = (
    "bin|boot|dev|etc|home|lib|media|mnt|nix|opt|private|proc|root|run|snap|srv|sys|tmp|usr|var|Users|Volumes|Library"
)
_NOT_SECRET = re.compile(
    rf"""\$[A-Za-z_{{(\d@*?\#!-].*      # a variable, or what a command prints
    | [<\[{{%].*[>\]}}%]|%\(.*          # a place to be filled in
    | [*.xX•…_-]+                       # a secret that is hidden already
    | (?:~|\.{{1,2}})/.*|/(?:{_ROOTS})(?:/.*)?
    | (?:env|file|fd|pass|vault|op|arn|prompt|keyring|secret):.*
    | CARO_SECRET_\d+
    | ,.*|[=:&].*""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(
    r"[A-Za-z]+[.,:;!?]?|\d{1,5}|[\w.-]*\.[A-Za-z]{1,8}\d?|v?\d+(?:[.:-]\d+)+|.*://.*|[A-Za-z]+(?:[-_][A-Za-z]+)+"
)
_HEX_ONLY = re.compile(r"[0-9a-fA-F-]+")
_LEAST = 3
_RANDOM_LEAST = 16
_PROSE_LEAST = 6


def is_plain(value: str, *, quoted: bool) -> bool:
    """Say whether a value that a name calls secret is none: a variable, a place-holder, a path, an option."""
    if len(value) < _LEAST or value.lower() in _EMPTY_WORDS:
        return True
    if quoted and value.startswith("$"):
        return False
    return bool(_NOT_SECRET.fullmatch(value)) or (not quoted and re.match(r"--?[A-Za-z]", value) is not None)


def is_next_word(value: str, *, quoted: bool) -> bool:
    """Say whether what follows a word such as `password` in a sentence is only the next word of it."""
    if quoted:
        return False
    return len(value) < _PROSE_LEAST or _PLAIN.fullmatch(value) is not None


def looks_random(value: str) -> bool:
    """Say whether a value looks like a key and not like a name, a number or a hash."""
    return (
        len(value) >= _RANDOM_LEAST
        and any(map(str.isdigit, value))
        and any(map(str.isalpha, value))
        and not _HEX_ONLY.fullmatch(value)
        and not any(char in value for char in " /\\")
    )
