"""A chat completion while it comes: from bytes to pieces of the answer, and what they cost."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx

from caro_shell.engines import Usage
from caro_shell.engines.openai import faults
from caro_shell.engines.openai.answer import NotUnderstoodError, Piece, WholeCharacters, WithoutThinking, read_piece
from caro_shell.engines.openai.events import EventReader, TooLongError
from caro_shell.engines.openai.exchange import SilentError
from caro_shell.engines.openai.server import Reply

_MOST_BYTES = 8_000_000
# llama-server tells the probabilities of twenty tokens where that of one was asked for: 2,400 bytes.
_MOST_BYTES_A_TOKEN = 8_000
# No tokenizer has longer ones in the middle of a command.
_MOST_CHARACTERS_A_TOKEN = 64
# Those with a role, a reason, the cost; never that many.
_MOST_EMPTY_EVENTS = 1000
_LAST = "[DONE]"


class Completion:
    """Reads one answer; `usage` is right once `pieces` has ended or been closed."""

    def __init__(self, reply: Reply, asked: faults.Asked, max_tokens: int, timeout_s: float) -> None:
        """`max_tokens` is held here, too: not every server does."""
        self._reply, self._asked, self._max_tokens, self._timeout_s = reply, asked, max_tokens, timeout_s
        self._thinking, self._characters = WithoutThinking(), WholeCharacters()
        self._counted = self._written = self._heard = 0
        self._thought = False
        self._log_probabilities: list[float] = []
        self._end = Piece()
        self._told: Usage | None = None

    @property
    def usage(self) -> Usage:
        """What the answer cost: by the server's count, or by the pieces that came."""
        told = self._told or Usage()
        count = told.answer_tokens or self._counted
        known = tuple(self._log_probabilities[:count])
        return replace(told, answer_tokens=count, ended=self._end.ended, log_probabilities=known)

    @property
    def only_thought(self) -> bool:
        """Whether there was thinking, and no answer."""
        return not self._written and (self._thought or self._thinking.has_thought)

    def pieces(self, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the answer; raises StoppedError, and ServerError for what is no answer or breaks off."""
        whole = False
        try:
            for piece in self._events(cancelled):
                text = self._taken(piece)
                if text:
                    yield text
                if self._is_past_the_cap():
                    self._end = Piece(reason="length")
                    return
            whole = True
            if rest := self._thinking.finish():
                yield rest
        except SilentError:
            raise faults.silent(self._asked, self._timeout_s) from None
        except (httpx.DecodingError, UnicodeDecodeError, TooLongError):
            raise faults.not_understood(self._asked) from None
        except httpx.HTTPError:
            raise faults.cut(self._asked) from None
        except NotUnderstoodError as error:
            raise faults.not_understood(self._asked, error.words) from None
        finally:
            if whole:
                self._reply.finish()
            else:
                self._reply.leave()

    def _is_past_the_cap(self) -> bool:
        """Say whether a server goes on although it was told where to stop: nobody listens any more."""
        return (
            self._counted > self._max_tokens
            or self._written > self._max_tokens * _MOST_CHARACTERS_A_TOKEN
            or self._heard > self._max_tokens + _MOST_EMPTY_EVENTS
        )

    def _taken(self, piece: Piece) -> str:
        """Count a piece and return what it adds to the answer."""
        self._heard += 1
        self._told = piece.usage or self._told
        self._thought |= piece.thought
        if piece.reason:
            self._end = piece
        if not piece.text:
            return ""
        self._counted += 1
        text = self._thinking.feed(self._characters.feed(piece.text))
        self._written += len(text)
        self._log_probabilities += piece.log_probabilities
        if not self._written and self._thinking.has_thought:
            # How sure it was of its thoughts says nothing of the command.
            self._log_probabilities.clear()
        return text

    def _events(self, cancelled: Callable[[], bool]) -> Iterator[Piece]:
        """Yield what each event says, up to the last one; a body that is no stream is one event."""
        chunks = self._limited(cancelled)
        first = next(chunks, b"")
        while first and not first.strip():
            first = next(chunks, b"")
        if not self._is_stream(first):
            yield from self._whole_body(first, chunks)
            return
        reader = EventReader()
        for chunk in _with(first, chunks):
            for data in reader.feed(chunk):
                self._reply.heard()
                if data.strip() == _LAST:
                    self._end = self._end if self._end.reason else Piece(reason="stop")
                    return
                yield read_piece(data)
        for data in reader.finish():
            if data.strip() != _LAST:
                yield read_piece(data)
        if not self._end.reason:
            raise httpx.ReadError("no end")

    def _is_stream(self, first: bytes) -> bool:
        kind = self._reply.head.headers.get("content-type", "")
        return "event-stream" in kind or first.lstrip().startswith((b"data:", b"event:", b":", b"id:"))

    def _whole_body(self, first: bytes, chunks: Iterator[bytes]) -> Iterator[Piece]:
        """Yield the one piece of an answer that does not stream."""
        body = b"".join(_with(first, chunks))
        said = read_piece(body.decode())
        if not said.reason:
            raise NotUnderstoodError
        yield said

    def _limited(self, cancelled: Callable[[], bool]) -> Iterator[bytes]:
        """Yield the body up to a size that no answer has."""
        size = 0
        for chunk in self._reply.chunks(cancelled):
            size += len(chunk)
            if size > _MOST_BYTES + self._max_tokens * _MOST_BYTES_A_TOKEN:
                raise TooLongError
            yield chunk


def _with(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks
