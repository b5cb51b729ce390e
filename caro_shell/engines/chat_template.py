"""A model's own chat template, taken apart into text of the template and text of the messages.

What a user types is tokenised on its own, so that words such as `<|im_end|>` stay words; and the part
before the last message is known exactly, so that its evaluation can be kept.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain

from caro_shell.prompt import Message

Tokenize = Callable[[str, bool], list[int]]
"""Text, and whether special tokens in it are meant, to token ids."""


class ChatTemplate:
    """Turns messages into tokens the way the model was trained to read them."""

    def __init__(self, source: str, tokenize: Tokenize) -> None:
        """Compile the Jinja source that lies in the model's file."""
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self._format = Jinja2ChatFormatter(template=source, eos_token="", bos_token="")
        self._tokenize = tokenize
        self._frame = cache(self._frame_of)

    def _frame_of(self, roles: tuple[str, ...]) -> tuple[str, ...]:
        """Return the template's text around each message's content."""
        marks = [f"\x1amessage{number}\x1a" for number in range(len(roles))]
        messages = [{"role": role, "content": mark} for role, mark in zip(roles, marks, strict=True)]
        rest = self._format(messages=messages).prompt
        frame = []
        for mark in marks:
            before, found, rest = rest.partition(mark)
            if not found:
                raise ValueError(f"the chat template has no place for these roles: {', '.join(roles)}")
            frame.append(before)
        return (*frame, rest)

    def tokens(self, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
        """Return the tokens before the last message's content, and the rest up to where the answer begins."""
        frame = self._frame(tuple(message.role for message in messages))
        pieces = list(
            chain.from_iterable(
                (self._tokenize(text, True), self._tokenize(message.content, False))
                for text, message in zip(frame, messages, strict=False)
            )
        )
        prefix = list(chain.from_iterable(pieces[:-1]))
        return prefix, pieces[-1] + self._tokenize(frame[-1], True)
