"""What is taken out of a text before it leaves the machine, and how it comes back in the answer."""

import random
import re
from pathlib import Path

import pytest

from caro_shell.redact import Redacted, redact
from caro_shell.redact.restore import Restorer, quote, restore

CASES = Path(__file__).parent / "cases" / "redact"


def cases(name: str) -> list[str]:
    """Return the lines of a file of examples."""
    lines = (CASES / name).read_text(encoding="utf-8").splitlines()
    return [line.replace("␤", "\n") for line in lines if line and not line.startswith("#")]


def plain(text: str) -> str:
    """Return an example as it is meant."""
    return text.replace("¦", "")


def unquoted(text: str) -> str:
    """Return a text without apostrophes: a word of a sentence gets some where it becomes one of a command."""
    return text.replace("'", "")


@pytest.mark.parametrize("case", cases("secrets.txt"), ids=lambda case: case[:40])
def test_a_secret_is_replaced_and_comes_back(case: str) -> None:
    """Nothing of it is left, the words around it stay, and the text is whole again at the end."""
    before, secret, after = re.split("[⟦⟧]", plain(case))
    text = before + secret + after
    redacted = redact([text])
    (sent,) = redacted.texts
    assert secret not in sent
    assert 1 <= len(re.findall(r"CARO_SECRET_\d", sent)) <= 2
    assert unquoted(restore(sent, redacted)) == unquoted(text)
    assert secret not in repr(redacted)


@pytest.mark.parametrize("text", cases("harmless.txt"))
def test_what_opens_nothing_stays(text: str) -> None:
    """A hash, a path, a variable or the word `password` are what the request is about."""
    assert redact([text]).texts == (text,)


BLOCK = "-----BEGIN OPENSSH PRIVATE¦ KEY-----\n{}\n-----END OPENSSH PRIVATE¦ KEY-----"
LINES = "\n".join("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQ" for _ in range(4))


@pytest.mark.parametrize(
    "text",
    [
        f"put this into a file: {BLOCK.format(LINES)} and set its mode",
        f"put this into a file: {BLOCK.format(LINES).partition('-----END')[0]}",
        f"what is this: {BLOCK.format(LINES)[:150]}",
        f"put this: {BLOCK.format(LINES).partition('PRIVATE¦ KEY-----')[2]} into a file",
        BLOCK.format(LINES).replace("\n", "\\n"),
        BLOCK.format(LINES).replace("OPENSSH", "RSA"),
        BLOCK.format(LINES).replace("KEY", "KEY BLOCK").replace("OPENSSH", "PGP"),
        BLOCK.format(LINES).replace("OPENSSH ", "ENCRYPTED "),
    ],
)
def test_a_key_block_goes_as_a_whole(text: str) -> None:
    """Over several lines, with its end or its beginning cut off, and with the lines written out as escapes."""
    text = plain(text)
    (sent,) = redact([text]).texts
    assert "b3Blbn" not in sent
    assert "PRIVATE KEY" not in sent
    assert unquoted(restore(sent, redact([text]))) == text


def test_words_behind_a_key_that_was_cut_stay() -> None:
    """Only what can be part of the key goes with it."""
    text = plain(f"{BLOCK.format(LINES).partition('-----END')[0]}\nput it into a file")
    assert redact([text]).texts[0].endswith("\nput it into a file")


def test_one_secret_has_one_placeholder_in_all_texts() -> None:
    """Also where it stands without the name that gave it away."""
    redacted = redact(["export TOKEN=abc123def", "echo abc123def and PASSWORD=other99"])
    assert redacted.texts == ("export TOKEN=CARO_SECRET_1", "echo CARO_SECRET_1 and PASSWORD=CARO_SECRET_2")
    assert redacted.again("curl -d abc123def x") == "curl -d CARO_SECRET_1 x"
    assert redacted.again("TOKEN=another99") == "TOKEN=CARO_SECRET"


def test_a_placeholder_that_somebody_typed_stays_his() -> None:
    """It is not taken for one of ours."""
    redacted = redact(["echo CARO_SECRET_1; TOKEN=abc123def"])
    assert redacted.texts == ("echo CARO_SECRET_1; TOKEN=CARO_SECRET_2",)
    assert restore("echo CARO_SECRET_1 CARO_SECRET_2", redacted) == "echo CARO_SECRET_1 abc123def"


def test_what_overlaps_is_one_secret() -> None:
    """A token in a URL in a header is taken out once, whole."""
    text = plain("curl -H 'Authorization: Bearer ghp¦_abcdefghijklmnopqrstuvwxyz0123456789'")
    assert redact([text]).texts[0].count("CARO_SECRET") == 1


@pytest.mark.parametrize(
    ("answer", "command"),
    [
        ("curl -u me:CARO_SECRET_1 x", "curl -u me:'p&q $x' x"),
        ("curl -u 'me:CARO_SECRET_1' x", "curl -u 'me:p&q $x' x"),
        ('curl -u "me:CARO_SECRET_1" x', 'curl -u "me:p&q \\$x" x'),
        ("curl -u me:$CARO_SECRET_1 x", "curl -u me:'p&q $x' x"),
        ('curl -u "me:${CARO_SECRET_1}" x', 'curl -u "me:p&q \\$x" x'),
        ('echo "it\'s CARO_SECRET_1"', 'echo "it\'s p&q \\$x"'),
        ("echo \\'CARO_SECRET_1", "echo \\''p&q $x'"),
        ("echo CARO_SECRET_12", "echo CARO_SECRET_12"),
        ("echo MY_CARO_SECRET_2", "echo MY_CARO_SECRET_2"),
    ],
)
def test_a_secret_comes_back_as_the_place_needs_it(answer: str, command: str) -> None:
    """The model sees a plain word and may drop the quotes around it; the command still has to work."""
    redacted = redact(["log in with password='p&q $x'"])
    assert restore(answer, redacted) == command


