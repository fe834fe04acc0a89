"""Our own voice, taken out of what the microphone hears while we speak.

An answer may last for minutes, so that frames cannot wait for its end, as they do for
a cue (`echo`). An adaptive filter, which is kept for all answers, follows what the
loudspeaker and the room make of it. How late the sound arrives is another matter for
each answer, and is found out first: frames wait until its beginning was heard.
"""

import functools
import math
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from auricle.audio.arrival import find
from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SAMPLES,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Frame,
)
from auricle.audio.lateness import Lateness
from auricle.audio.samples import Samples, from_pcm, to_pcm

# Samples. A sound server and a device keep 40 to 400 ms. What the microphone delivers
# late may have the sound's beginning in it before we are told of that.
_EARLIEST, _USUAL = round(-0.2 * SAMPLE_RATE), round(0.8 * SAMPLE_RATE)
# A Bluetooth loudspeaker that has to wake up; nobody's words wait for that.
_LATEST = round(3.0 * SAMPLE_RATE)
# The direct sound comes so long behind the filter's beginning, so that it is still in
# there where the delay was judged somewhat too long.
_LEAD = 80
# Of a sound, until it can be found, and until nobody waits for more of it any longer.
_SOONEST, _LONGEST_WAIT = round(0.4 * SAMPLE_RATE), round(0.8 * SAMPLE_RATE)
# Standard deviations. Of 20 voices said over an answer, with the first half second of
# it, what was found at the wrong place came to 16, and all behind that to 7.
_CERTAIN, _LIKELY = 18.0, 8.0
# What is softer, -50 dBFS, cannot be found.
_AUDIBLE = 104
# Frames: so many the sound is looked for in again and again, to follow it.
_LOOKED_AT = 32
_EVERY_OTHER = 2
# A sound that comes a fraction of a sample later is calculated from so many around it,
# for so many fractions.
_AROUND, _FRACTIONS = 16, 64
# Frames: what the filter remembers. Behind so many of silence it removes nothing.
_REMEMBERED = 6
# Frames by which it is judged how much is left.
_JUDGED = 25
# Samples behind the sound's end: what the room keeps of it, and what a wake word engine
# takes until it is sure.
_TAIL = round(0.6 * SAMPLE_RATE)


class Filter(Protocol):
    """Learns how what is played comes back, and takes it out of what is heard."""

    def remove(self, heard: bytes, played: bytes) -> bytes:
        """Take a frame's PCM of both, from the same time; return what is left of the
        first.
        """


