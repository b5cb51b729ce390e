"""`caro doctor`: what is wrong and what mends it, in the installation and in every shell that the user starts."""

import json
import os
import re
from typing import Any

import pytest
from commands import caro
from user_home import Home, need_program

from caro_shell.start_up import start_shell

Findings = dict[str, dict[str, Any]]

# Each shell's file, and how another tool takes the key in it.
FILES = {
    "zsh": (".zshrc", "_navi_widget() { :; }; zle -N _navi_widget; bindkey '^G' _navi_widget\n"),
    "bash": (".bashrc", """_navi_widget() { :; }; bind -x '"\\C-g": _navi_widget'\n"""),
    "fish": (".config/fish/config.fish", "function _navi_widget; end; bind \\cg _navi_widget\n"),
}


def init_lines(home: Home, shell: str) -> str:
    """Return the lines that load caro."""
    return caro(home, "init", shell).stdout


def put_rc(home: Home, shell: str, text: str) -> None:
    """Let `text` be what the user has in the shell's file."""
    path = home.path / FILES[shell][0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def examine(home: Home, login: str = "", **more: str) -> Findings:
    """Return what the doctor finds, by name; `login` is the user's own shell."""
    done = caro(home, "doctor", "--json", SHELL=f"/bin/{login or 'none'}", **more)
    return {finding["name"]: finding for finding in json.loads(done.stdout)}


def test_what_is_wrong_is_named_with_what_mends_it(home: Home) -> None:
    """A home without model and without start-up file: both are named, with the commands that help."""
    done = caro(home, "doctor", "--json", SHELL="/bin/zsh")
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert findings["python"]["ok"]
    assert findings["runtime directory"]["ok"]
    assert not findings["model"]["ok"]
    assert "caro models pull" in findings["model"]["mend"]
    assert not findings["zsh start-up"]["ok"]
    assert findings["zsh start-up"]["mend"] == f"caro init zsh >> {home.path}/.zshrc"
    assert home.daemon_pid() == 0


def test_a_wrong_setting_is_a_finding(home: Home) -> None:
    """A wrong value in the environment is no crash."""
    done = caro(home, "doctor", CARO_THREADS="many")
    assert "wrong  settings: CARO_THREADS must be a whole number" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_misspelt_variable_is_a_finding(home: Home) -> None:
    """It sets nothing, which its user would not see."""
    done = caro(home, "doctor", CARO_MODLE="tiny")
    assert "wrong  settings: CARO_MODLE sets nothing; did you mean CARO_MODEL?" in done.stdout
    assert "unset CARO_MODLE" in done.stdout


@pytest.mark.parametrize("shell", FILES)
def test_the_keys_are_those_that_the_started_shell_has(home: Home, shell: str) -> None:
    """The shell is started with the user's own file, and asked."""
    need_program(shell)
    put_rc(home, shell, init_lines(home, shell))
    found = examine(home, shell)
    assert found[f"{shell} start-up"]["ok"]
    assert re.fullmatch(rf"{shell} [0-9.]+ loads caro", found[f"{shell} start-up"]["seen"])
    assert found[f"{shell} keys"]["ok"]
    assert found[f"{shell} keys"]["seen"] == "ctrl-g, alt-g, # request"
    found = examine(home, shell, CARO_KEY="", CARO_EXPLAIN_KEY="ctrl-x e", CARO_COMMENT="off")
    assert found[f"{shell} keys"]["seen"] == "ctrl-x e"


@pytest.mark.parametrize("shell", FILES)
def test_a_taken_key_is_named_with_its_owner_and_another_key(home: Home, shell: str) -> None:
    """Also in a shell that is not the user's own: there it does not work either."""
    need_program(shell)
    put_rc(home, shell, FILES[shell][1] + init_lines(home, shell))
    found = examine(home)[f"{shell} keys"]
    assert not found["ok"]
    assert found["seen"] == "Ctrl-G is taken by navi (_navi_widget)"
    assert found["mend"] == "CARO_KEY='ctrl-x g', or 'ctrl-g!' to take it over"


@pytest.mark.parametrize("shell", FILES)
def test_only_the_users_own_shell_has_to_load_caro(home: Home, shell: str) -> None:
    """Another one is told of, with the line that would do it; one without a file of the user's is not even started."""
    need_program(shell)
    found = examine(home)[f"{shell} start-up"]
    assert found["ok"]
    assert f"{FILES[shell][0]} does not load caro; for the keys there: caro init {shell} >> " in found["seen"]
    assert {path.name for path in home.path.iterdir()} == {"script", ".local"}
    put_rc(home, shell, "")
    found = examine(home, shell)[f"{shell} start-up"]
    assert (found["ok"], found["mend"]) == (False, f"caro init {shell} >> {home.path}/{FILES[shell][0]}")


@pytest.mark.parametrize("shell", FILES)
def test_a_file_that_names_caro_without_loading_it_is_found_out(home: Home, shell: str) -> None:
    """Only what the shell has counts, not what stands in its file."""
    need_program(shell)
    put_rc(home, shell, f"# source /somewhere/caro.{shell}\n")
    found = examine(home)[f"{shell} start-up"]
    assert not found["ok"]
    assert f"names caro, but {shell} does not load it: its line is a comment" in found["seen"]
    assert found["mend"] == f"caro init {shell} >> {home.path}/{FILES[shell][0]}"


def test_what_caro_says_at_the_start_is_passed_on(home: Home) -> None:
    """A shell that is too old, for example."""
    need_program("bash")
    put_rc(home, "bash", "echo 'caro: bash 4.4 or newer is needed' >&2\n")
    found = examine(home, "bash")["bash start-up"]
    assert (found["ok"], found["seen"]) == (False, "caro: bash 4.4 or newer is needed")


def test_a_start_up_that_reads_the_terminal_is_not_waited_for(home: Home) -> None:
    """A question at the start is answered by the end of the input; one to the terminal as a terminal does."""
    need_program("bash")
    ask = "read -r -p 'your name? ' name; IFS=';' read -rs -d R -p $'\\e[6n' _ column; echo $column >$HOME/column\n"
    put_rc(home, "bash", ask + init_lines(home, "bash"))
    assert examine(home, "bash")["bash keys"]["ok"]
    assert (home.path / "column").read_text() == "1\n"


def test_a_start_up_without_an_end_is_given_up_and_killed(home: Home) -> None:
    """At the limit it is over, and nothing of the shell is left."""
    bash = need_program("bash")
    put_rc(home, "bash", "echo $$ >$HOME/pid; trap '' HUP TERM INT; while :; do read -t 1 || sleep 1; done\n")
    start = start_shell(bash, home.environ, limit_s=2.0)
    assert (start.ended, start.report) == (False, {})
    with pytest.raises(ProcessLookupError):
        os.kill(int((home.path / "pid").read_text()), 0)


def test_the_devices_of_llama_cpp_are_listed_and_the_chosen_one_named(home: Home) -> None:
    """With what it was built for; for programs as values."""
    home.real_model("tiny")
    found = examine(home)
    devices = found["devices"]["details"]["devices"]
    assert [device["kind"] for device in devices].count("cpu") == 1
    assert all(device["description"] and device["total"] > 0 for device in devices)
    assert found["devices"]["details"]["features"]
    assert found["device"]["details"]["chosen"] in {device["name"] for device in devices}
    assert examine(home, CARO_DEVICE="cpu")["device"]["details"]["chosen"] == "cpu"
    wrong = examine(home, CARO_DEVICE="CUDA9")["device"]
    assert (wrong["ok"], wrong["seen"]) == (False, "This build of llama.cpp has no device `CUDA9`.")
    assert "auto, cpu" in wrong["mend"]
