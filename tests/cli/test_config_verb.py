"""`caro config`: what it prints, what it writes, and what it refuses before anything is written."""

import json
import sys
from pathlib import Path

import pytest
from commands import at_terminal, caro, end, start_python
from terminal import wait_for
from user_home import Home, Script, need_program
from wire import Wire

from caro_shell import lifecycle, paths
from caro_shell.config import TYPES


@pytest.fixture
def file(home: Home) -> Path:
    """The configuration file of the home, not there yet."""
    return home.path / ".config" / "caro" / "config.toml"


def test_path_prints_where_the_file_would_be(home: Home, file: Path) -> None:
    """And makes nothing."""
    assert caro(home, "config", "path").stdout == f"{file}\n"
    assert not file.parent.exists()


def test_list_tells_every_setting_and_where_it_comes_from(home: Home, file: Path) -> None:
    """A default, a line of the file, a variable."""
    home.write_config("# mine", "threads = 3", 'model = "tiny"')
    said = caro(home, "config", "list", CARO_MODEL="large")
    rows = {line.split()[0]: line.split()[1:] for line in said.stdout.splitlines()}
    assert list(rows) == list(TYPES)
    assert rows["threads"] == ["3", f"{file}:2"]
    assert rows["model"] == ["'large'", "CARO_MODEL"]
    assert rows["queue"] == ["64", "default"]
    assert (said.returncode, said.stderr) == (0, "")


def test_list_names_misspelt_variables(home: Home) -> None:
    """They set nothing, and break nothing."""
    said = caro(home, "config", "list", CARO_MODLE="tiny", CARO_TRACE="1")
    assert (said.returncode, said.stderr) == (0, "caro: CARO_MODLE sets nothing; did you mean CARO_MODEL?\n")


def test_list_and_get_have_an_object_for_scripts(home: Home, file: Path) -> None:
    """With the default beside the value; what never ends is the word inf, which JSON can hold."""
    home.write_config("idle_exit = inf")
    entries = {entry["key"]: entry for entry in json.loads(caro(home, "config", "list", "--json").stdout)}
    assert set(entries) == set(TYPES)
    assert entries["idle_exit"] == {"key": "idle_exit", "value": "inf", "default": 14400.0, "origin": f"{file}:1"}
    assert json.loads(caro(home, "config", "get", "queue", "--json").stdout) == {
        "key": "queue",
        "value": 64,
        "default": 64,
        "origin": "default",
    }


@pytest.mark.parametrize(
    ("key", "shown"), [("model", "small"), ("gpu_layers", "-1"), ("allow_http", "false"), ("base_url", "")]
)
def test_get_prints_the_value_alone(home: Home, key: str, shown: str) -> None:
    """Without quotes, for scripts."""
    assert caro(home, "config", "get", key).stdout == f"{shown}\n"


def test_a_secret_is_never_shown(home: Home) -> None:
    """Nowhere: not in a list, not for scripts, not in a refusal."""
    home.environ["CARO_API_KEY"] = "sk-SECRET"
    for words in (["get", "api_key"], ["get", "api_key", "--json"], ["list"], ["list", "--json"]):
        said = caro(home, "config", *words)
        assert "(set)" in said.stdout
        assert "SECRET" not in said.stdout + said.stderr


def test_a_secret_is_not_written(home: Home, file: Path) -> None:
    """It is told where it belongs."""
    said = caro(home, "config", "set", "api_key", "sk-SECRET")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        "caro: `api_key` is a secret, and is not kept in the configuration file.\n"
        "      Set CARO_API_KEY, or write it into the file that `api_key_file` names (mode 0600).\n"
    )
    assert not file.exists()


