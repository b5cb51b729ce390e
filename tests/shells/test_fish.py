"""What is fish's alone: its abbreviations, its pager, `read`, keys of the user's own, and what sourcing costs."""

import subprocess
import time
from pathlib import Path

import pytest
from pictures import keep_picture
from shell_kinds import FISH, ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import SUPPORT, Home, Script, need, need_program

from caro_shell.prompt import other_request

REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"
SHELL = SUPPORT.parent.parent / "shell" / "caro.fish"
ENTRY = SUPPORT.parent.parent / "conf.d" / "caro-shell.fish"
OFFER = f"→ {COMMAND}   (once more to take it)"


@pytest.fixture
def kind() -> ShellKind:
    """Only fish, here."""
    need_program("tmux")
    need_program(FISH.argv[0])
    return FISH


def enter(terminal: Terminal, line: str, shows: str) -> None:
    """Run a line and wait for what it shows."""
    terminal.type(line)
    terminal.press("Enter")
    terminal.see(shows)


# --- abbreviations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["Space", "Enter"])
def test_a_word_becomes_its_command(terminal: Terminal, script: Script, kind: ShellKind, key: str) -> None:
    """`,list-big-files` is asked for in words; nothing runs, and one undo brings it back."""
    script.say("list big files", COMMAND)
    terminal.type(",list-big-files")
    terminal.see(",list-big-files")
    keep_picture(terminal, kind, "abbreviation-1")
    terminal.press(key)
    line = terminal.line_becomes(COMMAND)
    keep_picture(terminal, kind, "abbreviation-2")
    assert line.cursor == len(COMMAND)
    terminal.press(kind.undo)
    terminal.line_becomes(",list-big-files" + (" " if key == "Space" else ""))
    assert "Unknown command" not in terminal.screen()


def test_the_prompt_goes_on_while_a_word_is_asked_for(terminal: Terminal, script: Script) -> None:
    """The status is there at once; what is typed meanwhile stays, and the offer takes the word's place."""
    script.say("list big files", {"wait": "go"}, "du -a .")
    terminal.type(",list-big-files ")
    terminal.see("…")
    script.happened("waiting go")
    terminal.type("| wc -l")
    script.open_gate("go")
    terminal.see("→ du -a .   (once more to take it)")
    assert terminal.line().text == ",list-big-files | wc -l"


@pytest.mark.parametrize("key", ["Space", "Enter"])
def test_a_word_in_a_line_is_replaced_alone(terminal: Terminal, script: Script, kind: ShellKind, key: str) -> None:
    """What stands around it stays, with the cursor where it was."""
    script.say("list big files", "du -a .")
    terminal.type("sudo ,list-big-files")
    terminal.press(key)
    blank = " " if key == "Space" else ""
    line = terminal.line_becomes(f"sudo du -a .{blank}")
    assert line.cursor == len(line.text)
    terminal.press(kind.undo)
    terminal.line_becomes(f"sudo ,list-big-files{blank}")


@pytest.mark.parametrize("text", [REQUEST, "what's in here", "find 日本 📁 files", "for 'x y' and $HOME"])
def test_two_commas_ask_for_the_whole_text(terminal: Terminal, script: Script, kind: ShellKind, text: str) -> None:
    """Also behind an open quote, where fish sees one word."""
    script.say(text, COMMAND)
    terminal.type(f"{text} ,, ")
    terminal.line_becomes(COMMAND)
    terminal.press(kind.undo)
    terminal.line_becomes(f"{text} ,, ")


def test_the_answer_of_a_word_has_alternatives(terminal: Terminal, script: Script) -> None:
    """Alone on its line it is a request like any other: the key shows another command."""
    script.say("list big files", COMMAND)
    script.say(other_request("list big files", ["du"]), "ls -lS")
    terminal.type(",list-big-files ")
    terminal.line_becomes(COMMAND)
    terminal.press("C-g")
    terminal.line_becomes("ls -lS")


