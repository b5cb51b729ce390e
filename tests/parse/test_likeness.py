"""When two commands count as one: only what really differs is offered as an alternative."""

import pytest

from caro_shell.parse.likeness import likeness

ALIKE = [
    ("ls -la", "ls -al"),
    ("ls -l -a", "ls -la"),
    ("ls -la", "ls -la '-l'"),
    ("grep -r 'x' .", 'grep -r "x" .'),
    ("ls | wc -l", "ls|wc  -l"),
    ("sort -r -k 2", "sort -k 2 -r"),
    ("sort file -r", "sort -r file"),
    ("tar xzf a.tgz", "tar -xzf a.tgz"),
    ("echo 'a", "echo  'a"),
    ("find . -name '*.py'", 'find . -name "*.py"'),
    ("grep --color='auto' x", "grep --color=auto x"),
]
DIFFERENT = [
    ("cp a b", "cp b a"),
    ("ls", "ls -a"),
    ("ls && pwd", "ls || pwd"),
    ("find . -name x", "find . -name y"),
    ("find . -delete", "find . -d -e -l -t"),
    ("grep a b", "grep 'a b'"),
    ("head -n 5", "head -n 6"),
    ("ls > a", "ls >> a"),
    ("echo )", "echo ')'"),
    ("find . -name *.py", "find . -name '*.py'"),
    ("echo '$HOME'", 'echo "$HOME"'),
    ("echo 'a b'", "echo a b"),
    ("echo a\\ b", "echo a b"),
    ("echo a; echo b", "echo b; echo a"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_order_of_options_quotes_and_blanks_make_no_difference(one: str, other: str) -> None:
    """A user who asks for another command must not get these."""
    assert likeness(one) == likeness(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_whatever_else_differs_is_another_command(one: str, other: str) -> None:
    """Operands in another order, other operators, other words."""
    assert likeness(one) != likeness(other)
