"""The user's own file: more rules, and commands that are less dangerous here; what is critical stays critical."""

from pathlib import Path

import pytest

from caro_shell.danger import judge_here, rules_file
from caro_shell.safety.own import read_own
from caro_shell.safety.rules import RuleError

RULE = """
[[rule]]
id = "deploy"
says = "puts it before all customers"
command = "deploy"
words = "^prod"
level = "high"
"""
ALLOW = """
[[allow]]
command = "git push --force*"
level = "moderate"

[[allow]]
command = "git stash clear"
level = "safe"

[[allow]]
command = "rm -rf *"
level = "safe"
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user with a home of its own."""
    return {"HOME": str(tmp_path), "CARO_CONFIG": str(tmp_path / "config.toml")}


def write(environ: dict[str, str], text: str) -> None:
    """Write the user's file."""
    rules_file(environ).write_text(text, encoding="utf-8")


def level(command: str, environ: dict[str, str]) -> str:
    """Return the level of a command for this user."""
    return judge_here(command, "bash", "", environ).level


def test_a_rule_of_ones_own_is_asked(environ: dict[str, str]) -> None:
    """It has the form of those that come with caro."""
    assert level("deploy prod", environ) == "safe"
    write(environ, RULE)
    assert level("deploy prod", environ) == "high"
    assert level("deploy test", environ) == "safe"


def test_a_command_can_be_allowed(environ: dict[str, str]) -> None:
    """Exactly, or by a pattern; to moderate or to safe."""
    write(environ, ALLOW)
    assert level("git push --force origin me", environ) == "moderate"
    assert level("git stash clear", environ) == "safe"
    assert level("git stash drop", environ) == "high"


@pytest.mark.parametrize(
    "command",
    ["git push --force; git reset --hard", "git push --force && git clean -fdx", "git push --force $(git stash clear)"],
)
def test_a_pattern_allows_one_command_only(command: str, environ: dict[str, str]) -> None:
    """What stands behind it, or in it, has not been allowed."""
    write(environ, ALLOW)
    assert level(command, environ) == "high"


@pytest.mark.parametrize("command", ["rm -rf /", "rm -rf ~", "rm -rf /usr"])
def test_what_is_critical_stays_critical(command: str, environ: dict[str, str]) -> None:
    """Nobody allows that by a line in a file."""
    write(environ, ALLOW)
    assert level(command, environ) == "critical"


def test_a_changed_file_is_read_again(environ: dict[str, str]) -> None:
    """Nothing has to be started anew."""
    write(environ, ALLOW)
    assert level("git stash clear", environ) == "safe"
    write(environ, "")
    assert level("git stash clear", environ) == "high"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rule]", "is no TOML"),
        ("[rule]\nid = 'x'", "begins with [[rule]]"),
        ("[colour]", "there is no table `colour`"),
        ("[[allow]]\nlevel = 'safe'", "needs a `command`"),
        ("[[allow]]\ncommand = 'ls'\nlevel = 'high'", "is one of safe, moderate"),
        ("[[allow]]\ncommand = 'ls'\nlevel = 'safe'\nshell = 'zsh'", "has no field `shell`"),
        ("[[rule]]\nid = 'x'\nsays = 'y'\ncommand = 5\nlevel = 'high'", "`command` of the rule `x`"),
        ("[[rule]]\nid = 'x'\nsays = 'y'\ncommand = 'a'\nlevel = 'high'\nwords = 5", "`words` of the rule `x`"),
    ],
)
def test_a_slip_in_the_file_is_one_sentence(text: str, said: str, environ: dict[str, str]) -> None:
    """It names the file, and the shipped rules are asked all the same."""
    with pytest.raises(RuleError) as raised:
        read_own(text, "danger.toml")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    write(environ, text)
    judged = judge_here("git reset --hard", "bash", "", environ)
    assert judged.level == "high"
    assert "your own rules are not asked" in judged.reasons[-1].sentence
