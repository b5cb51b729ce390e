"""install.sh without a compiler, a network or anything built before: xllamacpp's wheel brings llama.cpp."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from machine import REQUEST, Machine, Tree, tiny_weights
from user_home import need

pytestmark = pytest.mark.install

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installation:
    """A machine with caro on it, and how it came there."""

    machine: Machine
    before: Tree
    done: subprocess.CompletedProcess[str]

    @property
    def caro(self) -> str:
        """The command."""
        return str(self.machine.home / ".local" / "bin" / "caro")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with all the wheels that caro needs, except llama-cpp-python, of which the index has none."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, directory = wanted["project"], tmp_path_factory.mktemp("shelf")
    names = [name for name in project["dependencies"] if not name.startswith("llama-cpp-python")]
    names += project["optional-dependencies"]["xllamacpp"] + wanted["build-system"]["requires"]
    words = [sys.executable, "-I", "-m", "pip", "download", "--only-binary", ":all:", "--dest", str(directory), *names]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        need(f"the wheels that caro needs cannot be fetched: {done.stderr}")
    return directory


@pytest.fixture(scope="module")
def installed(shelf: Path) -> Iterator[Installation]:
    """One installation for the tests of this file, which run in their order; the last one takes it away."""
    weights = tiny_weights()
    machine = Machine()
    machine.only_programs_but("c++*", "g++*", "clang++*", "*-g++*")
    machine.environ |= {
        "CXX": "",
        "PIP_CACHE_DIR": str(machine.directory / "cache"),
        "PIP_FIND_LINKS": str(shelf),
        "PIP_NO_INDEX": "1",
        "XDG_DATA_HOME": str(machine.home / ".local" / "share"),
    }
    before = machine.tree()
    done = machine.install("--yes", "--shell", "bash", "--model", str(weights))
    yield Installation(machine, before, done)
    machine.install("--uninstall", "--yes")
    shutil.rmtree(machine.directory)


def test_it_says_what_it_does_instead_and_ends_with_an_answer(installed: Installation) -> None:
    """The user learns why it is not the one built for this CPU, and has a working caro."""
    assert installed.done.returncode == 0, installed.done.stdout + installed.done.stderr
    assert "llama.cpp must be built here, and no C++ compiler works\n  so xllamacpp brings the" in installed.done.stdout
    answer = installed.done.stdout.partition(f'$ caro "{REQUEST}"')[2].partition("caro is installed.")[0]
    assert "find " in answer


def test_the_command_answers_and_keeps_quiet_about_it(installed: Installation) -> None:
    """That it is xllamacpp is in the status, not in every answer."""
    done = installed.machine.run(installed.caro, REQUEST)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("find ")
    status = installed.machine.run(installed.caro, "daemon", "status", "--json")
    assert '"engine": "llama.cpp (xllamacpp)"' in status.stdout


def test_the_doctor_says_who_brings_llama_cpp(installed: Installation) -> None:
    """It looks at what `auto` would use, in its order."""
    done = installed.machine.run(installed.caro, "doctor")
    found = [line for line in done.stdout.splitlines() if "llama.cpp: " in line]
    assert len(found) == 1
    assert found[0].startswith("ok     llama.cpp: xllamacpp ")
    assert found[0].endswith("llama-cpp-python is not installed")
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [["models", "requantize", "tiny", "q4_0"], ["--help"], ["models", "list"]])
def test_what_wants_the_other_package_says_so_in_one_sentence(installed: Installation, words: list[str]) -> None:
    """Nothing ends in a traceback for the want of it."""
    done = installed.machine.run(installed.caro, *words)
    assert "Traceback" not in done.stdout + done.stderr
    if "requantize" in words:
        assert done.returncode == 1
        assert done.stderr.startswith("caro: Requantizing needs llama-cpp-python, which is not installed.\n")


def test_a_second_run_keeps_it(installed: Installation) -> None:
    """A repair does not look for what it did not find before."""
    done = installed.machine.install("--yes", "--no-rc", "--shell", "bash")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "looking for llama.cpp" not in done.stdout
    assert "find " in done.stdout.partition(f'$ caro "{REQUEST}"')[2]


def test_who_wants_the_other_one_is_told_what_it_lacks(installed: Installation) -> None:
    """And what was there goes on working."""
    done = installed.machine.install("--yes", "--no-rc", "--shell", "bash", "--engine", "llama")
    assert done.returncode == 1
    assert done.stderr.startswith("install.sh: llama.cpp must be built here, and no C++ compiler works.\n")
    assert installed.machine.run(installed.caro, REQUEST).stdout.startswith("find ")


def test_uninstall_leaves_the_home_as_it_was(installed: Installation) -> None:
    """It is one environment, whoever brought llama.cpp."""
    done = installed.machine.install("--uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert installed.machine.tree() == installed.before
