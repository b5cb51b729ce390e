"""Fetch a model from the first source that answers, and let it in only with the right hash."""

import fcntl
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial as bind
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from caro_shell.config import Settings
from caro_shell.errors import ModelError, UsageError
from caro_shell.models import checksum, record, store
from caro_shell.models.catalogue import Catalogue, File, Model, read_catalogue
from caro_shell.models.disk import storage_error
from caro_shell.models.partial import Partial
from caro_shell.models.pin import pin
from caro_shell.models.progress import Bar, size_text
from caro_shell.models.sources import Job, NoAnswer, hub, hub_cache, index, local_file, url


@dataclass(frozen=True)
class Source:
    """A place where the bytes may be had."""

    title: str
    fetch: Callable[[Job], Path]


SOURCES: Mapping[str, Source] = {
    "cache": Source("the Hugging Face cache", hub_cache.fetch),
    "hub": Source("the Hugging Face hub", hub.fetch),
    "index": Source("the package index", index.fetch),
    "url": Source("its own address", url.fetch),
}
FROM = ("file", "url")
"""The sources that `from_file` names the place of."""


@dataclass(frozen=True)
class PullOptions:
    """How to fetch; the defaults try every source in its order."""

    from_file: str = ""
    """A file, a directory or an https address to try first."""
    source: str = ""
    """The only one of SOURCES to use, or `file`; empty: all."""
    last_resort: bool = True
    """Whether a far weaker model may take the place of one that cannot be had."""
    models: Catalogue = field(default_factory=read_catalogue)
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    """Where people read."""

    def say(self, sentence: str) -> None:
        """Tell the user one thing, on its own line."""
        self.stream.write(f"caro: {sentence}\n")
        self.stream.flush()


def pull(model: Model, settings: Settings, options: PullOptions) -> Path:
    """Return the path of the verified weights, fetched if need be; the first one's of a split model.

    It is that of the last resort where nothing else could be had and the options allow it. Raises ModelError
    when there is nothing to return, or no room for it.
    """
    directory = store.make_models_dir(settings)
    try:
        known = model if model.is_pinned else record.complete(model, store.model_path(model, settings))
        model = known if known.is_pinned else pin(known, options.say)
        for file in model.files:
            job = _job(model, file, settings, options)
            with _locked(job):
                path = _fetch(job, settings, options)
            if path != job.path:
                return path
        if not options.models.get(model.name, model).is_pinned or model.name not in options.models:
            record.write(model, store.model_path(model, settings))
        return store.model_path(model, settings)
    except OSError as error:
        raise storage_error(error, directory) from None
    except KeyboardInterrupt:
        options.say("stopped; the same command goes on from here")
        raise


def _job(model: Model, file: File, settings: Settings, options: PullOptions) -> Job:
    path = store.file_path(file, settings)
    return Job(model, file, path, Partial(file, path), options.stream)


@contextmanager
def _locked(job: Job) -> Iterator[None]:
    """Hold the right to fetch this file; a second caro waits, and says so."""
    with lock(job.path, wait=lambda: job.say(f"another caro is fetching `{job.model.name}`; waiting for it")):
        yield


