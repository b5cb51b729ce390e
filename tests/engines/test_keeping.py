"""What cannot be kept is not kept, and nothing breaks of it: the prompt goes without its examples."""

from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from caro_shell.config import Settings
from caro_shell.engines import never
from caro_shell.engines.llama import LlamaEngine
from caro_shell.errors import EngineError
from caro_shell.prompt import Message

MESSAGES = [Message("system", "x"), Message("user", "a"), Message("assistant", "b"), Message("user", "c")]


def no_tokens(_messages: object) -> NoReturn:
    """Stand for a template that has no place for an assistant's turn."""
    raise EngineError("no place")


def engine(*, closed: bool) -> Any:  # noqa: ANN401  only the parts that are looked at are there
    """Return an engine whose prompts cannot be made."""
    made: Any = LlamaEngine(Settings())
    parts = {
        "_loaded": SimpleNamespace(is_closed=closed),
        "_placed": SimpleNamespace(step=SimpleNamespace(context=4096)),
        "_template": SimpleNamespace(tokens=no_tokens),
    }
    vars(made).update(parts)
    return made


@pytest.mark.parametrize("closed", [True, False])
def test_nothing_is_kept_of_what_has_no_tokens(closed: bool) -> None:  # noqa: FBT001  a parameter
    """A model that is gone is not even asked; a template that refuses is no error."""
    made = engine(closed=closed)
    assert not made.keeps(MESSAGES)
    made.prepare(MESSAGES, never)


def test_a_model_that_is_gone_is_asked_for_no_tokens() -> None:
    """Its vocabulary has been freed."""
    made = engine(closed=True)
    asked: list[object] = []
    vars(made)["_template"] = SimpleNamespace(tokens=asked.append)
    assert not made.keeps(MESSAGES)
    made.prepare(MESSAGES, never)
    assert asked == []
