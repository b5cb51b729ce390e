"""The one thread that owns the engine: takes jobs in order, reports what happens as protocol events."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any

from caro_shell.answers import Listener
from caro_shell.config import Settings
from caro_shell.engines import Engine, Placement
from caro_shell.engines.registry import create_engine
from caro_shell.errors import Cancelled, CaroError
from caro_shell.pipeline import Pipeline
from caro_shell.protocol import Ask

_log = logging.getLogger(__name__)

NOWHERE = Placement(device="")
"""While no model is loaded."""

Report = Callable[["Job", dict[str, Any]], None]
"""Takes a job and an event of it; called from the worker's thread."""


@dataclass(eq=False)
class Job:
    """A request on its way: who asked, what, since when (time.monotonic seconds), and whether still wanted."""

    client: bytes
    request_id: bytes
    request: Ask
    settings: Settings
    since: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    state: str = "queued"
    told: bool = False
    """Whether its terminal event has been sent already."""


@dataclass(frozen=True)
class EngineState:
    """What the daemon's status says of the engine; replaced as a whole, so that any thread may read it."""

    state: str = "idle"
    model: str = ""
    engine: str = ""
    placement: Placement = NOWHERE
    notes: tuple[str, ...] = ()


def error_event(error: CaroError) -> dict[str, Any]:
    """Return the event that carries an error."""
    return {"type": "error", "code": error.code, "message": error.message, "hint": error.hint}


class Worker:
    """Runs jobs one after another; the model is loaded when the first one needs it."""

    def __init__(self, report: Report) -> None:
        """Nothing runs before `start`."""
        self._report = report
        self._jobs: SimpleQueue[Job | str] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._pipeline: Pipeline | None = None
        self._settings: Settings | None = None
        self._last: Mapping[str, Any] = {}
        self.engine_state = EngineState()

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job."""
        self._jobs.put(job)

    def unload(self) -> None:
        """Give the model's memory back once the jobs before are done."""
        self._jobs.put("unload")

    def stop(self, limit_s: float) -> bool:
        """Finish what runs, which must have been cancelled, and end the thread; returns whether it has ended."""
        self._jobs.put("stop")
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    def last(self) -> Mapping[str, Any]:
        """Return what was sent to the model last, and what came back; also when it has been unloaded since."""
        pipeline = self._pipeline
        return (pipeline.last if pipeline else {}) or self._last

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            if isinstance(job, Job):
                self._report(job, self._outcome(job))
                continue
            self._close()
            if job == "stop":
                return

    def _outcome(self, job: Job) -> dict[str, Any]:
        """Do a job and return its terminal event; nothing that goes wrong ends the thread."""
        try:
            if job.cancelled.is_set():
                raise Cancelled("Cancelled.")  # noqa: TRY301  one place turns errors into events
            pipeline = self._loaded(job)
            job.state = "thinking"
            self.engine_state = replace(self.engine_state, state="busy")
            listener = Listener(lambda text: self._show(job, text), job.cancelled.is_set)
            reply = pipeline.answer(job.request, listener)
        except CaroError as error:
            return error_event(error)
        except Exception:  # the thread must live on, whatever an engine does
            _log.exception("a job failed")
            return error_event(CaroError("Something in caro broke.", "See: caro daemon logs"))
        else:
            return reply.message()
        finally:
            if self._pipeline is not None:
                self.engine_state = _state_of(self._pipeline.engine)

    def _show(self, job: Job, text: str) -> None:
        job.state = "writing"
        self._report(job, {"type": "chunk", "text": text})

    def _loaded(self, job: Job) -> Pipeline:
        """Return the pipeline with the engine that the job's settings ask for; only one is held at a time."""
        if self._pipeline is None or self._settings != job.settings:
            self._close()
            job.state = "loading"
            engine = create_engine(job.settings)
            self.engine_state = EngineState("loading", job.settings.model, engine.name)
            self._pipeline, self._settings = self._open(engine, job.request.shell), job.settings
        self._pipeline.max_tokens = job.settings.max_tokens
        return self._pipeline

    def _open(self, engine: Engine, shell: str) -> Pipeline:
        try:
            engine.load()
            pipeline = Pipeline(engine)
            pipeline.prime(shell)
        except BaseException:
            self.engine_state = EngineState()
            raise
        self.engine_state = _state_of(engine)
        return pipeline

    def _close(self) -> None:
        if self._pipeline is not None:
            self._last = self._pipeline.last or self._last
            self._pipeline.engine.close()
            self._pipeline = None
            self.engine_state = EngineState()
            _return_memory()


def _state_of(engine: Engine) -> EngineState:
    return EngineState("ready", engine.model, engine.name, engine.placement, engine.notes)


def _return_memory() -> None:
    """Hand freed memory back to the system, where the C library has a call for it (glibc)."""
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
