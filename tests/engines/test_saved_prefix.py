"""The evaluated beginning of a prompt in a file: read by the next daemon, believed only when it is right, bounded."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from engine_kinds import models_dir, need_module
from small_gguf import write_small_gguf

from caro_shell import lifecycle
from caro_shell.config import Settings
from caro_shell.engines import Sampling, installed, llama, never, saved_prefix, trials
from caro_shell.engines.llama import LlamaEngine
from caro_shell.engines.saved_prefix import MOST_FILES, SavedPrefixes, pays
from caro_shell.engines.xllamacpp import XllamacppEngine
from caro_shell.models.catalogue import read_catalogue
from caro_shell.models.removal import remove
from caro_shell.models.store import known_model
from caro_shell.prompt import Message

SYSTEM = Message(
    "system", "You write bash commands. " + "For example: count the files -> find . -type f | wc -l. " * 12
)
# Ten of the kinds that people ask.
REQUESTS = (
    "list all files", "find python files modified today", "count the lines of notes.txt", "show free disk space",
    "compress the folder src", "what is on port 80", "print the date", "kill the process firefox",
    "the 5 biggest files here", "naïve Grüße 日本語 in a file called a b.txt",
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files lie, for a test process that takes itself for the daemon."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CARO_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(lifecycle, "holder", lambda _directory: os.getpid())
    # On a machine that is busy with other tests, a file may take longer than a daemon waits for it.
    monkeypatch.setattr(llama, "_WRITING_S", 60.0)
    assert saved_prefix.directory().is_relative_to(tmp_path)
    return saved_prefix.directory()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A model of a few kilobytes, of which everything is worth saving."""
    need_module("llama_cpp")
    monkeypatch.setattr(saved_prefix, "pays", lambda _size, _ms: True)
    # That a file of nobody's is tried in a process of its own has tests elsewhere.
    monkeypatch.setattr(trials, "result", lambda *_: trials.Trial(ok=True))
    return Settings(model=str(write_small_gguf(tmp_path / "small.gguf")), engine="llama", threads=1)


@contextmanager
def opened(settings: Settings, kind: type[LlamaEngine] = LlamaEngine) -> Iterator[LlamaEngine]:
    """Return an engine as the daemon has it: loaded and primed."""
    made = kind(settings)
    made.load()
    try:
        made.prime([SYSTEM, Message("user", "")])
        yield made
    finally:
        made.close()


