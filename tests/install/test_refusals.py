"""What install.sh says when it cannot go on: one sentence, the next step, and nothing changed."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from machine import INSTALL, Machine, program

pytestmark = pytest.mark.install


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A machine with an rc file and nothing else."""
    made = Machine()
    (made.home / ".zshrc").write_text("setopt auto_cd")
    yield made
    shutil.rmtree(made.directory)


def refused(done: subprocess.CompletedProcess[str], code: int = 1) -> tuple[str, str]:
    """Return the sentence and the next step of a run that ended with `code`."""
    assert done.returncode == code, done.stdout + done.stderr
    sentence, step = done.stderr.splitlines()
    return sentence.removeprefix("install.sh: "), step.strip()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--frobnicate"], "There is no option --frobnicate."),
        (["install"], "There is no option install."),
        (["--shell", "tcsh"], "--shell is zsh, bash or fish, not tcsh."),
        (["--shell="], "--shell needs a value."),
        (["--model"], "--model needs a value."),
        (["--prefix", "/"], "--prefix cannot be the root directory."),
        (["--engine", "mlx"], "--engine is llama or xllamacpp, not mlx."),
        (["--gpu", "abacus"], "--gpu is cuda, vulkan or metal, not abacus."),
        (["--gpu=cuda", "--engine=xllamacpp"], "--gpu builds llama-cpp-python, so it does not go with xllamacpp."),
        (["--prefix", "two\nlines"], "--prefix cannot hold control characters."),
        (["--", "-x"], "Only --test takes words after --."),
    ],
)
def test_wrong_words_are_a_usage_error(machine: Machine, words: list[str], sentence: str) -> None:
    """Exit code 2, and where the right words are to be found."""
    before = machine.tree()
    assert refused(machine.install(*words), 2) == (sentence, "Try: ./install.sh --help")
    assert machine.tree() == before