def test_a_failure_leaves_the_word(terminal: Terminal, script: Script) -> None:
    """The reason is said below."""
    script.say("list big files", {"fail": "The engine has no fuel."})
    terminal.type(",list-big-files ")
    terminal.see("caro: The engine has no fuel.")
    assert terminal.line().text == ",list-big-files "


def test_ctrl_c_leaves_the_word(terminal: Terminal, script: Script) -> None:
    """Only the request ends."""
    script.say("list big files", {"wait": "go"}, COMMAND)
    terminal.type(",list-big-files ")
    script.happened("waiting go")
    terminal.press("C-c")
    script.happened("cancelled list big files")
    terminal.see_gone("…")
    assert terminal.line().text == ",list-big-files "


@pytest.mark.parametrize(
    "users",
    [
        "abbr --add ,ll echo mine",
        "abbr --add anything --regex ',l+' --function my_words; function my_words; echo echo mine; end",
    ],
    ids=["name", "regex"],
)
@pytest.mark.parametrize("order", ["before", "after"])
def test_the_users_abbreviation_wins(open_shell: OpenShell, script: Script, users: str, order: str) -> None:
    """Whether caro was loaded before it or after it."""
    terminal = open_shell(**{order: users})
    terminal.type(",ll ")
    terminal.line_becomes("echo mine ")
    terminal.press("C-u")
    enter(terminal, ",ll", "\nmine\n")
    assert script.events() == []


def test_a_command_of_that_name_wins(open_shell: OpenShell, script: Script, home: Home) -> None:
    """There are people who begin all their commands with a comma."""
    terminal = open_shell(before="function ,mine; echo mine; end")
    enter(terminal, ",mine", "\nmine\n")
    terminal.type(",mine ")
    assert terminal.line().text == ",mine "
    assert script.events() == []


def test_they_are_listed_and_can_be_erased(terminal: Terminal, script: Script) -> None:
    """They are fish's own abbreviations: without them, a comma is a comma."""
    enter(terminal, "abbr --show | string match '*caro-*' | count", "\n2\n")
    enter(terminal, "abbr --erase caro-words caro-text; echo erased", "\nerased\n")
    terminal.type(",list-files ")
    assert terminal.line().text == ",list-files "
    terminal.press("C-u")
    enter(terminal, ",list-files", "Unknown command: ,list-files")
    assert script.events() == []


# --- fish's own ways ----------------------------------------------------------------------------------------------


def test_the_key_closes_the_list_of_completions(terminal: Terminal, script: Script, home: Home) -> None:
    """Point 7, with the other list that fish has."""
    for name in ("file-one", "file-two"):
        (home.path / name).touch()
    terminal.type("cat ~/file-")
    terminal.press("Tab")
    terminal.see("file-two")
    terminal.press("C-g")
    terminal.see_gone("file-two")
    assert terminal.line().text == "cat ~/file-"
    assert script.events() == []


def test_read_has_its_keys_for_itself(terminal: Terminal, script: Script) -> None:
    """What `read` reads is no command: neither the key nor Enter asks."""
    terminal.type("read -P 'name? ' answer; echo got $answer")
    terminal.press("Enter")
    terminal.see("name? ")
    terminal.type("# some words")
    terminal.press("C-g", "Enter")
    terminal.see("\ngot # some words\n")
    assert script.events() == []


def test_no_job_and_no_last_pid(terminal: Terminal, script: Script) -> None:
    """A request in the background is not the user's job."""
    enter(terminal, "sleep 0 & set -g before $last_pid; wait; echo on", "\non\n")
    script.say(REQUEST, "test $before = $last_pid; and echo (count (jobs -p)) same")
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes("test $before = $last_pid; and echo (count (jobs -p)) same")
    terminal.press("Enter")
    terminal.see("\n0 same\n")


