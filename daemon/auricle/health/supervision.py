"""Feeds systemd's watchdog, as long as every part is at work."""

import asyncio
import logging
import time
from collections.abc import Callable

from auricle.health.vitals import Pulse, Vitals
from auricle.system.systemd import Notifier

logger = logging.getLogger(__name__)

INTERVAL = 1.0
# Without a microphone the service is not ready, however long that takes: systemd
# is asked for so much more time, as long as all parts work on it.
PATIENCE = 20.0


class Supervisor:
    """Looks at the vitals, and tells systemd."""

    def __init__(
        self,
        look: Callable[[], Vitals],
        notifier: Notifier,
        *,
        interval: float = INTERVAL,
    ) -> None:
        self._look = look
        self._notifier = notifier
        self._interval = interval
        self._pulse = Pulse()
        self._ready = False
        self._status = ""
        self._stalls = 0

    async def run(self) -> None:
        """Look after all of it, until cancelled."""
        lag = 0.0
        while True:
            self._tell(self._look(), lag)
            # A machine that slept has blocked nobody.
            due = time.monotonic() + self._interval
            await asyncio.sleep(self._interval)
            lag = time.monotonic() - due

    def _tell(self, vitals: Vitals, lag: float) -> None:
        if vitals.status != self._status:
            self._status = vitals.status
            self._notifier.status(self._status)
        if vitals.ready and not self._ready:
            self._ready = True
            self._notifier.ready()
        still = self._pulse.beat(vitals, lag=lag)
        self._stalls = self._stalls + 1 if still else 0
        if self._stalls == 2:
            # Whoever asks why systemd killed us finds it here.
            logger.warning("no progress: %s", ", ".join(still))
        if not still:
            self._feed()

    def _feed(self) -> None:
        if self._ready:
            self._notifier.alive()
        else:
            self._notifier.still_starting(PATIENCE)
