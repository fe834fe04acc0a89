"""What the event loop wants of the capture thread: wishes, of which the latest counts.

Whoever changes their mind ten thousand times leaves one wish behind, and not ten
thousand orders that the thread works off while the house is told something else.
"""

import math
import threading
import time
from collections.abc import Callable, Hashable

# Also a thread that waits for wishes shows that it lives.
LONGEST_WAIT = 1.0
# Seconds. Opening a device cannot be broken off, and the next "no" would have to wait
# for it: as long as minds keep changing, the microphone stays closed.
SETTLED = 0.5


class Wishes:
    """Takes wishes on any thread without waiting, and grants them on one, between two
    frames.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._news = False
        self._orders: dict[Hashable, Callable[[], None]] = {}
        self._microphone_wanted = False
        self._unwanted_at = -math.inf
        self.stopping = False
        self.rounds = 0
        """How often it looked for wishes since the start; while the thread lives, once
        a second at least, unless the device holds it up.
        """
        self.changes = 0
        """How often the microphone was wanted, or wanted no longer, until now."""

    @property
    def microphone_wanted(self) -> bool:
        """Whether the microphone is to be open; readable from any thread."""
        return self._microphone_wanted

    def wish(self, what: Hashable, order: Callable[[], None]) -> None:
        """Have `order` carried out, instead of an earlier one about `what`."""
        with self._changed:
            # Behind all others that are given by now.
            self._orders.pop(what, None)
            self._orders[what] = order
            self._wake()

    def add(self, order: Callable[[], None]) -> None:
        """Have `order` carried out, behind those that were added before."""
        self.wish(object(), order)

    def withdraw(self, what: Hashable) -> None:
        """Take back the wish about `what`, if there is one."""
        with self._changed:
            self._orders.pop(what, None)

    def want_microphone(self, *, wanted: bool) -> None:
        """Have the microphone opened, or released."""
        with self._changed:
            self._microphone_wanted = wanted
            self.changes += 1
            if not wanted:
                self._unwanted_at = time.monotonic()
            self._wake()

    def stop(self) -> None:
        """Have the microphone released, and the thread ended."""
        with self._changed:
            self.stopping = True
            self._microphone_wanted = False
            self._wake()

    # --- in the capture thread ---

    @property
    def opening_in(self) -> float:
        """How many seconds it takes until the microphone may be opened; infinite where
        it must not be.
        """
        with self._changed:
            if not self._microphone_wanted:
                return math.inf
            return max(0.0, self._unwanted_at + SETTLED - time.monotonic())

    def grant(self) -> bool:
        """Carry out what was wished for; return whether to go on capturing."""
        self.rounds += 1
        with self._changed:
            orders, self._orders = self._orders, {}
            self._news = False
        for order in orders.values():
            order()
        return self._microphone_wanted

    def grant_for(self, seconds: float) -> None:
        """Wait before the next attempt to capture, granting wishes meanwhile."""
        deadline = time.monotonic() + seconds
        while self.grant() and (rest := deadline - time.monotonic()) > 0:
            self.wait(rest)

    def wait(self, seconds: float) -> None:
        """Wait until something is wished for, `seconds` or LONGEST_WAIT at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._news, min(seconds, LONGEST_WAIT))

    def _wake(self) -> None:
        self._news = True
        self._changed.notify()
