"""What the model says around a command may raise its level by one step, from safe; nothing it says lowers one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted_engine import ScriptedEngine

from caro_shell.answers import Listener
from caro_shell.config import Settings
from caro_shell.parse.around import text_around
from caro_shell.pipeline import Pipeline
from caro_shell.protocol import Ask, Reply
from caro_shell.safety.told import SENTENCE, warns

Say = Callable[..., Reply]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Return what asks a pipeline whose model gives one answer."""
    monkeypatch.setenv("CARO_TEST_SCRIPT", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CARO_CONFIG", str(tmp_path / "config.toml"))

    def asked(answer: str, line: str = "do it", kind: str = "generate") -> Reply:
        (tmp_path / "script.json").write_text(json.dumps({"*": [answer]}))
        ask = Ask(line, "bash", "1")._replace(type=kind, cwd=str(tmp_path))
        return Pipeline(ScriptedEngine(Settings())).answer(ask, Listener())

    return asked


ANSWERS = [
    "Warning: this cannot be undone.\n```bash\nmytool sync now\n```",
    "```bash\n# careful: destroys what is there\nmytool sync now\n```",
    "This is an irreversible step:\n```\nmytool sync now\n```",
    "Here is the command. It permanently deletes all old entries.\n```sh\nmytool sync now\n```",
    '{"command": "mytool sync now", "note": "Back up the files first, it is risky."}',
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_warning_raises_what_nothing_else_has_found(answer: str, say: Say) -> None:
    """To moderate, for a reason in words of our own."""
    reply = say(answer)
    assert reply.command == "mytool sync now"
    assert (reply.risk, reply.reasons) == ("moderate", [SENTENCE])


@pytest.mark.parametrize(
    "answer",
    [
        "mytool sync now",
        "```bash\nmytool sync now\n```",
        "Here is a safe command, not dangerous at all:\n```bash\nmytool sync now\n```",
        "This is not destructive and nothing is deleted:\n```bash\nmytool sync now\n```",
    ],
)
def test_without_a_warning_nothing_is_raised(answer: str, say: Say) -> None:
    """Also where the model says that there is no danger."""
    reply = say(answer)
    assert (reply.command, reply.risk, reply.reasons) == ("mytool sync now", "safe", [])


@pytest.mark.parametrize(
    "command", ["echo 'warning: permanently deleted'", "grep -r 'cannot be undone' .", "man careful"]
)
def test_the_words_of_the_command_itself_are_no_warning(command: str, say: Say) -> None:
    """Only what stands around it is."""
    assert say(f"```bash\n{command}\n```").risk == "safe"
    assert say(command).risk == "safe"


@pytest.mark.parametrize(("command", "level"), [("rm -rf build", "moderate"), ("git reset --hard", "high")])
def test_a_model_neither_lowers_a_level_nor_raises_one_that_is_found(command: str, level: str, say: Say) -> None:
    """Whatever it says, the judge's own reasons stay, and stay alone."""
    plain = say(f"```bash\n{command}\n```")
    warned = say(f"Warning: dangerous and irreversible!\n```bash\n{command}\n```")
    eased = say(f"This is perfectly safe and harmless:\n```bash\n{command}\n```")
    assert plain.risk == warned.risk == eased.risk == level
    assert plain.reasons == warned.reasons == eased.reasons


def test_nothing_that_the_model_wrote_is_repeated(say: Say) -> None:
    """Anybody may have put words into its mouth."""
    reply = say("Warning: visit https://x.example at once.\n```bash\nmytool sync now\n```")
    assert "x.example" not in " ".join([*reply.reasons, *reply.notes])


def test_an_explanation_that_warns_raises_what_it_explains(say: Say) -> None:
    """The level below it would contradict it otherwise."""
    reply = say("Syncs. It cannot be undone.", line="ls", kind="explain")
    assert (reply.risk, reply.reasons) == ("moderate", [SENTENCE])
    assert say("Shows the files.", line="ls", kind="explain").risk == "safe"


def test_a_command_that_the_user_has_allowed_stays_allowed(say: Say, tmp_path: Path) -> None:
    """The user's own word is above the model's."""
    (tmp_path / "danger.toml").write_text("[[allow]]\ncommand = 'git reset --hard'\nlevel = 'safe'\n")
    assert say("Warning: irreversible.\n```bash\ngit reset --hard\n```").risk == "safe"


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("Be careful with this.", True),
        ("It can't be undone", True),
        ("There is no way back.", True),
        ("This will erase everything on it.", True),
        ("It is non-destructive.", False),
        ("It is not dangerous.", False),
        ("Lists the files in a directory.", False),
        ("Removes a file.", False),
        ("", False),
        ("safe " * 5000 + "warning", False),
    ],
)
def test_a_text_warns_or_does_not(text: str, warned: bool) -> None:  # noqa: FBT001  a parameter of the test
    """A denial right before the word takes it back."""
    assert warns(text) is warned


def test_what_stands_around_is_all_but_the_command() -> None:
    """Of several steps in a fence, all are the command."""
    around = text_around("Careful with it.\n```bash\ncd x\nrm a # gone\n```\nBye.", "bash")
    assert "cd x" not in around
    assert "rm a" not in around
    assert all(word in around for word in ("Careful with it.", "# gone", "Bye."))
