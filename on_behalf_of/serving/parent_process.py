"""End processes when the one that started them ends, in whatever way, so that none is left running."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time

# Seconds that a stopping service has for calls in flight before it is killed: a tool call may take UPSTREAM_TIMEOUT (10
# by default), a slow request's head or body as long, and writing the records of the call up to four more.
GRACE = 15
PR_SET_PDEATHSIG = 1  # prctl(2)
PAUSE = 0.5  # seconds between looks at the parent


def end_with_parent(parent: int) -> None:
    """Have the kernel send this process SIGTERM once the process `parent`, which started it, is dead. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the request was made
            os.kill(os.getpid(), signal.SIGTERM)


def end_with_server() -> None:
    """End a worker of granian with its server. Call this before anything slow; elsewhere it does nothing.

    Until granian sets a worker's own SIGTERM handler, the worker has an inherited one that only works in the server's
    process: a worker that is still loading would outlive the server.
    """
    server = multiprocessing.parent_process()
    if server is None or server.pid is None or "granian" not in sys.modules:
        return
    inherited = signal.signal(signal.SIGTERM, signal.SIG_DFL)  # no call is in flight yet; granian sets its own later
    if getattr(getattr(inherited, "__self__", None), "interrupt_signal", False):  # SIGTERM came earlier
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=_end_after, args=(server.pid,), name="parent-watch", daemon=True).start()


def _end_after(server: int) -> None:
    """Once the server is dead, have this process finish its calls in flight and end.

    SIGTERM is sent once, and by this thread only: a second one, while granian stops the worker, can lock it up so that
    no Python code runs any more. So the kernel ends a worker that takes too long (SIGALRM), and that is set up first.
    """
    while os.getppid() == server:
        time.sleep(PAUSE)
    signal.alarm(GRACE)
    os.kill(os.getpid(), signal.SIGTERM)
