"""Keys and passwords: what hands them to a call."""

import re

from caro_shell.safety.call import Call
from caro_shell.safety.fetched import positional
from caro_shell.safety.words import shown

_SECRET = re.compile(
    r"\.(?:kube|docker|azure|password-store|electrum|bitcoin|mozilla)/?$|\.vault-token"
    r"|/(?:Cookies|Login Data|logins\.json|key4\.db"
    r"|cookies\.sqlite|Local State)$|\.kdbx$|wallet\.dat$|\.config/(?:gcloud|gh|op|rclone)\b|Library/Keychains|"
    r"\.(ssh/(id_\w+(?!\S*\.pub)|\w*_rsa(?!\S*\.pub)|\*)|ssh/?$|aws(/|$)|gnupg|netrc|pgpass|kube/config|npmrc|pypirc|env$|git-credentials"
    r"|password-store|bash_history|zsh_history)|/etc/(shadow|gshadow|ssl/private)|^\.env(\.\w+)?$|id_(rsa|ed25519|ecdsa|dsa)$"
)
_PRINTS_SECRETS = frozenset({"env", "printenv", "export", "set", "history", "declare"})
_ALL = frozenset({"env", "printenv"})
_READS_SECRETS = re.compile(
    r"^(kubectl get secrets?|aws (secretsmanager|ssm) get|vault kv get|vault read|pass (show )?\S|op (read|item get)"
    r"|gopass|security (find|dump)|gpg --export-secret|secret-tool lookup|gcloud secrets versions access"
    r"|az keyvault secret show|az ad sp create|aws iam create-access-key|aws sts "
    r"|gcloud auth print|gh auth token|kubectl config view"
    r"|doppler secrets|heroku config|bw get|lpass show|chamber (read|export))"
)
_SECRET_NAME = re.compile(r"(?i)\$\{?\w*(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY)")


# What a server asks for to know who is there is not sent away.
_LOGS_IN = re.compile(
    r"(?:-H|--header|-u|--user|--oauth2-bearer|-b|--cookie|--netrc-file|--cert|--key)"
    r"[ =]?[\"']?[^\"']*\$\("
)


def is_given_secrets(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether what a call reads comes from a file of keys, or from all variables."""
    logs_in = bool(_LOGS_IN.search(call.source))
    for before in (*call.fed_by, *(() if logs_in else call.substituted)):
        if before.name in _PRINTS_SECRETS and not positional(before) and (before in call.fed_by or before.name in _ALL):
            return True
        if _READS_SECRETS.search(shown(" ".join(word.value for word in before.words))):
            return True
        if any(_SECRET.search(shown(value)) for word in before.arguments for value in word.values):
            return True
        if _reads_secret(before):
            return True
    return _reads_secret(call)


def is_given_secret_file(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether what a call reads comes from a file of keys."""
    named = (shown(word.value) for before in call.fed_by for word in before.arguments)
    return any(_SECRET.search(name) for name in named) or any(map(_reads_secret, (call, *call.fed_by)))


def is_given_secret_variable(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a variable with a secret's name is among the words that are handed to a call."""
    return any(_SECRET_NAME.search(before.source) for before in call.fed_by)


def _reads_secret(call: Call) -> bool:
    return any(redirect.operator == "<" and _SECRET.search(shown(redirect.target.value)) for redirect in call.redirects)
