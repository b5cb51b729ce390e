"""What the tests of training/ share: the checkout's own modules, and pairs."""

import sys
from pathlib import Path

import pytest

# training/ is a part of the checkout, not of what is installed.
sys.path.insert(0, str(Path(__file__).parents[2]))
# The small model is that of the engines' tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))

from training.slots import Kinds, read_kinds


@pytest.fixture(scope="session")
def kinds() -> Kinds:
    """The values of all kinds of slots."""
    return read_kinds()