@pytest.mark.parametrize(
    ("key", "text", "written"),
    [
        ("threads", "4", "threads = 4"),
        ("gpu_layers", "-1", "gpu_layers = -1"),
        ("idle_exit", "60", "idle_exit = 60.0"),
        ("idle_exit", "inf", "idle_exit = inf"),
        ("log_requests", "yes", "log_requests = true"),
        ("comment", "0", 'comment = "off"'),
        ("key", r"\C-xg", r"key = '\C-xg'"),
        ("explain_key", "", 'explain_key = ""'),
        ("base_url", "http://localhost:8000/v1", 'base_url = "http://localhost:8000/v1"'),
    ],
)
def test_set_writes_what_toml_has_for_it(home: Home, file: Path, key: str, text: str, written: str) -> None:
    """Numbers, flags and text, as its user would have written them."""
    said = caro(home, "config", "set", key, text)
    assert (said.returncode, said.stdout) == (0, "")
    assert f"in {file}\n" in said.stderr
    assert file.read_text() == f"{written}\n"


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("modle", "tiny", "There is no setting `modle`.\n      Did you mean `model`?"),
        ("model", "larg", "There is no model called `larg`.\n      Did you mean `large`?"),
        ("model", "http://h/x.gguf", "`model` must be https://HOST/FILE.gguf#sha256= and 64 hexadecimal digits"),
        ("threads", "four", "`threads` must be a whole number, not 'four'.\n      Nothing was changed."),
        ("queue", "-1", "`queue` must be at least 0, not -1."),
        (
            "engine",
            "lama",
            "`engine` must be auto, llama, xllamacpp, openai, mlx, candle, or FILE.py:CLASS, not 'lama'.",
        ),
        ("engine", "/none.py:Engine", "/none.py is not there."),
        ("keep_request", "yes", "`keep_request` must be off, history or comment, not 'yes'."),
        ("key", "ctrl-", "`key` must be a key like ctrl-g, alt-g or ctrl-x g, not 'ctrl-'."),
        ("key", "\x1bOP", r"`key` must be without control characters, in the shell's own notation, not '\x1bOP'."),
        ("base_url", "http://box/v1", "`base_url` would send requests to box without encryption."),
        ("base_url", "https://u:SECRET@box", "`base_url` must be without a name and a password;"),
    ],
)
def test_set_refuses_before_anything_is_written(home: Home, file: Path, key: str, text: str, says: str) -> None:
    """One sentence, with what is allowed."""
    said = caro(home, "config", "set", key, text)
    assert (said.returncode, said.stdout) == (1, "")
    assert f"caro: {says}" in said.stderr
    assert "SECRET" not in said.stderr
    assert not file.exists()


def test_leave_for_plain_http_is_given_first_and_not_taken_back(home: Home) -> None:
    """The file never says what every request would refuse."""
    for words, status in (
        (["allow_http", "true"], 0),
        (["base_url", "http://box/v1"], 0),
        (["allow_http", "false"], 1),
    ):
        assert caro(home, "config", "set", *words).returncode == status
    assert caro(home, "config", "get", "base_url").stdout == "http://box/v1\n"


def test_set_says_that_a_variable_wins(home: Home) -> None:
    """Or its user would wonder; scripts see what is in force."""
    said = caro(home, "config", "set", "queue", "9", "--json", CARO_QUEUE="3")
    assert "CARO_QUEUE is set in this shell and wins over the file. Try: unset CARO_QUEUE\n" in said.stderr
    assert json.loads(said.stdout) == {"key": "queue", "value": 3, "default": 64, "origin": "CARO_QUEUE"}


def test_set_makes_a_path_mean_the_same_from_everywhere(home: Home, file: Path) -> None:
    """The daemon stands somewhere else."""
    caro(home, "config", "set", "models_dir", "weights")
    assert file.read_text() == f'models_dir = "{Path.cwd()}/weights"\n'
    caro(home, "config", "set", "models_dir", "~/weights")
    assert file.read_text() == 'models_dir = "~/weights"\n'


def test_set_says_what_has_to_be_fetched(home: Home, file: Path) -> None:
    """It is written all the same."""
    del home.environ["CARO_ENGINE"]
    said = caro(home, "config", "set", "model", "tiny")
    assert said.returncode == 0
    assert "The model `tiny` is not here yet.\n      caro models pull tiny\n" in said.stderr
    assert file.read_text() == 'model = "tiny"\n'


def test_unset_takes_it_out(home: Home, file: Path) -> None:
    """What is not there is no error, and a name that is no setting can be taken out, too."""
    home.write_config('model = "tiny"', "modle = 1")
    assert caro(home, "config", "unset", "modle").stderr == f"caro: `modle` is no longer set in {file}.\n"
    assert json.loads(caro(home, "config", "unset", "model", "--json").stdout)["origin"] == "default"
    assert caro(home, "config", "unset", "model").stderr == f"caro: `model` is not set in {file}.\n"
    assert caro(home, "config", "unset", "modle").returncode == 1
    assert file.read_text() == ""


def test_a_change_that_leaves_something_wrong_is_made_and_says_so(home: Home, file: Path) -> None:
    """One slip is mended after the other."""
    home.write_config("threads = 'four'", "queue = 'many'")
    said = caro(home, "config", "set", "threads", "4")
    assert said.returncode == 1
    assert f"{file}:2: `queue` must be a whole number, not 'many'." in said.stderr
    assert caro(home, "config", "set", "queue", "4").returncode == 0
    assert file.read_text() == "threads = 4\nqueue = 4\n"


def test_a_running_daemon_is_told(home: Home, script: Script) -> None:
    """It has loaded the other model before anybody asks; one that does not run is not started for it."""
    caro(home, "config", "set", "queue", "9")
    assert home.daemon_pid() == 0
    with Wire(home) as wire:
        wire.answer("x")
        caro(home, "config", "set", "model", "tiny")
        script.happened("load tiny")
        caro(home, "config", "unset", "model")
        script.happened("load small", times=2)
        assert wire.answer("y")["model"] == "small"


