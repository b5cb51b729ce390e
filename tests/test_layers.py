"""Who imports whom: the pure layer stays pure, the key press stays light, the daemon starts without its engine."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import caro_shell

PACKAGE = Path(caro_shell.__file__).parent
PURE = ("protocol", "prompt", "examples", "confidence", "parse", "line", "task", "errors", "redact", "safety")
# What the client may cost a key press: these of ours, zmq with what zmq itself wants, and the interpreter's own.
KEYPRESS_OURS = {
    "caro_shell",
    "caro_shell.client",
    "caro_shell.errors",
    "caro_shell.keypress",
    "caro_shell.keypress.answer",
    "caro_shell.keypress.press",
    "caro_shell.paths",
    "caro_shell.protocol",
}
# While the client goes into the background, the shell waits: nothing but this, and neither zmq nor the client.
BACKGROUND_OURS = {
    "caro_shell",
    "caro_shell.errors",
    "caro_shell.keypress",
    "caro_shell.keypress.below",
    "caro_shell.keypress.detached",
    "caro_shell.keypress.press",
    "caro_shell.paths",
}
# Of the standard library, what zmq has not loaded already.
KEYPRESS_STANDARD = {"signal"}


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
    code = f"import sys; before = set(sys.modules); import {module}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
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


def test_a_key_press_imports_little() -> None:
    """The standard library, zmq, and a few small modules of ours."""
    assert loaded_by("caro_shell.keypress.answer") - loaded_by("zmq") == KEYPRESS_OURS | KEYPRESS_STANDARD


def test_the_shell_does_not_wait_for_zmq() -> None:
    """What a detached client loads before it lets the shell go on."""
    loaded = loaded_by("caro_shell.keypress.detached")
    assert {name for name in loaded if name.startswith("caro_shell")} == BACKGROUND_OURS
    assert not {name.split(".")[0] for name in loaded} & {"zmq", "dataclasses", "inspect", "tempfile", "subprocess"}


def test_zmq_itself_brings_none_of_the_heavy_modules() -> None:
    """If a new pyzmq does, the budget of a key press has to be looked at again."""
    heavy = {
        "argparse",
        "asyncio",
        "dataclasses",
        "inspect",
        "logging",
        "pathlib",
        "platformdirs",
        "socket",
        "subprocess",
    }
    assert not loaded_by("zmq") & heavy
    foreign = {name.split(".")[0] for name in loaded_by("zmq")} - set(sys.stdlib_module_names)
    assert {name for name in foreign if "cython" not in name} == {"zmq"}


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
