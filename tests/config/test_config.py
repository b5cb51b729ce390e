"""Settings: the file, then the environment; a slip is named with where it is and what to do."""

from pathlib import Path

import pytest

from caro_shell.config import ENVIRONMENT, TYPES, Settings, misspelt, resolve
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
    assert set(found.origins) == set(TYPES)
    assert {name: origin for name, origin in found.origins.items() if origin != "default"} == {
        "model": "CARO_MODEL",
        "threads": f"{file}:2",
        "idle_exit": f"{file}:3",
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


SLIPS_IN_THE_FILE = [
    ("modle = 'tiny'", 1, "there is no setting `modle`."),
    ("zzzzzz = 1", 1, "there is no setting `zzzzzz`."),
    ('"a\\u001b[1m" = 1', 1, r"there is no setting `a\x1b[1m`."),
    ("# one\n\nthreads = 'four'", 3, "`threads` must be a whole number, not 'four'."),
    ("threads = true", 1, "`threads` must be a whole number, not true."),
    (f"server_timeout = {'9' * 400}", 1, "`server_timeout` must be at most 86400, not inf."),
    ("threads = 5000", 1, "`threads` must be at most 1024, not 5000."),
    ("style = '''\n#\nx = 1\n'''", 1, r"`style` must be without tabs and newlines, not '#\nx = 1\n'."),
    ("style = '''x = 1'''\n\nthreads = 1.5", 3, "`threads` must be a whole number, not 1.5."),
    ("model = 1", 1, "`model` must be text in quotes, not 1."),
    ("model = ''", 1, "`model` must be a name from `caro models list`, the path of a GGUF file, or "),
    ('model = "a\\u001b[2J"', 1, r"not 'a\x1b[2J'."),
    ("model = 'http://h/x.gguf'", 1, "`model` must be https://HOST/FILE.gguf#sha256= and 64 hexadecimal digits, not "),
    ("model = 'https://u:SECRET@h/x.gguf'", 1, "`model` must be https://HOST/FILE.gguf#sha256= and 64 "),
    ("model = 'x.gguf'", 1, "`model` must be a path from / or ~, not 'x.gguf'."),
    ("models_dir = 'models'", 1, "`models_dir` must be a path from / or ~, not 'models'."),
    (
        "engine = 'lama'",
        1,
        "`engine` must be auto, llama, xllamacpp, openai, mlx, candle, or FILE.py:CLASS, not 'lama'.",
    ),
    ("engine = 'mine.py:Mine'", 1, "`engine` must be a path from / or ~, not 'mine.py:Mine'."),
    ("device = ''", 1, "`device` must be auto, cpu, or a device that `caro doctor` lists, not ''."),
    ("log_requests = 1", 1, "`log_requests` must be true or false, not 1."),
    ("[log_requests]\na = 1", 1, "`log_requests` must be true or false, not a table."),
    ("device = [" + "[" * 200 + "]" * 201, 1, "`device` must be text in quotes, not a list."),
    (f"device = '{'x ' * 500}'", 1, "must be auto, cpu, or a device that `caro doctor` lists, not 'x x x x"),
    ("queue = 2020-01-01", 1, "`queue` must be a whole number, not 2020-01-01."),
    ("queue = -1", 1, "`queue` must be at least 0, not -1."),
    ("max_tokens = 0", 1, "`max_tokens` must be at least 1, not 0."),
    ("idle_exit = nan", 1, "`idle_exit` must be at least 0, not nan."),
    ("server_timeout = 0", 1, "`server_timeout` must be at least 0.1, not 0.0."),
    ("fallback = 'yes'", 1, "`fallback` must be off or local, not 'yes'."),
    ("comment = 'no'", 1, "`comment` must be on or off, not 'no'."),
    ("comment = false", 1, "`comment` must be on or off in quotes, not false."),
    ("keep_request = 'yes'", 1, "`keep_request` must be off, history or comment, not 'yes'."),
    ('key = "ctrl-x\\tg"', 1, r"`key` must be without tabs and newlines, not 'ctrl-x\tg'."),
    ("key = 7", 1, "`key` must be text in quotes, not 7."),
    ("api_key = 'sk-SECRET'", 1, "`api_key` is a secret, and is not kept in the configuration file."),
    ("base_url = 'box:8000'", 1, "`base_url` must be the address of a server, like https://host/v1, not 'box:8000'."),
    ("base_url = 'https://u:SECRET@h/v1'", 1, "`base_url` must be without a name and a password; a key is given by "),
    ("base_url = 'https://h/v1?a=1'", 1, "`base_url` must be the address of a server, like https://host/v1, not "),
    ("base_url = 'https://h:99999/v1'", 1, "`base_url` must be the address of a server, like https://host/v1, not "),
    ("\nbase_url = 'http://box:8000/v1'", 2, "`base_url` would send requests to box without encryption."),
    ("queue = 1\nmodel = \nkey = 1", 2, "this is not TOML: Invalid value."),
    ("queue = 1\nqueue = 2", 2, "this is not TOML: Cannot overwrite a value."),
    ("queue = 1\nmodel = 'x", 2, 'this is not TOML: Expected "\'".'),
    ("\n\nqueue", 3, "this is not TOML: Expected '=' after a key in a key/value pair."),
]


@pytest.mark.parametrize(("text", "line", "says"), SLIPS_IN_THE_FILE)
def test_a_slip_in_the_file_is_named_with_its_line(file: Path, text: str, line: int, says: str) -> None:
    """One sentence that a terminal can take, a next step, and never a secret."""
    file.write_text(text)
    with pytest.raises(ConfigError) as told:
        resolve({}, str(file))
    said = told.value.message
    assert said.startswith(f"{file}:{line}: ")
    assert says in said
    assert said.isprintable()
    assert len(said) < len(str(file)) + 250
    assert "SECRET" not in said
    assert told.value.hint


@pytest.mark.parametrize(("name", "hint"), [("modle", "Did you mean `model`?"), ("zzz", "The settings are: model, ")])
def test_the_nearest_name_is_told(file: Path, name: str, hint: str) -> None:
    """Where there is none, all of them are."""
    file.write_text(f"{name} = 1")
    with pytest.raises(ConfigError) as told:
        resolve({}, str(file))
    assert told.value.hint.startswith(hint)


def test_a_byte_that_is_no_text_is_named_with_its_line(file: Path) -> None:
    """Editors of other days write other encodings."""
    file.write_bytes("queue = 1\n# Gr\xfc\xdfe\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r":2: this line is not UTF-8\."):
        resolve({}, str(file))


@pytest.mark.parametrize(
    ("variable", "value", "must"),
    [
        ("CARO_THREADS", "four", "a whole number, not 'four'"),
        ("CARO_THREADS", "", "a whole number, not ''"),
        ("CARO_THREADS", "-1", "at least 0, not -1"),
        ("CARO_IDLE_EXIT", "soon", "a number, not 'soon'"),
        ("CARO_IDLE_EXIT", "nan", "at least 0, not nan"),
        ("CARO_LOG_REQUESTS", "perhaps", "true or false, not 'perhaps'"),
        ("CARO_GPU_LAYERS", "-2", "at least -1, not -2"),
        ("CARO_COMMENT", "OFF", "on or off, not 'OFF'"),
        ("CARO_KEEP_REQUEST", "yes", "off, history or comment, not 'yes'"),
        ("CARO_KEY", "ctrl-", "a key like ctrl-g, alt-g or ctrl-x g, not 'ctrl-'"),
        ("CARO_KEY", "ctrl-x foo", "a key like "),
        ("CARO_EXPLAIN_KEY", "alt-gg", "a key like "),
        ("CARO_DEVICE", "\x1b]0;x\x07", r"auto, cpu, or a device that `caro doctor` lists, not '\x1b]0;x\x07'"),
        ("CARO_MODELS_DIR", "/a\nb", r"without control characters, not '/a\nb'"),
        ("CARO_API_KEY", "SECRET \n", "without blanks and control characters."),
        ("CARO_BASE_URL", "http://u:SECRET@h", "without a name and a password; "),
    ],
)
def test_a_slip_in_the_environment_is_named(file: Path, variable: str, value: str, must: str) -> None:
    """By the variable, with the command that takes it away."""
    with pytest.raises(ConfigError) as told:
        resolve({variable: value}, str(file))
    assert told.value.message.startswith(f"{variable} must be {must}")
    assert told.value.message.isprintable()
    assert "SECRET" not in told.value.message
    assert told.value.hint == f"Try: unset {variable}"


@pytest.mark.parametrize(
    "url", ["http://localhost:8080/v1", "http://127.0.0.1/v1", "http://[::1]:1/v1", "https://box/v1", "HTTPS://BOX", ""]
)
def test_what_stays_here_or_is_encrypted_needs_no_leave(file: Path, url: str) -> None:
    """Nobody on the way can read it."""
    assert resolve({"CARO_BASE_URL": url}, str(file)).base_url == url


@pytest.mark.parametrize("url", ["http://box/v1", "http://localhost.example.org", "HTTP://192.168.1.2:80"])
def test_plain_http_to_another_machine_needs_leave(file: Path, url: str) -> None:
    """`allow_http`; without it the sentence says where requests would go."""
    with pytest.raises(ConfigError, match=r"CARO_BASE_URL would send requests to .* without encryption") as told:
        resolve({"CARO_BASE_URL": url}, str(file))
    assert "allow_http" in told.value.hint
    assert resolve({"CARO_BASE_URL": url, "CARO_ALLOW_HTTP": "1"}, str(file)).base_url == url


@pytest.mark.parametrize(
    "model",
    [
        "auto",
        "small",
        "small:q8_0",
        "/m/x.gguf",
        "~/x y.gguf",
        "./x.gguf",
        "owner/repo:file.gguf",
        f"https://h/x.gguf#sha256={'aB' * 32}",
    ],
)
def test_a_model_has_one_of_several_forms(file: Path, model: str) -> None:
    """Whether it is there is the store's to say."""
    assert resolve({"CARO_MODEL": model}, str(file)).model == model


def test_a_variable_of_another_name_breaks_nothing(file: Path) -> None:
    """One that is nearly a setting's is told with that one; those of other parts are not."""
    others = dict.fromkeys(("CARO_TRACE", "CARO_REPORT", "CARO_PYTHON", "CARO_TEST_MODELS", "CARO_CONFIG"), "1")
    strange = {"CARO_MODLE": "tiny", "CARO_SOMETHING_OF_MINE": "1", "caro_model": "x"}
    assert resolve(others | strange, str(file)) == Settings()
    assert misspelt(others | strange) == {"CARO_MODLE": "CARO_MODEL"}


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
    assert found.origins["key"] == f"{file}:1"
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