def answers(engine: LlamaEngine, requests: tuple[str, ...] = REQUESTS, tokens: int = 12) -> list[object]:
    """Return what the engine makes of each request, to the last bit, and that it had the beginning already."""
    said: list[object] = []
    for request in requests:
        text = "".join(engine.stream([SYSTEM, Message("user", request)], Sampling(tokens), never))
        assert engine.usage.reused_tokens > 20
        said.append((text, engine.usage.log_probabilities))
    return said


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens were evaluated at once, each time."""
    from caro_shell.engines.loaded import Loaded

    counts: list[int] = []
    really = Loaded.evaluate

    def evaluate(self: Loaded, tokens: list[int]) -> bool:
        counts.append(len(tokens))
        return really(self, tokens)

    monkeypatch.setattr(Loaded, "evaluate", evaluate)
    return counts


@pytest.mark.model
def test_answers_are_the_same_with_and_without(place: Path, evaluated: list[int]) -> None:
    """Ten greedy answers to the last bit, and the second daemon evaluates none of what the first one has."""
    settings = Settings(model="tiny", models_dir=models_dir())
    with opened(settings) as engine:
        (first,) = evaluated
        alone = answers(engine)
    (file,) = place.iterdir()
    evaluated.clear()
    with opened(settings) as engine:
        assert evaluated == []
        assert answers(engine) == alone
        assert max(evaluated) < first
    assert [found.name for found in place.iterdir()] == [file.name]


def test_only_its_owner_can_read_it_and_no_request_is_in_it(place: Path, small: Settings) -> None:
    """Mode 0600 in 0700, made before anybody has asked for anything; nothing else is left there."""
    with opened(small) as engine:
        engine._prefix.saved.settle(30)  # noqa: SLF001  what runs in the background is waited for
        (file,) = place.iterdir()
        before = file.read_bytes()
        answers(engine, tokens=4)
    assert [(found, found.read_bytes()) for found in place.iterdir()] == [(file, before)]
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", [LlamaEngine, XllamacppEngine], ids=["llama", "xllamacpp"])
def test_every_prompt_has_its_own(place: Path, small: Settings, evaluated: list[int], kind: type[LlamaEngine]) -> None:
    """One a shell: who changes between them waits for none."""
    need_module("xllamacpp")
    others = [[Message("system", f"You write {shell}. " * 9), Message("user", "")] for shell in ("zsh", "fish")]
    with opened(small, kind) as engine:
        for other in others:
            engine.prime(other)
    assert len(list(place.iterdir())) == 3
    evaluated.clear()
    with opened(small, kind) as engine:
        for other in (*others, *others):
            engine.prime(other)
            assert list(engine.stream(other, Sampling(1), never))
            assert engine.usage.reused_tokens > 20
    assert max(evaluated) < 20


def _replace(path: Path, make: Callable[[Path], None]) -> None:
    path.unlink()
    make(path)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 1
    path.write_bytes(data)


def _link(path: Path) -> None:
    other = path.rename(path.with_suffix(".x"))
    path.symlink_to(other)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a bit": _flip,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "empty": lambda path: path.write_bytes(b""),
    "no header": lambda path: path.write_bytes(b"\0" * 5000),
    "an odd header": lambda path: path.write_bytes(b'{"of": [], "bytes": "many"}\n'),
    "huge": lambda path: path.write_bytes(b'{"bytes": 99999999999999}\n' + b"x" * 100),
    "open to others": lambda path: path.chmod(0o644),
    "of another prompt": lambda path: path.write_bytes(
        b"%s\n" % json.dumps({**json.loads(path.read_bytes().partition(b"\n")[0]), "of": "another"}).encode()
        + path.read_bytes().partition(b"\n")[2]
    ),
    "a link": _link,
    "a directory": lambda path: _replace(path, Path.mkdir),
    "a pipe": lambda path: _replace(path, os.mkfifo),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_not_right_is_not_given_to_llama_cpp(
    place: Path, small: Settings, evaluated: list[int], monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """It is evaluated anew, with the same answers, and made anew where it can be."""
    with opened(small) as engine:
        alone = answers(engine, REQUESTS[:2], 4)
    (file,) = place.iterdir()
    DAMAGE[damage](file)
    evaluated.clear()
    given: list[int] = []
    from caro_shell.engines.loaded import Loaded

    monkeypatch.setattr(Loaded, "restore", lambda _self, state: given.append(len(state)))
    with opened(small) as engine:
        assert given == []
        assert len(evaluated) == 1
        assert answers(engine, REQUESTS[:2], 4) == alone
    if damage not in {"a link", "a directory"}:
        monkeypatch.undo()
        assert file.is_file()


def test_what_llama_cpp_refuses_is_evaluated(place: Path, small: Settings, evaluated: list[int]) -> None:
    """A state with the right checksum that the library cannot read after all."""
    with opened(small) as engine:
        alone = answers(engine, REQUESTS[:2], 4)
        prefix = list(engine._prefix.tokens)  # noqa: SLF001
        engine._prefix.saved.forget(prefix)  # noqa: SLF001
        engine._prefix.saved.keep(prefix, bytearray(b"\x07" * 5000))  # noqa: SLF001
    evaluated.clear()
    with opened(small) as engine:
        assert len(evaluated) == 1
        assert answers(engine, REQUESTS[:2], 4) == alone
    (file,) = place.iterdir()
    assert file.stat().st_size > 10000


@pytest.mark.parametrize("change", ["context", "threads", "weights"])
def test_it_counts_for_what_it_was_made_with_alone(place: Path, small: Settings, change: str) -> None:
    """Another context, number of threads or file of weights has a state of its own."""
    with opened(small):
        pass
    if change == "weights":
        os.utime(small.model, ns=(1, 1))
    changes = {"context": replace(small, context=1600), "threads": replace(small, threads=2)}
    with opened(changes.get(change, small)):
        pass
    assert len(list(place.iterdir())) == 2


def test_a_death_over_it_is_the_last_one(place: Path, small: Settings, evaluated: list[int]) -> None:
    """The next daemon evaluates instead, and does not take the model for what killed it."""
    with opened(small):
        pass
    (file,) = place.iterdir()
    engine = LlamaEngine(small)
    engine.load()
    attempts = engine._attempts  # noqa: SLF001
    assert attempts.path is not None
    with attempts.within("prefix", file.name):
        told = json.loads(attempts.path.read_text())
    assert json.loads(attempts.path.read_text())["trying"].startswith("load ")
    engine.close()
    attempts.path.write_text(json.dumps({**told, "pid": os.getpid() + 1}))
    evaluated.clear()
    with opened(small) as engine:
        assert len(evaluated) == 1
        assert engine.notes == ()


def test_a_process_that_is_no_daemon_keeps_nothing(
    place: Path, small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bench measures what it says it measures."""
    monkeypatch.setattr(lifecycle, "holder", lambda _directory: 0)
    with opened(small):
        pass
    assert not place.exists()


