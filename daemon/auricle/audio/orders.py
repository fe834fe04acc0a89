"""What the event loop wants of the capture thread, which obeys between two frames."""

import contextlib
import queue
import time
from collections.abc import Callable
from functools import partial

# Also a thread that waits for orders shows that it lives.
LONGEST_WAIT = 1.0


class Orders:
    """Given on any thread without waiting; obeyed on one."""

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.microphone_wanted = False
        self.stopping = False
        self.rounds = 0
        """Looks for orders since the start; while the thread lives, one a second at
        least, unless the device holds it up.
        """

    def give(self, order: Callable[[], None]) -> None:
        self._given.put(order)

    def want_microphone(self, *, wanted: bool) -> None:
        """Orders behind a "no" wait for the thread to have closed it."""
        self.give(partial(setattr, self, "microphone_wanted", wanted))

    def stop(self) -> None:
        self.give(self._stop)

    # --- in the capture thread ---

    def obey(self) -> bool:
        """Carry out what was ordered; whether to go on capturing."""
        self.rounds += 1
        while self.microphone_wanted and not self._given.empty():
            self._given.get()()
        return self.microphone_wanted

    def obey_for(self, seconds: float) -> None:
        """Wait before the next attempt to capture, obeying meanwhile."""
        deadline = time.monotonic() + seconds
        while self.microphone_wanted and (rest := deadline - time.monotonic()) > 0:
            self.obey_next(min(rest, LONGEST_WAIT))

    def obey_next(self, patience: float = LONGEST_WAIT) -> None:
        """Wait for an order, so many seconds at most."""
        self.rounds += 1
        with contextlib.suppress(queue.Empty):
            self._given.get(timeout=patience)()

    def _stop(self) -> None:
        self.microphone_wanted = False
        self.stopping = True
