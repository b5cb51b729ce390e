"""Settings: defaults, the configuration file, CARO_… in the environment; the last one wins."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from caro_shell import paths
from caro_shell.config import file as config_file
from caro_shell.config import values as config_values
from caro_shell.config.text import shown
from caro_shell.errors import ConfigError


@dataclass(frozen=True)
class Settings:
    """Every setting; the field's name is the key in the file.

    Two are equal when the same loaded engine serves both: how long it stays, how requests wait and what the shells
    do with their keys take no part in comparisons.
    """

    model: str = "small"
    """`auto`, a catalogue name, `NAME:QUANTISATION`, the path of a GGUF file, `owner/repo:file`, or an https URL."""
    models_dir: str = ""
    """Where weights are kept; empty: `models` in the data directory."""
    engine: str = "auto"
    """`auto`, `llama`, `xllamacpp`, `openai`, `mlx`, `candle`, or `FILE.py:CLASS` for an engine of your own."""
    device: str = "auto"
    """What llama.cpp runs on: `auto`, `cpu`, or the name of a device that `caro doctor` lists."""
    threads: int = 0
    """Threads of the CPU backend; 0 chooses so that the machine stays usable."""
    gpu_layers: int = -1
    """Layers given to the GPU when the build has one; -1 is as many as fit, 0 none."""
    context: int = 4096
    """Tokens of prompt and answer together."""
    base_url: str = ""
    """The address of an OpenAI-compatible server, as `https://host/v1`; empty: none, everything stays here."""
    server_model: str = ""
    """The server's name of the model to ask; empty: the only one it has, or the first."""
    server_timeout: float = 30.0
    """Seconds without a byte after which the server is given up."""
    api_key: str = field(default="", repr=False)
    """The server's bearer key; only from the environment, or from `api_key_file`."""
    api_key_file: str = ""
    """A file of mode 0600 that holds the key; empty: `api_key` beside the configuration file."""
    allow_http: bool = False
    """Whether requests may go to another host without encryption."""
    fallback: str = "off"
    """Who answers when the server does not: `off`, or `local` for the model of this machine."""
    max_tokens: int = field(default=160, compare=False)
    """Tokens an answer may have before it is refused as too long."""
    idle_unload: float = field(default=1800.0, compare=False)
    """Seconds without a request after which the model is unloaded."""
    idle_exit: float = field(default=14400.0, compare=False)
    """Seconds without a request after which the daemon leaves."""
    queue: int = field(default=64, compare=False)
    """Requests that may wait; one more is answered `busy` at once."""
    examples: bool = field(default=True, compare=False)
    """Whether prompts begin with examples, once the engine has them evaluated."""
    adapter: str = "on"
    """Whether a catalogue model gets the adapter that was tuned for it: `on`, `off`, or a file with another one."""
    proof: bool = field(default=True, compare=False)
    """Whether commands are checked against what is installed here, with a second attempt where that objects."""
    log_requests: bool = field(default=False, compare=False)
    """Whether the log may hold what you typed and what the model wrote."""
    key: str = field(default="ctrl-g", compare=False)
    """The key that turns the line into a command; empty: none."""
    explain_key: str = field(default="alt-g", compare=False)
    """The key that explains the line; empty: none."""
    comment: str = field(default="on", compare=False)
    """Whether `# request` and Enter ask: `on` or `off`."""
    style: str = field(default="fg=8", compare=False)
    """How status and ghost text look, in zsh's zle_highlight notation."""
    keep_request: str = field(default="off", compare=False)
    """Where the words of a request are kept: `off`, `history` or `comment`."""
    fix_output: str = field(default="off", compare=False)
    """Whether a failed command's output may be read from the screen: `off` or `tmux`."""
    learn: str = field(default="on", compare=False)
    """Whether what became of answers is kept, so that later ones can follow it: `on` or `off`."""
    hints: str = field(default="off", compare=False)
    """Whether the model is told lines of this machine's manuals that are about the request: `on` or `off`."""
    history: str = field(default="off", compare=False)
    """Whether such a line may be a command of the user's own shell history: `on` or `off`."""
    menu: str = field(default="full", compare=False)
    """What `caro` shows at a terminal: `full`, `plain` (lines to be read aloud), or `off` (the command alone)."""
    editing: str = field(default="emacs", compare=False)
    """Whose keys edit a line of `caro` at a terminal: `emacs` or `vi`."""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where each value came from: `default`, `FILE:LINE`, or the name of a variable."""


TYPES: Mapping[str, type] = {f.name: type(f.default) for f in fields(Settings) if f.name != "origins"}
ENVIRONMENT: Mapping[str, str] = {f"CARO_{name.upper()}": name for name in TYPES}
# What other parts read; with the settings, these are all the CARO_ variables there are.
_OTHERS = frozenset({"CARO_CONFIG", "CARO_PYTHON", "CARO_REPORT", "CARO_RUNTIME_DIR", "CARO_TOUR", "CARO_TRACE"})
DEFAULT = "default"
"""The origin of what nobody has set."""


def resolve(environ: Mapping[str, str], path: str) -> Settings:
    """Return the settings in force, each with its origin; raises ConfigError on a wrong name, type or value."""
    table = config_file.read(path)
    values, origins = {}, dict.fromkeys(TYPES, DEFAULT)
    for name, value in table.values.items():
        origin = f"{shown(path)}:{table.lines.get(name, 1)}"
        known(name, origin)
        values[name], origins[name] = config_values.from_toml(name, TYPES[name], value, origin), origin
    for variable, name in ENVIRONMENT.items():
        if variable in environ:
            values[name] = config_values.from_text(name, TYPES[name], environ[variable], variable)
            origins[name] = variable
    settings = Settings(**values, origins=origins)
    config_values.refuse_open_http(settings.base_url, origins["base_url"], allow_http=settings.allow_http)
    return settings


def known(name: str, origin: str = "") -> str:
    """Return the name of a setting; raises ConfigError with the nearest one when there is no such."""
    if name in TYPES:
        return name
    from difflib import get_close_matches

    near = get_close_matches(name, TYPES, n=1)
    raise ConfigError(
        f"{origin}: there is no setting {quoted(name)}." if origin else f"There is no setting {quoted(name)}.",
        f"Did you mean `{near[0]}`?" if near else f"The settings are: {', '.join(TYPES)}.",
    )


def quoted(name: str) -> str:
    """Return a name of the user's as it stands in a sentence."""
    return f"`{shown(name)}`"


def misspelt(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that set nothing but are called nearly like one that does, each with that one."""
    from difflib import get_close_matches

    strange = [
        name
        for name in environ
        if name.startswith("CARO_") and name not in ENVIRONMENT and name not in _OTHERS and "_TEST_" not in name
    ]
    found = {name: get_close_matches(name, ENVIRONMENT, n=1, cutoff=0.8) for name in strange}
    return {name: near[0] for name, near in found.items() if near}


def current() -> Settings:
    """Return the settings of this process."""
    return resolve(os.environ, paths.config_file(os.environ))