def test_a_place_that_cannot_be_written_is_no_trouble(place: Path, small: Settings) -> None:
    """There is a file in the place of the directory."""
    place.parent.mkdir(parents=True)
    place.touch()
    with opened(small) as engine:
        assert answers(engine, REQUESTS[:1], 4)


def test_few_files_are_kept_and_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number and by bytes; what is read counts as new; what a death has left goes too."""
    saved = SavedPrefixes(tmp_path / "here", tmp_path / "model.gguf", ["key"])
    for number in range(MOST_FILES + 2):
        saved.keep([number], bytearray(100))
        saved.settle(30)
        assert saved.has([number])
        os.utime(tmp_path / "here" / saved.name([number]), (number, number))
        assert saved.read([0]) is not None
    assert [saved.has([number]) for number in range(4)] == [True, False, False, True]
    left, writing = tmp_path / "here" / "left.new", tmp_path / "here" / "writing.new"
    left.touch()
    writing.touch()
    os.utime(left, (1, 1))
    monkeypatch.setattr(saved_prefix, "MOST_BYTES", 1_200_000)
    saved.keep([99], bytearray(150_000))
    saved.settle(30)
    monkeypatch.setattr(saved_prefix, "MOST_BYTES", 200_000)
    saved.keep([100], bytearray(150_000))
    saved.settle(30)
    assert not saved.has([100])
    monkeypatch.setattr(saved_prefix, "MOST_BYTES", 1_100_000)
    saved.keep([101], bytearray(1000 * 1000))
    saved.settle(30)
    assert saved.has([99])
    assert (left.exists(), writing.exists()) == (False, True)


def test_models_rm_takes_them_along(place: Path, tmp_path: Path) -> None:
    """Of the model that goes, and of no other."""
    settings = Settings(models_dir=str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    tiny = known_model("tiny", read_catalogue(), settings)
    for name in (tiny.files[0].name, "another.gguf"):
        saved = SavedPrefixes(place, tmp_path / "models" / name, [])
        saved.keep([1, 2], bytearray(1000))
        saved.settle(30)
    (tmp_path / "models" / tiny.files[0].name).write_bytes(b"x" * 10)
    assert remove(tiny, settings) > 1000
    assert [found.name for found in place.iterdir()] == [saved.name([1, 2])]


def test_what_is_quicker_to_evaluate_is_not_saved() -> None:
    """A prompt of a few tokens, or a GPU, against a file of the same tokens."""
    token = 28_672
    assert pays(60 * token, 60 * 10.0)
    assert pays(1000 * token, 1000 * 10.0)
    assert not pays(1 * token, 9.0)
    assert not pays(1000 * token, 1000 * 0.05)


def test_a_file_of_weights_that_is_gone_is_no_trouble(
    place: Path, small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a state depends on cannot be told then, so none is kept."""

    def gone(*_: object) -> list[str]:
        raise FileNotFoundError

    monkeypatch.setattr(installed, "identity_of", gone)
    with opened(small) as engine:
        assert answers(engine, REQUESTS[:1], 4)
    assert not place.exists()
