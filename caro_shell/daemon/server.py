"""The daemon: the thread that queues, cancels, beats and idles; the worker does the work."""

import logging
import os
import signal
import socket as sockets
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import zmq

from caro_shell import __version__, answer_files, config, lifecycle, paths, protocol
from caro_shell.daemon.in_force import InForce
from caro_shell.daemon.jobs import Job, Jobs, failure_event
from caro_shell.daemon.manners import Manners
from caro_shell.daemon.router import Router
from caro_shell.daemon.spare_time import SpareTime
from caro_shell.daemon.worker import Worker
from caro_shell.errors import CaroError, DaemonError
from caro_shell.machine.process import rss_bytes
from caro_shell.prompt import SHELLS

if TYPE_CHECKING:
    from caro_shell.learned import Learned

_log = logging.getLogger(__name__)
_STOP_LIMIT_S = 5.0
# The longest sleep of an idle daemon: so often it looks whether it can still be reached, and whether its settings have
# changed. Well under the time that a client waits for a daemon that has the lock and does not listen
# (lifecycle.STOP_LIMIT_S).
_NAP_S = 4.0


class Daemon:
    """Serves requests on the socket in `directory` until it is told to leave or has been idle for long."""

    def __init__(
        self, settings: config.Settings, directory: str, environ: Mapping[str, str], manners: Manners | None = None
    ) -> None:
        """Bind the socket; the caller holds the lock. `manners` are those of this machine, unless a test has others."""
        self._directory = directory
        self._manners = manners or Manners()
        self._in_force = InForce(settings, environ)
        self._learned_file = paths.learned_file(environ)
        self._learned: Learned | None = None
        self._spare_time = SpareTime(environ, self._manners)
        self._context = zmq.Context(io_threads=1)
        self._router = Router(self._context, paths.socket_path(directory))
        self._events = self._context.socket(zmq.PULL)
        self._events.bind("inproc://events")
        self._reports: zmq.Socket[bytes] | None = None
        self._worker = Worker(self._report, self._manners)
        self._jobs = Jobs(self._router)
        self._started = self._active = time.monotonic()
        self._unloading = False
        self._requests = 0
        self._leaving = False

    def _report(self, job: Job, event: dict[str, Any]) -> None:
        """Pass an event from the worker's thread to this one."""
        if self._reports is None:
            self._reports = self._context.socket(zmq.PUSH)
            self._reports.connect("inproc://events")
        self._reports.send_pyobj((id(job), event))

    def leave(self) -> None:
        """End `serve` after this turn."""
        self._leaving = True

    def serve(self, wake: sockets.socket) -> None:
        """Handle messages until it is time to leave; `wake` becomes readable when a signal came."""
        self._worker.start()
        poller = zmq.Poller()
        for source in (self._router.socket, self._events, wake.fileno()):
            poller.register(source, zmq.POLLIN)
        while not self._leaving:
            ready = dict(poller.poll(self._patience_ms()))
            if wake.fileno() in ready:
                wake.recv(64)
            if self._events in ready:
                self._pass_on()
            if self._router.socket in ready:
                self._receive()
            self._jobs.beat(loading=self._worker.engine_state.state == "loading")
            self._idle()
            if not self._worker.is_alive():
                # What it was doing would never end, nor what waits; the next daemon has another one.
                _log.error("the worker's thread has ended")
                self.leave()
        self._close()

    def _patience_ms(self) -> int:
        """Return how long there is nothing to do unless a message comes: an idle daemon sleeps."""
        if self._jobs:
            return max(0, int(self._jobs.beat_due_s() * 1000) + 1)
        limits = [self._in_force.settings.idle_exit]
        if self._is_idly_loaded:
            limits.append(self._in_force.settings.idle_unload)
        return max(0, int(min(_NAP_S, self._active + min(limits) - time.monotonic()) * 1000) + 1)

    def _receive(self) -> None:
        client, frames = self._router.receive()
        request_id = frames[1][: protocol.ID_LIMIT] if len(frames) > 1 else b""
        try:
            request_id, message = protocol.decode(frames, protocol.REQUESTS)
            getattr(self, f"_on_{message['type']}")(client, request_id, message)
        except Exception as error:
            self._router.send(client, request_id, failure_event(error))

    def _on_ask(self, client: bytes, request_id: bytes, message: Mapping[str, Any]) -> None:
        self._active = time.monotonic()
        self._unloading = False
        request = protocol.ask_from(message)
        if self._is_stale(client, request_id, request.version):
            return
        settings = self._in_force.of_request(request.settings)
        if request.outcomes and settings.learn == "on":
            self._learn(request)
        settings = replace(settings, model=request.model or settings.model)
        self._spare_time.end(request.path)
        job = Job(client, request_id, request, settings, self._active)
        if self._jobs.add(job):
            self._requests += 1
            self._worker.submit(job)

    _on_generate = _on_fix = _on_explain = _on_ask

    def _is_stale(self, client: bytes, request_id: bytes, version: str) -> bool:
        """Say whether the client is of another version, and tell it so."""
        if version == __version__:
            return False
        reason = f"The daemon is version {__version__}, the client {protocol.shown(version)}."
        event = {"type": "error", "code": "stale", "message": reason, "hint": "", "pid": os.getpid()}
        self._router.send(client, request_id, event)
        return True

    def _on_warm(self, client: bytes, request_id: bytes, message: Mapping[str, Any]) -> None:
        if self._is_stale(client, request_id, message["version"]):
            return
        self._active = time.monotonic()
        self._unloading = False
        settings = self._in_force.of_request(message.get("settings", {}))
        if self._manners.may_load_unasked():
            shell = message.get("shell", "")
            self._worker.warm(settings, shell if shell in SHELLS else SHELLS[0])
        self._router.send(client, request_id, self._status(with_last=False))

    def _learn(self, request: protocol.Ask) -> None:
        """Have written what the user made of earlier answers; nobody waits for that."""
        if self._learned is None:
            # SQLite takes time and memory that many a daemon never needs.
            from caro_shell.learned import Learned

            self._learned = Learned(self._learned_file)
        self._learned.keep(request.shell, request.outcomes)

    def _on_cancel(self, client: bytes, _request_id: bytes, message: Mapping[str, Any]) -> None:
        self._jobs.cancel(client, message["request"].encode("utf-8", "replace"))

    def _on_reload(self, client: bytes, request_id: bytes, _message: Mapping[str, Any]) -> None:
        self._follow()
        self._router.send(client, request_id, self._status(with_last=False))

    def _on_status(self, client: bytes, request_id: bytes, message: Mapping[str, Any]) -> None:
        self._router.send(client, request_id, self._status(with_last=bool(message.get("last"))))

    def _on_shutdown(self, client: bytes, request_id: bytes, message: Mapping[str, Any]) -> None:
        if message.get("pid", os.getpid()) == os.getpid():
            self.leave()
        self._router.send(client, request_id, self._status(with_last=False))

    def _status(self, *, with_last: bool) -> dict[str, Any]:
        engine, settings = self._worker.engine_state, self._in_force.settings
        return {
            "type": "status",
            "pid": os.getpid(),
            "state": "leaving" if self._leaving else engine.state,
            "model": engine.model or settings.model,
            **asdict(engine.placement),
            "engine": engine.engine or settings.engine,
            "version": __version__,
            "uptime_s": round(time.monotonic() - self._started, 3),
            "requests": self._requests,
            "waiting": self._jobs.wanted(),
            "rss_bytes": rss_bytes(),
            "notes": [*engine.notes, *([self._in_force.note] if self._in_force.note else [])],
            **({"last": dict(self._worker.last())} if with_last else {}),
        }

    def _pass_on(self) -> None:
        """Send what the worker reported."""
        if self._jobs.pass_on(*self._events.recv_pyobj()):
            self._active = time.monotonic()

    @property
    def _is_idly_loaded(self) -> bool:
        return self._worker.engine_state.state == "ready" and not self._unloading

    def _follow(self) -> None:
        """Read the settings again; another engine or model is loaded now, so that the next request finds it warm."""
        changed = self._in_force.read_again()
        if changed:
            # Whoever changes settings is there, and about to ask.
            self._active = time.monotonic()
        # Without a change, what could not be loaded before may be there now.
        if changed or self._worker.engine_state.state == "idle":
            self._worker.reload(self._in_force.settings)

    def _idle(self) -> None:
        if self._jobs:
            return
        if not self._router.is_reachable():
            _log.warning("the socket's file has gone, so nobody can ask any more")
            self.leave()
        if self._in_force.have_changed():
            self._follow()
        settings, idle = self._in_force.settings, time.monotonic() - self._active
        if idle >= settings.idle_exit:
            self.leave()
        elif self._is_idly_loaded and (idle >= settings.idle_unload or self._manners.wants_the_models_memory(idle)):
            _log.info("the model is unloaded: nobody has asked for %.0f s", idle)
            self._unloading = True
            self._worker.unload()
        if not self._leaving:
            self._spare_time.use(idle, settings)

    def _close(self) -> None:
        # First, so that nobody connects in vain; and while the lock is held: after it, the path is another daemon's.
        self._router.unlink()
        answer_files.remove_old(self._directory)
        what = "was told to leave" if self._worker.is_alive() else "stopped in the middle of the answer"
        self._jobs.end(DaemonError(f"The daemon {what}.", "Ask again: it starts by itself."))
        self._spare_time.end()
        stopped = self._worker.stop(_STOP_LIMIT_S)
        if self._learned is not None:
            self._learned.close()
        self._router.close()
        self._events.close(linger=0)
        if stopped:
            # Waits until the last words are sent. A worker that is stuck still has its socket, and would be waited for.
            if self._reports is not None:
                self._reports.close(linger=0)
            self._context.term()


