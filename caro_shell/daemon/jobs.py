"""The requests that have not ended: which of them may wait, and what each client is told."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from caro_shell import protocol
from caro_shell.config import Settings
from caro_shell.daemon.router import Router
from caro_shell.errors import Busy, Cancelled, CaroError, EngineError, Superseded
from caro_shell.protocol import Ask

_log = logging.getLogger(__name__)
_SEE_LOGS = "See: caro daemon logs"
# What CPython and the dynamic linker say where they could not get any.
_SHORT_OF_MEMORY = ("can't start new thread", "cannot allocate memory", "failed to map segment")
_SUPERSEDED = "A newer request from this terminal took over."
# Requests that were given up and are still to be passed over by the worker: they take no place in the queue, but
# memory, and whoever asks and gives up without end must not have all of that.
_MOST_GIVEN_UP = 256


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


def error_event(error: CaroError) -> dict[str, Any]:
    """Return the event that carries an error."""
    return {"type": "error", "code": error.code, "message": error.message, "hint": error.hint}


def failure_event(error: Exception) -> dict[str, Any]:
    """Return the event for whatever went wrong while the daemon did something; what no user caused is logged."""
    if isinstance(error, CaroError):
        return error_event(error)
    _log.error("something failed", exc_info=error)
    if isinstance(error, MemoryError) or any(sign in str(error) for sign in _SHORT_OF_MEMORY):
        return error_event(EngineError("There is not enough memory.", "Close a program, or use a smaller model."))
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return error_event(EngineError(f"The system refuses something: {reason}.", _SEE_LOGS))
    return error_event(CaroError("Something in caro broke.", _SEE_LOGS))


class Jobs:
    """The jobs of the daemon in the order of their coming; the I/O thread alone touches it."""

    def __init__(self, router: Router) -> None:
        """Nobody waits; `router` is the way to the clients."""
        self._router = router
        self._jobs: list[Job] = []
        self._beaten = 0.0

    def __len__(self) -> int:
        """Return how many have not ended, the running one included."""
        return len(self._jobs)

    def wanted(self) -> int:
        """Return how many of them somebody still waits for."""
        return sum(not job.cancelled.is_set() for job in self._jobs)

    def add(self, job: Job) -> bool:
        """Let a job wait and tell its client; returns whether that is still there.

        An older one of its terminal ends. Raises Superseded when there is a newer one, and Busy when too many wait.
        For a terminal that is twice as many, so that no script takes the last place away from people.
        """
        for other in self._jobs:
            if job.request.terminal and other.request.terminal == job.request.terminal:
                if other.request.sequence > job.request.sequence:
                    raise Superseded(_SUPERSEDED)
                self._drop(other, Superseded(_SUPERSEDED))
        waiting = self.wanted()
        if waiting > job.settings.queue * (2 if job.request.terminal else 1):
            raise Busy(f"caro is busy: {waiting} requests wait.", "Ask again in a moment.")
        if len(self._jobs) - waiting >= _MOST_GIVEN_UP:
            raise Busy(f"caro is busy: {len(self._jobs) - waiting} requests were given up.", "Ask again in a moment.")
        if not self._router.send(job.client, job.request_id, {"type": "accepted", "position": len(self._jobs)}):
            return False
        self._beaten = self._beaten if self._jobs else time.monotonic()
        self._jobs.append(job)
        return True

    def cancel(self, client: bytes, request_id: bytes) -> None:
        """End a client's own request; another one is none of its business."""
        for job in self._jobs:
            if (job.client, job.request_id) == (client, request_id):
                self._drop(job, Cancelled("Cancelled."))

    def pass_on(self, number: int, event: Mapping[str, Any]) -> bool:
        """Send what the worker reports of a job, named by its id(); returns whether the job ends with it."""
        job = next((job for job in self._jobs if id(job) == number), None)
        if job is None:
            return False
        ends = event["type"] in protocol.TERMINAL
        if ends:
            self._jobs.remove(job)
        if not job.told and not self._router.send(job.client, job.request_id, event):
            job.cancelled.set()
        return ends

    def beat_due_s(self) -> float:
        """Return in how many seconds the next heartbeat is due, while somebody waits."""
        return self._beaten + protocol.HEARTBEAT_S - time.monotonic()

    def beat(self, *, loading: bool) -> None:
        """Tell every waiting client that its request is alive; one that has gone is cancelled.

        `loading`: the engine is, so the first job waits for that, whoever had it loaded.
        """
        if not self._jobs or self.beat_due_s() > 0:
            return
        self._beaten = now = time.monotonic()
        for place, job in enumerate(self._jobs):
            state = "loading" if loading and place == 0 and job.state == "queued" else job.state
            event = {"type": "working", "state": state, "elapsed_ms": round((now - job.since) * 1000, 1)}
            if not job.cancelled.is_set() and not self._router.send(job.client, job.request_id, event):
                job.cancelled.set()

    def end(self, reason: CaroError) -> None:
        """Tell every client why its request ends, and let the worker pass over them."""
        for job in self._jobs:
            self._drop(job, reason)

    def _drop(self, job: Job, reason: CaroError) -> None:
        if not job.cancelled.is_set():
            job.cancelled.set()
            job.told = True
            self._router.send(job.client, job.request_id, error_event(reason))
