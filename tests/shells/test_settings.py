"""What a user may choose, by a variable or in the config file; and the keys of others. One list for every shell."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from pictures import keep_picture
from shell_kinds import ShellKind, init_lines
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script

REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"
NATIVE = {"zsh": "^Xg", "bash": r"\C-xg", "fish": r"\cxg"}
NAVI = {
    "zsh": "_navi_widget() { LBUFFER+=theirs }; zle -N _navi_widget; bindkey '^G' _navi_widget",
    "bash": """_navi_widget() { READLINE_LINE=theirs READLINE_POINT=6; }; bind -x '"\\C-g": _navi_widget'""",
    "fish": "function _navi_widget; commandline -i theirs; end; bind \\cg _navi_widget",
}
TAKEN = "caro: Ctrl-G is taken by navi (_navi_widget)."
HISTORY = {"zsh": "fc -ln 1", "bash": "history", "fish": "history search --reverse"}
COMMENTS = {"zsh": "setopt interactive_comments"}
GREET = {"zsh": "alias greet='echo mine'", "bash": "alias greet='echo mine'", "fish": "abbr --add greet echo mine"}


def press_on(terminal: Terminal, request: str, *keys: str) -> None:
    """Type a request and press keys."""
    terminal.type(request)
    terminal.press(*keys)


def run(terminal: Terminal, command: str) -> str:
    """Run a command and return the screen when the next prompt is there."""
    terminal.line_becomes("")
    terminal.type(command)
    terminal.see(command)
    terminal.press("Enter")
    terminal.line_becomes("")
    return terminal.screen()


# --- keys ---------------------------------------------------------------------------------------------------------


def test_another_key_by_its_name(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """`ctrl-x g`: the same names in every shell, a sequence with a blank between; Ctrl-G is the shell's own then."""
    terminal = open_shell(before=kind.set("CARO_KEY", "ctrl-x g"))
    script.say(REQUEST, COMMAND)
    press_on(terminal, REQUEST, "C-x", "g")
    terminal.line_becomes(COMMAND)


