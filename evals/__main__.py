"""`python -m evals`."""

from evals.commands import main
from evals.console import leave

if __name__ == "__main__":
    leave(main)