class EchoCanceller:
    """Takes frames, and what is played meanwhile; hands on the frames without it, each
    at its own position, in their order, none missing and none twice.
    """

    def __init__(self, echo_filter: Filter) -> None:
        """Remove what is played with `echo_filter`, for as long as it lives."""
        self._filter = echo_filter
        self._active = self._ended = False
        self._reference = _Reference()
        self._origin: int | None = None
        """The position at which the reference would begin without any delay."""
        self._lateness = Lateness()
        """How late the filter is given the reference, counted from the origin."""
        self._waiting = False
        """Whether frames wait for the sound's beginning."""
        self._comes_back = True
        """Whether the latest sounds were heard at all; those of headphones are not."""
        self._held: list[Frame] = []
        self._recent: deque[Frame] = deque(maxlen=_LOOKED_AT)
        self._since_look = 0
        self._cleaned: deque[_Cleaned] = deque(maxlen=_JUDGED + _LOOKED_AT)
        self._given = 0
        """The reference's sample up to which the filter was given it."""
        self._silent = _REMEMBERED
        """Frames of silence that the filter was given as played, of late."""

    @property
    def active(self) -> bool:
        """Whether a sound of ours is in the air, or may be."""
        return self._active

    def heard_between(self, sample: int) -> tuple[int, int] | None:
        """Return from which position on, and up to which, this sample of the sound may
        be heard; None where nothing was heard since it began.
        """
        if self._origin is None:
            return None
        if self._lateness.samples is None:
            return self._origin + sample + _EARLIEST, self._origin + sample + _USUAL
        position = self._origin + sample + round(self._lateness.samples) + _LEAD
        return position, position

    def left_before(self, position: int) -> float:
        """Return which share of what was heard in the three quarters of a second before
        `position` is left, by its energy; 1 where that is all of it.
        """
        first = position - _JUDGED * FRAME_SAMPLES
        before = [each for each in self._cleaned if first < each.end <= position]
        heard = sum(each.heard for each in before)
        return sum(each.left for each in before) / heard if heard else 1.0

    def play(self, pcm: bytes) -> list[Frame]:
        """Take the next stretch of what is about to be played, 16 kHz mono s16le;
        return the frames that waited for the end of another sound.
        """
        released: list[Frame] = []
        if not self._active or self._ended:
            released = self.release()
            self._active, self._ended = True, False
            self._reference = _Reference()
            self._origin = None
            self._lateness.begin()
            self._waiting = self._comes_back
            self._since_look = 0
            self._recent.clear()
        self._reference.add(pcm)
        return released

    def end(self) -> None:
        """Note that the sound is over, or was broken off; its echo is waited for."""
        self._ended = True

    def push(self, frame: Frame) -> list[Frame]:
        """Take the next frame; return the frames that may go on, in their order."""
        if not self._active:
            return [frame]
        if self._origin is None:
            self._origin = frame.start
        self._recent.append(frame)
        self._held.append(frame)
        if self._waiting:
            self._look_for_the_beginning(frame.end - self._origin)
        else:
            self._follow()
        if self._waiting and self._may_have_begun(frame.end - self._origin):
            return []
        clean = self._clean_held()
        self._forget(frame.end - self._origin)
        return clean

    def release(self) -> list[Frame]:
        """Take the sound for over; return the frames that are held, as clean as can be
        by now.
        """
        held = self._clean_held()
        self._active = False
        return held

    def reset(self) -> None:
        """Forget all sound, as when positions begin anew, but not the room."""
        self._held.clear()
        self._cleaned.clear()
        self._active = False

    # --- when it arrives ---

    def _may_have_begun(self, now: int) -> bool:
        onset = self._reference.onset
        return onset is not None and now > onset + _EARLIEST

    def _look_for_the_beginning(self, now: int) -> None:
        """`now` is counted from the origin, as all below."""
        self._since_look += 1
        onset = self._reference.onset
        if onset is None or now < onset + _SOONEST:
            return
        last = now >= onset + _LONGEST_WAIT
        if not last and self._since_look < _EVERY_OTHER:
            return
        self._since_look = 0
        found = self._look(_LIKELY if last else _CERTAIN, _USUAL)
        self._waiting = not found and not last
        if last and self._lateness.samples is None:
            self._comes_back = False
            if self._lateness.latest is not None:
                self._lateness.measure(self._lateness.latest, 0)

    def _follow(self) -> None:
        self._since_look += 1
        if self._since_look < _LOOKED_AT:
            return
        self._since_look = 0
        unknown = self._lateness.samples is None
        self._look(_CERTAIN, _LATEST if unknown else _USUAL)

    def _look(self, certainty: float, furthest: int) -> bool:
        """Look how late the reference is in the latest frames, up to so much later than
        is known; return whether it was found.
        """
        known = round(self._lateness.samples or 0)
        late = self._sought(certainty, known + _EARLIEST, known + furthest)
        if late is None:
            return False
        # It is that of their middle; what is held is still to be cleaned.
        ago = len(self._recent) / 2 - len(self._held)
        self._lateness.measure(late, ago * FRAME_SAMPLES)
        self._comes_back = True
        return True

    def _sought(self, certainty: float, earliest: int, latest: int) -> float | None:
        """How late the reference is in the latest frames, from the earliest to the
        latest that it may be.
        """
        frames = self._recent
        length = frames[-1].end - frames[0].start + latest - earliest
        start = frames[0].start - (self._origin or 0) - latest
        played = self._reference.stretch(start, length)
        if _is_silent(played):
            return None
        heard = from_pcm(b"".join(frame.pcm for frame in frames))
        arrival = find(heard, from_pcm(played))
        if arrival.certainty < certainty:
            return None
        return latest - arrival.at - _LEAD

    # --- what is done then ---

    def _clean_held(self) -> list[Frame]:
        held, self._held = self._held, []
        return [self._clean(frame) for frame in held]

    def _clean(self, frame: Frame) -> Frame:
        clean = self._without_echo(frame)
        heard = _energy(frame.pcm)
        left = heard if clean is frame else _energy(clean.pcm)
        if self._ended and left > heard:
            # It was broken off: what was about to be played is not in there.
            self._reference.cut(self._given)
            clean, left = frame, heard
        self._cleaned.append(_Cleaned(frame.end, heard, left))
        return clean

    def _without_echo(self, frame: Frame) -> Frame:
        late = self._lateness.samples
        if late is None or self._origin is None:
            return frame
        start = frame.start - self._origin - late
        self._given = math.floor(start) + FRAME_SAMPLES
        played = self._reference.frame(start)
        self._lateness.pass_by(FRAME_SAMPLES)
        self._silent = self._silent + 1 if _is_silent(played) else 0
        if self._silent > _REMEMBERED:
            return frame
        return Frame(self._filter.remove(frame.pcm, played), frame.start)

    def _forget(self, now: int) -> None:
        """Let go of what cannot be heard any more, and of the sound once it is over."""
        self._reference.let_go(now - _LATEST - _LOOKED_AT * FRAME_SAMPLES)
        if self._ended:
            late = self._lateness.samples
            late = _USUAL if late is None else late + _LEAD
            self._active = now < self._reference.end + late + _TAIL


