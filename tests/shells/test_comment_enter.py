"""`# request` and Enter: the key by another name. Every other Enter is the shell's own, in every shell."""

import pytest
from pictures import keep_picture
from shell_kinds import ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script

REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"
# zsh takes a comment at the prompt for a command unless it is told otherwise.
COMMENTS = {"zsh": "setopt interactive_comments"}
LOOP = {
    "zsh": ("for n in a b; do", "# not a request", "echo got $n", "done"),
    "bash": ("for n in a b; do", "# not a request", "echo got $n", "done"),
    "fish": ("for n in a b", "# not a request", "echo got $n", "end"),
}


@pytest.fixture
def commented(open_shell: OpenShell, kind: ShellKind) -> Terminal:
    """A shell that takes comments at its prompt."""
    return open_shell(before=COMMENTS.get(kind.name, ""))


def enter(terminal: Terminal, text: str) -> None:
    """Type a line, see it, and press Enter: a line that was never on the screen counts as pasted."""
    terminal.type(text)
    terminal.see(text)
    press_enter(terminal)


def go_on(terminal: Terminal, *lines: str) -> None:
    """Type lines of one command, with Enter behind each."""
    for line in lines:
        terminal.type(line)
        terminal.see(line)
        terminal.press("Enter")


def press_enter(terminal: Terminal) -> None:
    """Press Enter and wait until it shows; a key that comes at once would make a pasted line of it."""
    before = terminal.screen(), terminal.cursor()
    terminal.press("Enter")
    wait_for(lambda: (terminal.screen(), terminal.cursor()) != before, terminal.screen)


def run_on(terminal: Terminal) -> None:
    """Run a command, so that everything before it is over."""
    terminal.line_becomes("")
    enter(terminal, "echo works on")
    terminal.see("\nworks on\n>")


