"""The tests of faults use the real shells, as tests/shells does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shells"))
