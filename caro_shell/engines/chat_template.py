"""A model's own chat template, taken apart into text of the template and text of the messages.

What a user types is tokenised on its own, so that words such as `<|im_end|>` stay words; and the part
before the last message is known exactly, so that its evaluation can be kept.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple, NoReturn

from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from caro_shell.errors import EngineError
from caro_shell.prompt import Message

Tokenize = Callable[[str, bool], list[int]]
"""Text, and whether special tokens in it are meant, to token ids."""
_Turns = list[dict[str, str]]
# Constant parts that are remembered as tokens: with examples and without, for each shell.
_PREFIXES = 8


@dataclass(frozen=True)
class SpecialTokens:
    """How a vocabulary writes the beginning and the end of a text; empty where it has none."""

    bos: str = ""
    eos: str = ""
    bos_first: bool = False
    """Whether a prompt begins with `bos` even where the template does not say so."""


class Piece(NamedTuple):
    """A message's place in the frame: the template's text before its content, and the message's number."""

    before: str
    message: int


@dataclass(frozen=True)
class Frame:
    """The template's text around the messages' contents."""

    pieces: tuple[Piece, ...]
    after: str


class _GenerationTags(Extension):
    """Reads `{% generation %}`, by which trainers mark answers, as if it were not there."""

    tags = {"generation"}  # noqa: RUF012  Jinja's own way to name them

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Return what stands between the tags."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _tojson(value: object, indent: int | None = None) -> str:
    # Jinja's own filter escapes for HTML, which no model was trained on.
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _strftime_now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _raise_exception(message: str) -> NoReturn:
    raise TemplateError(message)


def _compile(source: str, special: SpecialTokens) -> Callable[[_Turns], str]:
    """Return what renders turns as the trainers' own library does; the sandbox is for templates of strangers."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationTags, loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals |= {"raise_exception": _raise_exception, "strftime_now": _strftime_now}
    try:
        template = environment.from_string(source)
    except TemplateError as error:
        raise EngineError(
            f"This model's chat template cannot be read: {' '.join(str(error).split())}.",
            "Use another model: caro models list",
        ) from None
    known = {
        "bos_token": special.bos,
        "eos_token": special.eos,
        "add_generation_prompt": True,
        # A model that may think first would spend the whole answer on it.
        "enable_thinking": False,
        **dict.fromkeys(("tools", "tool_choice", "functions", "function_call", "documents")),
    }
    return lambda turns: template.render(known, messages=turns)


def _mark(number: int) -> str:
    return f"\x1amessage{number}\x1a"


def _turns(roles: Sequence[str]) -> _Turns:
    return [{"role": role, "content": _mark(number)} for number, role in enumerate(roles)]


def _folded_turns(roles: Sequence[str]) -> _Turns:
    """Return the turns with the system's text in front of the user's: many models know no system."""
    if tuple(roles[:2]) != ("system", "user"):
        return []
    return [{"role": "user", "content": f"{_mark(0)}\n\n{_mark(1)}"}, *_turns(roles)[2:]]


def _split(rendered: str, count: int) -> Frame | None:
    """Return the text around the marks; None unless each is there once, and the latest message last."""
    if any(rendered.count(_mark(number)) != 1 for number in range(count)):
        return None
    order = sorted(range(count), key=lambda number: rendered.index(_mark(number)))
    if order[-1:] != [count - 1]:
        return None
    pieces = []
    for number in order:
        before, _, rendered = rendered.partition(_mark(number))
        pieces.append(Piece(before, number))
    return Frame(tuple(pieces), rendered)


class ChatTemplate:
    """Turns messages into tokens the way the model was trained to read them."""

    def __init__(self, source: str, tokenize: Tokenize, special: SpecialTokens | None = None) -> None:
        """Compile the Jinja source that lies in the model's file; raises EngineError when it is none."""
        self._special = special or SpecialTokens()
        self._render = _compile(source, self._special)
        self._tokenize = tokenize
        self._frame = cache(self._frame_of)
        # With many examples in it, the constant part takes longer to tokenize than the request to arrive.
        self._prefix = lru_cache(_PREFIXES)(self._prefix_of)

    def _frame_of(self, roles: tuple[str, ...]) -> Frame:
        """Return the template's text around each message's content; raises EngineError when it has no place for one."""
        for turns in (_turns(roles), _folded_turns(roles)):
            try:
                rendered = self._render(turns) if turns else ""
            except Exception:  # noqa: S112  a template is a stranger's program: it may fail in any way
                continue
            if self._special.bos_first and not rendered.startswith(self._special.bos):
                rendered = self._special.bos + rendered
            if found := _split(rendered, len(roles)):
                return found
        raise EngineError(
            f"This model's chat template has no place for {' and '.join(dict.fromkeys(roles))} messages.",
            "Use an instruct model: caro models list",
        )

    def tokens(self, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
        """Return the tokens before the last message's content, and the rest up to where the answer begins."""
        *constant, last = messages
        prefix, after = self._prefix(tuple(constant), last.role)
        return list(prefix), self._tokenize(last.content, False) + after

    def _prefix_of(self, constant: tuple[Message, ...], role: str) -> tuple[list[int], list[int]]:
        """Return the tokens around the content of a message that stands behind the constant ones."""
        frame = self._frame((*(message.role for message in constant), role))
        contents = [*(message.content for message in constant), ""]
        pieces = [
            self._tokenize(piece.before, True) + self._tokenize(contents[piece.message], False)
            for piece in frame.pieces
        ]
        return list(chain.from_iterable(pieces)), self._tokenize(frame.after, True)
