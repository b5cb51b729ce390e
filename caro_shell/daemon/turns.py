"""Whose request is next: every terminal in its turn, and what comes without one together in one turn more.

So whoever presses a key waits for the request that runs and for one of each of the others, however many a script has
asked before. Requests without a terminal take their common turn by connection, for the same reason.
"""

import threading
from collections import deque
from queue import Empty
from typing import Generic, TypeVar

from caro_shell.daemon.jobs import Job

Chore = TypeVar("Chore")
"""What else a worker has to do, which has its place among the jobs: behind those before it, ahead of those after it."""


class Turns(Generic[Chore]):
    """What waits for a worker; as `queue.SimpleQueue`, of which it has what is needed here, but in turns."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._changed = threading.Condition()
        self._waiting: deque[_Round | Chore] = deque()

    def put(self, job: Job) -> None:
        """Let a job wait for its turn."""
        with self._changed:
            last = self._waiting[-1] if self._waiting else None
            if not isinstance(last, _Round):
                last = _Round()
                self._waiting.append(last)
            last.put(job)
            self._changed.notify()

    def put_chore(self, chore: Chore) -> None:
        """Let something else be done, once the jobs before it are."""
        with self._changed:
            self._waiting.append(chore)
            self._changed.notify()

    def get(self, timeout: float | None = None) -> Job | Chore:
        """Return what is next, when there is something; raises queue.Empty when nothing comes for `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting, timeout):
                raise Empty
            first = self._waiting[0]
            if not isinstance(first, _Round):
                self._waiting.popleft()
                return first
            job = first.take()
            if first.is_empty():
                self._waiting.popleft()
            return job

    def empty(self) -> bool:
        """Say whether nothing waits."""
        return not self._waiting


class _Round:
    """Jobs by terminal and connection; the dictionaries are in the order of the turns."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[bytes, deque[Job]]] = {}

    def put(self, job: Job) -> None:
        self._jobs.setdefault(job.request.terminal, {}).setdefault(job.client, deque()).append(job)

    def take(self) -> Job:
        """Return the next job, of which there must be one; a turn ends with a job that is still wanted."""
        terminal, clients = next(iter(self._jobs.items()))
        client, jobs = next(iter(clients.items()))
        job = jobs.popleft()
        ends = not job.cancelled.is_set()
        if ends or not jobs:
            del clients[client]
        if ends and jobs:
            clients[client] = jobs
        if ends or not clients:
            del self._jobs[terminal]
        if ends and clients:
            self._jobs[terminal] = clients
        return job

    def is_empty(self) -> bool:
        return not self._jobs