class _Cleaned(NamedTuple):
    """How much energy a frame had, and how much of it is left."""

    end: int
    heard: float
    left: float


class _Reference:
    """What is played, by its samples' numbers; it is silent before and behind that."""

    def __init__(self) -> None:
        self.onset: int | None = None
        """The first audible sample."""
        self._pcm = bytearray()
        self._first = 0
        """The number of the first sample that is kept."""
        self._between = _between_samples()

    @property
    def end(self) -> int:
        """Behind the last sample."""
        return self._first + len(self._pcm) // SAMPLE_BYTES

    def add(self, pcm: bytes) -> None:
        if self.onset is None:
            samples = np.frombuffer(pcm, "<i2").astype(np.int32)
            audible = np.flatnonzero(np.abs(samples) > _AUDIBLE)
            if len(audible):
                self.onset = self.end + int(audible[0])
        self._pcm += pcm

    def stretch(self, start: int, length: int) -> bytes:
        first = start - self._first
        before = bytes(SAMPLE_BYTES * min(length, max(0, -first)))
        ends = max(0, first) * SAMPLE_BYTES, max(0, first + length) * SAMPLE_BYTES
        known = before + self._pcm[slice(*ends)]
        return known.ljust(length * SAMPLE_BYTES, b"\0")

    def frame(self, start: float) -> bytes:
        """A frame that begins between two samples."""
        whole = math.floor(start)
        before = _AROUND // 2 - 1
        samples = self.stretch(whole - before, FRAME_SAMPLES + _AROUND - 1)
        if _is_silent(samples):
            return bytes(FRAME_BYTES)
        weights = self._between[round((start - whole) * _FRACTIONS)]
        return to_pcm(np.convolve(from_pcm(samples), weights, mode="valid"))

    def cut(self, end: int) -> None:
        """Have it end there."""
        del self._pcm[max(0, end - self._first) * SAMPLE_BYTES :]

    def let_go(self, before: int) -> None:
        """Keep nothing from before that sample, or from a little earlier."""
        surplus = min(before, self.end) - self._first
        if surplus > SAMPLE_RATE:
            del self._pcm[: surplus * SAMPLE_BYTES]
            self._first += surplus


def _is_silent(pcm: bytes) -> bool:
    return pcm.count(0) == len(pcm)


def _energy(pcm: bytes) -> float:
    samples = from_pcm(pcm)
    return float(samples @ samples)


@functools.cache
def _between_samples() -> Sequence[Samples]:
    """The weights of the samples around each fraction of the way to the next one."""
    positions = np.arange(_AROUND) - (_AROUND // 2 - 1)
    kernels = []
    for number in range(_FRACTIONS + 1):
        away = positions - number / _FRACTIONS
        window = np.cos(np.pi * away / (_AROUND + 1)) ** 2
        # A convolution turns them round.
        kernels.append((np.sinc(away) * window)[::-1].astype(np.float32))
    return kernels
