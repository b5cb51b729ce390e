"""The shells that the contract's tests know."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shells"))
