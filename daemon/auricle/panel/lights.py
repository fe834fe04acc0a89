"""What draws on a light: a thread of its own, for a device may hang.

Of several scenes that come while the light is busy, the latest is drawn: it is never
further behind than by the one picture that is on its way.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from auricle.errors import DeviceError
from auricle.panel.effects import DARK, LightShow, Picture
from auricle.panel.lamp import Lamp
from auricle.panel.scene import Scene
from auricle.system.threads import end_of, start_call

logger = logging.getLogger(__name__)

REOPEN = 5.0
"""Seconds until a light that is gone is looked for again."""
_STUCK = 10.0
_GOODBYE = 1.0


class Lights:
    """Shows scenes on a lamp, and goes dark at the end; from any thread."""

    def __init__(self, open_lamp: Callable[[], Lamp], show: LightShow) -> None:
        """`open_lamp` raises DeviceError where the device is not there yet, and
        ConfigError where only a person can mend that.
        """
        self._open = open_lamp
        self._show = show
        self._lamp: Lamp | None = None
        self._changed = threading.Condition()
        self._news = False
        self._stopping = False
        self._lost = False
        self._busy_since: float | None = None
        self.drawing: Future[None] | None = None
        """The thread; whatever ends it but `stop` is its exception."""

    def start(self) -> None:
        """Open the light, and draw from now on. Raises ConfigError."""
        self._reopen()
        self.drawing = start_call(self._draw_on, name="lights")

    def show(self, scene: Scene) -> None:
        """Draw `scene` from now on, at once."""
        with self._changed:
            if self._show.change(scene, time.monotonic()):
                self._news = True
                self._changed.notify()

    @property
    def stuck(self) -> bool:
        """Whether the device takes a picture for longer than any light needs."""
        since = self._busy_since
        return since is not None and time.monotonic() - since > _STUCK

    async def stop(self) -> None:
        """Go dark, and close the light; where it hangs, leave it."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self.drawing is not None:
            await end_of(self.drawing, _GOODBYE)

    def _draw_on(self) -> None:
        shown: Picture | None = None
        try:
            while True:
                picture, due = self._next()
                if picture is None:
                    return
                if picture != shown:
                    drawn = self._draw(picture)
                    shown = picture if drawn else None
                    due = due if drawn else time.monotonic() + REOPEN
                self._wait_until(due)
        finally:
            self._close(dark=len(shown) if shown else 0)

    def _next(self) -> tuple[Picture | None, float | None]:
        with self._changed:
            self._news = False
            if self._stopping:
                return None, None
            now = time.monotonic()
            return self._show.picture(now), self._show.due(now)

    def _wait_until(self, due: float | None) -> None:
        with self._changed:
            timeout = None if due is None else max(0.0, due - time.monotonic())
            self._changed.wait_for(lambda: self._news or self._stopping, timeout)

    def _draw(self, picture: Picture) -> bool:
        """Return whether it is to be seen; a light that is gone is opened again."""
        self._busy_since = time.monotonic()
        try:
            if self._lamp is None:
                self._reopen()
            if self._lamp is None:
                return False
            self._lamp.show(picture)
        except DeviceError as error:
            self._lose(error)
            return False
        finally:
            self._busy_since = None
        if self._lost:
            logger.info("the lights are back")
            self._lost = False
        return True

    def _reopen(self) -> None:
        try:
            self._lamp = self._open()
        except DeviceError as error:
            self._lose(error)

    def _lose(self, error: DeviceError) -> None:
        level = logging.DEBUG if self._lost else logging.WARNING
        logger.log(level, "no lights: %s; they are looked for again", error)
        self._lost = True
        if self._lamp is not None:
            self._lamp.close()
            self._lamp = None

    def _close(self, *, dark: int) -> None:
        if self._lamp is None:
            return
        try:
            if dark:
                self._lamp.show((DARK,) * dark)
        except DeviceError as error:
            logger.debug("the lights stay on: %s", error)
        self._lamp.close()
