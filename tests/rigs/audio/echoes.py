"""What a room makes of our own voice, and a satellite that speaks in it."""

from collections.abc import Iterator

import numpy as np

from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE
from rigs.audio.speech import to_pcm

_AHEAD = round(0.3 * SAMPLE_RATE)
_STRETCH = round(0.04 * SAMPLE_RATE)


def echo_of(
    said: bytes, *, delay: float, length: float, clocks: float = 0.0, gain: float = 0.5
) -> bytes:
    """What comes back of `said` in `length` seconds: `delay` seconds later, and with
    0.2 s of reverberation; the loudspeaker's clock is slower by `clocks`.
    """
    samples = np.frombuffer(said, "<i2") / 32768
    times = np.arange(round(0.2 * SAMPLE_RATE)) / SAMPLE_RATE
    room = np.random.default_rng(1).normal(0, 1, len(times)) * 10 ** (-3 * times / 0.2)
    room *= 0.3 / np.sqrt(room @ room)
    room[0] += 1
    played = np.convolve(samples, room) * gain
    late = np.arange(len(played)) * (1 + clocks) + delay * SAMPLE_RATE
    heard = np.arange(round(length * SAMPLE_RATE))
    return to_pcm(np.interp(heard, late, played, left=0, right=0))


def stretches(said: bytes) -> Iterator[tuple[int, bytes]]:
    """What a player tells of a sound, and before which frame of the microphone."""
    for at in range(0, len(said) // 2, _STRETCH):
        frame = max(0, at - _AHEAD) // FRAME_SAMPLES
        yield frame, said[2 * at : 2 * (at + _STRETCH)]
