"""What is bash's alone: its prompt hooks, what Enter was, its traps and jobs, and a terminal that does not answer."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from shell_kinds import BASH, ShellKind, init_lines
from terminal import DEADLINE_S, OpenShell, Terminal, wait_for
from user_home import SUPPORT, Home, Script, need, need_program

from caro_shell.prompt import fix_request

REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"
CARO = f"{SUPPORT.parent.parent}/shell/caro.bash"


@pytest.fixture
def kind() -> ShellKind:
    """Only bash, here."""
    need_program("tmux")
    need_program("bash")
    return BASH


def run(terminal: Terminal, command: str) -> None:
    """Run a command and wait until the next prompt is there."""
    terminal.type(command)
    terminal.see(command)
    terminal.press("Enter")
    terminal.line_becomes("")


# --- the screen ---------------------------------------------------------------------------------------------------


def test_a_prompt_of_several_rows_is_neither_doubled_nor_eaten(open_shell: OpenShell, script: Script) -> None:
    """Enter and the key leave every row of the prompt as it is."""
    terminal = open_shell(after=r"PS1='\[\e[32m\]upper\[\e[0m\]\n> '", says="upper\n>")
    run(terminal, "echo one")
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.see("… thinking")
    script.open_gate("go")
    terminal.line_becomes(COMMAND)
    terminal.press("C-u")
    terminal.press("Enter")
    terminal.line_becomes("")
    assert terminal.screen().endswith("upper\n> echo one\none\nupper\n>\nupper\n>")


def test_a_line_that_wraps_at_the_foot_of_the_screen(open_shell: OpenShell, script: Script) -> None:
    """The status stands below the last row of the line, and everything is in its place afterwards."""
    terminal = open_shell(size=(30, 6), after="PS1='upper\n> '", says="upper\n>")
    for _ in range(4):
        run(terminal, "true")
    request = "日本 words that take more than one row here"
    script.say(request, {"wait": "go"}, "echo 日本")
    terminal.type(request)
    terminal.press("C-b")
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.see("upper\n> 日本 words that take more th\nan one row here\n  … thinking", last=True)
    script.open_gate("go")
    terminal.line_becomes("echo 日本")
    terminal.see("upper\n> echo 日本", last=True)
    terminal.press("C-_")
    terminal.see("upper\n> 日本 words that take more th\nan one row here", last=True)


def test_a_message_goes_with_the_line(terminal: Terminal, script: Script) -> None:
    """What is said below the line is gone when a command runs, and when Ctrl-C drops the line."""
    for key in ("Enter", "C-c"):
        terminal.press("C-g")
        terminal.see("caro: type what you want in words")
        terminal.type("echo it")
        terminal.press(key)
        terminal.see_gone("caro: type")
        terminal.line_becomes("")


# --- Enter --------------------------------------------------------------------------------------------------------

OTHER_ENTERS = {
    "a function": r"""bind '"\C-m": operate-and-get-next'""",
    "a macro": r"""bind '"\C-m": " # \"by\" macro\C-j"'""",
    "a command": r"""theirs() { printf '%s' "$1" >"$HOME/theirs"; }; bind -x '"\C-m": theirs "two words"'""",
}


@pytest.mark.parametrize("what", OTHER_ENTERS)
def test_enter_does_what_it_did_before(open_shell: OpenShell, script: Script, home: Home, what: str) -> None:
    """Whatever was bound to Enter before is what every Enter does that is no request."""
    terminal = open_shell(before=OTHER_ENTERS[what])
    script.say(REQUEST, COMMAND)
    terminal.line_becomes("")
    # The harness has pressed Enter to read the rc; what it does now is the user's.
    terminal.type("echo first")
    terminal.see("echo first")
    terminal.press("Enter")
    if what == "a command":
        wait_for((home.path / "theirs").exists, terminal.screen)
        assert (home.path / "theirs").read_text() == "two words"
        terminal.line_becomes("echo first")
        terminal.press("C-u")
    else:
        terminal.see('"by" macro\nfirst' if what == "a macro" else "echo first\nfirst")
    terminal.type(f"# {REQUEST}")
    terminal.see(f"# {REQUEST}")
    terminal.press("Enter")
    terminal.see(f"> {COMMAND}")
    terminal.line_becomes(COMMAND)


def test_what_a_command_leaves_is_there_after_enter(terminal: Terminal) -> None:
    """`$_`, PIPESTATUS, `$!` and BASH_REMATCH belong to the user: Enter and the prompt do not touch them."""
    run(terminal, "[[ abc =~ b ]]; : one two")
    run(terminal, 'echo "last=$_ match=$BASH_REMATCH"')
    terminal.see("last=two match=b")
    run(terminal, "sh -c 'exit 3' | sh -c 'exit 4'")
    run(terminal, 'echo "status=$? all=${PIPESTATUS[*]}" "none=${!-}"')
    terminal.see("status=4 all=3 4 none=")


def test_the_key_makes_no_job(terminal: Terminal, script: Script) -> None:
    """No entry in the table of jobs, and `$!` is as it was."""
    script.say(REQUEST, {"wait": "go"}, "echo jobs=[$(jobs)] last=[${!-}]")
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    script.open_gate("go")
    terminal.line_becomes("echo jobs=[$(jobs)] last=[${!-}]")
    terminal.press("Enter")
    terminal.see("jobs=[] last=[]")


# --- the prompt's hooks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt_command",
    [
        """PROMPT_COMMAND='printf "[%s]" "$?"'""",
        """PROMPT_COMMAND=('printf "[%s]" "$?"' 'true')""",
        """PROMPT_COMMAND='printf "[%s]" "$?";'; PS0='zero '""",
    ],
)
@pytest.mark.parametrize("order", ["before", "after"])
def test_the_users_own_prompt_command_sees_the_status(open_shell: OpenShell, prompt_command: str, order: str) -> None:
    """A text or a list, set before caro or added to later; PS0 is kept too."""
    if order == "after":
        prompt_command = re.sub(r"PROMPT_COMMAND='(.*?)'", r"PROMPT_COMMAND+='\n\1'", prompt_command)
        prompt_command = prompt_command.replace("PROMPT_COMMAND=(", "PROMPT_COMMAND=(_caro_on_prompt ")
    terminal = open_shell(**{order: prompt_command}, says="[0]>")
    terminal.type("sh -c 'exit 7'")
    terminal.press("Enter")
    terminal.see("[7]>")
    terminal.type("echo said")
    terminal.press("Enter")
    terminal.see("zero said\n[0]>" if "PS0" in prompt_command else "\nsaid\n[0]>")
    terminal.type("words")
    terminal.press("C-g")
    terminal.line_becomes("echo words")


def test_without_expanded_prompts_nothing_of_ours_is_shown(open_shell: OpenShell) -> None:
    """PS0 is not ours to use when `promptvars` is off."""
    terminal = open_shell()
    run(terminal, "shopt -u promptvars")
    run(terminal, "echo said")
    terminal.see("echo said\nsaid\n>")


def test_a_command_kept_from_the_history_is_told_to_nobody(open_shell: OpenShell, script: Script) -> None:
    """HISTCONTROL=ignorespace and a leading blank: the failure cannot be fixed."""
    terminal = open_shell(before="HISTCONTROL=ignoreboth")
    run(terminal, "echo public")
    run(terminal, " sh -c 'exit 5'")
    terminal.press("C-g")
    terminal.see("caro: type what you want in words")
    assert script.events() == []


def test_a_command_that_failed_twice_is_known(open_shell: OpenShell, script: Script) -> None:
    """HISTCONTROL=ignoredups keeps it once; it is the same command all the same."""
    terminal = open_shell(before="HISTCONTROL=ignoreboth")
    script.say(fix_request("sh -c 'exit 5'", 5, []), "true")
    run(terminal, "sh -c 'exit 5'")
    run(terminal, "sh -c 'exit 5'")
    terminal.press("C-g")
    terminal.line_becomes("true")


def test_a_line_that_goes_on_is_no_request(terminal: Terminal, script: Script) -> None:
    """At the secondary prompt `# words` is a comment."""
    terminal.type("echo one \\")
    terminal.press("Enter")
    terminal.line_becomes("")
    terminal.type("# show the files")
    terminal.see("# show the files")
    terminal.press("Enter")
    terminal.see("\none\n>")
    assert script.events() == []


# --- Ctrl-C -------------------------------------------------------------------------------------------------------


def test_the_users_own_interrupt_trap_stays(open_shell: OpenShell, script: Script) -> None:
    """While a request is pending and after it, `trap … INT` is the user's."""
    terminal = open_shell(before="""trap 'echo "trapped it"' INT""")
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.press("C-c")
    script.happened(f"cancelled {REQUEST}")
    assert terminal.line().text == REQUEST
    assert "trapped" not in terminal.screen()
    terminal.press("C-c")
    terminal.see("trapped it")
    terminal.line_becomes("")
    run(terminal, "trap -p INT")
    terminal.see("""trap -- 'echo "trapped it"' SIGINT""")


