"""Which engine a setting means, and which package's llama.cpp is used where one of them is missing or would not run."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from engine_kinds import need_module

import caro_shell
from caro_shell.config import Settings
from caro_shell.engines import installed, registry
from caro_shell.engines.llama import LlamaEngine
from caro_shell.engines.xllamacpp import XllamacppEngine
from caro_shell.errors import CaroError, ConfigError, EngineError

MODULES = {"llama": "llama_cpp", "xllamacpp": "xllamacpp", "mlx": "mlx_lm", "candle": "mistralrs"}


@pytest.fixture(autouse=True)
def _runtime_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has been tried is remembered in a directory of the test's own."""
    monkeypatch.setenv("CARO_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The modules that are not installed, to be filled by the test."""
    names: set[str] = set()
    really = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in names else really(name))
    return names


def package(folder: Path, module: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a package in front of the one that is installed."""
    (folder / module).mkdir()
    (folder / module / "__init__.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    # What another test has imported already would be found in its place.
    monkeypatch.delitem(sys.modules, module, raising=False)


@pytest.mark.parametrize("name", MODULES)
def test_a_name_is_an_engine(name: str) -> None:
    """Each has its own, and nothing is loaded before it is asked to be."""
    need_module(MODULES[name])
    made = registry.create_engine(Settings(engine=name))
    assert made.name


@pytest.mark.parametrize("name", MODULES)
def test_an_engine_whose_package_is_missing_says_how_to_get_it(name: str, absent: set[str]) -> None:
    """One sentence, and the command that installs it where this program finds it."""
    absent.add(MODULES[name])
    with pytest.raises(EngineError, match="installed") as caught:
        registry.create_engine(Settings(engine=name))
    assert f"`{name}`" in caught.value.message
    assert caught.value.hint.startswith(f"Try: {sys.executable} -m pip install ")


def test_auto_is_llama_cpp_python_where_it_runs() -> None:
    """It was built for this machine."""
    need_module("llama_cpp")
    assert type(registry.create_engine(Settings())) is LlamaEngine


def test_auto_is_xllamacpp_where_llama_cpp_python_is_missing(absent: set[str]) -> None:
    """The same llama.cpp without a compiler."""
    need_module("xllamacpp")
    absent.add("llama_cpp")
    assert type(registry.create_engine(Settings())) is XllamacppEngine


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGILL)", r"ends the process that loads it \(signal 4\)"),
        ("raise OSError('libgomp.so.1: cannot open shared object file')", "cannot be loaded: OSError: libgomp.so.1"),
        ("import os\nos._exit(3)", "cannot be loaded: it ended with status 3"),
    ],
)
def test_a_build_that_would_end_the_daemon_is_passed_over(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried in a process of its own, this one lives, and who asks for it by name is told why not."""
    need_module("xllamacpp")
    package(tmp_path, "llama_cpp", text, monkeypatch)
    assert type(registry.create_engine(Settings())) is XllamacppEngine
    with pytest.raises(EngineError, match=reason):
        registry.create_engine(Settings(engine="llama"))


def test_a_build_for_another_cpu_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be loaded; its first evaluation would be its last."""
    need_module("llama_cpp")
    monkeypatch.setattr(installed, "cpu_features", lambda: frozenset({"fpu", "sse2"}))
    with pytest.raises(EngineError, match=r"was built for a CPU with \w+.*, which this one lacks"):
        registry.create_engine(Settings(engine="llama"))


def test_where_neither_can_be_used_both_ways_out_are_named(absent: set[str]) -> None:
    """With a compiler and without one."""
    absent |= {"llama_cpp", "xllamacpp"}
    with pytest.raises(EngineError, match="neither llama-cpp-python nor xllamacpp is installed") as caught:
        registry.create_engine(Settings())
    compiled, ready_made = caught.value.hint.split("; without one: ")
    assert re.search(r" -m pip install '?llama-cpp-python\b", compiled)
    assert re.search(r" -m pip install '?xllamacpp\b", ready_made)


def test_what_ran_once_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first load pays for a process; another file of the package's asks again."""
    need_module("xllamacpp")
    assert installed.trouble(installed.XLLAMACPP) == ""
    tried: list[installed.Package] = []
    really = installed.examine

    def examine(package: installed.Package) -> installed.Examination:
        tried.append(package)
        return really(package)

    monkeypatch.setattr(installed, "examine", examine)
    assert installed.trouble(installed.XLLAMACPP) == ""
    assert tried == []
    monkeypatch.setattr(installed, "cpu_features", lambda: frozenset({*_every_feature(), "new"}))
    assert installed.trouble(installed.XLLAMACPP) == ""
    assert tried == [installed.XLLAMACPP]


def _every_feature() -> set[str]:
    """Return every feature that a build may ask for."""
    return set(vars(installed)["_FEATURES"].values())


@pytest.mark.parametrize("module", ["installed", "llama_library", "xllamacpp_functions"])
def test_trying_a_package_takes_the_standard_library_alone(module: str) -> None:
    """The installer asks before anything else that caro needs is there."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); __import__(f'caro_shell.engines.{sys.argv[2]}')"
    root = str(Path(caro_shell.__file__).parents[1])
    subprocess.run([sys.executable, "-I", "-S", "-c", code, root, module], check=True)


def test_without_a_place_to_remember_it_is_tried_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that cannot be written is no reason to refuse."""
    need_module("xllamacpp")
    for _ in range(2):
        assert installed.trouble(installed.XLLAMACPP, {**os.environ, "CARO_RUNTIME_DIR": "/proc/nowhere"}) == ""


@pytest.mark.parametrize(
    ("engine", "sentence"),
    [
        ("nosuch", "There is no engine `nosuch`."),
        ("/nowhere/at/all.py:Engine", "There is no engine `/nowhere/at/all.py:Engine`."),
    ],
)
def test_a_wrong_name_gets_the_right_ones(engine: str, sentence: str) -> None:
    """The names are in the next step."""
    with pytest.raises(ConfigError) as caught:
        registry.create_engine(Settings(engine=engine))
    assert caught.value.message == sentence
    assert "xllamacpp" in caught.value.hint


@pytest.mark.parametrize(
    "text", ["raise RuntimeError('no')", "class Other: ...", "class Engine:\n  def __init__(self): ..."]
)
def test_a_file_of_the_users_that_is_wrong_is_one_sentence(text: str, tmp_path: Path) -> None:
    """It may be anything."""
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(CaroError, match="cannot be used"):
        registry.create_engine(Settings(engine=f"{path}:Engine"))
