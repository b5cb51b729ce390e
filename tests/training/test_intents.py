"""Our own intents: every slip is said, values arrive in one piece, the same seed draws the same pairs."""

import shlex
from pathlib import Path
from random import Random

import pytest

from caro_shell.prompt import Place, fix_request
from training.gestures import filled_gesture
from training.intents import Ask, Intent, intent_files, read_intents
from training.pairs import LINUX_BASH, LINUX_FISH, MACOS_FISH, MACOS_ZSH, PLACES, TrainingError
from training.slots import Kinds, filled, filled_command, quoted, read_kinds
from training.sources.own import draw_own
from training.ways import mistyped, varied

KINDS: Kinds = {"dir": ("src", "My Docs", "~/a b"), "n": ("3", "4")}
LARGE = Intent(
    "large",
    "files",
    (Ask("files in {dir} larger than {n} MB"), Ask("Dateien in {dir} über {n} MB", "de")),
    "find {dir} -type f -size +{n}M",
    slots={"dir": "dir", "n": "n"},
)


def write(folder: Path, text: str) -> Path:
    """Return a file of intents with this text."""
    path = folder / "files.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_intents_of_the_checkout_are_sound(kinds: Kinds) -> None:
    """Every kind has several values, so that no value is learnt with a command."""
    assert read_intents(intent_files(), kinds)
    assert not [kind for kind, values in kinds.items() if len(values) < 5]


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("[[intent]]\nid='a'\ncommand='ls'", "nobody who asks"),
        ("[[intent]]\nid='a'\nasks=['list']", "`command` is missing"),
        ("[[intent]]\nid='a'\nasks=['list']\ncommand='ls'\nkommand='ls'", "no key `kommand`"),
        ("[[intent]]\nid='a'\nasks=['list']\ncommand='ls {d}'\nslots={d='dir'}", "does not name d"),
        ("[[intent]]\nid='a'\nasks=['list {d}']\ncommand='ls'", "slot without a kind: d"),
        ("[[intent]]\nid='a'\nasks=['list {d}']\ncommand='ls {d}'\nslots={d='dirr'}", "no kind `dirr`"),
        ("[[intent]]\nid='a'\nasks=['x']\ncommand='ls'\nshells=['csh']", "no shell `csh`"),
        ("[[intent]]\nid='a'\nasks=['x']\ncommand='ls'\ngesture='wave'", "`gesture` is one of"),
        ("[[intent]]\nid='a'\nasks=['x']\ncommand='ls'\n[[intent]]\nid='a'\nasks=['y']\ncommand='ls'", "there twice"),
    ],
)
def test_a_slip_in_an_intent_is_said(tmp_path: Path, text: str, slip: str) -> None:
    """One sentence each, with the intent's name."""
    with pytest.raises(TrainingError, match=slip):
        read_intents([write(tmp_path, text)], KINDS)


def test_a_variant_has_the_slots_and_places_of_its_intent(tmp_path: Path) -> None:
    """What it does not say again is as above; the commands are not."""
    text = """
[[intent]]
id = "x"
asks = ["{d} a"]
command = "ls {d}"
fish = "fish {d}"
slots = { d = "dir" }
system = "linux"
[[intent.also]]
asks = ["{d} b"]
command = "ls -a {d}"
"""
    first, second = read_intents([write(tmp_path, text)], KINDS)
    assert (second.id, second.slots, second.system, second.fish) == ("files:x/1", {"d": "dir"}, "linux", "")
    assert first.command_for(LINUX_FISH) == "fish {d}"
    assert first.command_for(MACOS_ZSH) == ""


def test_a_place_without_a_command_of_its_own_gets_none() -> None:
    """As fish on macOS, where fish and BSD each want it otherwise: nobody has said how both do."""
    intent = Intent("x", "files", (Ask("a"),), "gnu", "fish", "bsd")
    assert [intent.command_for(place) for place in (LINUX_BASH, LINUX_FISH, MACOS_ZSH, MACOS_FISH)] == [
        "gnu",
        "fish",
        "bsd",
        "",
    ]


