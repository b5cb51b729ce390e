"""The contract of every shell: one list of behaviours, each proved with real keys on a real screen."""

import pytest
from pictures import keep_picture
from shell_kinds import ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script

REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"


def press_key_on(terminal: Terminal, request: str = REQUEST) -> None:
    """Type a request and press the key."""
    terminal.type(request)
    terminal.press("C-g")


def hold(script: Script, request: str = REQUEST, command: str = COMMAND) -> None:
    """Let the answer to `request` wait for the gate `go`."""
    script.say(request, {"wait": "go"}, command)


def test_the_command_takes_the_place_of_the_words(terminal: Terminal, script: Script, home: Home) -> None:
    """Point 1: the line becomes the command, the cursor stands at its end, and nothing runs."""
    script.say(REQUEST, f"touch {home.path}/ran")
    press_key_on(terminal)
    line = terminal.line_becomes(f"touch {home.path}/ran")
    assert line.cursor == len(line.text)
    assert not (home.path / "ran").exists()


def test_one_undo_brings_the_words_back(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Point 2: a single undo restores the exact text, a second press of the key works again."""
    script.say(REQUEST, COMMAND)
    press_key_on(terminal)
    terminal.line_becomes(COMMAND)
    terminal.press(kind.undo)
    terminal.line_becomes(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)


def test_a_failure_leaves_the_line_and_says_one_sentence(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Point 3: when there is no command, the words stay and the reason is shown below."""
    script.say(REQUEST, {"fail": "The engine has no fuel."})
    press_key_on(terminal)
    screen = terminal.see("caro: The engine has no fuel. Mend it.")
    keep_picture(terminal, kind, "error")
    assert "Traceback" not in screen
    assert terminal.line().text == REQUEST


def test_a_client_that_cannot_start_leaves_the_line(open_shell: OpenShell, kind: ShellKind) -> None:
    """Point 3: the same when the client itself is broken."""
    terminal = open_shell(after=kind.set("CARO_PYTHON", "/bin/false"))
    press_key_on(terminal)
    terminal.see("caro did not answer")
    assert terminal.line().text == REQUEST


def test_ctrl_c_while_waiting_keeps_the_line(terminal: Terminal, script: Script) -> None:
    """Point 4: Ctrl-C ends the request, not the line; the late answer comes neither here nor in the next prompt."""
    hold(script)
    press_key_on(terminal)
    script.happened("waiting go")
    terminal.press("C-c")
    script.happened(f"cancelled {REQUEST}")
    script.open_gate("go")
    terminal.type(" please")
    assert terminal.line().text == f"{REQUEST} please"
    terminal.press("C-c")
    terminal.type("echo next")
    assert terminal.line().text == "echo next"
    assert COMMAND not in terminal.screen()


def test_a_second_ctrl_c_drops_the_line(terminal: Terminal, script: Script) -> None:
    """Point 4: the first one ends the request, the next one is the shell's own."""
    hold(script)
    press_key_on(terminal)
    script.happened("waiting go")
    terminal.press("C-c")
    script.happened(f"cancelled {REQUEST}")
    terminal.press("C-c")
    terminal.line_becomes("")


def test_a_slow_client_does_not_overtake_the_next_press(terminal: Terminal, script: Script) -> None:
    """Point 11: pressed, typed and pressed again at once: the last press is the one that is answered."""
    for turn in range(5):
        # In one piece: between two an answer may come and be seen, and the key would take it.
        terminal.type(f"turn {turn}\x07 again\x07")
        terminal.line_becomes(f"echo turn {turn} again")
        terminal.press("C-u")


BUSY = {
    "zsh": "busy() { while [[ -e ~/busy ]]; do :; done }; zle -N busy; bindkey '^X^B' busy",
    "bash": "busy() { while [[ -e ~/busy ]]; do :; done; }; bind -x '\"\\C-x\\C-b\": busy'",
    "fish": "function busy; while test -e ~/busy; end; end; bind \\cx\\cb busy",
}


def test_a_press_does_not_take_what_nobody_has_seen(
    open_shell: OpenShell, script: Script, kind: ShellKind, home: Home
) -> None:
    """Points 9 and 11: while the shell is busy, words are typed, an answer comes, and the key is pressed."""
    terminal = open_shell(after=BUSY[kind.name])
    terminal.line_becomes("")
    script.say("one", {"wait": "go"}, "echo first")
    script.say("one again", "echo second")
    press_key_on(terminal, "one")
    script.happened("waiting go")
    hold_up = home.path / "busy"
    hold_up.touch()
    terminal.press("C-x", "C-b")
    wait_for(lambda: terminal.waiting() == 0, str)
    terminal.type(" again")
    script.open_gate("go")
    if kind.name != "zsh":
        # The answer is behind what was typed: the terminal tells of it.
        wait_for(lambda: terminal.waiting() == len(" again\x1b[0n"), lambda: f"{terminal.waiting()} wait")
    terminal.press("C-g")
    hold_up.unlink()
    terminal.line_becomes("echo second")


def test_several_lines_arrive_as_one_buffer(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Point 5: a command of several lines is one edit, and nothing of it runs."""
    command = kind.loop("*.log", 'gzip -- "$name"')
    script.say(REQUEST, f"```sh\n{command}\n```")
    press_key_on(terminal)
    line = terminal.line_becomes(command)
    assert line.cursor == len(command)


@pytest.mark.parametrize(
    "command",
    [
        """printf '%s\\n' "it's" `date +%Y` $HOME \\$x""",
        "echo 'a!b!!' \"100%\" %1 ~ {a,b} [x] #no",
        "grep -r '日本語' ./café 📁 👩‍👩‍👧",
        "awk -F'\\t' '{print $2}' f | sed 's/\\\\/\\//g'",
        "echo '--' -- -n -e",
    ],
)
def test_every_character_arrives_as_it_is(terminal: Terminal, script: Script, command: str) -> None:
    """Point 6: quotes, backslashes, percent, history marks, wide characters: byte for byte, and typing goes on."""
    script.say(REQUEST, command)
    press_key_on(terminal)
    shown = command.removesuffix(" #no")
    terminal.line_becomes(shown)
    terminal.type("X")
    assert terminal.line() == (f"{shown}X", len(shown) + 1)


def test_every_character_of_the_request_reaches_the_model(terminal: Terminal, script: Script) -> None:
    """Point 6, the other way: what the user typed is what the engine is asked."""
    request = """naïve 'quotes" `x` $HOME \\ % ! 日本 📁"""
    press_key_on(terminal, request)
    script.happened(f"ask {request}")


def test_the_key_still_cancels_a_history_search(terminal: Terminal, kind: ShellKind) -> None:
    """Point 7: Ctrl-R, then Ctrl-G ends the search and brings the line back."""
    terminal.type("echo before")
    terminal.press("Enter")
    terminal.see("before\n>")
    terminal.type("echo")
    terminal.press("C-r")
    terminal.see(kind.search)
    terminal.type(" be")
    terminal.see(f"{kind.search} be")
    terminal.press("C-g")
    terminal.see_gone(kind.search)
    assert terminal.line().text == "echo"


def test_the_exit_status_is_untouched(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Point 8: the next command sees the status of the last one, not ours."""
    script.say(REQUEST, f"echo status={kind.status}")
    terminal.type("sh -c 'exit 7'")
    terminal.press("Enter")
    press_key_on(terminal)
    terminal.line_becomes(f"echo status={kind.status}")
    terminal.press("Enter")
    terminal.see("status=7")


def test_typing_while_waiting_is_kept(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Point 9: what was typed meanwhile stays; the answer is offered, and one more press takes it."""
    hold(script)
    press_key_on(terminal)
    script.happened("waiting go")
    terminal.type(" and sort them")
    script.open_gate("go")
    terminal.see(f"→ {COMMAND}   (once more to take it)")
    keep_picture(terminal, kind, "offer")
    assert terminal.line().text == f"{REQUEST} and sort them"
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)


def test_an_offer_taken_can_be_undone(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Points 2 and 9: undo after taking an offer restores what was typed meanwhile."""
    hold(script)
    press_key_on(terminal)
    script.happened("waiting go")
    terminal.type("!")
    script.open_gate("go")
    terminal.see(f"→ {COMMAND}   (once more to take it)")
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    terminal.press(kind.undo)
    terminal.line_becomes(f"{REQUEST}!")


def test_enter_while_waiting_runs_what_is_there(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Point 10: the answer reaches neither the program that runs now nor the next prompt."""
    # A comment behind a command asks for a change of it: this is what the model gets.
    hold(script, "echo started; cat\n# largest files")
    terminal.type(f"{kind.comments}; echo on")
    terminal.press("Enter")
    terminal.see("\non")
    press_key_on(terminal, "echo started; cat # largest files")
    script.happened("waiting go")
    terminal.press("Enter")
    script.happened("cancelled echo started; cat\\n# largest files")
    # What is typed before is read as the line editor reads it: its Enter would end no line of cat's.
    terminal.see("\nstarted")
    script.open_gate("go")
    terminal.type("typed into cat")
    terminal.press("Enter")
    terminal.see("typed into cat\ntyped into cat")
    terminal.press("C-d")
    terminal.type("echo next")
    assert terminal.line().text == "echo next"
    assert COMMAND not in terminal.screen()


def test_a_second_press_while_waiting_asks_nothing_new(terminal: Terminal, script: Script) -> None:
    """Point 11: an impatient press changes nothing; the one answer comes once."""
    hold(script)
    press_key_on(terminal)
    script.happened("waiting go")
    terminal.press("C-g")
    terminal.press("C-g")
    assert terminal.line().text == REQUEST
    script.open_gate("go")
    terminal.line_becomes(COMMAND)
    assert script.events().count(f"ask {REQUEST}") == 1


def test_a_press_on_a_changed_line_asks_anew(terminal: Terminal, script: Script) -> None:
    """Point 11: the newest request of a terminal wins, and the older one is cancelled."""
    hold(script)
    script.say(f"{REQUEST} now", "ls -S")
    press_key_on(terminal)
    script.happened("waiting go")
    terminal.type(" now")
    terminal.press("C-g")
    script.happened(f"cancelled {REQUEST}")
    terminal.line_becomes("ls -S")


def test_the_first_press_starts_one_daemon(terminal: Terminal, script: Script, home: Home) -> None:
    """Point 12: no daemon is there, the key starts it, and it serves the next press too."""
    assert home.daemon_pid() == 0
    script.say(REQUEST, COMMAND)
    press_key_on(terminal)
    terminal.line_becomes(COMMAND)
    first = home.daemon_pid()
    assert first > 0
    terminal.press("C-u")
    press_key_on(terminal, "another thing")
    terminal.line_becomes("echo another thing")
    assert home.daemon_pid() == first


def test_a_daemon_killed_in_mid_answer_costs_nothing(terminal: Terminal, script: Script, home: Home) -> None:
    """Point 13: the line is kept, a sentence says what happened, and the next press works."""
    script.say(REQUEST, "du -a", {"wait": "go"}, COMMAND)
    press_key_on(terminal)
    script.happened("waiting go")
    home.kill_daemon()
    terminal.see("The daemon stopped in the middle of the answer.")
    assert terminal.line().text == REQUEST
    script.open_gate("go")
    script.say(REQUEST, COMMAND)
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)


def test_vi_insert_mode(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """Point 14: the key works while inserting in vi mode."""
    terminal = open_shell(after=kind.vi_mode)
    script.say(REQUEST, COMMAND)
    press_key_on(terminal)
    terminal.line_becomes(COMMAND)


def test_vi_command_mode(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """Point 14: the key works in vi's command mode, and `u` undoes it."""
    terminal = open_shell(after=kind.vi_mode)
    script.say(REQUEST, COMMAND)
    terminal.type(REQUEST)
    terminal.leave_insert_mode(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    terminal.press("u")
    terminal.line_becomes(REQUEST)


def test_a_resize_while_waiting(terminal: Terminal, script: Script) -> None:
    """Point 16: a window that changes its size loses neither the request nor the line."""
    hold(script)
    press_key_on(terminal)
    script.happened("waiting go")
    terminal.resize(40, 12)
    assert terminal.line().text == REQUEST
    terminal.resize(120, 40)
    script.open_gate("go")
    terminal.line_becomes(COMMAND)


def test_a_comment_is_a_request_too(terminal: Terminal, script: Script) -> None:
    """A `# request` line asks for the words behind the mark."""
    script.say(REQUEST, COMMAND)
    press_key_on(terminal, f"# {REQUEST}")
    terminal.line_becomes(COMMAND)


def test_an_empty_line_asks_nothing(terminal: Terminal, script: Script) -> None:
    """Without words the key says what to do, and starts nothing."""
    terminal.press("C-g")
    terminal.see("caro: type what you want in words")
    assert script.events() == []
    assert terminal.line().text == ""


def test_sourcing_twice_under_strict_options_prints_nothing(
    open_shell: OpenShell, kind: ShellKind, script: Script, home: Home
) -> None:
    """Point 19: loading again, with every strict option on, is silent and the key still works."""
    terminal = open_shell()
    terminal.type(f" {kind.strict}; {kind.source} {home.path}/rc.{kind.name}; echo done")
    terminal.press("Enter")
    screen = terminal.see("done\n>")
    assert screen.split("echo done\n")[1] == "done\n>"
    script.say(REQUEST, COMMAND)
    press_key_on(terminal)
    terminal.line_becomes(COMMAND)


@pytest.mark.parametrize("evil", ["\x1b[31mls", "ls \u202e", "\x9b0m", "ls\x07", "\x7fls", "ls\u200b"])
def test_no_control_character_reaches_the_line(terminal: Terminal, script: Script, evil: str) -> None:
    """Point 20: an answer with control, escape or bidi characters is refused, and shown nowhere."""
    script.say(REQUEST, evil)
    press_key_on(terminal)
    terminal.see("do not belong on a command line")
    assert terminal.line().text == REQUEST


def test_feedback_is_there_at_once_and_the_command_grows(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """The wait is visible beside the line; the command is shown as it is written, and is not in the line yet."""
    script.say(REQUEST, {"wait": "first"}, "du -a . ", {"wait": "second"}, "| sort -rn")
    press_key_on(terminal)
    terminal.see(f"{REQUEST}{kind.below}  …")
    keep_picture(terminal, kind, "write-1")
    script.open_gate("first")
    terminal.see(f"{REQUEST}{kind.below}  → du -a .")
    keep_picture(terminal, kind, "write-2")
    assert terminal.line().text == REQUEST
    script.open_gate("second")
    terminal.line_becomes("du -a . | sort -rn")
    keep_picture(terminal, kind, "write-3")
    assert "→" not in terminal.screen()
    assert "…" not in terminal.screen()


def test_loading_is_said(terminal: Terminal, script: Script) -> None:
    """While the model loads, the status says so."""
    script.say("(load)", {"wait": "loaded"})
    script.say(REQUEST, COMMAND)
    press_key_on(terminal)
    terminal.see("… loading the model")
    script.open_gate("loaded")
    terminal.line_becomes(COMMAND)


def test_another_key_can_be_chosen(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """CARO_KEY names the key; Ctrl-G is then left as it was."""
    terminal = open_shell(before=kind.set("CARO_KEY", "ctrl-x g"))
    script.say(REQUEST, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-x", "g")
    terminal.line_becomes(COMMAND)


def test_an_empty_key_binds_nothing(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """CARO_KEY= turns the key off: the shell's own Ctrl-G works, and nothing is asked."""
    terminal = open_shell(before=kind.set("CARO_KEY", ""))
    press_key_on(terminal, "gone")
    terminal.type("!")
    terminal.line_becomes(f"{kind.ctrl_g}!")
    assert script.events() == []


def test_the_request_is_in_no_argument_list(terminal: Terminal, script: Script) -> None:
    """Nothing of the user's text can be seen in the list of processes."""
    hold(script, "a secret request")
    press_key_on(terminal, "a secret request")
    script.happened("waiting go")
    from pathlib import Path

    lists = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert any(b"caro_shell" in words for words in lists)
    # tmux is the test's own hand; it was told what to type.
    assert not [words for words in lists if b"a secret request" in words and b"tmux" not in words]
    script.open_gate("go")
    wait_for(lambda: terminal.line().text == COMMAND, terminal.screen)