@pytest.mark.parametrize("order", ["before", "after"])
def test_the_users_own_enter_goes_on_working(open_shell: OpenShell, script: Script, home: Home, order: str) -> None:
    """It finds the last status as without us, whether it was bound before caro was loaded or after that."""
    users = "function mine; echo $status >>~/seen; commandline -f execute; end; bind \\r mine"
    terminal = open_shell(**{order: users})
    enter(terminal, "echo begun; sh -c 'exit 7'", "\nbegun\n>")
    enter(terminal, "echo works on", "\nworks on\n>")
    assert (home.path / "seen").read_text() == "0\n7\n"
    script.say(REQUEST, COMMAND)
    terminal.type(f"# {REQUEST}")
    terminal.press("Enter")
    terminal.line_becomes(COMMAND)


def test_the_users_own_ctrl_c_comes_back(open_shell: OpenShell, script: Script) -> None:
    """After a request, however it ended, the key does what the user has bound to it."""
    terminal = open_shell(before="bind \\cc 'commandline -i mine'")
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.press("C-c")
    script.happened(f"cancelled {REQUEST}")
    assert terminal.line().text == REQUEST
    terminal.press("C-c")
    terminal.line_becomes(f"{REQUEST}mine")


def test_lines_typed_ahead_run_as_they_are(terminal: Terminal, script: Script) -> None:
    """With the key that is Enter on keyboards: more input waits behind the comment, so it stays one."""
    terminal.type("# a comment\recho it ran\r")
    terminal.see("\nit ran\n")
    assert terminal.line().text == ""
    assert script.events() == []


