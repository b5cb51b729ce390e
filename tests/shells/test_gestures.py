"""The key on an answer, behind a comment, after a failure, in half a command: one list for every shell."""

import pytest
from pictures import keep_picture
from shell_kinds import ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script

from caro_shell.prompt import completion_request, fix_request, other_request, refinement_request

REQUEST = "find the big files here"
FIRST = "du -a . | sort -rn"
SECOND = "find . -size +1M"


def press_key_on(terminal: Terminal, request: str = REQUEST) -> None:
    """Type a request and press the key."""
    terminal.type(request)
    terminal.press("C-g")


def run(terminal: Terminal, command: str) -> None:
    """Run a command and wait until it is over."""
    terminal.type(command)
    terminal.press("Enter")
    terminal.line_becomes("")
    # The dump leaves the status alone, but the shell may still be on its way to the prompt.
    terminal.see(f"> {command}")


def say_alternatives(script: Script) -> None:
    """Let there be two different commands for the request, and no third one."""
    script.say(REQUEST, FIRST)
    script.say(other_request(REQUEST, ["du"]), SECOND)
    script.say(other_request(REQUEST, ["du", "find"]), FIRST)


def asked(script: Script, beginning: str) -> bool:
    """Say whether the engine was asked something that begins so."""
    return any(event.startswith(f"ask {beginning}") for event in script.events())


# --- the next alternative -----------------------------------------------------------------------------------------


def test_a_press_on_the_untouched_answer_shows_another_command(
    terminal: Terminal, script: Script, kind: ShellKind
) -> None:
    """Each press shows the next command, with the cursor at its end; after the last one comes the first again."""
    say_alternatives(script)
    press_key_on(terminal)
    terminal.line_becomes(FIRST)
    keep_picture(terminal, kind, "alternatives-1")
    terminal.press("C-g")
    line = terminal.line_becomes(SECOND)
    assert line.cursor == len(SECOND)
    keep_picture(terminal, kind, "alternatives-2")
    terminal.press("C-g")
    terminal.line_becomes(FIRST)
    terminal.press("C-g")
    terminal.line_becomes(SECOND)


