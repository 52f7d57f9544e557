import threading

from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.call_error import CallerGone


def pause(seconds: float, interruption: Interruption) -> None:
    """Wait. Raises CallerGone as soon as `interruption` happens."""
    gone = threading.Event()
    with interruption.waking(gone.set):
        if gone.wait(seconds):
            raise CallerGone