def test_a_terminal_that_does_not_type(terminal: Terminal, script: Script) -> None:
    """The answer is shown, the key takes it, and from then on the shell waits for its answers."""
    enter(terminal, "bind \\e\\[0n true; echo deaf", "\ndeaf\n")
    script.say(REQUEST, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.see(OFFER)
    assert terminal.line().text == REQUEST
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    terminal.press("C-u")
    terminal.type("more words")
    terminal.press("C-g")
    terminal.line_becomes("echo more words")
    terminal.press("C-u")
    terminal.type("# by Enter")
    terminal.press("Enter")
    terminal.line_becomes("echo by Enter")


def test_a_prompt_of_several_rows_stays_while_others_draw(open_shell: OpenShell, script: Script) -> None:
    """By the terminal's time of change fish sees that somebody has written, and takes the prompt for one of one row."""
    terminal = open_shell(before="function fish_prompt; printf '%s\\n> ' first; end", says="")
    script.say(REQUEST, {"wait": "go"}, "du -a .", {"wait": "more"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    # The kernel dates a terminal in steps of 8 s.
    before = int(time.time()) // 8
    wait_for(lambda: int(time.time()) // 8 > before, str)
    script.open_gate("go")
    terminal.see("→ du -a .")
    terminal.type("!")
    terminal.see(f"> {REQUEST}!")
    assert terminal.screen().count("first") == 1, terminal.screen()


def test_an_answer_that_nobody_has_told_of_does_not_replace_what_was_typed_on(
    terminal: Terminal, script: Script
) -> None:
    """The key asks for the line as it is now: the answer was for another."""
    enter(terminal, "bind \\e\\[0n true; echo deaf", "\ndeaf\n")
    script.say(REQUEST, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.see(OFFER)
    terminal.type(" again")
    terminal.press("C-g")
    script.happened(f"ask {REQUEST} again")
    terminal.see(f"→ echo {REQUEST} again")
    assert terminal.line().text == f"{REQUEST} again"


def test_ctrl_c_while_the_shell_waits(terminal: Terminal, script: Script) -> None:
    """The fallback can be ended too, and the line stays."""
    enter(terminal, "bind \\e\\[0n true; set -g _caro_terminal silent; echo deaf", "\ndeaf\n")
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.press("C-c")
    script.happened(f"cancelled {REQUEST}")
    assert terminal.line().text == REQUEST


# --- loading ------------------------------------------------------------------------------------------------------


def fish(home: Home, *lines: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run lines in an interactive fish without a terminal."""
    words = [need_program(FISH.argv[0]), "-i", "-c", "\n".join(lines)]
    return subprocess.run(words, env={**home.environ, **more}, capture_output=True, text=True, check=True)


def test_a_script_that_sources_it_is_left_alone(home: Home) -> None:
    """Without a line editor nothing is set up and nothing is printed."""
    lines = f"set -g CARO_PYTHON /bin/sh; source {SHELL}; functions -a | string match '_caro*'; echo end"
    words = [need_program(FISH.argv[0]), "-c", lines]
    done = subprocess.run(words, env=home.environ, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("end\n", "")


def test_an_old_fish_is_told_so(home: Home) -> None:
    """One sentence, and no part is read: an old fish would not understand them."""
    old = Path(home.path, "old.fish")
    old.write_text(SHELL.read_text().replace("$version", "3.5.1"))
    done = fish(home, f"set -g CARO_PYTHON /bin/sh; source {old}; functions -a | string match '_caro*'; true")
    assert (done.stdout, done.stderr) == (
        "",
        'caro: the key needs fish 3.6 or newer, this is 3.5.1; caro "…" works.\n',
    )


def test_the_entry_for_fisher_takes_the_interpreter_it_is_told(home: Home) -> None:
    """CARO_PYTHON, set before, is what runs."""
    done = fish(
        home, f"source {ENTRY}; source {ENTRY}; echo $CARO_PYTHON; functions -q _caro_load", CARO_PYTHON="/bin/sh"
    )
    assert (done.stdout, done.stderr) == ("/bin/sh\n", "")


def test_the_entry_for_fisher_finds_the_environment_of_caro(home: Home) -> None:
    """A link on PATH to a program of a virtual environment leads to the interpreter beside it."""
    programs = home.path / "venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "caro"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    (home.path / "venv" / "pyvenv.cfg").touch()
    (home.path / "bin").mkdir()
    (home.path / "bin" / "caro").symlink_to(programs / "caro")
    done = fish(home, f"set PATH {home.path}/bin $PATH; source {ENTRY}; echo $CARO_PYTHON")
    assert (done.stdout, done.stderr) == (f"{programs}/python\n", "")


@pytest.mark.parametrize("first", ["#!{}\n", "#!{} -I\n", "#!/bin/sh\n'''exec' '{}' \"$0\" \"$@\"\n' '''\n"])
def test_the_entry_for_fisher_reads_the_first_lines_of_caro(home: Home, first: str) -> None:
    """As pip writes them, also for a path that is too long for one."""
    python = home.path / "python3.11"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    program = home.path / "bin" / "caro"
    program.parent.mkdir()
    program.write_text(first.format(python))
    program.chmod(0o755)
    done = fish(home, f"set PATH {program.parent} $PATH; source {ENTRY}; echo $CARO_PYTHON")
    assert (done.stdout, done.stderr) == (f"{python}\n", "")


def test_the_entry_for_fisher_says_once_that_caro_is_missing(home: Home) -> None:
    """In one sentence, with what to do."""
    done = fish(home, f"set PATH /nowhere; source {ENTRY}; source {ENTRY}")
    assert (
        done.stderr == "caro: no `caro` with a Python interpreter is on PATH. Run ./install.sh, or set CARO_PYTHON.\n"
    )


def test_sourcing_starts_no_process(home: Home) -> None:
    """In a process-id space of its own, the ids before and after sourcing follow on each other."""
    program = need_program(FISH.argv[0])
    allowed = subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True, check=False).returncode == 0
    if not allowed:
        need("unshare --pid is not permitted")
    ask = "command sh -c 'echo $$'"
    lines = f"{ask}; set -g CARO_PYTHON /bin/sh; source {SHELL}; _caro_on_first_prompt; {ask}"
    words = ["unshare", "--pid", "--fork", program, "-i", "-c", lines]
    done = subprocess.run(words, env=home.environ, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after == before + 1
