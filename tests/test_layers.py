"""Who imports whom: the pure layer stays pure, the key press stays light, the daemon starts without its engine."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from user_home import Home

import caro_shell
from caro_shell import lifecycle

PACKAGE = Path(caro_shell.__file__).parent
PURE = ("protocol", "prompt", "examples", "confidence", "parse", "line", "task", "errors", "redact", "safety")
# What the client may cost a key press: these of ours, and of the interpreter's own those below with what they want.
KEYPRESS_OURS = {
    "caro_shell",
    "caro_shell.client",
    "caro_shell.errors",
    "caro_shell.keypress",
    "caro_shell.keypress.answer",
    "caro_shell.keypress.press",
    "caro_shell.paths",
    "caro_shell.protocol",
    "caro_shell.zmtp",
}
# While the client goes into the background, the shell waits: nothing but this, and no client.
BACKGROUND_OURS = {
    "caro_shell",
    "caro_shell.answer_files",
    "caro_shell.errors",
    "caro_shell.keypress",
    "caro_shell.keypress.below",
    "caro_shell.keypress.detached",
    "caro_shell.keypress.press",
    "caro_shell.paths",
}
KEYPRESS_STANDARD = ("contextlib", "json", "select", "signal", "socket", "typing")
# A press as the shells run it, up to its request: in place of being sent, it says what has been loaded for it.
TO_THE_REQUEST = """
import sys
before = set(sys.modules)
import caro_shell.keypress as k
def send(connection, frames, limit_s):
    import os
    os.write(1, " ".join(set(sys.modules) - before).encode())
    os._exit(0)
import caro_shell.zmtp
caro_shell.zmtp.Connection.send = send
sys.exit(k.main("stream"))
"""


def pure_files() -> Iterator[Path]:
    """Return the files of the pure layer."""
    for name in PURE:
        path = PACKAGE / name
        yield from path.glob("*.py") if path.is_dir() else [path.with_suffix(".py")]


def imports(path: Path) -> set[str]:
    """Return the modules a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found |= {f"{node.module}.{name.name}" for name in node.names} if node.module == "caro_shell" else set()
            found |= {node.module or ""} if node.module != "caro_shell" else set()
    return found


def loaded_by(module: str) -> set[str]:
    """Return what a fresh interpreter loads for `import module`, besides what it has at its start."""
    return loaded_when(f"import sys; before = set(sys.modules); import {module}; print(*set(sys.modules) - before)")


def loaded_when(code: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> set[str]:
    """Return the modules that `code` prints in a fresh interpreter."""
    started = [sys.executable, "-I", "-c", code]
    done = subprocess.run(started, input=stdin, env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize("path", list(pure_files()), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_pure_layer_imports_of_ours_only_itself(path: Path) -> None:
    """Text in, value out: nothing of ours but each other, and nothing of the standard library that acts."""
    wanted = imports(path)
    ours = {name.split(".")[1] for name in wanted if name.startswith("caro_shell.")}
    assert ours <= set(PURE)
    acting = {"os", "sys", "subprocess", "socket", "time", "random", "pathlib", "io", "shutil", "threading", "zmq"}
    assert not {name.split(".")[0] for name in wanted} & acting


def test_a_key_press_has_loaded_exactly_this_when_its_request_is_sent(home: Home) -> None:
    """A few small modules of ours, six of the standard library, and what these want themselves."""
    lifecycle.start(home.runtime, home.environ)
    fields = "shell\tzsh\0terminal\ttty\0pid\t1\0press\t1\0left\tlist all files\0alias\tll=ls -l\0functions\tf\0"
    loaded = loaded_when(TO_THE_REQUEST, fields, home.environ)
    assert {name for name in loaded if name.startswith("caro_shell")} == KEYPRESS_OURS
    assert loaded - KEYPRESS_OURS == loaded_by(", ".join(KEYPRESS_STANDARD))


def test_the_shell_waits_for_little() -> None:
    """What a detached client loads before it lets the shell go on."""
    loaded = loaded_by("caro_shell.keypress.detached")
    assert {name for name in loaded if name.startswith("caro_shell")} == BACKGROUND_OURS
    heavy = {"socket", "zmq", "dataclasses", "inspect", "tempfile", "subprocess"}
    assert not {name.split(".")[0] for name in loaded} & heavy


def test_the_daemon_starts_without_an_engine() -> None:
    """`status` is answered before anything of the model is loaded."""
    loaded = loaded_by("caro_shell.daemon")
    assert not {name.split(".")[0] for name in loaded} & {"llama_cpp", "numpy", "jinja2", "huggingface_hub"}


def test_the_command_line_imports_a_verb_only_when_it_is_called() -> None:
    """`caro` alone loads neither the daemon nor the models."""
    loaded = loaded_by("caro_shell.cli")
    assert {name for name in loaded if name.startswith("caro_shell")} == {
        "caro_shell",
        "caro_shell.cli",
        "caro_shell.errors",
    }


def test_nothing_prints_or_runs_at_import() -> None:
    """Every module can be imported, and says nothing."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "__main__.py":
            module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
            tree = ast.parse(path.read_text(encoding="utf-8"))
            calls = [node for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
            assert not calls, module