def _answer_signals(daemon: Daemon) -> sockets.socket:
    """Let SIGTERM, SIGINT and SIGHUP end the daemon in order; returns what becomes readable then."""
    wake, waker = sockets.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.detach())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: daemon.leave())
    return wake


def run(directory: str, environ: Mapping[str, str], ready: int | None = None) -> None:
    """Be the daemon of `directory` until it leaves; `ready` is where whoever spawned it listens.

    Raises DaemonError when another daemon is there, ConfigError when the settings are wrong.
    """
    paths.ensure_private_dir(directory)
    lock = lifecycle.hold(directory)
    if lock is None:
        raise DaemonError("Another daemon is running already.", "See: caro daemon status")
    try:
        settings = config.resolve(environ, paths.config_file(environ))
        daemon = Daemon(settings, directory, environ)
        wake = _answer_signals(daemon)
        if ready is not None:
            lifecycle.announce(ready)
        _log.info("caro %s listens, pid %d", __version__, os.getpid())
        daemon.serve(wake)
        _log.info("caro leaves")
    finally:
        os.close(lock)


def main() -> int:
    """Start as a client spawns it: the runtime directory, and a descriptor to say `ready` on."""
    directory, ready = sys.argv[1], int(sys.argv[2])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        run(directory, os.environ, ready)
    except CaroError as error:
        lifecycle.announce(ready, f"{error.message}\0{error.hint}".encode(errors="replace"))
        _log.error("%s", error.message)
        return 1
    except OSError as error:
        reason = error.strerror or "The system refuses something"
        lifecycle.announce(ready, f"The daemon cannot be started: {reason}.\0See: caro daemon logs".encode())
        raise
    return 0
