"""A user's home for tests: its environment, its daemon with a scripted engine, what is needed and enforced."""

import json
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from terminal import terminal_environ, wait_for

from caro_shell import lifecycle, paths

SUPPORT = Path(__file__).parent


def need(reason: str) -> None:
    """Skip for a user who lacks something; fail in CI, where nothing may be lacking."""
    if os.environ.get("CI"):
        pytest.fail(f"CI lacks something: {reason}")
    pytest.skip(reason)


def need_program(name: str) -> str:
    """Return the path of a program, or skip (fail in CI)."""
    found = shutil.which(name)
    if not found:
        need(f"{name} is not installed")
    return str(found)


class Script:
    """What the scripted engine is told, and what it did."""

    def __init__(self, directory: Path) -> None:
        """Use `directory`, which the engine finds through CARO_TEST_SCRIPT."""
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self._answers: dict[str, list[object]] = {}

    def say(self, request: str, *steps: object) -> None:
        """Answer `request` by `steps`: text, or {"wait": gate}, {"fail": sentence}, {"crash": true}, {"exit": true}."""
        self._answers[request] = list(steps)
        path = self.directory / "script.json"
        (self.directory / "new.json").write_text(json.dumps(self._answers))
        (self.directory / "new.json").replace(path)

    def open_gate(self, name: str) -> None:
        """Let the engine pass a wait."""
        (self.directory / f"gate-{name}").touch()

    def events(self) -> list[str]:
        """Return what the engine did so far."""
        path = self.directory / "events"
        return path.read_text().splitlines() if path.exists() else []

    def happened(self, event: str, times: int = 1) -> None:
        """Wait until the engine did `event`."""
        wait_for(
            lambda: self.events().count(event) >= times,
            lambda: f"for the engine's {event!r}; it did:\n" + "\n".join(self.events()),
        )


class Home:
    """A user's home directory with nothing in it, and the environment that goes with it."""

    def __init__(self, path: Path) -> None:
        """Point every setting of ours at `path`."""
        self.path = path
        self.script = Script(path / "script")
        self.environ = terminal_environ(
            path,
            {
                "CARO_ENGINE": f"{SUPPORT / 'scripted_engine.py'}:ScriptedEngine",
                "CARO_TEST_SCRIPT": str(self.script.directory),
                # What the scripted engine says need not work here; tests of the proof turn it on.
                "CARO_PROOF": "off",
                # Evaluating them takes a daemon longer than most tests last.
                "CARO_EXAMPLES": "off",
                "XDG_CONFIG_HOME": str(path / ".config"),
                "XDG_DATA_HOME": str(path / ".local" / "share"),
            },
        )
        # Where this is missing, fish reads all manual pages in the background, for half a minute of one core.
        (path / ".local" / "share" / "fish" / "generated_completions").mkdir(parents=True, exist_ok=True)

    @property
    def runtime(self) -> str:
        """The daemon's directory."""
        return paths.runtime_dir(self.environ)

    def write_config(self, *lines: str) -> None:
        """Let the config file hold `lines`."""
        path = self.path / ".config" / "caro" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        # As a whole: a daemon follows the file, and would go by half of it.
        new = path.with_suffix(".new")
        new.write_text("\n".join([*lines, ""]))
        new.replace(path)

    def daemon_pid(self) -> int:
        """Return the daemon's process id, 0 when none runs."""
        return lifecycle.holder(self.runtime)

    def has_answer(self) -> bool:
        """Say whether an answer waits to be taken by a shell; the file it grows in is renamed meanwhile."""
        for file in Path(self.runtime).glob("answer.*"):
            with suppress(FileNotFoundError):
                if file.stat().st_size:
                    return True
        return False

    def kill_daemon(self) -> int:
        """Kill the daemon without a warning; returns the process id it had."""
        pid = self.daemon_pid()
        if pid > 0:
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: self.daemon_pid() != pid, lambda: f"for daemon {pid} to die")
        return pid

    def real_model(self, name: str) -> None:
        """Use llama.cpp with a model of the catalogue instead of the script; skips (fails in CI) without it."""
        models = os.environ.get("CARO_TEST_MODELS", "")
        self.environ |= {"CARO_MODELS_DIR": models, "CARO_MODEL": name, "CARO_PROOF": "on"}
        del self.environ["CARO_ENGINE"]
        from caro_shell import config
        from caro_shell.errors import ModelError
        from caro_shell.models.store import find_model

        try:
            find_model(name, config.Settings(model=name, models_dir=models))
        except ModelError:
            need(f"the model `{name}` is not in CARO_TEST_MODELS")
