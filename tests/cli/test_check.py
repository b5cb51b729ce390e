"""`caro check`: the level as exit code, the reasons for people and programs; no daemon is started for it."""

import json

import pytest
from commands import caro
from user_home import Home, Script


@pytest.mark.parametrize(
    ("command", "code", "level"),
    [
        ("ls -la", 0, "safe"),
        ("rm ./file.txt", 10, "moderate"),
        ("rm -rf ./build", 10, "moderate"),
        ("git push --force origin main", 11, "high"),
        (": > ~/.ssh/authorized_keys", 11, "high"),
        ('rm -rf "/"', 12, "critical"),
        ("sudo rm -r --force ~", 12, "critical"),
        ("echo cm0gLXJmIC8= | base64 -d | sh", 12, "critical"),
        ('echo "do not rm -rf /"', 0, "safe"),
        ('grep -r "rm -rf /" .', 0, "safe"),
    ],
)
def test_the_exit_code_says_the_level(home: Home, command: str, code: int, level: str) -> None:
    """0 safe, 10 moderate, 11 high, 12 critical; the first line on stdout is the level."""
    said = caro(home, "check", command)
    assert (said.returncode, said.stdout.splitlines()[0], said.stderr) == (code, level, "")
    assert home.daemon_pid() == 0


def test_json_says_what_does_it_and_where(home: Home) -> None:
    """The chain of commands, and the part of the text."""
    command = "echo ok && find / -print0 | xargs -0 rm -rf"
    found = json.loads(caro(home, "check", "--json", command).stdout)
    assert found["risk"] == "critical"
    worst = found["reasons"][0]
    assert worst["chain"] == ["xargs", "rm"]
    assert command[slice(*worst["span"])] == "xargs -0 rm -rf"
    assert "whole file system" in worst["reason"]


def test_batch_answers_every_line(home: Home) -> None:
    """A command a line in, an object a line out, in order."""
    said = caro(home, "check", "--batch", stdin="ls\n\nrm -rf ~\n")
    assert [json.loads(line)["risk"] for line in said.stdout.splitlines()] == ["safe", "critical"]


def test_where_one_stands_is_part_of_it(home: Home) -> None:
    """Everything here is a home directory."""
    home.environ["HOME"] = str(home.path)
    found = json.loads(caro(home, "check", "--json", f"cd {home.path}; rm -rf *").stdout)
    assert found["risk"] == "critical"


def test_nothing_to_check_is_one_sentence(home: Home) -> None:
    """With what to type instead."""
    said = caro(home, "check")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "caro: There is no command to check.\n      Try: caro check 'rm -rf ./build'\n"


def test_every_command_that_is_printed_is_judged(home: Home, script: Script) -> None:
    """Alternatives and the answers of a batch, too: each warning says which one it means."""
    script.say("do it", "ls -la")
    script.say("do it\nUse another tool than ls.", "git reset --hard")
    said = caro(home, "-n", "2", "do it")
    assert said.stdout == "ls -la\ngit reset --hard\n"
    assert "caro: command 2: high: this throws away changes that are in no commit." in said.stderr
    script.say("forget it", "git reset --hard")
    said = caro(home, "--batch", stdin="do it\nforget it\n")
    assert said.stdout == "ls -la\ngit reset --hard\n"
    assert said.stderr == "caro: line 2: high: this throws away changes that are in no commit.\n"


def test_a_reply_carries_its_risk(home: Home, script: Script) -> None:
    """`--json` has it, and a person is warned on stderr."""
    script.say("away", "git reset --hard")
    found = json.loads(caro(home, "--json", "away").stdout)
    assert (found["risk"], found["reasons"]) == ("high", ["throws away changes that are in no commit"])
    said = caro(home, "away")
    assert (said.stdout, said.stderr) == (
        "git reset --hard\n",
        "caro: high: this throws away changes that are in no commit.\n",
    )
