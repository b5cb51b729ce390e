"""What a rule may ask beyond words and options (`when`): how a call is fed, and what came before it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from caro_shell.safety.call import Call
from caro_shell.safety.words import shown

_FETCHERS = frozenset({"curl", "wget", "aria2c", "fetch", "http", "xh", "scp", "ftp"})
_TAKES_OUTPUT = frozenset({"-o", "-O", "--output", "--output-document"})
_INTERPRETERS = frozenset(
    "sh bash zsh dash ksh ash fish python python2 python3 perl ruby node php source . sudo su exec env".split()  # noqa: SIM905
)
_NETWORK = ("/dev/tcp/", "/dev/udp/")
_SHELLS = frozenset({"sh", "bash", "zsh", "exec", "dash", "ksh", ""})
_SECRET = re.compile(
    r"\.(ssh/(id_\w+(?!\S*\.pub)|\w*_rsa(?!\S*\.pub)|\*)|ssh/?$|aws(/|$)|gnupg|netrc|pgpass|kube/config|npmrc|pypirc|env$|git-credentials"
    r"|password-store|bash_history|zsh_history)|/etc/(shadow|gshadow|ssl/private)|^\.env(\.\w+)?$|id_(rsa|ed25519|ecdsa|dsa)$"
)
_PRINTS_SECRETS = frozenset({"env", "printenv", "export", "set", "history", "declare"})
_READS_SECRETS = re.compile(
    r"^(kubectl get secrets?|aws (secretsmanager|ssm) get|vault kv get|vault read|pass (show )?\S|op (read|item get)"
    r"|gopass|security (find|dump)|gpg --export-secret|secret-tool lookup|gcloud secrets versions access"
    r"|az keyvault secret show)"
)
_SECRET_NAME = re.compile(r"(?i)\$\{?\w*(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY)")
_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_DESTROYS = re.compile(
    r"""^\s*(?:explain\s+analyze\s+)?(?:with\b.*?\)\s*)?(?:begin\b\s*)?(?:
    drop\s+(?!index\s+concurrently)(?:table|database|schema|view|user|role|index|keyspace|collection|owned|tablespace|extension
      |measurement|bucket|type|trigger|function|materialized|sequence|server|policy|publication|subscription)\b
    |truncate\b
    |delete\s+from\s+[\w"`.\[\]]+(?:\s+(?:as\s+)?(?!where\b|using\b)\w+)?\s*(?:$|returning|limit|where\s+(?:1\s*=\s*1|true\b|1\s*$|not\s+false|id\s*(?:>|>=|<>|!=)\s*-?[01]\s*$|\w+\s+is\s+not\s+null\s*$))
    |update\s+[\w"`.]+\s+(?:as\s+\w+\s+)?set\s+(?:(?!\bwhere\b).)*$
    |update\s+[\w"`.]+\s+set\s+.*\bwhere\s+(?:1\s*=\s*1|true)\s*$
    |alter\s+(?:table|database)\s+(?:if\s+exists\s+)?\S+\s+drop\b
    |alter\s+(?:user|role)\s+\S+.*\bsuperuser
    |reassign\s+owned|grant\s+all\b.*(?:\*\.\*|\bto\s+public\b|@\s*$|@\s*\S*\s+(?:identified|with))
    |\\?drop\s+\w+\s+if\s+exists|purge\s+binary|reset\s+master|revoke\s+all|flush\s+privileges\s*;\s*drop)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def _positional(call: Call) -> list[str]:
    return [word.value for word in call.arguments if not word.value.startswith(("-", "+")) or word.value == "-"]


def reads_unknown(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a call runs what it reads, and nobody can say here what that is."""
    return call.input is None and bool(call.fed_by) and not [word for word in _positional(call) if word != "-"]


def runs_made_up(call: Call, fetched: frozenset[str]) -> bool:
    """Say whether a text that stands in the line is changed on its way into a shell, beyond what can be followed."""
    return reads_unknown(call, fetched) and call.fed_by[0].name in (
        "echo",
        "printf",
        "python3",
        "python",
        "perl",
        "string",
    )


def prints_unknown(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a call runs what another command prints."""
    return bool(call.substituted)


def runs_fetched(call: Call, fetched: frozenset[str]) -> bool:
    """Say whether a call runs a file that an earlier one has fetched."""
    if not fetched or not call.words:
        return False
    name = shown(call.words[0].value)
    ran = [name] if "/" in name else []
    if call.name in _INTERPRETERS:
        ran += _positional(call)[:1]
    return any(_base(path) in fetched for path in ran)


def opens_network(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a shell's own input and output are a connection."""
    return call.name in _SHELLS and any(redirect.target.value.startswith(_NETWORK) for redirect in call.redirects)


def is_given_secrets(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether what a call reads comes from a file of keys, or from all variables."""
    for before in call.fed_by:
        if before.name in _PRINTS_SECRETS and not _positional(before):
            return True
        if _READS_SECRETS.search(shown(" ".join(word.value for word in before.words))):
            return True
        if any(_SECRET.search(shown(value)) for word in before.arguments for value in word.values):
            return True
    return any(redirect.operator == "<" and _SECRET.search(shown(redirect.target.value)) for redirect in call.redirects)


def is_given_secret_variable(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a variable with a secret's name is among the words that are handed to a call."""
    return any(_SECRET_NAME.search(before.source) for before in call.fed_by)


def destroys_data(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a statement of SQL among the words of a call, or in what it reads, takes tables or all rows away."""
    texts = [shown(word.value) for word in call.arguments] + ([shown(call.input)] if call.input else [])
    return any(
        _DESTROYS.search(statement)
        for text in texts
        if " " in text
        for statement in _QUOTED.sub("''", text.removeprefix("--command=").removeprefix("--execute=")).split(";")
    )


_FILTERS = frozenset({"grep", "egrep", "rg", "head", "tail", "fzf", "pgrep", "jq", "comm"})


def is_given_all_processes(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether the processes that a call is given are all there are: nothing has picked some of them."""
    feeders = (*call.fed_by, *call.substituted)
    narrowed = any(
        (before.name in _FILTERS and not any(word.value in (".", ".*", "-v") for word in before.arguments))
        or (before.name == "awk" and any(re.search(r"/.+/|==|~", shown(word.value)) for word in before.arguments))
        or (
            before.name == "ps"
            and any(
                re.match(r"-?[pCuUgt]|--(pid|user|ppid)", word.value)
                for word in before.arguments
                if word.value not in ("-e", "-ef", "aux")
            )
            and not any(word.value in ("aux", "-ef", "-e", "-A", "ax") for word in before.arguments)
        )
        for before in feeders
    )
    return not narrowed and any(before.name in ("ps", "pgrep") for before in feeders)


def is_given_everything(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether nothing has picked some of what a call is given."""
    return not any(
        before.name in _FILTERS or any(word.value.startswith(("--filter", "-f")) for word in before.arguments)
        for before in (*call.fed_by, *call.substituted)
    )


def overwrites_its_input(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a file is emptied before it is read: `sort x > x`."""
    # Of a pipeline, the redirection is the last command's.
    writes = {redirect.target.value for redirect in call.redirects if redirect.operator in (">", ">|")}
    read = {
        word.value
        for reader in (call, *call.fed_by)
        if reader.name not in ("echo", "printf", "print", "test", "[", "ls", "touch", "rm", "stat")
        for word in reader.arguments
    }
    return bool({path for path in writes if not path.startswith("/dev/")} & read)


CONDITIONS: Mapping[str, Callable[[Call, frozenset[str]], bool]] = {
    "reads-unknown": reads_unknown,
    "prints-unknown": prints_unknown,
    "fetched": runs_fetched,
    "made-up": runs_made_up,
    "network": opens_network,
    "secret-input": is_given_secrets,
    "sql": destroys_data,
    "secret-variable": is_given_secret_variable,
    "all-processes": is_given_all_processes,
    "own-input": overwrites_its_input,
    "not-filtered": is_given_everything,
}


def _base(path: str) -> str:
    return shown(path).rstrip("/").rpartition("/")[2]


def fetched_by(calls: Sequence[Call]) -> Iterator[frozenset[str]]:
    """Yield, for each call in turn, the names of the files that those before it have fetched."""
    names: set[str] = set()
    for call in calls:
        yield frozenset(names)
        sources = [call, *call.fed_by] if call.name in (*_FETCHERS, "tee") else []
        if not any(source.name in _FETCHERS for source in sources):
            continue
        words = [word.value for word in call.arguments]
        names |= {_base(redirect.target.value) for redirect in call.redirects}
        names |= {_base(word) for at, word in enumerate(words) if at and words[at - 1] in _TAKES_OUTPUT}
        names |= {_base(word) for word in words if "://" in word or "/" in word}
        names |= {_base(word) for word in words if call.name == "tee" and not word.startswith("-")}
    names.discard("")
