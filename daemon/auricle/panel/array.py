"""An array of microphones beside its sound: a thread looks at its button, and tells it
what its channels carry.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from auricle.errors import DeviceError
from auricle.panel.xvf3800 import Channel
from auricle.system.threads import end_of, hand_to_loop, start_call

logger = logging.getLogger(__name__)

LOOK_AGAIN = 0.2
"""Seconds between two looks at the button."""
REOPEN = 5.0
"""Seconds until an array that is gone is looked for again."""
_GOODBYE = 1.0


class ArrayDevice(Protocol):
    """Is an array; every call may raise DeviceError."""

    @property
    def muted(self) -> bool:
        """Whether its microphones are cut off."""

    def mute(self, *, muted: bool) -> None:
        """Cut its microphones off, or let them in again."""

    def route(self, channel: Channel, category: int, source: int) -> None:
        """Let a channel carry a source."""

    def close(self) -> None:
        """Give it back. Raises nothing."""


@dataclass(frozen=True, slots=True)
class ChannelRoute:
    """What a channel is to carry, by the maker's numbers."""

    channel: Channel
    category: int
    source: int


@dataclass(frozen=True, slots=True)
class ArrayParts:
    """What there is to do with an array."""

    device: ArrayDevice
    routes: Sequence[ChannelRoute]
    mirrors_mute: bool


class ArrayWatch:
    """Tells whether the array is muted, and mutes it; starts and stops on the loop."""

    def __init__(
        self,
        parts: ArrayParts,
        on_muted: Callable[[bool | None], None],
        reopen: float = REOPEN,
    ) -> None:
        """`on_muted` hears, on the event loop, of each change; None: it is gone. After
        `reopen` seconds one that is gone is looked for again.
        """
        self._reopen = reopen
        self._device = parts.device
        self._routes = parts.routes
        self._mirrors = parts.mirrors_mute
        self._on_muted = on_muted
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._wish: bool | None = None
        self._stopping = False
        self._told: bool | None = None
        self._lost = False
        self.watching: Future[None] | None = None
        """The thread; whatever ends it but `stop` is its exception."""

    def start(self) -> None:
        """Look at it from now on."""
        self.watching = start_call(self._watch, name="array")

    def mute(self, *, muted: bool) -> None:
        """Have it muted, or no more, as soon as it is there."""
        with self._changed:
            self._wish = muted
            self._changed.notify()

    async def stop(self) -> None:
        """Leave it as it is; where it hangs, leave it."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self.watching is not None:
            await end_of(self.watching, _GOODBYE)

    def _watch(self) -> None:
        fresh = True
        try:
            while True:
                try:
                    if fresh:
                        self._route()
                    fresh = False
                    self._look()
                    pause = LOOK_AGAIN if self._mirrors else self._reopen
                except DeviceError as error:
                    fresh, pause = True, self._reopen
                    self._lose(error)
                with self._changed:
                    self._changed.wait_for(self._is_wanted, pause)
                    if self._stopping:
                        return
        finally:
            self._device.close()

    def _is_wanted(self) -> bool:
        return self._stopping or (self._wish is not None and not self._lost)

    def _route(self) -> None:
        for route in self._routes:
            self._device.route(route.channel, route.category, route.source)

    def _look(self) -> None:
        with self._changed:
            wish = self._wish
        if wish is not None:
            self._device.mute(muted=wish)
            with self._changed:
                if self._wish is wish:
                    self._wish = None
        muted = self._device.muted
        if self._lost:
            logger.info("the array is back")
            self._lost = False
        self._tell(muted)

    def _lose(self, error: DeviceError) -> None:
        level = logging.DEBUG if self._lost else logging.WARNING
        logger.log(level, "no array: %s; it is looked for again", error)
        self._lost = True
        self._tell(None)

    def _tell(self, muted: bool | None) -> None:  # None is a third
        if self._mirrors and muted is not self._told:
            self._told = muted
            hand_to_loop(self._loop, self._on_muted, muted)