def test_what_only_bsd_has_needs_no_other_command() -> None:
    """Elsewhere there is none."""
    intent = Intent("x", "macos", (Ask("a"),), bsd="sips")
    assert [intent.command_for(place) for place in (LINUX_BASH, LINUX_FISH, MACOS_ZSH, MACOS_FISH)] == [
        "",
        "",
        "sips",
        "sips",
    ]


def test_values_are_quoted_as_one_word() -> None:
    """A POSIX shell reads back what was meant; a tilde stays outside of the quotes; braces of others stay."""
    for value in ("a", "My Docs", "it's", "a\"b'c", "a$b", "*.txt", "#x", "a;b"):
        assert shlex.split(quoted(value, "bash")) == [value]
    assert quoted("~/My Docs", "zsh") == "~/'My Docs'"
    assert quoted("it's $x", "fish") == "'it\\'s $x'"
    template = "awk '/{w!r}/ {print}' {f} ${f}"
    assert filled_command(template, {"w": "x y", "f": "a b"}, "bash") == "awk '/x y/ {print}' 'a b' ${f}"
    assert filled_command('echo "${v!r}" {v}', {"v": "HOME"}, "bash") == 'echo "$HOME" HOME'
    assert filled("in {f} {print} ${f}", {"f": "a b"}) == "in a b {print} $a b"


def test_the_same_seed_draws_the_same_pairs() -> None:
    """At most as many as asked for, all different, each value in the request and in the command."""
    first, again = (list(draw_own([LARGE], KINDS, 12, Random(7))) for _ in range(2))
    assert first == again
    assert len(set(first)) == len(first) == 12
    assert list(draw_own([LARGE], KINDS, 12, Random(8))) != first
    for pair in first:
        assert any(value in pair.request and quoted(value, "bash") in pair.command for value in KINDS["dir"])
        assert pair.place in PLACES


def test_a_gesture_quotes_in_commands_and_not_in_words() -> None:
    """What stands behind `# ` is the user's own words."""
    intent = Intent(
        "x", "files", (Ask("ls {d}\n# also hidden in {d}"),), "ls -A {d}", slots={"d": "d"}, gesture="refine"
    )
    (pair,) = draw_own([intent], {"d": ("My Docs",)}, 1, Random(1))
    assert pair.request == "ls 'My Docs'\n# also hidden in My Docs"


def test_a_failure_is_said_as_the_product_says_it() -> None:
    """The facts, what the command said, and the wish that follows from them; a slot in quotes is not quoted again."""
    ask = "This command failed with exit status 1: git comit -m '{m}'\ngit: none\nWrite the command that was meant."
    assert filled_gesture(ask, {"m": "a b"}, "bash", "fix") == fix_request(
        "git comit -m 'a b'", 1, ["It said: git: none"]
    )
    slip = fix_request("gti log", 127, ["There is no command gti here, but git.", "It said: no\nThere is none"])
    assert filled_gesture(slip, {}, "bash", "fix") == slip
    assert filled_command('x "$(date -d {d})" "{d}"', {"d": "a b"}, "bash") == 'x "$(date -d \'a b\')" "a b"'


def test_what_stands_in_a_slot_is_never_varied() -> None:
    """No slip, no capital, no politeness inside of the braces."""
    random = Random(3)
    for _ in range(300):
        assert "{filename}" in varied(Ask("rename everything called {filename} quickly"), random)
    assert mistyped("a {filename}", random) == "a {filename}"
    assert mistyped("rename", random) != "rename"


def test_kinds_of_several_files_are_joined(tmp_path: Path) -> None:
    """A kind that two files have, has the values of both, each once."""
    (tmp_path / "slots-a.toml").write_text('x = ["1", "2"]', encoding="utf-8")
    (tmp_path / "slots-b.toml").write_text('x = ["2", "3"]', encoding="utf-8")
    assert read_kinds(tmp_path) == {"x": ("1", "2", "3")}


def test_every_shell_and_flavour_has_a_place() -> None:
    """zsh, bash and fish, on Linux and on macOS."""
    assert {(place.system, place.shell) for place in PLACES} == {
        (system, shell) for system in ("Linux", "macOS") for shell in ("bash", "zsh", "fish")
    }
    assert all(isinstance(place, Place) for place in PLACES)