def test_ctrl_c_stops_a_program_after_a_request(terminal: Terminal, script: Script) -> None:
    """However the request ended, the terminal's Ctrl-C is the terminal's again when a program runs."""
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    for end in ("Enter", "C-c", "go"):
        terminal.type(": words" if end == "Enter" else REQUEST)
        script.say(": words", {"wait": "never"}, COMMAND)
        terminal.press("C-g")
        wait_for(lambda: "…" in terminal.screen() or "→" in terminal.screen(), terminal.screen)
        if end == "go":
            script.open_gate("go")
            terminal.line_becomes(COMMAND)
        else:
            terminal.press(end)
        terminal.line_becomes("" if end == "Enter" else COMMAND if end == "go" else REQUEST)
        terminal.press("C-u")
        terminal.type("sh -c 'echo on; exec sleep 1000'; echo status=$?")
        terminal.press("Enter")
        terminal.see("\non")
        terminal.press("C-c")
        terminal.line_becomes("")
        run(terminal, "clear")


def test_a_line_that_was_ended_from_elsewhere_leaves_no_key(open_shell: OpenShell, script: Script, home: Home) -> None:
    """After `kill -INT` while a request is pending, Ctrl-C drops the line as always."""
    terminal = open_shell(after="echo $$ >$HOME/pid")
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    os.kill(int((home.path / "pid").read_text()), signal.SIGINT)
    script.happened(f"cancelled {REQUEST}")
    terminal.line_becomes("")
    terminal.type("words")
    terminal.press("C-c")
    terminal.line_becomes("")


