"""argparse with our manners: a wrong word is one sentence and exit code 2, like every other error."""

import argparse
from typing import NoReturn

from caro_shell.errors import UsageError


class Parser(argparse.ArgumentParser):
    """A parser whose errors are UsageErrors."""

    def error(self, message: str) -> NoReturn:
        """Turn argparse's complaint into one of ours."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", f"Try: {self.prog} --help")
