"""Sandboxes, where the machine allows them: shared by the tests, as every job has a fresh tree anyway."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# evals/ is a part of the checkout, not of what is installed.
sys.path.insert(0, str(Path(__file__).parents[2]))

from user_home import need

from evals.sandbox.client import Pool, Sandbox, SandboxError


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Two sandboxes; skips (fails in CI) where none can be made."""
    with Pool(2) as made:
        try:
            with made.sandbox():
                pass
        except SandboxError as error:
            need(str(error))
        yield made


@pytest.fixture
def sandbox(pool: Pool) -> Iterator[Sandbox]:
    """One of them."""
    with pool.sandbox() as lent:
        yield lent
