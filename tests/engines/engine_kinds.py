"""The engines that the contract is asked of: how each is set up here, and what one of them cannot do.

A gap is a promise too: `test_engine_contract.py` then asserts what docs/engines.md says is seen instead.
"""

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from real_servers import KEY, SERVERS, RealServer
from user_home import need

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models.store import find_model


def models_dir() -> str:
    """Return where the weights for tests lie; skips (fails in CI) without the 0.5B."""
    directory = os.environ.get("CARO_TEST_MODELS", "")
    try:
        find_model("tiny", Settings(model="tiny", models_dir=directory))
    except ModelError:
        need("the model `tiny` is not in CARO_TEST_MODELS")
    return directory


def need_module(name: str) -> None:
    """Skip (fail in CI) where a Python module is not installed."""
    if importlib.util.find_spec(name) is None:
        need(f"the Python module {name} is not installed")


def in_process(engine: str, module: str) -> Callable[[pytest.FixtureRequest], Settings]:
    """Return what makes the settings of an engine that loads the 0.5B into this process."""

    def settings(_request: pytest.FixtureRequest) -> Settings:
        need_module(module)
        # Half of the usual context: some fill it, and not all of them are fast.
        return Settings(engine=engine, model="tiny", models_dir=models_dir(), context=2048)

    return settings


def with_a_broken_file(settings: Settings, path: Path) -> Settings:
    """Return settings for the same engine whose model is the file `path`."""
    return Settings(engine=settings.engine, model=str(path))


def of_server(server: RealServer) -> Callable[[pytest.FixtureRequest], Settings]:
    """Return what makes the settings for a real server on this machine, which is started for it."""

    def settings(request: pytest.FixtureRequest) -> Settings:
        url = request.getfixturevalue("real_server")(server)
        return Settings(engine="openai", base_url=url, api_key=KEY, server_timeout=120)

    return settings


@dataclass(frozen=True)
class EngineKind:
    """An engine under test."""

    name: str
    settings: Callable[[pytest.FixtureRequest], Settings]
    """Makes its settings for the 0.5B; may use fixtures, such as a server that is started for it."""
    broken: Callable[[Settings, Path], Settings] | None = with_a_broken_file
    """Turns them into settings whose model is a broken file; None: it loads no file."""
    gaps: frozenset[str] = field(default=frozenset())
    """What it cannot do: of the names in GAPS."""
    slow: bool = False
    """Whether it is so slow on a CPU that a test asks for less of the same."""

    @property
    def tokens(self) -> int:
        """How long an answer may be where its length is no matter."""
        return 5 if self.slow else 40


GAPS = {
    "prefix": "the evaluated prefix is not kept (or it cannot tell): reused_tokens is 0",
    "literal": "control tokens in the user's text cannot be told apart by counting tokens",
    "seed": "the same seed may draw another answer",
    "prompt": "a prompt that is being evaluated is evaluated to its end, though nobody hears of it any more",
    "cancel": "an answer that is cancelled is written to its end before the next one begins",
    "tokens": "it does not count the tokens of the prompt",
    "probabilities": "it does not tell how probable each token of an answer was",
    "length": "it does not know the context's length",
}

KINDS = [
    EngineKind("llama", in_process("llama", "llama_cpp")),
    EngineKind("xllamacpp", in_process("xllamacpp", "xllamacpp")),
    EngineKind("mlx", in_process("mlx", "mlx_lm"), gaps=frozenset({"probabilities"}), slow=True),
    EngineKind(
        "candle", in_process("candle", "mistralrs"), gaps=frozenset({"seed", "prompt", "probabilities"}), slow=True
    ),
    *(EngineKind(f"openai, {one.name}", of_server(one), broken=None, gaps=one.gaps) for one in SERVERS),
]
