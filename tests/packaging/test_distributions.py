"""Wheel and sdist carry everything, byte for byte, and a caro that is installed from the wheel finds it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from distributions import (
    TREE,
    Environment,
    contents_of_sdist,
    contents_of_wheel,
    files_below,
    install,
    sdist_and_wheel,
)

from caro_shell import __version__

# Where a directory or a file at the top of the tree is inside the wheel.
PLACES = {
    "caro_shell": "caro_shell",
    "shell": "caro_shell/shell",
    "install": "caro_shell/setup/install",
}
SHARED = {
    "docs/caro.1": "share/man/man1/caro.1",
    "shell/completions/_caro": "share/zsh/site-functions/_caro",
    "shell/completions/caro.bash": "share/bash-completion/completions/caro",
    "shell/completions/caro.fish": "share/fish/vendor_completions.d/caro.fish",
}


@pytest.fixture(scope="module")
def sdist() -> Path:
    """The sdist of this tree."""
    return sdist_and_wheel()[0]


@pytest.fixture(scope="module")
def wheel() -> Path:
    """The wheel, made from the sdist."""
    return sdist_and_wheel()[1]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """An environment with the wheel in it."""
    return install(wheel, tmp_path_factory.mktemp("environment") / "venv")


def tracked() -> set[str]:
    """Return the names of the files that a commit of this moment would hold; without git, of those that are there."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        told = subprocess.run(words, cwd=TREE, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return {str(path) for path in files_below(TREE)}
    return {name for name in told.split("\0") if name and (TREE / name).is_file()}


def differing(expected: Mapping[str, Path], found: Mapping[str, bytes]) -> list[str]:
    """Return what is not there, or is not the same bytes."""
    return [name for name, path in expected.items() if found.get(name) != path.read_bytes()]


def test_the_sdist_is_the_tree(sdist: Path) -> None:
    """Every file of the repository, and nothing else but what the build adds."""
    found = contents_of_sdist(sdist)
    expected = {name: TREE / name for name in tracked()}
    assert not differing(expected, found)
    assert set(found) - set(expected) == {"PKG-INFO"}


def test_the_wheel_has_every_file_of_the_package_and_of_the_shells(wheel: Path) -> None:
    """Modules, data, adapters, shell scripts, the installer's parts; no more than that and what describes them."""
    found = contents_of_wheel(wheel)
    expected = {
        f"{inside}/{path}": TREE / top / path for top, inside in PLACES.items() for path in files_below(TREE / top)
    }
    assert not differing(expected, found)
    others = {name for name in found if name not in expected and ".dist-info/" not in name}
    data = f"caro_shell-{__version__}.data/data/"
    assert others == {f"{data}{place}" for place in SHARED.values()}
    assert not differing({f"{data}{place}": TREE / name for name, place in SHARED.items()}, found)
    # The one that matters most is also the one that a .gitattributes or a size limit would lose.
    assert "caro_shell/models/adapters/tiny.gguf" in found


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    """The command, the Python, the licence."""
    found = {
        name.partition(".dist-info/")[2]: text.decode()
        for name, text in contents_of_wheel(wheel).items()
        if ".dist-info/" in name
    }
    assert "caro = caro_shell.cli:main" in found["entry_points.txt"]
    assert "Requires-Python: >=3.11" in found["METADATA"]
    assert "licenses/LICENSE" in found


@pytest.mark.parametrize("shell", ["zsh", "bash", "fish"])
def test_the_installed_command_prints_lines_that_are_its_own(environment: Environment, shell: str) -> None:
    """The script and the interpreter are those of the environment, not of a checkout that happens to be near."""
    # Nothing of this process's environment: a PYTHONPATH would lead to the checkout.
    words, home = [str(environment.caro), "init", shell], {"HOME": str(environment.root)}
    done = subprocess.run(words, env=home, capture_output=True, text=True, check=True, cwd="/")
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert str(environment.python) in lines[0]
    script = Path(lines[1].removeprefix("source "))
    assert environment.root in script.parents
    assert script.read_bytes() == (TREE / "shell" / f"caro.{shell}").read_bytes()


def test_what_the_package_reads_is_there(environment: Environment) -> None:
    """A verdict needs the safety rules, the list of models the catalogue; both without a daemon."""
    home = {"HOME": str(environment.root), "CARO_MODELS_DIR": str(environment.root / "models")}
    judged = subprocess.run(
        [str(environment.caro), "check", "ls -l"], env=home, capture_output=True, text=True, check=True, cwd="/"
    )
    assert judged.stderr == ""
    listed = subprocess.run(
        [str(environment.caro), "models", "list"], env=home, capture_output=True, text=True, check=True, cwd="/"
    )
    assert "tiny" in listed.stdout
