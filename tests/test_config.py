"""Settings: the file, then the environment; a slip is named with where it is and what to do."""

from pathlib import Path

import pytest

from caro_shell.config import ENVIRONMENT, Settings, resolve
from caro_shell.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration file that is not there yet."""
    return tmp_path / "config.toml"


def test_without_a_file_and_variables_there_are_the_defaults(file: Path) -> None:
    """Nothing has to be configured."""
    assert resolve({}, str(file)) == Settings()


def test_the_environment_wins_over_the_file(file: Path) -> None:
    """And each value knows where it came from."""
    file.write_text('model = "tiny"\nthreads = 3\nidle_exit = 60\n')
    found = resolve({"CARO_MODEL": "large", "CARO_LOG_REQUESTS": "yes", "PATH": "/bin"}, str(file))
    assert (found.model, found.threads, found.idle_exit, found.log_requests) == ("large", 3, 60.0, True)
    assert found.origins == {
        "model": "CARO_MODEL",
        "threads": str(file),
        "idle_exit": str(file),
        "log_requests": "CARO_LOG_REQUESTS",
    }


def test_every_setting_has_its_variable() -> None:
    """CARO_ and the name in capitals."""
    assert ENVIRONMENT["CARO_IDLE_UNLOAD"] == "idle_unload"
    assert set(ENVIRONMENT.values()) == {name for name in Settings.__dataclass_fields__ if name != "origins"}


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("ON", True), ("true", True), ("0", False), ("no", False), ("", False)]
)
def test_a_flag_may_be_said_in_many_words(file: Path, text: str, *, value: bool) -> None:
    """As people write them."""
    assert resolve({"CARO_LOG_REQUESTS": text}, str(file)).log_requests is value


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("modle = 'tiny'", "there is no setting `modle`", "Did you mean `model`?"),
        ("zzzzzz = 1", "there is no setting `zzzzzz`", "The settings are: model, "),
        ("threads = 'four'", "`threads` must be", "Mend that line."),
        ("threads = true", "`threads` must be", "Mend that line."),
        ("model = 1", "`model` must be", "Mend that line."),
        ("log_requests = 1", "`log_requests` must be", "Mend that line."),
        ("model = ", "cannot be read", "Mend that line, or move the file away."),
        ("queue = -1", "`queue` must be at least 0, not -1", "It is set by "),
        ("idle_exit = nan", "`idle_exit` must be at least 0, not nan", "It is set by "),
        ("comment = 'no'", "`comment` must be on or off, not 'no'", "It is set by "),
        ("comment = false", "`comment` must be on or off in quotes, not False", 'Try: comment = "off"'),
        ("keep_request = 'yes'", "`keep_request` must be off, history or comment, not 'yes'", "It is set by "),
        ("fix_output = 'screen'", "`fix_output` must be off or tmux, not 'screen'", "It is set by "),
        ('key = "ctrl-x\\tg"', "`key` cannot hold a tab or a newline", "It is set by "),
        ("key = 7", "`key` must be of type str", "Mend that line."),
    ],
)
def test_a_slip_in_the_file_is_named(file: Path, text: str, says: str, hint: str) -> None:
    """One sentence and a next step."""
    file.write_text(text)
    with pytest.raises(ConfigError, match=says) as told:
        resolve({}, str(file))
    assert str(file) in told.value.message + told.value.hint
    assert told.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CARO_THREADS", "four"),
        ("CARO_THREADS", ""),
        ("CARO_THREADS", "-1"),
        ("CARO_IDLE_EXIT", "soon"),
        ("CARO_IDLE_EXIT", "nan"),
        ("CARO_LOG_REQUESTS", "perhaps"),
        ("CARO_GPU_LAYERS", "-2"),
        ("CARO_COMMENT", "OFF"),
        ("CARO_KEEP_REQUEST", "yes"),
        ("CARO_KEY", "ctrl-"),
        ("CARO_KEY", "ctrl-x foo"),
        ("CARO_EXPLAIN_KEY", "alt-gg"),
    ],
)
def test_a_slip_in_the_environment_is_named(file: Path, variable: str, value: str) -> None:
    """The variable is in the sentence or in the hint."""
    with pytest.raises(ConfigError) as told:
        resolve({variable: value}, str(file))
    assert variable in told.value.message + told.value.hint


def test_all_layers_and_for_ever_are_values(file: Path) -> None:
    """-1 layers is all of them, inf seconds is never."""
    found = resolve({"CARO_GPU_LAYERS": "-1", "CARO_IDLE_EXIT": "inf"}, str(file))
    assert (found.gpu_layers, found.idle_exit) == (-1, float("inf"))


def test_a_file_that_may_not_be_read_is_one_sentence(tmp_path: Path) -> None:
    """A directory in its place, for example."""
    with pytest.raises(ConfigError, match="cannot be read"):
        resolve({}, str(tmp_path))


@pytest.mark.parametrize(("text", "value"), [("on", "on"), ("1", "on"), ("off", "off"), ("0", "off"), ("", "off")])
def test_the_comment_gesture_has_the_words_that_the_scripts_know(file: Path, text: str, value: str) -> None:
    """And however it is said, it is shown as on or off."""
    assert resolve({"CARO_COMMENT": text}, str(file)).comment == value


def test_the_shells_settings_are_settings_like_the_others(file: Path) -> None:
    """A key may be none, or in a shell's own notation; each value knows where it came from."""
    file.write_text("key = '\\C-xg'\nkeep_request = 'history'\n")
    found = resolve({"CARO_EXPLAIN_KEY": "", "CARO_STYLE": "fg=#808080,italic"}, str(file))
    assert (found.key, found.explain_key, found.keep_request) == (r"\C-xg", "", "history")
    assert (found.style, found.comment, found.fix_output) == ("fg=#808080,italic", "on", "off")
    assert found.origins["key"] == str(file)
    assert found.origins["explain_key"] == "CARO_EXPLAIN_KEY"


@pytest.mark.parametrize(
    "key",
    [
        "ctrl-g",
        "ctrl-g!",
        "Alt-G",
        "ctrl-alt-g",
        "ctrl-x g",
        "ctrl-x ctrl-g!",
        "ctrl-x !",
        "^Xg",
        r"\C-xg",
        "\x1bOP",
        "",
    ],
)
def test_a_key_has_a_name_or_the_shells_own_notation(file: Path, key: str) -> None:
    """With `!` it is taken whoever has it; empty is none."""
    assert resolve({"CARO_KEY": key}, str(file)).key == key


def test_another_key_loads_no_model_anew(file: Path) -> None:
    """The worker compares settings to know whether its engine serves; those of shells and daemon are none of it."""
    shells = {"CARO_KEY": "f5", "CARO_EXPLAIN_KEY": "", "CARO_COMMENT": "off", "CARO_STYLE": "bold"}
    more = {"CARO_KEEP_REQUEST": "comment", "CARO_FIX_OUTPUT": "tmux"}
    more |= {"CARO_IDLE_UNLOAD": "1", "CARO_IDLE_EXIT": "2", "CARO_QUEUE": "3", "CARO_MAX_TOKENS": "9"}
    assert resolve(shells | more, str(file)) == resolve({}, str(file))
    assert resolve({"CARO_THREADS": "1"}, str(file)) != resolve({}, str(file))
