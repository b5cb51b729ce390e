"""The same llama.cpp from xllamacpp's wheel, for machines where llama-cpp-python can be neither fetched nor built."""

from caro_shell.config import Settings
from caro_shell.engines.llama import LlamaEngine


class XllamacppEngine(LlamaEngine):
    """One GGUF model, warm, as with llama-cpp-python; only the functions come from another package."""

    name = "llama.cpp (xllamacpp)"
    binding = "caro_shell.engines.xllamacpp_functions"

    def __init__(self, settings: Settings, because: str = "") -> None:
        """Remember the settings, and why it is not llama-cpp-python, where that was wished for."""
        super().__init__(settings)
        self._because = because

    def load(self) -> None:
        """Find and check the weights, then load them; raises ModelError or EngineError."""
        super().load()
        if self._because:
            self.notes += (f"llama.cpp by xllamacpp, because llama-cpp-python {self._because}.",)
