"""What is read of a tool's options out of its help, its man page, fish's completions; the texts are written here."""

import gzip
import tracemalloc
from pathlib import Path

import pytest
from user_home import need_program

from caro_shell.prove.documented import NONE, OPTIONAL, VALUE, read_options
from caro_shell.prove.fish_completions import completions_of, read_completions
from caro_shell.prove.man_pages import find_page, read_page
from caro_shell.prove.roff import plain_lines

HELP = {
    "GNU": """
Usage: count [OPTION]... [FILE]...
  -a, --all              count also what is hidden
  -n, --lines=[+]NUM     at most NUM lines
  -i[SUFFIX], --in-place[=SUFFIX]
                         keep the old file, see --backup
      --color[=WHEN]     WHEN is always, never or auto
      --[no-]wrap        break long lines
""",
    "cobra": """
Flags:
  -a, --all               all of them
  -n, --lines int         at most (default 10)
  -i, --in-place string[="x"]   keep
      --color string      colour
      --wrap              wrap, or --no-wrap
""",
    "usage": "usage: count [-ai] [--all] [-n lines] [--color=when]\n             [--wrap | --no-wrap] [file ...]\n",
    "BusyBox": "Usage: count [-a] [-n N] [--all] [--color] [--wrap] [--no-wrap]\n\t-a\tAll\n\t-n N\tNumber\n\t-i\tIn\n",
}


@pytest.mark.parametrize("style", HELP)
def test_the_options_in_a_help_are_found(style: str) -> None:
    """In the ways that GNU, Go's cobra, BSD and BusyBox write theirs."""
    found = read_options(HELP[style].splitlines())
    assert {"-a", "--all", "-n", "-i", "--color", "--wrap", "--no-wrap"} <= found.mentioned
    assert not {"-1", "--file", "-u", "--usage"} & found.mentioned


def test_what_an_option_takes_is_said_once_for_all_its_names() -> None:
    """`-n, --lines=NUM` takes a word by either name."""
    takes = read_options(HELP["GNU"].splitlines()).takes
    assert takes == {
        "-a": NONE,
        "--all": NONE,
        "-n": VALUE,
        "--lines": VALUE,
        "-i": OPTIONAL,
        "--in-place": OPTIONAL,
        "--color": OPTIONAL,
        "--wrap": NONE,
        "--no-wrap": NONE,
    }


def test_a_dash_in_a_word_is_no_option() -> None:
    """Nor one in a range, a path or a number."""
    assert read_options(["well-known half-open a-z /usr/x-y <a-b> x=-y 1--2"]).mentioned == frozenset()


MAN = r"""
.\" made by hand
.TH COUNT 1
.ds dd \-\-
.SH OPTIONS
.TP
\fB\-a\fR, \fB\-\-all\fR
count also what is hidden; with
.B \-r
too
.TP
.BR \-n ", " \-\-lines =\fINUM\fR
at most, as
\fB\-q\fR says in this line
.IP "\-i\fISUFFIX\fP"
keep
.PP
\-\-color[=\fIwhen\fR]
.RS 4
colour
.RE
.TP
.B \*(ddwrap
"""
MDOC = r"""
.Dd May 1, 2024
.Dt COUNT 1
.Sh SYNOPSIS
.Nm
.Op Fl aiqr
.Op Fl n Ar lines
.Sh DESCRIPTION
.Bl -tag
.It Fl a , -all
All.
.It Fl n Ar lines , Fl Fl lines Ns = Ns Ar num
Lines.
.It Fl i Ar suffix
Keep.
.It Fl -color Ns Op = Ns Ar when
Colour.
.It Fl Fl wrap
"""


@pytest.mark.parametrize("source", [MAN, MDOC], ids=["man", "mdoc"])
def test_the_options_in_a_man_page_are_found(source: str) -> None:
    """In either language that man pages are written in."""
    found = read_options(plain_lines(source))
    assert found.mentioned >= {"-a", "--all", "-r", "-n", "--lines", "-q", "-i", "--color", "--wrap"}
    assert {name: found.takes[name] for name in ("-a", "--all", "--lines", "-n", "--wrap")} == {
        "-a": NONE,
        "--all": NONE,
        "--lines": VALUE,
        "-n": VALUE,
        "--wrap": NONE,
    }
    assert found.takes["--color"] == OPTIONAL
    # A line of prose that begins with an option describes none.
    assert "-q" not in found.takes


def test_a_page_is_found_beside_its_program(tmp_path: Path) -> None:
    """Packed or not, and through the page that only names another one."""
    pages = tmp_path / "share" / "man" / "man1"
    pages.mkdir(parents=True)
    (pages / "count.1.gz").write_bytes(gzip.compress(MAN.encode()))
    (pages / "number.1").write_text(".so man1/count.1\n")
    program = str(tmp_path / "bin" / "count")
    page = find_page("count", program)
    assert page
    assert "--lines" in read_page(page).takes
    other = find_page("number", program)
    assert other
    assert read_page(other) == read_page(page)
    assert find_page("nothing", program) is None
    assert find_page("../count", program) is None


def test_a_broken_page_has_no_options(tmp_path: Path) -> None:
    """Whatever is wrong with it: cut off, not packed at all, naming itself."""
    broken = tmp_path / "a.1.gz"
    broken.write_bytes(gzip.compress(MAN.encode())[:-20])
    assert not read_page(broken).mentioned
    broken.write_bytes(b"plain")
    assert not read_page(broken).mentioned
    circle = tmp_path / "b.1"
    circle.write_text(".so man1/b.1\n")
    assert not read_page(circle).mentioned
    assert not read_page(tmp_path / "none.1").mentioned
    elsewhere = tmp_path / "c.1"
    elsewhere.write_text(".so man1/../../b.1\n")
    assert not read_page(elsewhere).mentioned


def test_of_a_page_that_unpacks_to_gigabytes_the_beginning_is_read(tmp_path: Path) -> None:
    """Of whatever lies beside a program on PATH, no more is taken into memory than a page may have."""
    bomb = tmp_path / "a.1.gz"
    bomb.write_bytes(gzip.compress(MAN.encode() + bytes(1 << 28), compresslevel=1))
    tracemalloc.start()
    try:
        assert "--lines" in read_page(bomb).takes
        assert tracemalloc.get_traced_memory()[1] < 1 << 27
    finally:
        tracemalloc.stop()


def test_the_lines_of_fishs_completions_are_read() -> None:
    """As data: what would have to be run is passed over."""
    found = read_completions(
        "complete -c count -s a -l all -d 'All of -them'\n"
        "complete -c count -s n -l lines -x -a '(seq 10)'\n"
        "  complete -c count -o name -r\n"
        "complete -c count -l 'broken\n"
        "echo complete -l not\n"
    )
    assert found.takes["--all"] == NONE
    assert found.takes["-n"] == found.takes["-name"] == VALUE
    assert {"-a", "--lines"} <= found.mentioned
    assert "--not" not in found.mentioned


def test_fish_and_the_man_page_agree_about_tar() -> None:
    """Both as they are on this disk: what fish completes for it, its man page mentions, but for a few old names."""
    need_program("fish")
    page = find_page("tar", "/usr/bin/tar")
    completed = completions_of("tar").mentioned
    if not page or not completed:
        pytest.skip("no man page, or no completions")
    assert len(completed & read_page(page).mentioned) > 0.9 * len(completed)
