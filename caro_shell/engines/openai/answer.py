"""What a server says in its JSON: pieces of the answer, why it ended, what it cost, and which part is only thinking."""

import json
import math
from dataclasses import dataclass, replace
from typing import Any

from caro_shell.engines import Usage

_OPEN, _CLOSE = "<think>", "</think>"
_ROUNDING = 1e-3
# Of the reasons to end: the model itself was done.
_DONE = frozenset({"stop", "eos", "eos_token", "end_turn", "stop_sequence"})


class NotUnderstoodError(Exception):
    """What came is no chat completion; `words` are the server's own, where it gave some."""

    def __init__(self, words: str = "") -> None:
        """`words` are empty where it is not even JSON of the right form."""
        super().__init__(words)
        self.words = words


@dataclass(frozen=True)
class Piece:
    """One part of an answer; `reason` why it ends, empty while it goes on."""

    text: str = ""
    thought: bool = False
    reason: str = ""
    usage: Usage | None = None
    log_probabilities: tuple[float, ...] = ()
    """Of the tokens of `text`, where the server was asked and tells."""

    @property
    def ended(self) -> bool:
        """Whether the model itself was done."""
        return self.reason in _DONE


def read_piece(data: str) -> Piece:
    """Return what one event, or a whole body, says; raises NotUnderstoodError."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise NotUnderstoodError from None
    if not isinstance(said, dict):
        raise NotUnderstoodError
    if "choices" not in said or said.get("error"):
        raise NotUnderstoodError(error_words(said))
    choices = said["choices"]
    first = choices[0] if isinstance(choices, list) and choices else {}
    if not isinstance(first, dict):
        raise NotUnderstoodError
    message = first.get("delta") or first.get("message") or {}
    if not isinstance(message, dict):
        raise NotUnderstoodError
    text, reason = message.get("content"), first.get("finish_reason")
    return Piece(
        text if isinstance(text, str) else _parts(text),
        any(message.get(name) for name in ("reasoning_content", "reasoning", "thinking")),
        reason if isinstance(reason, str) else "",
        _usage(said),
        _log_probabilities(first.get("logprobs")),
    )


def _log_probabilities(said: object) -> tuple[float, ...]:
    """Return the natural logarithms of the chosen tokens; none at all where one of them is no logarithm."""
    listed = said.get("content") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        return ()
    told = [entry.get("logprob") if isinstance(entry, dict) else None for entry in listed]
    found = [float(number) for number in told if isinstance(number, int | float) and not isinstance(number, bool)]
    # JSON has no infinity, Python's reader takes one; rounding may leave a little above 0.
    right = len(found) == len(told) and all(-math.inf < number < _ROUNDING for number in found)
    return tuple(min(0.0, number) for number in found) if right else ()


def _parts(content: object) -> str:
    """Return the text of a message that comes as a list of parts."""
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))


def _usage(said: dict[str, Any]) -> Usage | None:
    usage, timings = said.get("usage"), said.get("timings")
    found = None
    if isinstance(usage, dict):
        details = usage.get("prompt_tokens_details")
        cached = details.get("cached_tokens") if isinstance(details, dict) else usage.get("prompt_cache_hit_tokens")
        found = Usage(_count(usage.get("prompt_tokens")), _count(cached), _count(usage.get("completion_tokens")))
    if isinstance(timings, dict):
        # llama-server's own, which it adds unasked.
        kept, evaluated = _count(timings.get("cache_n")), _count(timings.get("prompt_n"))
        found = found or Usage(kept + evaluated, 0, _count(timings.get("predicted_n")))
        found = replace(found, reused_tokens=found.reused_tokens or kept)
    return found


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0  # noqa: PLR2004  absurd above


def error_words(said: object, depth: int = 4) -> str:
    """Return what a server says of an error, in whichever of the usual forms; empty when it says nothing."""
    if isinstance(said, str):
        return said
    if depth and isinstance(said, list):
        return "; ".join(filter(None, (error_words(one, depth - 1) for one in said[:3])))
    if depth and isinstance(said, dict):
        named = (
            error_words(said.get(name), depth - 1)
            for name in ("error", "message", "msg", "detail", "error_description")
        )
        return next(filter(None, named), "")
    return ""


def model_names(data: str) -> list[str]:
    """Return the names in a list of models; raises NotUnderstoodError."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise NotUnderstoodError from None
    listed = said.get("data", said.get("models")) if isinstance(said, dict) else said
    if not isinstance(listed, list):
        raise NotUnderstoodError(error_words(said))
    names = [entry.get("id") or entry.get("name") for entry in listed if isinstance(entry, dict)]
    return [name for name in names if isinstance(name, str) and name]


class WithoutThinking:
    """Drops a `<think>` block in front of the answer, from models whose server leaves it there."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._text = ""
        self._answering = False
        self.has_thought = False

    def feed(self, piece: str) -> str:
        """Return what of the answer is there by now."""
        if self._answering:
            return piece
        self._text += piece
        start = self._text.lstrip()
        if _OPEN.startswith(start[: len(_OPEN)]) and len(start) < len(_OPEN):
            return ""
        if not start.startswith(_OPEN):
            return self._answer(self._text)
        self.has_thought = True
        _thinking, closed, answer = start.partition(_CLOSE)
        if not closed or not answer.strip():
            return ""
        return self._answer(answer.lstrip())

    def finish(self) -> str:
        """Return what was held back; of a block that never closed, nothing."""
        return "" if self._answering or self.has_thought else self._answer(self._text)

    def _answer(self, text: str) -> str:
        self._answering, self._text = True, ""
        return text


class WholeCharacters:
    """Joins the halves of a character that were written as two escapes in two pieces."""

    def __init__(self) -> None:
        """Nothing is held back yet."""
        self._half = ""

    def feed(self, piece: str) -> str:
        """Return a piece in which every character is whole; half of one at its end waits for the next piece."""
        text, self._half = self._half + piece, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        if text.isascii():
            return text
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
