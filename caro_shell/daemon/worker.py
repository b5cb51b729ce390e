"""The one thread that owns the engine: takes jobs by turns, reports what happens as protocol events."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty
from typing import Any

from caro_shell.answers import Listener
from caro_shell.checks import read_ahead
from caro_shell.config import Settings
from caro_shell.daemon.jobs import Job, failure_event
from caro_shell.daemon.manners import AGAIN_S, Manners
from caro_shell.daemon.turns import Turns
from caro_shell.engines import Announcing, Engine, Placement
from caro_shell.engines.registry import asks_a_server, create_engine
from caro_shell.errors import Cancelled, CaroError
from caro_shell.machine.priority import Priority
from caro_shell.machine.threads import start
from caro_shell.pipeline import Pipeline

_log = logging.getLogger(__name__)

NOWHERE = Placement(device="")
"""While no model is loaded."""

# Who has just got an answer may want another one at once.
_REST_S = 1.0

Report = Callable[[Job, dict[str, Any]], None]
"""Takes a job and an event of it; called from the worker's thread."""


@dataclass(frozen=True)
class EngineState:
    """What the daemon's status says of the engine; replaced as a whole, so that any thread may read it."""

    state: str = "idle"
    model: str = ""
    engine: str = ""
    placement: Placement = NOWHERE
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Warming:
    """A model to be loaded before somebody asks, and the shell that is likely to."""

    settings: Settings
    shell: str