def test_another_key_in_the_shells_own_notation(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """What the shell's own binding command takes is taken too."""
    terminal = open_shell(before=kind.set("CARO_KEY", NATIVE[kind.name]))
    script.say(REQUEST, COMMAND)
    press_on(terminal, REQUEST, "C-x", "g")
    terminal.line_becomes(COMMAND)


def test_the_config_file_names_the_keys(open_shell: OpenShell, script: Script, home: Home, kind: ShellKind) -> None:
    """`key` and `explain_key`, read when the script is sourced; what else is in the file is left to Python."""
    home.write_config(
        "# my settings",
        "idle_unload = 60.0",
        "key = 'ctrl-x g'  # not Ctrl-G",
        'explain_key="ctrl-x e"',
    )
    terminal = open_shell()
    script.say(REQUEST, COMMAND)
    press_on(terminal, REQUEST, "C-x", "g")
    terminal.line_becomes(COMMAND)
    terminal.press("C-x", "e")
    terminal.see("Do not write a command this time.")


def test_a_variable_wins_over_the_file(open_shell: OpenShell, script: Script, home: Home, kind: ShellKind) -> None:
    """Also an empty one, which means no key at all."""
    home.write_config('key = "ctrl-x g"', 'explain_key = "ctrl-x e"')
    terminal = open_shell(before=f"{kind.set('CARO_KEY', 'ctrl-x f')}\n{kind.set('CARO_EXPLAIN_KEY', '')}")
    script.say(REQUEST, COMMAND)
    press_on(terminal, REQUEST, "C-x", "f")
    terminal.line_becomes(COMMAND)
    terminal.press("C-x", "e")
    assert "Do not write" not in terminal.screen()
    assert [event for event in script.events() if "Do not write" in event] == []


def test_no_key_at_all(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """Both empty: nothing is bound, and nothing is said about it."""
    terminal = open_shell(before=f"{kind.set('CARO_KEY', '')}\n{kind.set('CARO_EXPLAIN_KEY', '')}")
    press_on(terminal, "echo mine", "M-g")
    terminal.press("C-u")
    press_on(terminal, "echo mine", "C-g")
    terminal.press("C-u")
    run(terminal, "echo works on")
    assert script.events() == []
    assert "caro:" not in terminal.screen()


def test_a_key_that_somebody_has_is_named_and_left(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """Once, at the first prompt: whose it is, and what to set. The key does what it did."""
    terminal = open_shell(before=NAVI[kind.name], says=f"{TAKEN} Set CARO_KEY to another key")
    terminal.line_becomes("")
    keep_picture(terminal, kind, "key-taken")
    terminal.press("C-g")
    terminal.line_becomes("theirs")
    terminal.press("C-u")
    run(terminal, "echo works on")
    assert terminal.screen().count("is taken by") == 1
    terminal.type(f"# {REQUEST}")
    script.say(REQUEST, COMMAND)
    screen = terminal.see(f"# {REQUEST}")
    terminal.press("Enter")
    # The next key at once would make a pasted line of it.
    wait_for(lambda: terminal.screen() != screen, terminal.screen)
    terminal.line_becomes(COMMAND)


def test_a_key_of_somebody_who_comes_later_is_left_too(open_shell: OpenShell, kind: ShellKind) -> None:
    """Whoever is loaded after caro and before the first prompt keeps his key."""
    terminal = open_shell(after=NAVI[kind.name], says=TAKEN)
    terminal.press("C-g")
    terminal.line_becomes("theirs")


def test_an_exclamation_mark_takes_the_key(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """`ctrl-g!` is ours, whoever had it."""
    terminal = open_shell(before=f"{NAVI[kind.name]}\n{kind.set('CARO_KEY', 'ctrl-g!')}")
    script.say(REQUEST, COMMAND)
    press_on(terminal, REQUEST, "C-g")
    terminal.line_becomes(COMMAND)
    assert "is taken by" not in terminal.screen()


def test_a_name_that_is_no_key_is_said(open_shell: OpenShell, kind: ShellKind) -> None:
    """A slip in the name does not bind letters."""
    terminal = open_shell(before=kind.set("CARO_KEY", "ctl-g"), says="caro: CARO_KEY=ctl-g is no key.")
    terminal.type("ctl-g")
    terminal.line_becomes("ctl-g")


# --- what is kept of a request ------------------------------------------------------------------------------------


def is_fish_3(kind: ShellKind) -> bool:
    """Say whether the shell is a fish without `history append`."""
    if kind.name != "fish":
        return False
    said = subprocess.run([kind.argv[0], "--version"], capture_output=True, text=True, check=True)
    return " 3." in said.stdout


@pytest.mark.parametrize("value", ["off", "history"])
def test_the_words_are_kept_in_the_history(open_shell: OpenShell, script: Script, kind: ShellKind, value: str) -> None:
    """keep_request = history: the shell's own history has them as a comment, before the command."""
    if is_fish_3(kind):
        pytest.skip("fish 3 cannot be told what to remember")
    terminal = open_shell(before=kind.set("CARO_KEEP_REQUEST", value))
    script.say(REQUEST, "echo answered")
    press_on(terminal, REQUEST, "C-g")
    terminal.line_becomes("echo answered")
    terminal.press("Enter")
    terminal.see("\nanswered\n>")
    terminal.press("C-l")
    screen = run(terminal, HISTORY[kind.name])
    kept = [line for line in screen.split("\n") if re.search(rf"^[ \d]*# {REQUEST}$", line)]
    assert len(kept) == (1 if value == "history" else 0)
    if kept:
        assert screen.index(kept[0]) < screen.rindex("echo answered")
        keep_picture(terminal, kind, "keep-history")


def test_the_words_are_kept_behind_the_command(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """keep_request = comment: they go where the command goes, and the command still runs."""
    terminal = open_shell(before=f"{COMMENTS.get(kind.name, '')}\n{kind.set('CARO_KEEP_REQUEST', 'comment')}")
    script.say(REQUEST, "echo answered")
    press_on(terminal, REQUEST, "C-g")
    line = terminal.line_becomes(f"echo answered  # {REQUEST}")
    keep_picture(terminal, kind, "keep-comment")
    assert line.cursor == len(line.text)
    terminal.press("Enter")
    terminal.see("\nanswered\n")


def test_the_config_file_says_what_is_kept(open_shell: OpenShell, script: Script, home: Home, kind: ShellKind) -> None:
    """`keep_request` in the file, as everything else."""
    home.write_config('keep_request = "comment"')
    terminal = open_shell(before=COMMENTS.get(kind.name, ""))
    script.say(REQUEST, "echo answered")
    press_on(terminal, REQUEST, "C-g")
    terminal.line_becomes(f"echo answered  # {REQUEST}")


# --- how it looks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["variable", "file"])
def test_the_style_of_status_and_ghost_text(
    open_shell: OpenShell, script: Script, home: Home, kind: ShellKind, way: str
) -> None:
    """In zle_highlight's notation, in every shell."""
    if way == "file":
        home.write_config('style = "fg=3"')
    terminal = open_shell(before=kind.set("CARO_STYLE", "fg=3") if way == "variable" else "")
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    press_on(terminal, REQUEST, "C-g")
    script.happened("waiting go")
    wait_for(
        lambda: re.search(r"\x1b\[(33|38;5;3)m *… thinking", terminal.screen(colours=True)),
        lambda: repr(terminal.screen(colours=True)),
    )
    script.open_gate("go")


# --- abbreviations ------------------------------------------------------------------------------------------------


def abbreviations(home: Home) -> Path:
    """Return the file that `caro abbr` writes."""
    path = home.path / ".config" / "caro" / "abbreviations"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_abbreviations_are_there_and_follow_the_file(open_shell: OpenShell, home: Home, kind: ShellKind) -> None:
    """What the file holds when the shell starts, and what it holds later: from the next prompt on."""
    abbreviations(home).write_text("greet\techo hello there\n")
    terminal = open_shell()
    terminal.type("greet")
    terminal.press("Enter")
    terminal.see("\nhello there\n")
    abbreviations(home).write_text("greet\techo good bye\nlater\techo so long\n")
    terminal.press("Enter")
    terminal.line_becomes("")
    for name, said in (("greet", "good bye"), ("later", "so long")):
        terminal.type(name)
        terminal.press("Enter")
        terminal.see(f"\n{said}\n")
        terminal.line_becomes("")


def test_an_abbreviation_that_was_removed_is_gone(open_shell: OpenShell, home: Home) -> None:
    """From the next prompt on the name means nothing."""
    abbreviations(home).write_text("greet\techo hello there\n")
    terminal = open_shell()
    abbreviations(home).write_text("")
    terminal.press("Enter")
    terminal.line_becomes("")
    terminal.type("greet")
    terminal.press("Enter")
    wait_for(
        lambda: re.search("greet: (command )?not found|not found: greet|[Uu]nknown command", terminal.screen()),
        terminal.screen,
    )
    assert "hello" not in terminal.screen()


def test_a_name_of_the_users_own_stays(open_shell: OpenShell, home: Home, kind: ShellKind) -> None:
    """What the user has named greet is not ours to change, nor to take away."""
    abbreviations(home).write_text("greet\techo hello there\n")
    terminal = open_shell(before=GREET[kind.name])
    terminal.type("greet")
    terminal.press("Enter")
    terminal.see("\nmine\n")
    abbreviations(home).write_text("")
    terminal.press("Enter")
    terminal.line_becomes("")
    terminal.press("C-l")
    terminal.see(">", last=True)
    terminal.type("greet")
    terminal.press("Enter")
    terminal.see("\nmine\n")


def test_quotes_backslashes_and_lines_of_an_abbreviation(open_shell: OpenShell, home: Home) -> None:
    r"""`\n` is a new line, `\\` a backslash; everything else is as it stands."""
    abbreviations(home).write_text("greet\techo \"it's\" '\\\\\\\\n $HOME'\\necho second\n")
    terminal = open_shell()
    terminal.type("greet")
    terminal.press("Enter")
    terminal.see("second")
    wait_for(lambda: re.search(r"\nit's \\+n \$HOME\nsecond\n", terminal.screen()), terminal.screen)


# --- for caro doctor ----------------------------------------------------------------------------------------------


def report_of(home: Home, kind: ShellKind, rc: str) -> dict[str, str]:
    """Return what a shell with `rc` writes for `caro doctor`, when it has ended with status 0."""
    file, path = home.path / "report", home.path / f"rc.{kind.name}"
    file.touch()
    path.write_text(f"{rc}\n{init_lines(kind.name, home)}\n")
    shell = shlex.join(kind.argv)
    environ = {**home.environ, "CARO_REPORT": str(file)}
    with Terminal(("sh", "-c", f"{shell}; echo status $?; exec sleep 1000"), environ) as terminal:
        terminal.type(f" {kind.source} {path}")
        terminal.press("Enter")
        terminal.see("status 0")
    return dict(line.split("\t") for line in file.read_text().splitlines())


def test_the_report_for_doctor(home: Home, kind: ShellKind) -> None:
    """The keys, that they are ours, and the shell; then the shell is over."""
    report = report_of(home, kind, "")
    assert report.pop("shell").startswith(kind.name + " ")
    assert report == {
        "key": "ctrl-g",
        "key_owner": "",
        "explain_key": "alt-g",
        "explain_key_owner": "",
        "comment": "on",
    }


def test_the_report_names_the_owner_and_what_is_off(home: Home, kind: ShellKind) -> None:
    """A key that somebody has, and one that is turned off."""
    off = "\n".join((kind.set("CARO_EXPLAIN_KEY", ""), kind.set("CARO_COMMENT", "off")))
    report = report_of(home, kind, f"{NAVI[kind.name]}\n{off}")
    assert report["key"] == "ctrl-g"
    assert report["key_owner"] == "navi (_navi_widget)"
    assert report["explain_key"] == report["explain_key_owner"] == ""
    assert report["comment"] == "off"


def test_abbreviations_written_on_another_system(open_shell: OpenShell, home: Home) -> None:
    """A file whose lines end in CR LF, and a backslash that is none of ours."""
    abbreviations(home).write_bytes(b"greet\techo hello\r\nodd\techo one\\x41 two\r\n")
    terminal = open_shell()
    terminal.type("greet")
    terminal.press("Enter")
    terminal.see("\nhello\n>")
    terminal.type("odd")
    terminal.press("Enter")
    terminal.see("\nonex41 two\n>")


def test_a_directory_one_walks_into_has_no_say(open_shell: OpenShell, home: Home, kind: ShellKind) -> None:
    """CARO_CONFIG is relative: to where the shell began, not to a repository with a file `abbreviations`."""
    (home.path / "foreign").mkdir()
    (home.path / "foreign" / "abbreviations").write_text("greet\techo taken over\n")
    terminal = open_shell(before=kind.set("CARO_CONFIG", "caro.toml"))
    terminal.type(f"cd {home.path}/foreign")
    terminal.press("Enter")
    terminal.type("greet")
    terminal.press("Enter")
    terminal.see("not found" if kind.name != "fish" else "Unknown command")
    assert "taken over" not in terminal.screen()
