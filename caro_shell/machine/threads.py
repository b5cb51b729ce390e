"""Threads that begin, or end the process: Python waits for ever for one that has no memory to begin with."""

import faulthandler
import threading

_LIMIT_S = 10.0
# Its number: what stands for it in Python may be no file.
_STANDARD_ERROR = 2


def start(thread: threading.Thread) -> None:
    """Start a thread; raises MemoryError where there is none for it.

    `Thread.start` waits until the thread has begun, and one that fails before that never does. A daemon that
    hangs in it would serve nobody, and nobody would start another one: after ten seconds the process ends, with where
    it stood on its standard error, and the next client starts a daemon anew.
    """
    try:
        faulthandler.dump_traceback_later(_LIMIT_S, exit=True, file=_STANDARD_ERROR)
    except RuntimeError:
        raise MemoryError from None
    try:
        thread.start()
    finally:
        faulthandler.cancel_dump_traceback_later()