def test_another_interrupt_character_leaves_ctrl_c_to_the_user(open_shell: OpenShell, script: Script) -> None:
    """Where `stty intr` is another one, Ctrl-C may be a key of the user's, and stays it."""
    bind = """theirs() { READLINE_LINE=theirs; }; bind -x '"\\C-c": theirs'"""
    terminal = open_shell(before=f"stty intr ^X\n{bind}")
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.press("C-c")
    terminal.line_becomes("theirs")
    script.open_gate("go")


def test_a_program_of_another_key_gets_nothing(open_shell: OpenShell, script: Script, home: Home) -> None:
    """A program that a key runs in the shell's own process group (fzf) is not typed to; the answer comes after it."""
    program = f"stty -icanon -echo -isig; touch {home.path}/on; head -c 3 >{home.path}/got; stty icanon echo isig"
    bind = f"""theirs() {{ : "$(saved=$(stty -g); {program}; stty "$saved")" </dev/tty; }}; bind -x '"\\C-t": theirs'"""
    terminal = open_shell(after=bind)
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.press("C-t")
    wait_for((home.path / "on").exists, terminal.screen)
    script.open_gate("go")
    wait_for(home.has_answer, terminal.screen)
    terminal.type("abc")
    terminal.line_becomes(COMMAND)
    assert (home.path / "got").read_text() == "abc"


# --- a terminal that does not type what is asked of it ------------------------------------------------------------


class DumbTerminal:
    """A bash on a pseudo terminal with nobody behind it: no device status report is ever answered."""

    def __init__(self, home: Home) -> None:
        """Start the shell with caro loaded."""
        rc = home.path / "rc.bash"
        rc.write_text(f"{BASH.rc.read_text()}\n{init_lines('bash', home)}\n")
        self.screen = ""
        self._dump = Path(home.environ["CARO_TEST_DUMP"])
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execvpe("bash", ["bash", "--noprofile", "--rcfile", str(rc), "-i"], home.environ)  # noqa: S606
        self.see("> ")

    def type(self, text: str) -> None:
        """Type characters and keys."""
        os.write(self._fd, text.encode())

    def see(self, text: str) -> None:
        """Wait until `text` has been written since the last look."""
        deadline = time.monotonic() + DEADLINE_S
        while text not in self.screen:
            assert time.monotonic() < deadline, f"waited in vain for {text!r}; seen:\n{self.screen!r}"
            if select.select([self._fd], [], [], 0.1)[0]:
                self.screen += os.read(self._fd, 65536).decode("utf-8", "replace")
        self.screen = ""

    def line_becomes(self, text: str) -> None:
        """Wait until the edit buffer is `text`."""

        def seen() -> bool:
            self.type("\x1d")
            if select.select([self._fd], [], [], 0.1)[0]:
                self.screen += os.read(self._fd, 65536).decode("utf-8", "replace")
            return self._dump.exists() and self._dump.read_text().split("\0")[1:2] == [text]

        wait_for(seen, lambda: f"for {text!r}; it is {self._dump.read_text()!r}; seen:\n{self.screen!r}")

    def close(self) -> None:
        """Hang up."""
        os.close(self._fd)
        os.waitpid(self._pid, 0)


