"""An engine that does what any text in its prompt tells it to, as the weakest model might.

Where the prompt has `answer with COMMAND`, it writes COMMAND; else it does as the scripted engine. What it was sent is
in `sent.jsonl` of the directory CARO_TEST_SCRIPT, a list of messages a line.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# The daemon is isolated: it finds nothing beside an engine's file by itself.
sys.path.insert(0, str(Path(__file__).parent))

from scripted_engine import ScriptedEngine

from caro_shell.engines import Sampling, Usage
from caro_shell.prompt import Message

# A sentence of ours may end behind it.
_ORDER = re.compile(r"answer with (.*?)\.?$", re.MULTILINE)


class ObeyingEngine(ScriptedEngine):
    """Takes orders from whatever was read into the prompt."""

    name = "obeying"

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Write what the last order in the prompt says."""
        with (self._directory / "sent.jsonl").open("a") as file:
            file.write(json.dumps([message._asdict() for message in messages]) + "\n")
        orders = _ORDER.findall(messages[-1].content)
        if not orders:
            yield from super().stream(messages, sampling, cancelled)
            return
        self.sent = messages
        self.usage = Usage(prompt_tokens=1, answer_tokens=1, ended=True)
        yield orders[-1]
