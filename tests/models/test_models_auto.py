"""`auto`: facts in, a size and a reason out; and how the facts are read."""

from pathlib import Path

import pytest

from caro_shell.config import Settings
from caro_shell.engines import installed
from caro_shell.engines.devices import CPU, Device
from caro_shell.engines.survey import Survey
from caro_shell.errors import ModelError
from caro_shell.models import device, machine, store
from caro_shell.models.auto import choose
from caro_shell.models.catalogue import read_catalogue
from caro_shell.models.machine import Machine, has_accelerator, read_linux, read_machine
from caro_shell.models.store import find_model

GB = 1_000_000_000
MODELS = read_catalogue()
ALL = {"tiny", "small", "large", "xl"}

CASES = {
    "a desktop without a GPU": (Machine(32 * GB, 20 * GB), ALL, "small", "small", "it runs on the CPU"),
    "a big server without a GPU": (Machine(512 * GB, 500 * GB), ALL, "small", "small", "it runs on the CPU"),
    "an old laptop": (Machine(3 * GB, 2 * GB), ALL, "tiny", "tiny", "3.00 GB of memory, and `small` takes 1.90 GB"),
    "a laptop that is full": (Machine(8 * GB, GB), ALL, "tiny", "tiny", "1.00 GB of memory are free"),
    "a board with next to nothing": (Machine(GB, GB // 2), ALL, "tiny", "tiny", "1.00 GB of memory"),
    "memory that cannot be told": (Machine(), ALL, "small", "small", "it runs on the CPU"),
    "a large GPU": (Machine(32 * GB, 20 * GB, "cuda", 24 * GB), ALL, "xl", "xl", "cuda has 24.00 GB, and `xl`"),
    "a middling GPU": (Machine(16 * GB, 9 * GB, "cuda", 4 * GB), ALL, "large", "large", "is for research only"),
    "a small GPU": (Machine(16 * GB, 9 * GB, "vulkan", 2 * GB), ALL, "small", "small", "too little for `large`"),
    "a small GPU, little memory": (Machine(3 * GB, GB, "vulkan", GB), ALL, "tiny", "tiny", "3.00 GB of memory"),
    "a large GPU, little memory": (Machine(4 * GB, GB, "cuda", 24 * GB), ALL, "xl", "xl", "cuda has 24.00 GB"),
    "a Mac of 8 GB": (Machine(8 * GB, 8 * GB, "metal", 16 * GB // 3), ALL, "large", "large", "`xl` does not fit"),
    "a Mac of 16 GB": (Machine(16 * GB, 16 * GB, "metal", 32 * GB // 3), ALL, "xl", "xl", "metal has 10.67 GB"),
    "nothing is here yet": (Machine(32 * GB, 20 * GB), set(), "small", "small", "it runs on the CPU"),
    "only tiny is here": (Machine(32 * GB, 20 * GB), {"tiny"}, "tiny", "small", "`tiny` is used while"),
    "a GPU, only small is here": (
        Machine(32 * GB, 20 * GB, "cuda", 24 * GB), {"small"}, "small", "xl", "`small` is used while `xl` is not here"
    ),
    "only what is too large is here": (Machine(8 * GB, 6 * GB), {"xl"}, "small", "small", "it runs on the CPU"),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "here", "name", "best", "why"), CASES.values(), ids=list(CASES))
def test_auto_suits_the_machine_and_says_why(facts: Machine, here: set[str], name: str, best: str, why: str) -> None:
    """One sentence with the fact that decided."""
    choice = choose(facts, MODELS, here)
    assert (choice.name, choice.best) == (name, best)
    assert why in choice.why
    assert choice.why.startswith(f"`{best}`: ")
    assert choice.why.endswith(".")


def write(root: Path, files: dict[str, str]) -> Path:
    """Write the files below `root` and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    9000000 kB\n"
LINUX = {
    "no container": ({}, 16_384_000_000, 9_216_000_000),
    "a container of today": (
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": "4000000000\n",
            "sys/fs/cgroup/memory.current": "1000000000\n",
        },
        4_000_000_000,
        3_000_000_000,
    ),
    "a container that has read a model": (
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": "4000000000\n",
            "sys/fs/cgroup/memory.current": "3900000000\n",
            "sys/fs/cgroup/memory.stat": "anon 900000000\nactive_file 1000000000\ninactive_file 2000000000\n",
        },
        4_000_000_000,
        3_100_000_000,
    ),
    "a limit further up": (
        {
            "proc/self/cgroup": "0::/user.slice/app.scope\n",
            "sys/fs/cgroup/user.slice/app.scope/memory.max": "max\n",
            "sys/fs/cgroup/user.slice/memory.max": "2000000000\n",
            "sys/fs/cgroup/user.slice/memory.current": "500000000\n",
        },
        2_000_000_000,
        1_500_000_000,
    ),
    "a container of yesterday": (
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n2:cpu:/docker/abc\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000000\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "200000000\n",
        },
        1_000_000_000,
        800_000_000,
    ),
    "no limit, as it was written yesterday": (
        {
            "proc/self/cgroup": "4:memory:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
        16_384_000_000,
        9_216_000_000,
    ),
}


@pytest.mark.parametrize(("files", "memory", "available"), LINUX.values(), ids=list(LINUX))
def test_the_memory_is_what_a_container_leaves(
    tmp_path: Path, files: dict[str, str], memory: int, available: int
) -> None:
    """The smallest limit on the way up counts, and what is used of it."""
    root = write(tmp_path, {"proc/meminfo": MEMINFO, **files})
    assert read_linux(root) == Machine(memory, available)


def test_a_machine_that_says_nothing_is_not_zero_memory(tmp_path: Path) -> None:
    """0 means unknown, and unknown forbids nothing."""
    assert read_linux(tmp_path) == Machine()


def test_no_library_is_loaded_where_there_is_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """To ask llama.cpp takes a second; who has no device file has no GPU, and who wants the CPU needs none."""

    def never(_: str) -> tuple[str, int]:
        raise AssertionError

    monkeypatch.setattr(machine, "has_accelerator", lambda: False)
    assert read_machine(ask=never).device == "cpu"
    monkeypatch.setattr(machine, "has_accelerator", lambda: True)
    assert read_machine("cpu", never).device == "cpu"
    assert read_machine(ask=lambda _: ("cuda", 8 * GB)).device_memory == 8 * GB


DEVICES = {
    "a GPU": ((Device("CUDA0", "", "gpu", "CUDA", 20 * GB, 24 * GB), CPU), "auto", ("cuda", 20 * GB)),
    "Apple silicon": ((Device("MTL0", "", "gpu", "MTL", 0, 11 * GB), CPU), "auto", ("metal", 11 * GB)),
    "the second of two": (
        (Device("CUDA0", "", "gpu", "CUDA", 20 * GB), Device("CUDA1", "", "gpu", "CUDA", 8 * GB), CPU),
        "CUDA1",
        ("cuda", 8 * GB),
    ),
    "a build for the CPU": ((CPU,), "auto", ("cpu", 0)),
    "a device that is not there": ((CPU,), "CUDA7", ("cpu", 0)),
    "a build that cannot be asked": ((), "auto", ("cpu", 0)),
}


@pytest.mark.parametrize(("devices", "wanted", "answer"), DEVICES.values(), ids=list(DEVICES))
def test_the_device_is_the_one_that_the_engine_would_take(
    monkeypatch: pytest.MonkeyPatch, devices: tuple[Device, ...], wanted: str, answer: tuple[str, int]
) -> None:
    """By llama.cpp's own list and the user's own setting; nothing that is wrong there keeps `auto` from choosing."""
    monkeypatch.setattr(device, "survey", lambda _: Survey(devices))
    monkeypatch.setattr(installed, "choose", lambda: (installed.LLAMA, ""))
    assert device.ask_llama(wanted) == answer


def test_a_device_file_is_what_a_gpu_has(tmp_path: Path) -> None:
    """NVIDIA's, AMD's, and what Vulkan renders on."""
    assert not has_accelerator(tmp_path)
    write(tmp_path, {"dri/renderD128": ""})
    assert has_accelerator(tmp_path)


def test_auto_finds_what_is_here_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until anything suitable is here, it says what to fetch."""
    monkeypatch.setattr(machine, "read_machine", lambda _: Machine(32 * GB, 20 * GB))
    monkeypatch.setattr(store, "check", lambda model, *_: (tmp_path / model.files[0].name).exists())
    settings = Settings(model="auto", models_dir=str(tmp_path))
    with pytest.raises(ModelError, match="`auto` chose `small`, which is not here yet") as caught:
        find_model("auto", settings)
    assert caught.value.hint == "caro models pull small"
    (tmp_path / MODELS["tiny"].files[0].name).touch()
    weights = find_model("auto", settings)
    assert (weights.name, weights.why) == (
        "tiny",
        "`small`: it runs on the CPU, where a larger one keeps you waiting; `tiny` is used while `small` is not here.",
    )