class Worker:
    """Runs jobs one after another; the model is loaded when the first one needs it."""

    def __init__(self, report: Report, manners: Manners) -> None:
        """Nothing runs before `start`; `manners` know whether the machine can spare what nobody waits for."""
        self._report = report
        self._manners = manners
        self._priority = Priority()
        self._jobs: Turns[_Warming | str] = Turns()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._pipeline: Pipeline | None = None
        self._settings: Settings | None = None
        self._next: Settings | None = None
        self._shell = ""
        self._warm = False
        self._last: Mapping[str, Any] = {}
        self.engine_state = EngineState()

    def start(self) -> None:
        """Begin to take jobs."""
        start(self._thread)

    def is_alive(self) -> bool:
        """Say whether the thread still takes jobs."""
        return self._thread.is_alive()

    def submit(self, job: Job) -> None:
        """Queue a job."""
        self._jobs.put(job)

    def warm(self, settings: Settings, shell: str) -> None:
        """Once the jobs before are done, load what these settings ask for, for requests from a shell."""
        self._jobs.put_chore(_Warming(settings, shell))

    def reload(self, settings: Settings) -> None:
        """Once the jobs before are done, load what these settings ask for, if a model is held; the latest win."""
        self._next = settings
        self._jobs.put_chore("reload")

    def unload(self) -> None:
        """Give the model's memory back once the jobs before are done."""
        self._jobs.put_chore("unload")

    def stop(self, limit_s: float) -> bool:
        """Finish what runs, which must have been cancelled, and end the thread; returns whether it has ended."""
        self._jobs.put_chore("stop")
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    def last(self) -> Mapping[str, Any]:
        """Return what was sent to the model last, and what came back; also when it has been unloaded since."""
        pipeline = self._pipeline
        return (pipeline.last if pipeline else {}) or self._last

    def _run(self) -> None:
        while True:
            job = self._next_job()
            if isinstance(job, Job):
                self._report(job, self._outcome(job))
            elif isinstance(job, _Warming):
                self._warm_up(job)
            elif job == "reload":
                self._reload()
            else:
                self._close()
                self._warm = False
            if job == "stop":
                return

    def _next_job(self) -> "Job | _Warming | str":
        """Return the next job; while there is none, what takes long is prepared for those to come."""
        rest: float | None = _REST_S if self._pipeline is not None else None
        while True:
            try:
                return self._jobs.get(timeout=rest)
            except Empty:
                rest = AGAIN_S if self._prepare() else None

    def _prepare(self) -> bool:
        """Do what nobody waits for; returns whether something is left of it that the machine cannot spare now."""
        pipeline, spares = self._pipeline, True

        def is_disturbed() -> bool:
            nonlocal spares
            spares = spares and self._manners.may_prepare()
            return not spares or not self._jobs.empty()

        with self._noting("the prompt's beginning could not be prepared"):
            if pipeline is not None and not pipeline.is_prepared(self._shell) and not is_disturbed():
                with self._priority.lowered():
                    pipeline.prepare(self._shell, is_disturbed)
        return not spares

    @contextmanager
    def _noting(self, what: str) -> Iterator[None]:
        """Let what goes wrong while nobody waits be a note, and the next request's to find."""
        try:
            yield
        except CaroError as error:
            self._add_note(error.message)
        except Exception:  # the thread must live on, whatever an engine does
            _log.exception(what)
            self._add_note("Something in caro broke; see: caro daemon logs.")

    def _outcome(self, job: Job) -> dict[str, Any]:
        """Do a job and return its terminal event; nothing that goes wrong ends the thread."""
        try:
            if job.cancelled.is_set():
                raise Cancelled("Cancelled.")  # noqa: TRY301  one place turns errors into events
            taken = time.monotonic()
            pipeline = self._loaded(job)
            before = _waited(job, taken)
            job.state = "thinking"
            if isinstance(pipeline.engine, Announcing):
                pipeline.engine.announce = partial(setattr, job, "state")
            self.engine_state = replace(self.engine_state, state="busy")
            listener = Listener(lambda text: self._show(job, text), job.cancelled.is_set)
            reply = pipeline.answer(job.request, listener)
            reply = reply._replace(timings_ms={**before, **reply.timings_ms})
        except CaroError as error:
            _write_down(job, error.message)
            return failure_event(error)
        except Exception as error:
            return failure_event(error)
        else:
            _write_down(job, reply.explanation or reply.command)
            return reply.message()
        finally:
            if self._pipeline is not None:
                self.engine_state = _state_of(self._pipeline.engine)

    def _show(self, job: Job, text: str) -> None:
        job.state = "writing"
        self._report(job, {"type": "chunk", "text": text})

    def _loaded(self, job: Job) -> Pipeline:
        """Return the pipeline with the engine that the job's settings ask for."""
        pipeline = self._pipeline
        self._shell = job.request.shell
        if pipeline is None or self._settings != job.settings:
            job.state = "loading"
            pipeline = self._load(job.settings)
        pipeline.max_tokens = job.settings.max_tokens
        pipeline.proves = job.settings.proof
        pipeline.examples = job.settings.examples
        pipeline.learns = job.settings.learn == "on"
        pipeline.hints = job.settings.hints == "on"
        pipeline.history = job.settings.history == "on"
        return pipeline

    def _warm_up(self, wanted: "_Warming") -> None:
        """Load what is asked for unless it is there; what goes wrong is a note, and the next request's to say."""
        # A server has nothing to load, and is not to hear of anything that nobody has asked.
        if asks_a_server(wanted.settings) or (self._pipeline is not None and wanted.settings == self._settings):
            return
        self._shell = wanted.shell
        with self._noting("the model could not be loaded"):
            self._load(wanted.settings)

    def _reload(self) -> None:
        """Have the next request find its model loaded; what goes wrong is a note, and the next request's to say."""
        settings = self._next
        if settings is None or not self._warm or (self._pipeline is not None and settings == self._settings):
            return
        with self._noting("another model could not be loaded"):
            self._load(settings)

    def _add_note(self, note: str) -> None:
        state = _state_of(self._pipeline.engine) if self._pipeline else EngineState()
        self.engine_state = replace(state, notes=(*state.notes, note))

    def _load(self, settings: Settings) -> Pipeline:
        """Load what the settings ask for in the place of what is loaded: only one model is held at a time."""
        engine = create_engine(settings)
        self._close()
        self.engine_state = EngineState("loading", settings.model, engine.name)
        self._pipeline, self._settings, self._warm = self._open(engine, settings), settings, True
        return self._pipeline

    def _open(self, engine: Engine, settings: Settings) -> Pipeline:
        try:
            # llama.cpp lets go of Python's lock while it loads.
            with _beside(partial(read_ahead, self._shell)):
                engine.load()
                pipeline = Pipeline(engine, examples=settings.examples)
                pipeline.prime(self._shell)
        except BaseException:
            self.engine_state = EngineState()
            raise
        self.engine_state = _state_of(engine)
        return pipeline

    def _close(self) -> None:
        if self._pipeline is not None:
            self._last = self._pipeline.last or self._last
            engine, self._pipeline = self._pipeline.engine, None
            try:
                engine.close()
            except Exception:  # the thread must live on, whatever an engine does; this one is not used again
                _log.exception("the engine %s could not be closed", engine.name)
            del engine
            _return_memory()
            # Last: whoever reads that nothing is loaded finds the memory given back.
            self.engine_state = EngineState()


def _state_of(engine: Engine) -> EngineState:
    return EngineState("ready", engine.model, engine.name, engine.placement, engine.notes)


def _waited(job: Job, taken: float) -> dict[str, float]:
    """Return the milliseconds that a job has waited for its turn, until `taken`, and for a model to be loaded."""
    load = {"load": round((time.monotonic() - taken) * 1000, 2)} if job.state == "loading" else {}
    return {"queue": round((taken - job.since) * 1000, 2), **load}


def _write_down(job: Job, outcome: str) -> None:
    """Log what was asked and what came of it, for whoever has asked for that."""
    if job.settings.log_requests:
        _log.info("asked %r, answered %r", job.request.line, outcome)


@contextmanager
def _beside(task: Callable[[], None]) -> Iterator[None]:
    """Do a task meanwhile, in a thread; what goes wrong with it is logged, and met again by whoever needs it."""

    def run() -> None:
        try:
            task()
        except Exception:
            _log.exception("what is done beside the loading has failed")

    thread = threading.Thread(target=run, name="beside", daemon=True)
    start(thread)
    try:
        yield
    finally:
        thread.join()


def _return_memory() -> None:
    """Hand freed memory back to the system, where the C library has a call for it (glibc)."""
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