def test_each_alternative_is_one_undo(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Undo goes back through the alternatives to the words, a command at a time."""
    say_alternatives(script)
    press_key_on(terminal)
    terminal.line_becomes(FIRST)
    terminal.press("C-g")
    terminal.line_becomes(SECOND)
    terminal.press(kind.undo)
    terminal.line_becomes(FIRST)
    terminal.press(kind.undo)
    terminal.line_becomes(REQUEST)


def test_an_alternative_that_takes_its_time_can_be_cancelled(terminal: Terminal, script: Script) -> None:
    """The command that is there stays while another one is looked for, and after Ctrl-C."""
    script.say(REQUEST, FIRST)
    script.say(other_request(REQUEST, ["du"]), {"wait": "go"}, SECOND)
    press_key_on(terminal)
    terminal.line_becomes(FIRST)
    terminal.press("C-g")
    script.happened("waiting go")
    assert terminal.line().text == FIRST
    terminal.press("C-c")
    wait_for(lambda: any(event.startswith("cancelled") for event in script.events()), terminal.screen)
    script.open_gate("go")
    assert terminal.line().text == FIRST


def test_a_new_prompt_forgets_the_answers(terminal: Terminal, script: Script) -> None:
    """The same words at the next prompt are a new request: its first answer comes again."""
    say_alternatives(script)
    press_key_on(terminal)
    terminal.line_becomes(FIRST)
    terminal.press("C-g")
    terminal.line_becomes(SECOND)
    terminal.press("C-c")
    terminal.line_becomes("")
    press_key_on(terminal)
    terminal.line_becomes(FIRST)


# --- refine -------------------------------------------------------------------------------------------------------


def test_a_comment_behind_the_answer_refines_it(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Three turns, one conversation: each comment changes the command, and the model is told what was asked before."""
    script.say(REQUEST, "grep -r x .")
    script.say(refinement_request(REQUEST, "grep -r x .", "only in src"), "grep -r x src")
    script.say(refinement_request(f"{REQUEST}, only in src", "grep -r x src", "count them"), "grep -rc x src")
    script.say(
        refinement_request(f"{REQUEST}, only in src, count them", "grep -rc x src", "without case"), "grep -rci x src"
    )
    press_key_on(terminal)
    terminal.line_becomes("grep -r x .")
    terminal.type(" # only in src")
    terminal.see("grep -r x . # only in src")
    keep_picture(terminal, kind, "refine-1")
    terminal.press("C-g")
    terminal.line_becomes("grep -r x src")
    keep_picture(terminal, kind, "refine-2")
    press_key_on(terminal, " # count them")
    terminal.line_becomes("grep -rc x src")
    press_key_on(terminal, " # without case")
    terminal.line_becomes("grep -rci x src")
    terminal.press(kind.undo)
    terminal.line_becomes("grep -rc x src # without case")


def test_an_answer_that_was_edited_is_refined_as_it_is(terminal: Terminal, script: Script) -> None:
    """What the user has made of the command is what the comment is about."""
    script.say(REQUEST, "grep -r x .")
    script.say(refinement_request(REQUEST, "grep -r x . | sort", "reversed"), "grep -r x . | sort -r")
    press_key_on(terminal)
    terminal.line_becomes("grep -r x .")
    press_key_on(terminal, " | sort # reversed")
    terminal.line_becomes("grep -r x . | sort -r")


def test_a_command_typed_by_hand_is_refined(terminal: Terminal, script: Script) -> None:
    """No answer has to come first: a comment behind any command asks for its change."""
    script.say(refinement_request("", "ls -l", "newest first"), "ls -lt")
    press_key_on(terminal, "ls -l # newest first")
    terminal.line_becomes("ls -lt")


# --- fix ----------------------------------------------------------------------------------------------------------


def test_the_key_on_an_empty_line_fixes_the_last_command(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """A command that failed is mended from its text and status; one undo empties the line again."""
    script.say(fix_request("grep -z", 2, []), {"wait": "go"}, "grep -z x")
    terminal.type("grep -z")
    terminal.press("Enter")
    terminal.see("for more information.\n>")
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.see("… thinking")
    keep_picture(terminal, kind, "fix-1")
    script.open_gate("go")
    line = terminal.line_becomes("grep -z x")
    assert line.cursor == len(line.text)
    keep_picture(terminal, kind, "fix-2")
    terminal.press(kind.undo)
    terminal.line_becomes("")


@pytest.mark.parametrize("allowed", ["tmux", "off"])
def test_what_the_command_has_shown_is_told_only_where_it_may_be(
    open_shell: OpenShell, script: Script, kind: ShellKind, allowed: str
) -> None:
    """fix_output = tmux reads it off the screen, as it stands between the command and the prompt."""
    shown = "one two\nthree"
    command = "sh -c 'printf \"one two\\nthree\\n\"; exit 3'"
    told = fix_request(command, 3, [f"It said: {shown}"] if allowed == "tmux" else [])
    script.say(told, "echo mended")
    terminal = open_shell(before=kind.set("CARO_FIX_OUTPUT", allowed))
    terminal.type(command)
    terminal.press("Enter")
    terminal.see("\nthree\n>")
    terminal.press("C-g")
    terminal.line_becomes("echo mended")


def test_a_second_press_shows_another_fix(terminal: Terminal, script: Script) -> None:
    """A fix has alternatives like every other answer."""
    script.say(fix_request("false", 1, []), "true")
    script.say(f"{fix_request('false', 1, [])}#1", "echo yes")
    run(terminal, "false")
    terminal.press("C-g")
    terminal.line_becomes("true")
    terminal.press("C-g")
    terminal.line_becomes("echo yes")


def test_nothing_is_run_again_for_a_fix(terminal: Terminal, script: Script, home: Home) -> None:
    """The failed command ran once, when the user ran it."""
    run(terminal, f"echo once >>{home.path}/runs; false")
    terminal.press("C-g")
    wait_for(lambda: asked(script, "This command failed with exit status 1: echo once"), terminal.screen)
    wait_for(lambda: terminal.line().text, terminal.screen)
    assert (home.path / "runs").read_text() == "once\n"


def test_the_status_survives_a_fix(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Point 8: the command from the fix still sees how the failed one ended."""
    variable = "$status" if kind.name == "fish" else "$?"
    script.say(fix_request("sh -c 'exit 7'", 7, []), f"echo got {variable}")
    run(terminal, "sh -c 'exit 7'")
    terminal.press("C-g")
    terminal.line_becomes(f"echo got {variable}")
    terminal.press("Enter")
    terminal.see("\ngot 7")


@pytest.mark.parametrize("after", ["nothing", "success", "empty Enter and success"])
def test_there_is_nothing_to_fix_after_a_success(terminal: Terminal, script: Script, after: str) -> None:
    """With no command, or one that ended well, the key says what to do and asks nothing."""
    if after == "success":
        run(terminal, "true")
    elif after != "nothing":
        run(terminal, "false")
        terminal.press("Enter")
        run(terminal, "true")
    terminal.press("C-g")
    terminal.see("ype what you want in words")
    assert script.events() == []
    assert terminal.line().text == ""


def test_a_command_that_was_interrupted_is_not_fixed(terminal: Terminal, script: Script) -> None:
    """Ctrl-C is the user's will, not a failure."""
    terminal.type("sh -c 'echo on; exec sleep 1000'")
    terminal.press("Enter")
    terminal.see("\non")
    terminal.press("C-c")
    terminal.line_becomes("")
    terminal.press("C-g")
    terminal.see("ype what you want in words")
    assert script.events() == []


def test_an_empty_line_after_a_failure_keeps_it(terminal: Terminal, script: Script) -> None:
    """Enter on an empty line, or a line that Ctrl-C threw away, ran nothing: the failure is still the last one."""
    script.say(fix_request("false", 1, []), "true")
    run(terminal, "false")
    terminal.press("Enter")
    terminal.type("thrown away")
    # fish 4 drops a Ctrl-C that comes right behind another key.
    terminal.see("thrown away")
    terminal.press("C-c")
    terminal.line_becomes("")
    terminal.press("C-g")
    terminal.line_becomes("true")


def test_words_after_a_failure_are_a_request(terminal: Terminal, script: Script) -> None:
    """The failed command is only of interest on an empty line."""
    script.say(REQUEST, FIRST)
    run(terminal, "false")
    press_key_on(terminal)
    terminal.line_becomes(FIRST)
    assert not asked(script, "This command failed")


# --- repair -------------------------------------------------------------------------------------------------------


def test_a_half_typed_command_is_repaired_around_the_cursor(
    terminal: Terminal, script: Script, kind: ShellKind
) -> None:
    """What stands right of the cursor stays, and the cursor stands before it; one undo brings the line back."""
    script.say(completion_request("tar cz", " | ssh host 'tar xz'"), "tar cz . | ssh host 'tar xz'")
    terminal.type("tar cz | ssh host 'tar xz'")
    for _ in " | ssh host 'tar xz'":
        terminal.press("C-b")
    assert terminal.line().cursor == len("tar cz")
    keep_picture(terminal, kind, "repair-1")
    terminal.press("C-g")
    line = terminal.line_becomes("tar cz . | ssh host 'tar xz'")
    assert line.text[line.cursor :] == "| ssh host 'tar xz'"
    keep_picture(terminal, kind, "repair-2")
    terminal.press(kind.undo)
    terminal.line_becomes("tar cz | ssh host 'tar xz'")


def test_an_answer_that_changes_what_is_right_of_the_cursor_is_refused(terminal: Terminal, script: Script) -> None:
    """The line stays as it is, with the cursor where it was, and the reason is said."""
    script.say(completion_request("tar cz", " | ssh host 'tar xz'"), "tar czf all.tgz .")
    terminal.type("tar cz | ssh host 'tar xz'")
    for _ in " | ssh host 'tar xz'":
        terminal.press("C-b")
    terminal.press("C-g")
    terminal.see("right of the cursor")
    assert terminal.line() == ("tar cz | ssh host 'tar xz'", len("tar cz"))


def test_a_command_is_finished_at_its_end(terminal: Terminal, script: Script) -> None:
    """With nothing right of the cursor the rest is written behind what is there."""
    script.say(completion_request("ls -l | grep", ""), "ls -l | grep txt")
    press_key_on(terminal, "ls -l | grep")
    line = terminal.line_becomes("ls -l | grep txt")
    assert line.cursor == len(line.text)
