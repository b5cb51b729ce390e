"""What a rule may ask beyond words and options (`when`): how a call is fed, and what came before it."""

import re
from collections.abc import Callable, Mapping

from caro_shell.safety.call import Call
from caro_shell.safety.fetched import (
    installs_fetched_plainly,
    is_sent_by_remote,
    positional,
    runs_fetched,
    runs_what_it_names,
)
from caro_shell.safety.secret import is_given_secret_file, is_given_secret_variable, is_given_secrets
from caro_shell.safety.verbs import takes_everything, takes_from_others
from caro_shell.safety.words import shown

_NETWORK = ("/dev/tcp/", "/dev/udp/")
_SHELLS = frozenset({"sh", "bash", "zsh", "exec", "dash", "ksh", ""})
_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*!\d*(?P<run>.*?)\*/|/\*.*?\*/", re.DOTALL)
# `--command=…`, `-e…`: the option that a statement is written behind.
_BEHIND = re.compile(r"--[a-z-]+=|-[eqQ](?=[a-z]+ )", re.IGNORECASE)
_DESTROYS = re.compile(
    r"""^\s*(?:explain\s+analyze\s+)?(?:with\b.*?\)\s*)?(?:begin\b\s*)?(?:
    drop\s+(?!index\s+concurrently)(?:table|database|schema|view|user|role|index|keyspace|collection|owned|tablespace|extension
      |measurement|bucket|type|trigger|function|materialized|sequence|server|policy|publication|subscription|procedure
      |event|pluggable|dictionary|namespace|stage|warehouse|aggregate|domain|login|partition)\b
    |remove\s+(?:database|namespace|table|user)\b
    |do\s+\$\w*\$.*\b(?:drop|truncate)\s
    |alter\s+table\s+.*\bdisable\s+(?:trigger\s+all|row\s+level)
    |alter\s+table\s+\S+\s+(?:drop\s+partition|delete\s+where\s+(?:1|true)\b)
    |alter\s+system\s+(?:reset\s+all|set\s+(?:fsync|full_page_writes|autovacuum)\W+off)
    |alter\s+(?:user|role)\s+\S+\s+.*\bpassword\s+null
    |select\b.*\b(?:pg_drop_replication_slot|lo_unlink)\s*\(
    |select\b.*\bpg_terminate_backend\s*\((?:(?!\bwhere\s+pid\b)[^0-9)])*\)(?!.*\bwhere\s+pid\b)
    |copy\b.*\b(?:from|to)\s+program\b
    |reset\s+(?:slave|replica)\s+all
    |shutdown\s+(?:abort|immediate)|delete\s+noprompt
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


def reads_unknown(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a call runs what it reads, and nobody can say here what that is."""
    return call.input is None and bool(call.fed_by) and not [word for word in positional(call) if word != "-"]


def runs_made_up(call: Call, fetched: frozenset[str]) -> bool:
    """Say whether a text that stands in the line is changed on its way into a shell, beyond what can be followed."""
    return reads_unknown(call, fetched) and (
        call.fed_by[0].name in ("echo", "printf", "python3", "python", "perl", "string")
        or (call.fed_by[0].name in _LANGUAGES and any(_TEXT.fullmatch(word.value) for word in call.fed_by[0].arguments))
        or (call.fed_by[0].name in _CALCULATORS and call.fed_by[0].input is not None)
    )


# With an option that takes a text, these print what stands in the line.
_LANGUAGES = frozenset(
    {"ruby", "node", "nodejs", "php", "lua", "luajit", "deno", "bun", "dc", "tclsh", "raku", "guile"}
)
_CALCULATORS = frozenset(
    {"bc", "dc", "m4", "cpp", "ed", "ruby", "node", "php", "lua", "jq", "yq", "xq", "gojq", "dasel"}
)
_TEXT = re.compile(r"-[a-zA-Z]*[epr]|--eval|--print|eval")


def prints_unknown(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a call runs what another command prints."""
    return bool(call.substituted)


def opens_network(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a shell's own input and output are a connection."""
    if call.name not in _SHELLS:
        return False
    # A shell that reads and writes one descriptor of its own talks to whatever that is: `sh <&3 >&3`.
    talks = {redirect.operator: redirect.target.value for redirect in reversed(call.redirects)}
    both = talks.get("<&n") == talks.get(">&n") and talks.get("<&n", "0") not in ("0", "1", "2", "-")
    return both or any(redirect.target.value.startswith(_NETWORK) for redirect in call.redirects)


def _blanked(found: re.Match[str]) -> str:
    """Return what stands for a string or a comment; in MySQL's own ones (`/*!50000 … */`) the text is run."""
    return "''" if found.group().startswith("'") else f" {found['run'] or ''} "


def destroys_data(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a statement of SQL among the words of a call, or in what it reads, takes tables or all rows away."""
    texts = [shown(word.value) for word in call.arguments] + ([shown(call.input)] if call.input else [])
    return any(
        _DESTROYS.search(statement)
        for text in texts
        if " " in text
        for statement in _QUOTED.sub(_blanked, _BEHIND.sub("", text, count=1)).split(";")
    )


_PROCESS_VALUES = frozenset({"-o", "-O", "-eo", "-Ao", "o", "-eO", "axo", "--format", "--sort", "-k"})
_PICKED = re.compile(r"-[pCuUgGtsq]\S*|--(?:pid|ppid|user|User|group|tty|sid|quick-pid)\b.*|[pUt]\d+|\d+")


def _picks_processes(call: Call) -> bool:
    """Say whether `ps` shows only some of the processes: those of a user, a name, a terminal."""
    values = [word.value for word in call.arguments]
    shown_by = [
        value for at, value in enumerate(values) if values[at - 1 : at] == [] or values[at - 1] not in _PROCESS_VALUES
    ]
    everything = any(re.fullmatch(r"-\w*[eA]\w*|-?\w*(?:ax|xa)\w*", value) for value in shown_by)
    return not everything and any(_PICKED.fullmatch(value) for value in shown_by)


_FILTERS = frozenset({"grep", "egrep", "rg", "head", "tail", "fzf", "pgrep", "jq", "comm"})


def is_given_all_processes(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether the processes that a call is given are all there are: nothing has picked some of them."""
    feeders = (*call.fed_by, *call.substituted)
    narrowed = any(
        (before.name in _FILTERS and not any(_ANY_LINE.fullmatch(word.value) for word in before.arguments))
        or (before.name == "awk" and any(re.search(r"/.+/|==|~", shown(word.value)) for word in before.arguments))
        or (before.name == "ps" and _picks_processes(before))
        or (before.name in ("lsof", "fuser") and not any(word.value in _EVERYWHERE for word in before.arguments))
        for before in feeders
    )
    listed = any(
        before.name == "ls" and any(word.value.startswith("/proc") for word in before.arguments) for before in feeders
    )
    return not narrowed and (
        listed or any(before.name in ("ps", "pgrep", "lsof", "fuser", "seq", "jot") for before in feeders)
    )


# What grep is given to take every line, or every number.
_ANY_LINE = re.compile(r"-v|(?:-n)?\+\d+|\.?\*?|\^?(?:\[0-9\]|\\d|\[\[:digit:\]\])[+*]?\$?")
_EVERYWHERE = frozenset({"/", "/home", "/usr", "/var", "/dev"})


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
    } | {redirect.target.value for redirect in call.redirects if redirect.operator == "<"}
    return bool({path for path in writes if not path.startswith("/dev/")} & read)


def is_found_by_content(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a call is given the files in which a word was found: nobody has seen their names."""
    return any(
        before.name in ("grep", "egrep", "fgrep", "rg", "ag", "ack")
        and any(
            re.fullmatch(r"-[a-zA-Z]*[lL][a-zA-Z]*|--files-with(?:out)?-matches|--files-without-match", word.value)
            for word in before.arguments
        )
        for before in (*call.fed_by, *call.substituted)
    )


_DESTRUCTION = re.compile(r"(?i)\b(drop|truncate|delete|alter|revoke|terminate)\b")
_DROPPING = frozenset({"-c", "--clean", "--add-drop-database", "--drop", "-C", "--if-exists"})


def is_fed_destruction(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a query before it puts statements together that take something away."""
    return any(_DESTRUCTION.search(shown(word.value)) for before in call.fed_by for word in before.arguments)


_ENDLESS = frozenset({"/dev/zero", "/dev/urandom", "/dev/random"})


def is_fed_without_end(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether what a call reads never ends, and the call keeps all of it."""
    keeps = not any(re.match(r"-n ?\+|\+\d|-[qm]", word.value) for word in call.arguments)
    return keeps and any(
        (before.name == "yes" and call.name in ("sort", "tac", "sponge"))
        or any(word.value in _ENDLESS for word in before.arguments)
        for before in call.fed_by[-1:]
    )


def is_fed_a_dropping_dump(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether the dump before it drops what is there."""
    return any(
        before.name in ("pg_dump", "pg_dumpall", "mysqldump", "mariadb-dump") and word.value in _DROPPING
        for before in call.fed_by
        for word in before.arguments
    )


CONDITIONS: Mapping[str, Callable[[Call, frozenset[str]], bool]] = {
    "reads-unknown": reads_unknown,
    "prints-unknown": prints_unknown,
    "fetched": runs_fetched,
    "made-up": runs_made_up,
    "network": opens_network,
    "secret-input": is_given_secrets,
    "secret-file": is_given_secret_file,
    "sql": destroys_data,
    "secret-variable": is_given_secret_variable,
    "all-processes": is_given_all_processes,
    "own-input": overwrites_its_input,
    "not-filtered": is_given_everything,
    "found-by-content": is_found_by_content,
    "named-by-remote": runs_what_it_names,
    "sent-by-remote": is_sent_by_remote,
    "fetched-plainly": installs_fetched_plainly,
    "fed-destruction": is_fed_destruction,
    "fed-dropping-dump": is_fed_a_dropping_dump,
    "takes-from-others": takes_from_others,
    "takes-everything": takes_everything,
    "fed-without-end": is_fed_without_end,
}
