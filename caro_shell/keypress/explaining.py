"""An explanation as it becomes whole: what this machine knows by itself at once, and then what the model says."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from caro_shell.errors import Unusable
from caro_shell.keypress.answer import status_of
from caro_shell.keypress.press import Press, Question

if TYPE_CHECKING:
    from caro_shell.explain import Explanation

_WAITING = "…"


class Local(threading.Thread):
    """Finds out what the grammar and the manuals say of a line, while somebody else looks whether a key is pressed."""

    def __init__(self, press: Press) -> None:
        """Nothing is looked up before `start`."""
        super().__init__(daemon=True)
        self._press = press
        self.ended, self._end = os.pipe()
        """A descriptor that can be read from when it has ended."""
        self.explanation: Explanation | None = None

    def run(self) -> None:
        """Look; whatever goes wrong, the model is there to be asked."""
        try:
            from caro_shell.explain import explain, here_of

            press = self._press
            here = here_of(press.shell)
            self.explanation = explain(press.line.strip("\n"), here.knowing(press.aliases, press.functions))
        except Exception:  # a line may be as odd as it likes, and so may a manual
            self.explanation = None
        finally:
            os.close(self._end)


class Drawing:
    """An explanation in rows; `draw` puts them below the line, `show` wraps a text of any other kind there."""

    def __init__(
        self,
        explanation: "Explanation | None",
        columns: Callable[[], int],
        draw: Callable[[Sequence[str]], None],
        show: Callable[[str], None],
    ) -> None:
        """`columns` tells how wide the terminal is now."""
        self._known = self._whole = explanation if explanation and explanation.parts else None
        self._asked = self._known.asked if self._known else []
        self._columns, self._draw, self._show = columns, draw, show

    @property
    def is_whole(self) -> bool:
        """Say whether nothing is left that the model would have to be asked."""
        return self._known is not None and not self._asked

    def asking(self, question: Question) -> Question:
        """Return the question for the parts that nobody here can explain."""
        return question._replace(message={**question.message, "parts": self._asked}) if self._asked else question

    def show(self, *more: str, is_last: bool = False) -> None:
        """Show what there is so far, and `more` below it."""
        if self._whole is None:
            if more:
                self._show("\n".join(more))
            return
        from caro_shell.explain.layout import UNKNOWN, rows

        drawn = rows(self._whole, self._columns(), UNKNOWN if is_last else _WAITING)
        self._draw([*(row.text for row in drawn), *more])

    def follow(self, event: Mapping[str, Any]) -> None:
        """Show what one waits for, and what the model has written so far."""
        if event["type"] == "working" and (self._known is None or self._whole is self._known):
            self.show(f"  … {status_of(dict(event))}")
        elif event["type"] == "chunk" and self._known is None:
            self._show(str(event["text"]))
        elif event["type"] == "chunk":
            from caro_shell.parse.explanation import parse_explained

            try:
                explained = parse_explained(str(event["text"]), self._asked, ended=False)
            except Unusable:
                return
            self._tell(explained.text, explained.parts, "")
            self.show()

    def end(self, reply: Mapping[str, Any]) -> None:
        """Show the whole."""
        text = str(reply.get("explanation", ""))
        if self._known is None:
            self._show(text)
            return
        self._tell(text, [str(part) for part in reply.get("parts", ())], str(reply["model"]))
        self.show(is_last=True)

    def _tell(self, text: str, parts: Sequence[str], model: str) -> None:
        assert self._known is not None  # noqa: S101  whoever tells has looked
        self._whole = self._known.told(text, parts, model)
