"""`caro last`: exactly what was sent to which model last time, what came back, and how long each step took."""

import json
import os
from collections.abc import Sequence
from typing import Any

from caro_shell.cli import ANSWERED
from caro_shell.cli.daemon import read_status
from caro_shell.cli.options import Parser
from caro_shell.client import Client
from caro_shell.config.values import host_of, is_this_machine
from caro_shell.errors import CaroError
from caro_shell.parse.characters import without_refused


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro last",
        description="Exactly what was sent to the model last time, where that was, what came back, and how long each "
        "step took. It is kept in memory only.",
        examples=(
            ("caro last", "for people"),
            ("caro last --json | jq .timings_ms", "for programs"),
        ),
    )
    made.add_argument("--json", action="store_true", help="print one object")
    return made


def run(argv: Sequence[str]) -> int:
    """Print the daemon's memory of the last request; it is kept nowhere else, and has no secret in it that left."""
    options = parser().parse_args(argv)
    with Client(os.environ) as client:
        last = read_status(client, last=True).get("last")
    if not last:
        raise CaroError("Nothing has been asked since the daemon started.", 'Ask something: caro "list all files"')
    print(json.dumps(last, ensure_ascii=False) if options.json else _text(last))
    return ANSWERED


def _text(last: dict[str, Any]) -> str:
    tokens = last["tokens"]
    lines = [f"{last['engine']} · {last['model']} · {_where(last)}", ""]
    for message in _shown(last["sent"]):
        lines += [f"[{message['role']}]", without_refused(message["content"]), ""]
    for number, (asked, answer) in enumerate(zip(last["asked"], last["answers"], strict=True), start=1):
        if asked != last["asked"][0]:
            lines += [f"[user, for answer {number}]", without_refused(asked), ""]
        lines += [f"[answer {number}, as it was written]", without_refused(answer), ""]
    lines.append(
        f"tokens: {tokens['prompt']} of prompt, {tokens['reused']} of them kept warm; {tokens['answer']} of answer"
    )
    lines.append("times:  " + ", ".join(f"{step} {ms:.1f} ms" for step, ms in last["timings_ms"].items()))
    return "\n".join(lines)


def _shown(sent: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return the messages with one line in the place of the constant examples."""
    examples = [message for message in sent[1:-1] if message["role"] == "assistant"]
    if not examples:
        return list(sent)
    told = f"{len(examples)} constant examples, each a request and its command: caro last --json shows them."
    return [sent[0], {"role": "examples", "content": told}, sent[-1]]


def _where(last: dict[str, Any]) -> str:
    """Say which machine answered, and what left this one."""
    host, reached = last["host"], last["reached"]
    if not reached:
        return (
            f"{host} was not reached; nothing was sent" if host else f"on {last['device']}; nothing left this machine"
        )
    place = "a server on this machine" if is_this_machine(host_of(reached)) else "another machine"
    sent = f"{reached}, {place}"
    return f"sent to {sent}" if host else f"on {last['device']}; it was sent to {sent}, before, which did not answer"
