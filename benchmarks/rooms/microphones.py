"""Microphones of simulated houses: the sound of each on a pipe, in real time.

All those of a house are at the same moment of their recordings, whenever their
programs were started.
"""

import fcntl
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from termios import FIONREAD

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE

Sounds = Sequence[bytes]
"""Of each microphone of a house, equally long; 16 kHz mono s16le."""

_STEP = 0.02
_STEP_BYTES = round(_STEP * SAMPLE_RATE) * SAMPLE_BYTES
# Two seconds, as some sound cards have it.
_BUFFER = 1 << 16


class Ear:
    """The end of a pipe from which one program hears, from when it first reads on.

    What waited before that would be heard late, and all that follows with it.
    """

    def __init__(self) -> None:
        self.ear, self._mouth = os.pipe()
        os.set_blocking(self._mouth, False)
        fcntl.fcntl(self._mouth, fcntl.F_SETPIPE_SZ, _BUFFER)
        self._asked = self._open = False
        self.missed = 0.0
        """Seconds that its program was too busy to hear."""

    def hear(self, sound: bytes) -> None:
        if not self._open:
            if not self._asked:
                self._asked = True
                os.write(self._mouth, sound)
            self._open = self._waiting == 0
            return
        try:
            os.write(self._mouth, sound)
        except BlockingIOError:
            self.missed += _STEP

    @property
    def listens(self) -> bool:
        return self._open

    def close(self) -> None:
        os.close(self._mouth)
        os.close(self.ear)

    @property
    def _waiting(self) -> int:
        told = fcntl.ioctl(self.ear, FIONREAD, bytes(4))
        return int.from_bytes(told, sys.byteorder)


class HouseSound:
    """What is heard in one house: a quiet one, then one scene after the other."""

    def __init__(
        self,
        microphones: int,
        quiet: Sounds,
        scene: Callable[[int], Sounds],
        scenes: int,
        seconds_each: float,
    ) -> None:
        """`scene` makes the sounds of one, in another thread, while the one before it
        is heard.
        """
        self.ears: list[list[Ear]] = [[] for _ in range(microphones)]
        """Who hears each microphone."""
        self.missed = 0.0
        """Seconds, of all who are gone."""
        self.over = False
        """Whether the last scene is."""
        self._quiet = quiet
        self._scene = scene
        self._scenes = scenes
        self._steps_each = round(seconds_each / _STEP)
        self._begins: int | None = None
        self._now: tuple[int, Sounds] = (-1, quiet)
        self._next: Future[Sounds] | None = None

    def begin(self, moment: float) -> None:
        """Let the first scene begin then, by the monotonic clock."""
        self._begins = round(moment / _STEP)

    def prepare(self, maker: ThreadPoolExecutor, number: int = 0) -> None:
        if number < self._scenes:
            self._next = maker.submit(self._scene, number)

    def step(self, step: int, maker: ThreadPoolExecutor) -> None:
        """Sound for as long as the monotonic clock's step of this number lasts."""
        if self._begins is not None:
            step -= self._begins
        number, at = divmod(step, self._steps_each)
        self.over = self._begins is not None and number >= self._scenes
        if self._begins is None or not 0 <= number < self._scenes:
            sounds, at = self._quiet, step
        elif number == self._now[0]:
            sounds = self._now[1]
        else:
            assert self._next is not None
            sounds = self._next.result()
            self._now = number, sounds
            self.prepare(maker, number + 1)
        for ears, sound in zip(self.ears, sounds, strict=True):
            start = at * _STEP_BYTES % len(sound)
            for ear in ears:
                ear.hear(sound[start : start + _STEP_BYTES])


class Microphones:
    """Lets all houses sound; a context manager."""

    def __init__(self, houses: Sequence[HouseSound]) -> None:
        self._houses = houses
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._maker = ThreadPoolExecutor(1, "scenes")
        self._thread = threading.Thread(target=self._sound, name="microphones")

    def __enter__(self) -> "Microphones":
        for house in self._houses:
            house.prepare(self._maker)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._maker.shutdown(cancel_futures=True)
        for house in self._houses:
            for microphone, ears in enumerate(house.ears):
                for ear in list(ears):
                    self.disconnect(house, microphone, ear)

    def connect(self, house: HouseSound, microphone: int) -> Ear:
        ear = Ear()
        with self._lock:
            house.ears[microphone].append(ear)
        return ear

    def disconnect(self, house: HouseSound, microphone: int, ear: Ear) -> None:
        with self._lock:
            house.ears[microphone].remove(ear)
            house.missed += ear.missed
        ear.close()

    def _sound(self) -> None:
        step = round(time.monotonic() / _STEP)
        while not self._over.is_set():
            with self._lock:
                for house in self._houses:
                    house.step(step, self._maker)
            step += 1
            time.sleep(max(0.0, step * _STEP - time.monotonic()))
