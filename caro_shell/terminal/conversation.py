"""`caro` alone: one request after another, and words behind a slash for what is not a request."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from caro_shell import __version__
from caro_shell.errors import Cancelled, CaroError, UsageError
from caro_shell.prompt import SHELLS
from caro_shell.terminal import turns
from caro_shell.terminal.session import Session


class Command(NamedTuple):
    """A word behind a slash: what may follow it, what it does, and the function that does it."""

    takes: str
    does: str
    do: Callable[[Session, str], None]


def converse(session: Session) -> int:
    """Answer until the user leaves; returns an exit status."""
    session.face.say(f"caro {__version__} · {_model_of(session)} · {session.wishes.shell}\n{_HOW}")
    line = ""
    while True:
        try:
            line = session.face.request(line)
        except EOFError:
            return 0
        session.is_private = line[:1].isspace()
        try:
            done = _heard(session, line.strip())
        except (Cancelled, KeyboardInterrupt):
            done = False
        except CaroError as error:
            session.face.complain(error)
            done = isinstance(error, UsageError)
        if done is None:
            return 0
        # What was not answered stands at the prompt again; so does what was typed meanwhile.
        line, session.typed = session.typed or ("" if done else line), ""


_HOW = "Say what you want in words. `# words` changes the command above, /help shows the rest, Ctrl-D leaves."


def _heard(session: Session, line: str) -> bool | None:
    """Do what a line says; returns None when that is to leave. Raises Cancelled, or what went wrong."""
    if not line:
        return True
    name, _, rest = line.partition(" ")
    if name == "/quit":
        return None
    if name in COMMANDS:
        try:
            COMMANDS[name].do(session, rest.strip())
        except CaroError as error:
            session.face.complain(error)
        return True
    if name.startswith("/") and "/" not in name[1:] and not Path(name).exists():
        raise UsageError(f"There is no {name}.", "/help shows what there is.")
    if line.startswith("#") and session.card is not None and line.strip("# \t"):
        session.change(line.lstrip("# \t"))
    else:
        session.ask(turns.words(line))
    _settle(session)
    return True


def _settle(session: Session) -> None:
    try:
        status = session.settle()
    except (Cancelled, KeyboardInterrupt):
        return
    if session.failed is not None and status:
        session.face.say(f"It ended with status {status}. /fix asks for a better one.")


def _help(session: Session, _rest: str) -> None:
    width = max(len(f"{name} {command.takes}".rstrip()) for name, command in COMMANDS.items())
    lines = [f"{f'{name} {command.takes}'.rstrip():{width}}  {command.does}" for name, command in COMMANDS.items()]
    session.face.say("\n".join([*lines, f"{'# words':{width}}  change the command above", _KEYS]), "")


_KEYS = "Ctrl-R searches the earlier requests; one that begins with a blank is not kept. Ctrl-C cancels."


def _model(session: Session, rest: str) -> None:
    if rest:
        session.wishes.model = rest
    session.face.say(f"Answers come from {_model_of(session)}. Which there are: caro models list")


def _model_of(session: Session) -> str:
    from caro_shell import config

    return session.wishes.model or config.current().model


def _shell(session: Session, rest: str) -> None:
    if rest and rest not in SHELLS:
        raise UsageError(f"There is no shell {rest} here.", f"One of: {', '.join(SHELLS)}.")
    session.wishes.shell = rest or session.wishes.shell
    session.face.say(f"Commands are for {session.wishes.shell}, and run by it.")


def _explain(session: Session, rest: str) -> None:
    if not rest and session.card is None:
        raise UsageError("There is no command yet.", "Try: /explain tar xzf file.tgz")
    session.explain(rest or (session.card.command if session.card else ""))


def _fix(session: Session, _rest: str) -> None:
    if session.failed is None:
        raise UsageError("Nothing that was run here has failed.", "Say in words what you want.")
    session.ask(turns.mend(*session.failed))
    _settle(session)


def _last(_session: Session, _rest: str) -> None:
    from caro_shell.cli.last import run

    run([])


def _leave(_session: Session, _rest: str) -> None:
    """Nothing: the conversation's loop ends before."""


COMMANDS: Mapping[str, Command] = {
    "/model": Command("[NAME]", "which model answers, or another one", _model),
    "/shell": Command("[NAME]", "which shell the commands are for, or another one", _shell),
    "/explain": Command("[COMMAND]", "what a command does; without one, the command above", _explain),
    "/fix": Command("", "a better command than the one that was run last and failed", _fix),
    "/last": Command("", "exactly what was sent to the model last", _last),
    "/help": Command("", "this", _help),
    "/quit": Command("", "leave, as Ctrl-D does", _leave),
}