@pytest.fixture
def dumb(home: Home) -> Iterator[DumbTerminal]:
    """A terminal that only shows what is written."""
    need_program("bash")
    terminal = DumbTerminal(home)
    yield terminal
    terminal.close()


def test_a_terminal_that_does_not_answer(dumb: DumbTerminal, script: Script) -> None:
    """The command is offered, the next press takes it; from then on the shell waits, and Ctrl-C keeps the line."""
    script.say(REQUEST, COMMAND)
    dumb.type(f"{REQUEST}\x07")
    dumb.see(f"→ {COMMAND}   (once more to take it)")
    dumb.type("\x07")
    dumb.line_becomes(COMMAND)
    dumb.type("\x15another\x07")
    dumb.line_becomes("echo another")
    script.say("slow", {"wait": "never"}, COMMAND)
    dumb.type("\x15slow\x07")
    script.happened("waiting never")
    dumb.type("\x03")
    script.happened("cancelled slow")
    dumb.line_becomes("slow")


def test_an_error_on_a_terminal_that_does_not_answer(dumb: DumbTerminal, script: Script) -> None:
    """It is said below the line, and the next press asks again."""
    script.say(REQUEST, {"fail": "The engine has no fuel."})
    dumb.type(f"{REQUEST}\x07")
    dumb.see("caro: The engine has no fuel. Mend it.")
    dumb.line_becomes(REQUEST)


# --- sourcing -----------------------------------------------------------------------------------------------------


def test_aliases_of_builtins_do_no_harm(open_shell: OpenShell, script: Script) -> None:
    """A user may have aliased anything before caro is sourced."""
    words = (
        "builtin",
        "declare",
        "local",
        "bind",
        "exec",
        "printf",
        "read",
        "case",
        "kill",
        "return",
        "test",
        "source",
    )
    terminal = open_shell(before="\n".join(f"alias {word}='echo ALIASED {word}'" for word in words if word != "source"))
    script.say(REQUEST, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    assert "ALIASED" not in terminal.screen()
    run(terminal, "")


def test_functions_named_like_builtins_do_no_harm(open_shell: OpenShell, script: Script) -> None:
    """Nor do functions, but for one named `builtin`."""
    names = ("declare", "local", "bind", "exec", "printf", "read", "kill", "test", "set", "trap", "history", "shopt")
    functions = "\n".join(f"{name}() {{ echo FUNCTION {name}; }}" for name in names)
    terminal = open_shell(
        before='_test_dump() { builtin printf \'%s\\0%s\\0\' "$READLINE_POINT" "$READLINE_LINE" '
        f'>|"$CARO_TEST_DUMP"; }}\n{functions}'
    )
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    script.open_gate("go")
    terminal.line_becomes(COMMAND)
    assert "FUNCTION" not in terminal.screen()


@pytest.mark.parametrize(
    "options", ["set -eu", "set -o posix", "set -f; set -C; IFS=x", "shopt -s nocasematch failglob"]
)
def test_under_strict_options_everything_works(open_shell: OpenShell, script: Script, options: str) -> None:
    """Set before caro is sourced: the key, Enter, a failure and the status."""
    terminal = open_shell(before=options)
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(f"# {REQUEST}")
    terminal.see(f"# {REQUEST}")
    terminal.press("Enter")
    script.happened("waiting go")
    script.open_gate("go")
    terminal.line_becomes(COMMAND)
    terminal.press("C-u")
    run(terminal, "! true")
    run(terminal, "echo works on")
    terminal.see("\nworks on\n>")


def test_sourcing_leaves_the_users_options_alone(open_shell: OpenShell, home: Home) -> None:
    """No option changes by loading caro, nor by its first prompt."""
    ask = '{ set +o; shopt -p; trap -p; printf \'%q\\n\' "$IFS" "${BASH_COMPAT-}"; }'
    terminal = open_shell(before=f"{ask} >{home.path}/before", after=f"{ask} >{home.path}/after")
    run(terminal, f"{ask} >{home.path}/later")
    before = (home.path / "before").read_text()
    assert (home.path / "after").read_text() == before
    assert (home.path / "later").read_text() == before


def test_sourcing_starts_no_process(home: Home) -> None:
    """In a process-id space of its own, the ids before and after sourcing and the first prompt follow on each other."""
    need_program("bash")
    allowed = subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True, check=False).returncode == 0
    if not allowed:
        need("unshare --pid is not permitted")
    ask = "command sh -c 'echo $$'"
    rc = home.path / "rc"
    rc.write_text(f"set -o emacs\n{ask}\nCARO_PYTHON=/bin/sh\nsource {CARO}\n_caro_on_prompt\n{ask}\nbind -X\n")
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "bash", "--norc", "--noprofile", "-i", "-c", f"source {rc}; true"],
        env=home.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    before, after, *bound = done.stdout.splitlines()
    assert int(after) == int(before) + 1
    assert any("_caro_on_key" in line for line in bound)


