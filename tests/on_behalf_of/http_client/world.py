"""The clocks of a throttling server, which tests control."""

import threading

from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.throttle import Hold, Throttle

EPOCH = 1_800_000_000.0  # what the wall clock shows at the start
FAR = Deadline.after(1e6)


class World:
    """Both clocks, which advance only during waits."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def throttle(self, shared: Hold | None = None) -> Throttle:
        return Throttle("The party", shared=shared, clock=lambda: self.now, wall_clock=self.wall, wait=self.wait)

    def wall(self) -> float:
        return EPOCH + self.now - 1_000

    def wait(self, seconds: float, interruption: Interruption) -> None:
        with self._lock:
            self.waits.append(seconds)
            self.now += seconds

    def asked_at(self, throttle: Throttle, deadline: Deadline = FAR) -> float:
        throttle.wait_for_turn(deadline, Interruption())
        return self.now - 1_000