@contextmanager
def lock(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the right to change `path`; where somebody else does, `wait` is called first, and may raise."""
    # The file stays for ever: whoever waits holds it open, and a new one would let two in.
    with os.fdopen(os.open(checksum.beside(path, ".lock"), os.O_RDWR | os.O_CREAT, 0o600)) as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _fetch(job: Job, settings: Settings, options: PullOptions) -> Path:
    if _is_here(job):
        job.say(f"`{job.model.name}` is here, and its SHA-256 is right: {job.path}")
        return job.path
    model = job.model
    job.say(
        f"fetching `{model.name}`: {model.title}, {size_text(job.file.bytes)}, "
        f"{model.licence or 'its licence is said where it comes from'}, to {job.path.parent}"
    )
    reasons: list[str] = []
    reached = False
    for source in _sources(options):
        try:
            _try_source(job, source)
        except NoAnswer as reason:
            if not reason.expected:
                job.say(f"{source.title} cannot give it: {reason}")
                reasons.append(f"{source.title}: {reason}")
                reached = reached or not reason.unreachable
        else:
            store.stand_in_path(model, settings).unlink(missing_ok=True)
            job.say(f"`{model.name}` is ready, and its SHA-256 is right: {job.path}")
            return job.path
    # Without a network the last resort cannot be had either: no more waiting.
    options = replace(options, last_resort=options.last_resort and reached)
    return _last_resort(job, settings, options, "; ".join(reasons) or "it lies in none of them")


def _is_here(job: Job) -> bool:
    with suppress(FileNotFoundError):
        if job.path.stat().st_size == job.file.bytes and checksum.is_right(job.path, job.file.sha256):
            return True
        job.say(f"{job.path} is damaged (its size or SHA-256 is not that of `{job.model.name}`), so it is not used.")
    return False


def _sources(options: PullOptions) -> list[Source]:
    if options.source in FROM and (options.from_file or options.source == "file"):
        chosen: list[Source] = []
    else:
        chosen = [SOURCES[options.source]] if options.source else list(SOURCES.values())
    return [*_given(options), *chosen]


def _given(options: PullOptions) -> list[Source]:
    """Return the source that the user has named the place of."""
    given = options.from_file
    if not given:
        return []
    if "://" in given:
        if not given.startswith("https://"):
            raise UsageError("Weights are not fetched without encryption.", "Give --from an https address.")
        if "@" in urlsplit(given).netloc:
            # It would be said, and kept beside what has come.
            raise UsageError("An address must not hold a password.", "Put it into ~/.netrc, which is read.")
        return [Source(given.partition("?")[0], bind(url.fetch, url=given.partition("#")[0]))]
    path = store.expand(given)
    if not path.exists():
        raise ModelError(f"There is no file {path}.", "Give --from the path of the model's GGUF file.")
    return [Source(str(path), bind(local_file.find, path=path))]


def _try_source(job: Job, source: Source) -> None:
    """Fetch and let in, or raise NoAnswer; bytes that an earlier run left get one more chance from zero."""
    candidate = source.fetch(job)
    resumed = job.partial.resumed
    if _let_in(job, candidate):
        return
    if resumed:
        job.say("what an earlier run had left was damaged; starting over")
        if _let_in(job, source.fetch(job)):
            return
    raise NoAnswer("its bytes are wrong (another SHA-256), so they were dropped")


def _let_in(job: Job, candidate: Path) -> bool:
    """Move `candidate` to its place when its hash is right, else remove it; tell which."""
    with Bar("checking", job.file.bytes, job.stream) as bar:
        # A log needs no second set of tenths for a step of a second.
        report = bar.show if job.stream.isatty() else None
        right = checksum.file_sha256(candidate, report) == job.file.sha256
    if right:
        put_in_place(candidate, job.path, job.file.sha256)
    else:
        candidate.unlink()
    job.partial.drop()
    return right


def put_in_place(candidate: Path, path: Path, sha256: str) -> None:
    """Give a file that has just been found to have `sha256` its name, so that it survives a crash."""
    _sync(candidate)
    checksum.forget(path)
    candidate.replace(path)
    _sync(path.parent)
    checksum.remember(path, sha256)


def _sync(path: Path) -> None:
    """Have the file or directory on the disk itself before anything is built on it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _last_resort(job: Job, settings: Settings, options: PullOptions, reasons: str) -> Path:
    """Fetch the model that is better than none, and have it serve in this one's place; raises ModelError."""
    model = job.model
    name = f"'{model.name}'" if "#" in model.name else model.name
    failure = ModelError(
        f"`{model.name}` cannot be had ({reasons}).",
        f"Mend the connection and try again, or bring {Path(job.file.remote).name} from elsewhere: "
        f"caro models pull {name} --from FILE",
    )
    others = [other for other in options.models.values() if other.last_resort and other != model]
    # It is for those who have nothing yet, and have not asked for something in particular.
    particular = model.name not in options.models or ":" in model.name
    better = store.sizes_here(settings, options.models) - {other.name for other in others}
    if not others or not options.last_resort or options.source or particular or better:
        raise failure
    other = others[0]
    job.say(f"`{model.name}` cannot be had; as a last resort, `{other.name}`. It rarely writes a right command!")
    try:
        path = pull(other, settings, replace(options, from_file="", last_resort=False))
    except ModelError:
        raise failure from None
    checksum.write_private(store.stand_in_path(model, settings), other.name)
    job.say(f"`{other.name}` serves until this works: caro models pull {model.name}")
    return path
