"""Processes that end with the one that started them, however that one ends, so that nothing is left running."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time

# Seconds that a stopping service gives to calls in flight before it is killed: a tool call may take UPSTREAM_TIMEOUT
# (10 by default), a slow request's head or body as long, and what the call leaves is then written for up to four.
GRACE = 15
PR_SET_PDEATHSIG = 1  # prctl(2)
PAUSE = 0.5  # seconds between looks at the parent


def end_with_parent(parent: int) -> None:
    """Have this process told to end (SIGTERM) as soon as the process `parent`, which started it, is dead."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the request was made
            os.kill(os.getpid(), signal.SIGTERM)


def end_with_server() -> None:
    """The same for a worker of granian, which calls this before anything that takes time. Elsewhere it does nothing.

    Until granian has workers listen to SIGTERM, they inherit a handler that only the server's own process heeds: one
    that is still loading would outlive it.
    """
    server = multiprocessing.parent_process()
    if server is None or server.pid is None or "granian" not in sys.modules:
        return
    inherited = signal.signal(signal.SIGTERM, signal.SIG_DFL)  # no call is in flight yet; granian sets its own later
    if getattr(getattr(inherited, "__self__", None), "interrupt_signal", False):  # it was told already
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=_end_after, args=(server.pid,), name="parent-watch", daemon=True).start()


def _end_after(server: int) -> None:
    """Have this process finish its calls in flight and end, once the server is dead.

    Told once, and by this thread alone: a worker that granian is stopping and that is told again can lock up, and no
    Python of it runs on. So it is the kernel that ends one which takes too long (SIGALRM), and it is asked first.
    """
    while os.getppid() == server:
        time.sleep(PAUSE)
    signal.alarm(GRACE)
    os.kill(os.getpid(), signal.SIGTERM)
