import logging
import math
import os
import threading
import time
from functools import cache

from django.db import DatabaseError

from on_behalf_of.audit.configuration import AuditConfiguration, Sealing, audit_configuration
from on_behalf_of.audit.database import log_connection
from on_behalf_of.audit.refused_tokens import refused_tokens
from on_behalf_of.audit.seal_keys import KeysUnusable
from on_behalf_of.audit.sealing import CounterWentBack, seal_finished_rows
from on_behalf_of.audit.time_limit import limited_database_time

log = logging.getLogger(__name__)
SEALING_PAUSE = 2.0  # seconds; rows should be sealed at most five seconds after they are committed
COUNTING_PAUSE = 60.0  # seconds
DATABASE_TIME = 10.0  # seconds
PATIENCE = 2  # failed rounds before it is logged, because a busy SQLite is normal


def seal_in_background() -> None:
    """Start this process's sealing thread, once, if ON_BEHALF_OF["AUDIT"]["SEALING"] is "thread".

    Call it after a row was written: by then, a server that forks its workers has done so. A worker may also call it at
    its own start.
    """
    if audit_configuration().sealing is Sealing.THREAD:
        _thread_of(os.getpid())


def stop_sealing() -> None:
    """Let this process's sealing thread, if there is one, seal what the last calls left, and end."""
    if audit_configuration().sealing is Sealing.THREAD:
        _thread_of(os.getpid()).stop()


@cache
def _thread_of(_process: int) -> "SealingThread":
    thread = SealingThread(audit_configuration())
    thread.start()
    return thread


class SealingThread(threading.Thread):
    """Seals what calls have recorded, in the background, for as long as the process lives.

    Several processes may each have one: the one that holds the lock seals, and the others do nothing.
    """

    def __init__(self, configuration: AuditConfiguration) -> None:
        super().__init__(name="audit-sealing", daemon=True)
        self._configuration = configuration
        self._ends = threading.Event()
        self._failures = 0
        self._counted_at = time.monotonic()

    def run(self) -> None:
        while not self._ends.wait(SEALING_PAUSE):
            self._round()
        self._counted_at = -math.inf  # write the counts now, without waiting for COUNTING_PAUSE
        self._round()  # what the last calls left
        log_connection().close()

    def stop(self) -> None:
        """Let the thread finish, without waiting long for a database that does not answer."""
        self._ends.set()
        self.join(timeout=3)

    def _round(self) -> None:
        try:
            with limited_database_time(DATABASE_TIME):
                log_connection().close_if_unusable_or_obsolete()
                seal_finished_rows(self._configuration)
                if time.monotonic() - self._counted_at >= COUNTING_PAUSE:
                    refused_tokens().flush()
                    self._counted_at = time.monotonic()
        except (DatabaseError, KeysUnusable, CounterWentBack) as error:
            self._report(type(error).__name__ if isinstance(error, DatabaseError) else str(error))
        except Exception as error:  # if the thread ended, all later rows would stay unsealed
            if self._failures == 0:
                log.exception("Sealing failed unexpectedly.")
            self._report(type(error).__name__)
        else:
            if self._failures > PATIENCE:
                log.warning("The audit log is sealed again.")
            self._failures = 0

    def _report(self, reason: str) -> None:
        log_connection().close()
        self._failures += 1
        if self._failures == PATIENCE + 1:  # one line for each outage
            log.error("The audit log cannot be sealed (%s); still trying.", reason)