def test_a_comment_and_enter_is_a_request(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """The line becomes the command, nothing runs, and one undo brings the comment back."""
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    enter(terminal, f"# {REQUEST}")
    script.happened("waiting go")
    terminal.see("…")
    keep_picture(terminal, kind, "comment-1")
    script.open_gate("go")
    line = terminal.line_becomes(COMMAND)
    assert line.cursor == len(COMMAND)
    keep_picture(terminal, kind, "comment-2")
    terminal.press(kind.undo)
    terminal.line_becomes(f"# {REQUEST}")


def test_it_works_where_comments_are_comments(commented: Terminal, script: Script) -> None:
    """A shell that would pass over the comment asks all the same."""
    script.say(REQUEST, COMMAND)
    enter(commented, f"# {REQUEST}")
    commented.line_becomes(COMMAND)


def test_two_requests_one_after_another(terminal: Terminal, script: Script) -> None:
    """Ask, run, ask again: each is a request of its own."""
    script.say(REQUEST, "echo the first")
    script.say("and now the smallest", "echo the second")
    enter(terminal, f"# {REQUEST}")
    terminal.line_becomes("echo the first")
    terminal.press("Enter")
    terminal.see("\nthe first\n>")
    enter(terminal, "# and now the smallest")
    terminal.line_becomes("echo the second")
    terminal.press("Enter")
    terminal.see("\nthe second\n>")


def test_an_impatient_enter_changes_nothing(terminal: Terminal, script: Script) -> None:
    """While the request is pending on its line, Enter waits with the user."""
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    enter(terminal, f"# {REQUEST}")
    script.happened("waiting go")
    terminal.press("Enter")
    terminal.press("Enter")
    assert terminal.line().text == f"# {REQUEST}"
    script.open_gate("go")
    terminal.line_becomes(COMMAND)
    assert script.events().count(f"ask {REQUEST}") == 1


def test_ctrl_c_while_waiting_keeps_the_comment(terminal: Terminal, script: Script) -> None:
    """The same as with the key: Ctrl-C ends the request, and Enter asks again."""
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    enter(terminal, f"# {REQUEST}")
    script.happened("waiting go")
    terminal.press("C-c")
    script.happened(f"cancelled {REQUEST}")
    assert terminal.line().text == f"# {REQUEST}"
    script.open_gate("go")
    press_enter(terminal)
    terminal.line_becomes(COMMAND)


def test_a_failure_keeps_the_comment(terminal: Terminal, script: Script) -> None:
    """The words stay on the line, and the reason is said."""
    script.say(REQUEST, {"fail": "The engine has no fuel."})
    enter(terminal, f"# {REQUEST}")
    terminal.see("caro: The engine has no fuel.")
    assert terminal.line().text == f"# {REQUEST}"


@pytest.mark.parametrize("line", ["echo hello", "echo a # b", "#nospace", "#", "# ", ": '# quoted'"])
def test_any_other_enter_is_untouched(commented: Terminal, script: Script, line: str) -> None:
    """Commands run, and comments that are no request are what they were."""
    enter(commented, line.rstrip())
    run_on(commented)
    assert script.events() == []
    assert "caro:" not in commented.screen()


def test_a_comment_line_in_a_command_of_several_lines(commented: Terminal, script: Script, kind: ShellKind) -> None:
    """In the middle of a loop a comment is a comment."""
    go_on(commented, *LOOP[kind.name])
    commented.see("got a\ngot b")
    run_on(commented)
    assert script.events() == []


def test_a_comment_line_inside_quotes(commented: Terminal, script: Script) -> None:
    """An open quote goes on over the next lines, whatever they look like."""
    go_on(commented, "echo 'first", "# second", "third'")
    commented.see("\nfirst\n# second\nthird\n")
    run_on(commented)
    assert script.events() == []


def test_a_heredoc(commented: Terminal, script: Script, kind: ShellKind) -> None:
    """A line of a here-document that begins with # is text."""
    if kind.name == "fish":
        pytest.skip("fish has no here-documents")
    go_on(commented, "cat <<END", "# text", "END")
    commented.see("\n# text\n>")
    run_on(commented)
    assert script.events() == []


def test_a_pasted_block_runs_as_it_is(commented: Terminal, script: Script) -> None:
    """Lines that come all at once, as from a terminal without bracketed paste, ask for nothing."""
    commented.type("# a comment\n# another one\necho it ran\n")
    commented.see("\nit ran\n")
    run_on(commented)
    assert script.events() == []


def test_a_block_pasted_as_one_stays_one(commented: Terminal, script: Script) -> None:
    """With bracketed paste the block stands on the line; a comment in it is a comment."""
    commented.paste("# a comment\necho it ran")
    commented.see("echo it ran")
    commented.press("Enter")
    commented.see("\nit ran\n")
    run_on(commented)
    assert script.events() == []


@pytest.mark.parametrize("value", ["off", "0", "false", ""])
def test_the_setting_turns_it_off(open_shell: OpenShell, script: Script, kind: ShellKind, value: str) -> None:
    """CARO_COMMENT=off: the shell does with a comment what it always did; the key still asks."""
    terminal = open_shell(before=f"{kind.set('CARO_COMMENT', value)}\n{COMMENTS.get(kind.name, '')}")
    enter(terminal, f"# {REQUEST}")
    run_on(terminal)
    assert script.events() == []
    script.say(REQUEST, COMMAND)
    terminal.type(f"# {REQUEST}")
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)


def test_the_config_file_turns_it_off(open_shell: OpenShell, script: Script, home: Home, kind: ShellKind) -> None:
    """`comment = "off"` in the file does the same."""
    home.write_config('comment = "off"')
    terminal = open_shell(before=COMMENTS.get(kind.name, ""))
    enter(terminal, f"# {REQUEST}")
    run_on(terminal)
    assert script.events() == []


def test_in_vi_insert_and_command_mode(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """Point 14: Enter asks in both."""
    terminal = open_shell(after=kind.vi_mode)
    script.say(REQUEST, COMMAND)
    script.say("another thing", "ls -a")
    enter(terminal, f"# {REQUEST}")
    terminal.line_becomes(COMMAND)
    terminal.press("C-c")
    terminal.line_becomes("")
    terminal.type("# another thing")
    terminal.leave_insert_mode("# another thing")
    press_enter(terminal)
    terminal.line_becomes("ls -a")


def test_the_exit_status_is_untouched_by_enter(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Point 8, by way of Enter: the next command sees the status of the last one."""
    variable = "$status" if kind.name == "fish" else "$?"
    script.say(REQUEST, f"echo got {variable}")
    enter(terminal, "sh -c 'exit 7'")
    terminal.line_becomes("")
    enter(terminal, f"# {REQUEST}")
    terminal.line_becomes(f"echo got {variable}")
    terminal.press("Enter")
    terminal.see("\ngot 7")
