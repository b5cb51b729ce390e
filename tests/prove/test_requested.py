"""The endings of files that a request names have to be in the command."""

import pytest

from caro_shell.prove.files import Disk
from caro_shell.prove.requested import left_out


@pytest.mark.parametrize(
    ("request_", "command", "missing"),
    [
        ("strip trailing whitespace from every .py file under src", "sed -i 's/ *$//' src/*", [".py"]),
        ("count the lines of all *.rs files", "find . -type f | xargs wc -l", [".rs"]),
        ("delete .xml and .csv files", "find . -name '*.xml' -delete", [".csv"]),
        ("compress every .csv", "gzip *.txt", [".csv"]),
        ("compress every .csv", "gzip *.csv", []),
        ("todo in .py files", "grep -r --include='*.py' TODO .", []),
        ("todo in .py files", "rg -t py TODO", []),
        ("all .jpg here", "ls *.{jpg,png}", []),
        ("all .JPG here", "ls *.JPG", []),
        ("which .html files changed", "find . -iname '*.HTML' -mtime -1", []),
        ("show .bashrc", "cat ~/.bashrc", []),
        ("remove the .csv files", "find . -name '*.txt' -exec rm {} +", [".csv"]),
        ("version 1.zip of it", "ls", []),
        ("go to example.org/a.html", "curl example.org/a.html", []),
    ],
)
def test_an_ending_that_is_named_is_in_the_command(request_: str, command: str, missing: list[str]) -> None:
    """In whatever way a command may say it; what is no file's ending is left alone."""
    assert [found for found in left_out(request_, command, Disk("")) if found.startswith(".")] == missing
