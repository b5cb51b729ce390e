"""The beginning of every prompt, evaluated once: held in the context, and saved for the next daemon."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from caro_shell.config import Settings
from caro_shell.engines import installed, saved_prefix, steps
from caro_shell.engines.attempts import Attempts
from caro_shell.engines.loaded import Loaded
from caro_shell.engines.offload import Placed
from caro_shell.engines.saved_prefix import SavedPrefixes
from caro_shell.engines.threads import choose_threads


@dataclass
class HeldPrefix:
    """What a context begins with, from evaluation or from a file."""

    loaded: Loaded
    saved: SavedPrefixes
    attempts: Attempts
    tokens: Sequence[int] = field(default_factory=list)
    adapter: str = ""
    """What the weights are evaluated with: other tokens come of it."""
    _evaluated_ms: float = 0.0
    """How long it took; 0 when it was not evaluated here."""

    def __post_init__(self) -> None:
        """Remember what all states depend on."""
        self._key = [*self.saved.key]

    def evaluate_with(self, adapter: str) -> None:
        """Hold nothing that was evaluated with another adapter, or without one."""
        if adapter != self.adapter:
            self.adapter, self.tokens = adapter, []
            self.saved.key = [*self._key, adapter] if adapter else self._key

    def hold(self, tokens: Sequence[int]) -> int:
        """Let the context hold these tokens and nothing else; return how many of them had been evaluated before.

        Raises EvaluationError; when it was aborted, nothing is held.
        """
        if tokens == self.tokens:
            self.loaded.forget_after(len(tokens))
            return len(tokens)
        self.tokens, self._evaluated_ms = [], 0.0
        if self._restored(tokens):
            self.tokens = tokens
            self.attempts.survived("load")
            return len(tokens)
        self.loaded.forget_after(0)
        start = time.perf_counter()
        if self.loaded.evaluate(tokens):
            self.tokens, self._evaluated_ms = tokens, (time.perf_counter() - start) * 1000
            self.attempts.survived("load")
        return 0

    def is_at_hand(self, tokens: Sequence[int]) -> bool:
        """Say whether to hold these tokens nothing has to be evaluated."""
        return tokens == self.tokens or (self.saved.has(tokens) and not self._is_deadly(tokens))

    def _restored(self, tokens: Sequence[int]) -> bool:
        if self._is_deadly(tokens) or (state := self.saved.read(tokens)) is None:
            return False
        with self.attempts.within("prefix", self.saved.name(tokens)):
            restored = self.loaded.restore(state)
        if not restored:
            self.saved.forget(tokens)
        return restored

    def _is_deadly(self, tokens: Sequence[int]) -> bool:
        """Say whether a daemon has died of reading it: the checksum was right, and llama.cpp broke over it."""
        return self.attempts.was_deadly(self.saved.name(tokens))

    def save(self) -> None:
        """Keep what is held, and nothing but that, for the next daemon, where reading it is faster than evaluating."""
        if not self._evaluated_ms or self.saved.has(self.tokens) or self._is_deadly(self.tokens):
            return
        self.loaded.forget_after(len(self.tokens))
        state = self.loaded.state()
        if state and saved_prefix.pays(len(state), self._evaluated_ms):
            self.saved.keep(self.tokens, state)


def hold_prefixes(placed: Placed, settings: Settings, binding: str, attempts: Attempts) -> HeldPrefix:
    """Return what keeps the prefix of a loaded model; only the daemon has files."""
    place, key = saved_prefix.directory() if attempts.path else None, list[str]()
    try:
        key = _key(placed, settings, binding)
    except OSError:
        # What cannot be told apart is not kept.
        place = None
    return HeldPrefix(placed.loaded, SavedPrefixes(place, placed.step.weights.path, key), attempts)


def _key(placed: Placed, settings: Settings, binding: str) -> list[str]:
    """Return what evaluated tokens depend on: the library, the weights, and where and how they are evaluated."""
    weights, where = placed.step.weights, placed.placement
    found = [(part.name, part.stat()) for part in steps.parts(weights.path)]
    files = [(name, of.st_size, of.st_mtime_ns) for name, of in found]
    place = (placed.step.name, where.hardware, where.offloaded, choose_threads(settings.threads))
    return [*installed.identity_of(binding), *map(str, (weights.sha256, *files, *place))]
