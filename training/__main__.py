"""`python -m training`."""

from evals.console import leave
from training.commands import main

if __name__ == "__main__":
    leave(main)
