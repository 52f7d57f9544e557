"""Run granian's server in this process, which stays small: only the workers that it forks load Django and the app.

What must hold before a service starts, and takes Django to find out, is checked by the first workers, which load it
anyway. None of them listens before that. If a condition does not hold, the server ends with its sentence and status 1,
as a command would that checks it by itself, at twice the time and memory.
"""

import multiprocessing
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

from django import setup
from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.serving import collector
from on_behalf_of.serving.parent_process import end_with_server

MAX_REFUSAL = 4_096  # bytes; a pipe takes as many at once (PIPE_BUF), so that two workers' do not mix


def can_fork() -> bool:
    """Return whether workers can be forked. Elsewhere than on Linux, system libraries may not survive that."""
    return sys.platform == "linux"


def serve_with(server: Any, *, conditions: Callable[[], None], announcement: str) -> int:
    """Serve until a signal comes. Return the exit status.

    `server` is granian's. The first workers call `conditions`, with Django's apps loaded; it raises CommandError
    or ImproperlyConfigured. Once the first of them has loaded the app, it prints `announcement`.
    """
    multiprocessing.set_start_method("fork", force=True)  # Python 3.14 has another default
    start = _Start(conditions, announcement)
    server.serve(target_loader=start.load)
    if refusal := start.refusal():
        sys.stderr.write(refusal)
        return 1
    return 0


class _Start:
    """What a server and the workers that it forks know of the service's start, through two pipes."""

    def __init__(self, conditions: Callable[[], None], announcement: str) -> None:
        self._conditions = conditions
        self._announcement = announcement
        self._refusals, self._refuse_by = os.pipe()
        self._token, give = os.pipe()  # one byte is in it until a worker has started well
        os.write(give, b".")
        for descriptor in (self._refusals, self._token):
            os.set_blocking(descriptor, False)

    def refusal(self) -> str:
        """Return why the service cannot start; empty if it could, or was stopped before."""
        try:
            return os.read(self._refusals, MAX_REFUSAL).decode(errors="replace").partition("\0")[0]
        except BlockingIOError:
            return ""

    def load(self, target: str) -> Any:
        """Return the app, in a worker."""
        end_with_server()  # first: loading takes a while
        collector.pause()
        try:
            return self._load(target)
        finally:
            collector.resume()

    def _load(self, target: str) -> Any:
        if not select.select([self._token], [], [], 0)[0]:
            return _loaded(target)  # in place of a worker that ended; its service has started long ago
        try:
            setup(set_prefix=False)
            self._conditions()
            application = _loaded(target)
        except Exception as error:  # noqa: BLE001 - every mistake ends the start
            self._refuse(_sentence(error))
        try:
            os.read(self._token, 1)
        except BlockingIOError:
            return application  # another worker was faster
        sys.stdout.write(f"{self._announcement}\n")
        sys.stdout.flush()
        return application

    def _refuse(self, sentence: str) -> NoReturn:
        """End the server, and wait to be ended by it."""
        os.write(self._refuse_by, sentence.encode(errors="replace")[1 - MAX_REFUSAL :] + b"\0")
        os.kill(os.getppid(), signal.SIGTERM)
        while True:
            signal.pause()


def _loaded(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def _sentence(error: Exception) -> str:
    from django.core.management.base import CommandError  # slow to load

    if isinstance(error, CommandError):
        return f"CommandError: {error}\n"
    if isinstance(error, ImproperlyConfigured):
        return f"{error}\n"
    return "".join(traceback.format_exception(error))
