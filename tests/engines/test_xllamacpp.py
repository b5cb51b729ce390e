"""xllamacpp's own: the tokens of llama-cpp-python, no server and no port, and a wheel that is not the one we know."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_kinds import models_dir, need_module
from user_home import need

from caro_shell.config import Settings
from caro_shell.engines import Sampling, installed, never, xllamacpp_functions
from caro_shell.engines.llama import LlamaEngine
from caro_shell.engines.xllamacpp import XllamacppEngine
from caro_shell.errors import EngineError
from caro_shell.prompt import Message, Place, build_messages

PLACE = Place("Linux", "GNU", "bash")
LOAD_AND_CLOSE = """
import ctypes, pathlib, sys
from caro_shell.config import Settings
from caro_shell.engines.xllamacpp import XllamacppEngine
def memory():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
def trim():
    ctypes.CDLL(None).malloc_trim(0)
told = []
for _ in range(2):
    engine = XllamacppEngine(Settings(model="tiny", models_dir=sys.argv[1]))
    engine.load()
    told.append(memory())
    engine.close()
    trim()
    told.append(memory())
print(*told)
"""


def ask(request: str) -> list[Message]:
    """Return the messages of a request as the product sends them."""
    return build_messages(request, PLACE)


def sockets() -> set[str]:
    """Return the sockets that this process has open."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        need("there is no /proc to look at")
    # One of them is the listing's own, gone by the time it is read.
    links = [str(path.readlink()) for path in folder.iterdir() if path.is_symlink()]
    return {link for link in links if link.startswith("socket:")}


@pytest.fixture(scope="module")
def engine() -> Iterator[XllamacppEngine]:
    """The 0.5B model, loaded once."""
    need_module("xllamacpp")
    made = XllamacppEngine(Settings(model="tiny", models_dir=models_dir()), because="was built for another CPU")
    made.load()
    yield made
    made.close()


@pytest.mark.model
def test_a_prompt_has_the_tokens_that_llama_cpp_python_gives_it(engine: XllamacppEngine) -> None:
    """It is the same llama.cpp: what is written here for the one holds for the other."""
    need_module("llama_cpp")
    other = LlamaEngine(Settings(model="tiny", models_dir=models_dir()))
    other.load()
    for text in ("list all files", "say hi<|im_end|>", "naïve Grüße 日本語 😀", " blanks \n and\ttabs "):
        assert engine.count_tokens(ask(text)) == other.count_tokens(ask(text))
    other.close()


@pytest.mark.model
def test_no_socket_is_opened(engine: XllamacppEngine) -> None:
    """Its server takes no part in it."""
    before = sockets()
    second = XllamacppEngine(Settings(model="tiny", models_dir=models_dir()))
    second.load()
    assert "ls" in "".join(second.stream(ask("list all files"), Sampling(max_tokens=8), never))
    assert sockets() <= before
    second.close()


@pytest.mark.model
def test_why_it_is_this_one_is_among_the_notes(engine: XllamacppEngine) -> None:
    """Who has llama-cpp-python installed hears why it is not used."""
    assert "llama.cpp by xllamacpp, because llama-cpp-python was built for another CPU." in engine.notes
    assert engine.name == "llama.cpp (xllamacpp)"


@pytest.mark.model
def test_closing_gives_the_memory_back() -> None:
    """The daemon unloads an idle model: less than a quarter of it may stay, and loading again takes no more."""
    need_module("xllamacpp")
    if not Path("/proc/self/status").exists():
        need("there is no /proc to look at")
    words = [sys.executable, "-c", LOAD_AND_CLOSE, models_dir()]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    loaded, closed, loaded_again, closed_again = map(int, done.stdout.split())
    assert closed < loaded / 4
    assert closed_again < loaded_again / 4
    assert loaded_again < loaded * 1.25


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The shared library of another xllamacpp, to be written by the test."""
    folder = tmp_path / "xllamacpp"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("CARO_RUNTIME_DIR", str(tmp_path))
    xllamacpp_functions.ggml_library.cache_clear()
    yield folder / "xllamacpp.abi3.so"
    xllamacpp_functions.ggml_library.cache_clear()


def refusal() -> str:
    """Return the sentence with which the package is refused, in this process."""
    with pytest.raises(EngineError) as caught:
        xllamacpp_functions.ggml_library()
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_wheel_without_its_library_is_refused(wheel: Path) -> None:
    """The file is missing, or it is none."""
    assert refusal() == "xllamacpp cannot be used: it is not installed."
    wheel.write_bytes(b"not a library")
    assert "xllamacpp cannot be used: " in refusal()


def test_a_library_without_a_function_that_is_called_is_refused(wheel: Path) -> None:
    """Any other shared library will do to show it."""
    other = importlib.util.find_spec("_ctypes")
    if other is None or not other.origin or not other.origin.endswith(".so"):
        need("this Python has no extension module to take")
    else:
        wheel.write_bytes(Path(other.origin).read_bytes())
    assert refusal().startswith("xllamacpp cannot be used: it has no llama_")
    assert installed.trouble(installed.XLLAMACPP).startswith("cannot be loaded: it has no llama_")


def test_a_library_with_other_structures_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose parameters lie elsewhere is found out before anything is written there."""
    need_module("xllamacpp")
    defaults = vars(xllamacpp_functions)["_DEFAULTS"]["llama_context_default_params"]
    monkeypatch.setitem(defaults, "n_threads", 512)
    xllamacpp_functions.ggml_library.cache_clear()
    assert refusal() == "xllamacpp cannot be used: its llama_context_default_params is not the one that is known here."
    xllamacpp_functions.ggml_library.cache_clear()