OLD_DAEMON = """
import os, sys
from caro_shell import protocol
from caro_shell.daemon import server as daemon
protocol.REQUESTS = {name: fields for name, fields in protocol.REQUESTS.items() if name != "reload"}
daemon.run(sys.argv[1], os.environ)
"""


def test_a_daemon_that_cannot_be_told_is_left_alone(home: Home, script: Script) -> None:
    """One from before an upgrade does not know the request; it reads the file when it is asked."""
    paths.ensure_private_dir(home.runtime)
    daemon = start_python(home, ["-c", OLD_DAEMON, home.runtime])
    wait_for(lambda: lifecycle.is_listening(home.runtime), lambda: f"for the old daemon, {daemon.poll()}")
    said = caro(home, "config", "set", "queue", "9")
    assert (said.returncode, len(said.stderr.splitlines())) == (0, 1)
    assert home.daemon_pid() == daemon.pid
    assert caro(home, "x").stdout == "echo x\n"
    caro(home, "daemon", "stop")
    end(daemon)


EDITOR = """#!/bin/sh
# Puts the next of the prepared texts into the file that is edited.
cd "$(dirname "$0")" || exit 9
echo "$*" >>asked
set -- "${@: -1}"
n=$(wc -l <asked)
[ ! -e "status-$n" ] || exit "$(cat "status-$n")"
[ ! -e "text-$n" ] || cat "text-$n" >"$1"
"""


@pytest.fixture
def editor(home: Home) -> Path:
    """The directory of an editor that writes `text-1` at its first start, `text-2` at the second …; see `asked`."""
    directory = home.path / "editor"
    directory.mkdir()
    program = directory / "edit it"
    program.write_text(EDITOR.replace("#!/bin/sh", f"#!{need_program('bash')}"))
    program.chmod(0o755)
    home.environ["VISUAL"] = f"'{program}' --wait"
    return directory


def edit(home: Home, typed: str = "") -> tuple[int, str]:
    """Run `caro config edit` on a terminal on which `typed` is typed; returns exit code and stderr."""
    done = at_terminal(home, [sys.executable, "-m", "caro_shell", "config", "edit"], typed)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_edit_opens_the_users_editor_on_the_file(home: Home, file: Path, editor: Path) -> None:
    """With its arguments; a file that is not there is made with a word of what it is."""
    assert edit(home) == (0, "")
    assert (editor / "asked").read_text() == f"--wait {file}\n"
    assert file.read_text().startswith("# The settings of caro")
    assert all(line.startswith("#") for line in file.read_text().splitlines())


def test_edit_tells_what_is_wrong_and_lets_one_mend_it(home: Home, file: Path, editor: Path) -> None:
    """As often as it takes; nothing that was written is lost."""
    for number, text in enumerate(("modle = 'x'\n", "model =\n", "model = 'x'\n"), 1):
        (editor / f"text-{number}").write_text(text)
    status, said = edit(home, "y\n\n")
    assert status == 0
    assert f"{file}:1: there is no setting `modle`.\n      Did you mean `model`?\n" in said
    assert f"{file}:1: this is not TOML: Invalid value.\n" in said
    assert said.count("Edit it again? [Y/n] ") == 2
    assert file.read_text() == "model = 'x'\n"


def test_edit_leaves_what_is_wrong_to_whoever_has_had_enough(home: Home, file: Path, editor: Path) -> None:
    """Exit code 1, and the text stays."""
    (editor / "text-1").write_text("modle = 'x'\n")
    status, said = edit(home, "n\n")
    assert (status, said.splitlines()[-1]) == (1, "Edit it again? [Y/n] caro: The file stays as you wrote it.")
    assert file.read_text() == "modle = 'x'\n"


def test_edit_says_which_variables_win(home: Home, editor: Path) -> None:
    """Over what is in the file now."""
    (editor / "text-1").write_text("queue = 1\nthreads = 1\n")
    home.environ["CARO_QUEUE"] = "3"
    assert edit(home) == (
        0,
        "caro: CARO_QUEUE is set in this shell and wins over the file. Try: unset CARO_QUEUE\n",
    )


@pytest.mark.parametrize(
    ("visual", "says"),
    [
        ("'no quote", "VISUAL is not a command: its quotes do not match."),
        ("/none/editor -w", "The editor /none/editor cannot be started: No such file or directory."),
        ("false", "The editor false ended with status 1."),
    ],
)
def test_an_editor_that_does_not_work_is_one_sentence(home: Home, visual: str, says: str) -> None:
    """And what to do."""
    home.environ["VISUAL"] = visual
    status, said = edit(home)
    assert (status, said.splitlines()[0]) == (1, f"caro: {says}")
    assert len(said.splitlines()) == 2


def test_without_a_terminal_nothing_is_opened(home: Home, file: Path, editor: Path) -> None:
    """One sentence, with the file to be written."""
    said = caro(home, "config", "edit", stdin="")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == f"caro: There is no terminal to edit on.\n      Write the file {file} yourself.\n"
    assert not (editor / "asked").exists()