@pytest.mark.parametrize("argv", [["-c"], ["--posix", "-c"], ["-i", "+o", "emacs", "-c"]])
def test_a_shell_without_a_line_editor_is_left_alone(home: Home, argv: list[str]) -> None:
    """In a script, or where the line editor is off, nothing is printed and nothing fails."""
    need_program("bash")
    script = f"set -eu; CARO_PYTHON=/bin/sh; source {CARO}; source {CARO}; echo end"
    done = subprocess.run(
        ["bash", "--norc", *argv, script], env=home.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "end\n"
    assert "caro" not in done.stderr


def test_an_old_bash_is_told_once(home: Home) -> None:
    """Below 4.4 one sentence says so, and the rest of the file is not even read."""
    need_program("bash")
    old = home.path / "caro.bash"
    old.write_text(Path(CARO).read_text().replace("BASH_VERSINFO", "OLD") + "\nthis is ( no bash\n")
    done = subprocess.run(
        ["bash", "--norc", "-i", "-c", f"OLD=(4 3); source {old}; echo end"],
        env=home.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "end\n"
    assert [line for line in done.stderr.splitlines() if "caro" in line] == [
        f'caro: the keys need bash 4.4 or newer, and this is {_bash_version()}; caro "…" works.'
    ]


def _bash_version() -> str:
    return subprocess.run(
        ["bash", "-c", "echo $BASH_VERSION"], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("key", ["C-g", "M-g"])
def test_what_was_pasted_does_not_command_the_terminal(terminal: Terminal, script: Script, key: str) -> None:
    """Readline shows `^[`; the line is written by us too, and so by the same rule."""
    before = terminal.title()
    terminal.paste("ls \x1b]2;TAKEN\x07files")
    terminal.see("^[]2;TAKEN^Gfiles")
    terminal.press(key)
    wait_for(lambda: [event for event in script.events() if event.startswith("ask ")], terminal.screen)
    terminal.type(" X")
    assert terminal.line().text.startswith(("ls ", "echo "))
    assert terminal.title() == before


def test_a_key_of_the_config_file_runs_nothing(open_shell: OpenShell, home: Home) -> None:
    """It goes into what `bind` reads, so a quote in it is refused."""
    home.write_config(f"""key = '\\C-g": touch {home.path}/ran #'\n""")
    terminal = open_shell(says="caro: CARO_KEY=")
    terminal.type("words")
    terminal.press("C-g")
    terminal.line()
    assert not (home.path / "ran").exists()


def test_what_read_asks_for_is_none_of_our_business(terminal: Terminal, script: Script, home: Home) -> None:
    """`read -e` has the same keys; a secret is typed there at times."""
    terminal.type(f"read -e -p 'Name: ' x; echo \"$x\" >{home.path}/name")
    terminal.press("Enter")
    terminal.see("\nName:")
    terminal.type("my secret")
    terminal.press("C-g", "M-g", "Enter")
    wait_for(lambda: (home.path / "name").exists() and (home.path / "name").read_text(), terminal.screen)
    assert (home.path / "name").read_text() == "my secret\n"
    assert script.events() == []
