"""A room in which a test speaks: sound piped into the program's standard input.

What it says is numbered, in sound: the recognizer that hears it knows which command it
was, whatever became of the connection in between.
"""

import asyncio
import contextlib
import fcntl
import itertools
import os
import sys
import time
from termios import FIONREAD
from typing import Self

import numpy as np

from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SECONDS,
    SAMPLE_BYTES,
    SAMPLE_RATE,
)
from auricle.recognizer.transcriptions import RecognizedText, Transcribe
from rigs.audio.speech import noise, say, silence, to_pcm
from rigs.recognizer.faults import Fault
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import elapse, eventually

_ROOM = -75.0
# A busy machine may not look for so long.
_PIPE_SECONDS = 1.0
# What Linux gives to anybody, unless told otherwise.
_LARGEST_PIPE = 1 << 20
_MOMENT = 4 * FRAME_BYTES
# Loud enough to be no room's noise, and never found in speech.
_MARK = np.array([21845, -21845, 13107, -13107] * 4, "<i2").tobytes()
_BITS = 16
_SAMPLES_PER_BIT = 4


class Room:
    """An async context manager; while it is entered there is sound, if only a hum."""

    def __init__(
        self, speed: float = 1.0, *, patient: bool = False, waits: float = _PIPE_SECONDS
    ) -> None:
        """`patient`: wait for a listener who is slow, as no room does; `waits`: seconds
        of sound that wait for a listener who is away, before more is lost.
        """
        self.speed = speed
        """May be changed while there is sound; faster than at first is too fast."""
        self._patient = patient
        self._noise = itertools.cycle(_cut(noise(3.0, dbfs=_ROOM)))
        self._to_say: list[bytes] = []
        self._said = asyncio.Event()
        self._silent = False
        self._task: asyncio.Task[None] | None = None
        self.microphone, self._mouth = os.pipe2(os.O_CLOEXEC)
        """The descriptor to hear it with."""
        size = round(waits * speed * FRAME_BYTES / FRAME_SECONDS)
        fcntl.fcntl(self._mouth, fcntl.F_SETPIPE_SZ, min(size, _LARGEST_PIPE))
        os.set_blocking(self._mouth, False)

    async def say(self, pcm: bytes) -> float:
        """Return when it is said: the moment its last sample was, by the monotonic
        clock.
        """
        self._said.clear()
        self._to_say = _cut(pcm)
        await self._said.wait()
        return time.monotonic()

    async def is_heard(self) -> None:
        """Wait until all sound so far was heard, but for the latest moment's."""
        await eventually(lambda: self._waiting() < _MOMENT, 30)

    def forget(self) -> None:
        """Let nobody hear what was said before, and waits in the pipe."""
        # The program may be reading it meanwhile: nobody waits here for the next sound.
        again = os.open(f"/proc/self/fd/{self.microphone}", os.O_RDONLY | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            os.read(again, self._waiting())
        os.close(again)

    def hush(self) -> None:
        """Break off what is being said."""
        self._to_say = []

    def unplug(self) -> None:
        """Let no sound come, not even a room's."""
        self._silent = True

    def plug_in(self) -> None:
        self._silent = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._sound())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        os.close(self._mouth)
        os.close(self.microphone)

    async def _sound(self) -> None:
        due = time.monotonic()
        while True:
            frame = self._to_say.pop(0) if self._to_say else next(self._noise)
            if not self._silent:
                while not self._utter(frame) and self._patient:
                    await elapse(FRAME_SECONDS / self.speed)
            if not self._to_say:
                self._said.set()
            due = max(due + FRAME_SECONDS / self.speed, time.monotonic() - 0.1)
            await elapse(due - time.monotonic())

    def _waiting(self) -> int:
        """Bytes in the pipe."""
        told = fcntl.ioctl(self.microphone, FIONREAD, bytes(4))
        return int.from_bytes(told, sys.byteorder)

    def _utter(self, frame: bytes) -> bool:
        # Nobody has to listen: what does not fit is not heard.
        try:
            os.write(self._mouth, frame)
        except BlockingIOError:
            return False
        return True


def command(number: int, *, wake_word: str = "okay nabu", softer: float = 0.0) -> bytes:
    """The wake word, and a command that only this number has; `softer`: by how many dB
    the voice is further away.
    """
    call, words = (
        to_pcm(np.frombuffer(say(text), "<i2") / 32768 * 10 ** (-softer / 20))
        for text in (wake_word, "turn on the light")
    )
    return b"".join((call, silence(0.3), _MARK, _coded(number), words))


class NumberedRecognizer(ScriptedRecognizer):
    """Understands the numbers of commands; the next connections may fail."""

    def fail_next(self, *faults: Fault) -> None:
        """One fault a connection, and then none."""
        self._faults += faults

    def forgive(self) -> None:
        """Let no fault be left."""
        self._faults.clear()

    async def transcribe(self, work: Transcribe) -> RecognizedText:
        transcript = await super().transcribe(work)
        number = number_in(work.pcm)
        text = "" if number is None else f"Command {number}."
        return RecognizedText(text, transcript.language, transcript.emotion)


def number_in(pcm: bytes) -> int | None:
    """Of the command that was said; None where it was not understood."""
    start = pcm.find(_MARK)
    if start < 0:
        return None
    samples = np.frombuffer(pcm[start + len(_MARK) :][: len(_coded(0))], "<i2")
    bits = "".join("1" if sample > 0 else "0" for sample in samples[::_SAMPLES_PER_BIT])
    number, inverse = bits[:_BITS], bits[_BITS:]
    # Sound that was lost in between would make another number of it.
    if inverse != number.translate({ord("0"): "1", ord("1"): "0"}):
        return None
    return int(number, 2) if number else None


def seconds_behind_number(pcm: bytes) -> float:
    """How much there is behind a command's number; 0 without one."""
    if number_in(pcm) is None:
        return 0.0
    behind = len(pcm) - pcm.find(_MARK) - len(_MARK) - len(_coded(0))
    return behind / SAMPLE_BYTES / SAMPLE_RATE


def _coded(number: int) -> bytes:
    inverse = ~number & (1 << _BITS) - 1
    bits = np.array([int(bit) for bit in f"{number:0{_BITS}b}{inverse:0{_BITS}b}"])
    levels = np.repeat(bits * 2 - 1, _SAMPLES_PER_BIT) * 8000
    return levels.astype("<i2").tobytes()


def _cut(pcm: bytes) -> list[bytes]:
    padded = pcm + bytes(-len(pcm) % FRAME_BYTES)
    return [padded[i : i + FRAME_BYTES] for i in range(0, len(padded), FRAME_BYTES)]
