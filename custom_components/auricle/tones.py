"""Our own short sounds, calculated at whatever rate they are needed.

They spare a converter: an announcement's bell has the rate of the voice behind it.
"""

import math
import struct

_LOUDNESS = 0.25
_RISE = 0.008
# A rising fourth and fifth: friendly, and unlike the cues of the satellite.
_BELL = ((587.3, 0.16), (784.0, 0.16), (1174.7, 0.38))
_DONE = ((1046.5, 0.07), (1568.0, 0.14))
_PAUSE = 0.25
"""Silence behind the bell, before the voice."""


def bell(rate: int, channels: int) -> bytes:
    """Return what is heard before an announcement."""
    return _melody(_BELL, rate, channels) + bytes(2 * channels * int(_PAUSE * rate))


def done(rate: int, channels: int = 1) -> bytes:
    """Return what is heard where a command was done in this very room."""
    return _melody(_DONE, rate, channels)


def _melody(notes: tuple[tuple[float, float], ...], rate: int, channels: int) -> bytes:
    return b"".join(
        struct.pack("<h", _sample(hertz, seconds, at / rate)) * channels
        for hertz, seconds in notes
        for at in range(int(seconds * rate))
    )


def _sample(hertz: float, seconds: float, at: float) -> int:
    rise = min(1.0, at / _RISE, (seconds - at) / _RISE)
    fade = math.exp(-3 * at / seconds)
    return int(32_767 * _LOUDNESS * rise * fade * math.sin(2 * math.pi * hertz * at))