@pytest.mark.parametrize(("state", "written"), [("", r"'it'\''s'"), ("'", r"it'\''s"), ('"', "it's")])
def test_quoting(state: str, written: str) -> None:
    """An apostrophe in each kind of quotes."""
    assert quote("it's", state) == written


def test_a_placeholder_is_found_across_pieces() -> None:
    """However the answer is cut, it comes out whole, and nothing certain is held back."""
    redacted = redact(["export TOKEN=abc123def; cd /home/me/src; ls /home/alice"], "/home/me")
    answer = 'cd ~/src && curl -H "Authorization: Bearer ${CARO_SECRET_1}" $CARO_SECRET_1 /home/user1/x ~/other # CARO'
    whole = restore(answer, redacted)
    assert whole == (
        'cd /home/me/src && curl -H "Authorization: Bearer abc123def" abc123def /home/alice/x ~/other # CARO'
    )
    draw = random.Random(0)  # noqa: S311  the same cuts every time
    for _ in range(200):
        cuts = sorted(draw.sample(range(len(answer)), draw.randint(1, 20)))
        restorer = Restorer(redacted)
        pieces = [answer[a:b] for a, b in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
        assert "".join(map(restorer.feed, pieces)) + restorer.finish() == whole
    restorer = Restorer(redacted)
    assert restorer.feed("ls -la CA") == "ls -la "
    assert restorer.feed("T x") == "CAT x"


HOME = "/home/me"


@pytest.mark.parametrize(
    ("home", "text", "sent"),
    [
        (HOME, "list /home/me/src by size", "list ~/src by size"),
        (HOME, "go /home/me", "go ~"),
        (HOME, "cat '/home/me/a b'", "cat '~/a b'"),
        (HOME, "PATH=/home/me/bin:/home/me/go/bin", "PATH=~/bin:~/go/bin"),
        (HOME, "ls /home/mexico /home/me.old", "ls /home/user1 /home/user2"),
        (HOME, "ls /mnt/home/me/x", "ls /mnt/home/me/x"),
        ("/root", "ls /root/x /rooted", "ls ~/x /rooted"),
        ("/Users/jane.doe", "open /Users/jane.doe/Desktop", "open ~/Desktop"),
        (HOME, "cp /home/alice/x /Users/bob/y", "cp /home/user1/x /Users/user1/y"),
        (HOME, "cp /home/alice/x /home/user1/y", "cp /home/user2/x /home/user3/y"),
        (HOME, "ls /home/linuxbrew/.linuxbrew /Users/Shared", "ls /home/linuxbrew/.linuxbrew /Users/Shared"),
        (HOME, "rsync /home/me/src host:/home/me/src", "rsync ~/src host:~/src"),
        ("/", "ls /etc /home", "ls /etc /home"),
        ("", "ls /home/me", "ls /home/user1"),
    ],
)  # fmt: skip
def test_home_directories_lose_the_name(home: str, text: str, sent: str) -> None:
    """One's own is shortened, another user's gets another name; both come back."""
    redacted = redact([text], home)
    assert redacted.texts == (sent,)
    assert restore(sent, redacted) == text


@pytest.mark.parametrize(
    ("text", "answer", "command"),
    [
        ("list /home/me/src", 'ls "~/src"', 'ls "/home/me/src"'),
        ("list /home/me/src", "ls ~/src/a ~/other ~", "ls /home/me/src/a ~/other ~"),
        ("list /home/me", "ls ~/anything", "ls /home/me/anything"),
        ("list ~/src", "ls ~/src", "ls ~/src"),
        ("copy /home/me/a to ~/b", "cp ~/a ~/b", "cp /home/me/a ~/b"),
        ("copy /home/me to ~/b", "cp -r ~ ~/b", "cp -r /home/me ~/b"),
        ("list /home/me/src", "ls ~/srcs x~/src", "ls ~/srcs x~/src"),
    ],
)
def test_a_tilde_is_absolute_again_where_the_user_was(text: str, answer: str, command: str) -> None:
    """In quotes it would not be expanded; what was typed with a tilde keeps it."""
    assert restore(answer, redact([text], HOME)) == command


def test_a_home_with_a_blank_is_quoted_when_it_comes_back() -> None:
    """Else the command would have a word more."""
    redacted = redact(["list /Users/jane doe/src"], "/Users/jane doe")
    assert redacted.texts == ("list ~/src",)
    assert restore("ls ~/src", redacted) == "ls '/Users/jane doe'/src"
    assert restore('ls "~/src"', redacted) == 'ls "/Users/jane doe/src"'


def test_what_is_clean_is_passed_on_at_once() -> None:
    """Without a secret, every piece goes through as it comes."""
    redacted = redact(["list files"], HOME)
    assert redacted == Redacted(("list files",), homes=redacted.homes)
    restorer = Restorer(redacted)
    assert [restorer.feed(piece) for piece in ("ls $", "{C", "ARO ~", "/")] == ["ls $", "{C", "ARO ~", "/"]
    assert restorer.finish() == ""


@pytest.mark.parametrize("text", ["a" * 60_000, "a=" * 30_000, "-p " * 20_000, "'\"" * 30_000, "password " * 8_000,
    "-----BEGIN RSA PRIVATE KEY-----" * 1_000, "mysql " * 10_000, "x://" * 15_000, "/home/" * 10_000])  # fmt: skip
def test_a_long_text_takes_no_longer_than_it_has_to(text: str) -> None:
    """Every form looks a bounded way ahead: this ends."""
    redact([text], HOME)
