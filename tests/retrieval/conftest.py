"""What these tests share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from own_machine import OwnMachine


@pytest.fixture
def own(tmp_path: Path) -> OwnMachine:
    """A machine that is data, without an index."""
    return OwnMachine(tmp_path)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> OwnMachine:
    """The same machine with its index; not to be changed."""
    made = OwnMachine(tmp_path_factory.mktemp("known"))
    made.build()
    return made