def test_help_names_every_option(machine: Machine) -> None:
    """--help prints to stdout and does nothing."""
    done = machine.install("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("--yes", "--shell", "--no-rc", "--model", "--engine", "--gpu", "--prefix", "--uninstall", "--test"):
        assert f"  {option}" in done.stdout


def test_no_python_names_the_package(machine: Machine) -> None:
    """Where no Python is on PATH, the package manager's own command is shown."""
    machine.only_programs_but("python*")
    machine.python.unlink()
    sentence, step = refused(machine.install("--yes"))
    assert sentence == "Python 3.11 or newer is needed."
    assert step.endswith("apt-get install python3 python3-venv")


def test_an_old_python_is_named(machine: Machine) -> None:
    """The version that was found is in the sentence; the package is one that is new enough."""
    machine.only_programs_but("python*")
    program(machine.python, f'echo "3.9 {machine.python}"')
    sentence, step = refused(machine.install("--yes"))
    assert sentence == "Python 3.11 or newer is needed; the one here is 3.9."
    assert step.endswith("apt-get install python3.11 python3.11-venv")


def test_a_python_without_ensurepip_names_the_package(machine: Machine) -> None:
    """Debian keeps what makes environments in a package of its own."""
    machine.only_programs_but("python*")
    program(machine.python, f'case $* in *ensurepip*) exit 1 ;; esac; echo "3.12 {machine.python}"')
    sentence, step = refused(machine.install("--yes"))
    assert "ensurepip is missing" in sentence
    assert step.endswith("apt-get install python3-venv")


def test_a_shim_that_cannot_run_does_not_hide_a_python_that_can(machine: Machine) -> None:
    """A version manager's stub fails for want of its home; the next python3 on PATH is taken."""
    shims = machine.directory / "shims"
    program(shims / "python3", "echo 'no such version' >&2; exit 127")
    machine.environ["PATH"] = f"{shims}:{machine.environ['PATH']}"
    sentence, _ = refused(machine.install("--yes", "--model", "nosuch"))
    assert sentence == "There is no model and no file called nosuch."


def alone(machine: Machine) -> dict[str, str]:
    """Return the settings of pip by which there is neither an index nor anything that was built before."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CACHE_DIR": str(machine.directory / "cache"), "CXX": ""}


def without_a_compiler(machine: Machine) -> None:
    """Take the compilers away."""
    machine.only_programs_but("c++*", "g++*", "clang++*", "*-g++*")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "No llama.cpp is to be had: it cannot be built here, and xllamacpp cannot be fetched."),
        (["--engine", "llama"], "llama.cpp must be built here, and no C++ compiler works."),
    ],
)
def test_no_compiler_and_no_wheel_names_the_package(machine: Machine, words: list[str], expected: str) -> None:
    """Where llama.cpp can be had in no way, it says so before anything else is done, and the rc file is whole."""
    without_a_compiler(machine)
    done = machine.install("--shell", "zsh", "--model", "none", *words, environ=alone(machine))
    sentence, step = refused(done)
    assert sentence == expected
    assert step.endswith("apt-get install g++")
    assert (machine.home / ".zshrc").read_text() == "setopt auto_cd"
    assert "~/.zshrc is left alone (no terminal to ask at, no --yes)" in done.stdout
    assert machine.install("--uninstall").returncode == 0
    assert list(machine.tree()) == [".zshrc"]


@pytest.mark.parametrize(
    ("gpu", "programs", "sentence", "step"),
    [
        ("cuda", ("nvcc",), "CUDA cannot be built for: its compiler nvcc is not here.", "Install the CUDA toolkit"),
        (
            "vulkan",
            ("glslc",),
            "Vulkan cannot be built for: its compiler glslc, or headers as new as 1.3.272, are not here.",
            "apt-get install libvulkan-dev glslc spirv-headers",
        ),
    ],
)
def test_what_a_gpu_lacks_is_said_before_anything_is_done(
    machine: Machine, gpu: str, programs: tuple[str, ...], sentence: str, step: str
) -> None:
    """Half an hour's build does not begin before what it needs is there."""
    machine.only_programs_but(*programs)
    before = machine.tree()
    nowhere = {"CUDA_HOME": "/nowhere", "CUDACXX": "", "VULKAN_SDK": ""}
    told = refused(machine.install("--yes", "--model", "none", "--gpu", gpu, environ=nowhere))
    assert told[0] == sentence
    assert step in told[1]
    assert machine.tree() == before


def test_a_gpu_needs_a_compiler_of_its_own(machine: Machine) -> None:
    """What nvcc makes is linked by another one."""
    without_a_compiler(machine)
    program(machine.programs / "nvcc", "exit 0")
    sentence, step = refused(machine.install("--yes", "--model", "none", "--gpu", "cuda", environ={"CXX": ""}))
    assert sentence == "llama.cpp must be built for a GPU, and no C++ compiler works."
    assert step.endswith("apt-get install g++")


def test_a_read_only_rc_file_is_respected(machine: Machine) -> None:
    """It is looked at first, also by root, so nothing is half done."""
    (machine.home / ".zshrc").chmod(0o444)
    before = machine.tree()
    sentence, step = refused(machine.install("--yes", "--shell", "zsh", "--model", "none"))
    assert sentence == f"{machine.home}/.zshrc cannot be changed: it is read-only."
    assert "--no-rc" in step
    assert machine.tree() == before


@pytest.mark.parametrize(
    "text",
    [
        "# >>> caro >>>\n",
        "# <<< caro <<<\n",
        "# >>> caro >>>\n# <<< caro <<<\n" * 2,
        "# <<< caro <<<\n# >>> caro >>>\n",
    ],
)
def test_a_block_that_is_no_longer_whole_is_not_touched(machine: Machine, text: str) -> None:
    """What of an edited block is ours cannot be known."""
    (machine.home / ".zshrc").write_text(text)
    sentence, _ = refused(machine.install("--yes", "--shell", "zsh", "--model", "none"))
    assert "no longer whole" in sentence
    assert (machine.home / ".zshrc").read_text() == text


def test_a_second_installer_at_the_same_time_is_refused(machine: Machine) -> None:
    """The one that is at work is named; the lock of one that died would be taken over."""
    lock = machine.home / ".local" / "share" / "caro" / "installing"
    lock.mkdir(parents=True)
    (lock / "pid").write_text(f"{os.getpid()}\n")
    machine.environ["XDG_DATA_HOME"] = str(machine.home / ".local" / "share")
    sentence, _ = refused(machine.install("--yes", "--model", "none"))
    assert f"(process {os.getpid()}) is at work" in sentence
    assert (lock / "pid").exists()


def test_an_environment_of_somebody_else_is_not_overwritten(machine: Machine) -> None:
    """--prefix may name a directory that has a venv of its own."""
    theirs = machine.home / "project" / "venv" / "bin" / "python"
    program(theirs, "exit 0")
    sentence, _ = refused(machine.install("--yes", "--model", "none", "--prefix", str(machine.home / "project")))
    assert sentence == f"{machine.home}/project/venv is there, and not made by this script."
    assert theirs.exists()


def test_no_at_the_terminal_changes_nothing(machine: Machine) -> None:
    """It asks before it begins, and takes no for an answer."""
    before = machine.tree()
    done = machine.run_at_terminal(INSTALL, "--shell", "zsh", "--model", "none", typed="n\n")
    assert done.returncode == 1
    assert done.stdout.endswith("Go ahead? [Y/n] ")
    assert done.stderr == "install.sh: Nothing was changed.\n"
    assert machine.tree() == before


def test_uninstall_where_nothing_is_installed_does_nothing(machine: Machine) -> None:
    """No note, no removal."""
    before = machine.tree()
    done = machine.install("--uninstall", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.tree() == before
