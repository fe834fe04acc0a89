"""The ReSpeaker XVF3800's control commands, as its maker lists them.

Each is a vendor's request to the device itself: `wIndex` is the part that it is for,
`wValue` the command, with 0x80 added to read. An answer begins with a status.

https://github.com/respeaker/reSpeaker_XVF3800_USB_4MIC_ARRAY
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from auricle.panel.effects import Color, Picture

PIXELS = 12
"""The lights of its ring."""
READ = 0x80
DONE, AGAIN = 0, 64
"""The status of an answer, and of one that is not ready yet."""
RING_SINCE = (2, 0, 7)
"""The firmware from which on each light of the ring has its own color."""
_MUTE_PIN = 30
"""The output that cuts the microphones off, and lights the red LED."""
_MUTE_OUTPUT = 1
"""The place of that pin among the outputs that are read: 11, 30, 31, 33 and 39."""
_OUTPUTS = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the array: to take `data`, or to answer with `length` bytes."""

    resource: int
    command: int
    data: bytes = b""
    length: int = 0


class _Effect(IntEnum):
    SINGLE_COLOR = 3
    RING = 5


VERSION = Request(48, 0, length=3)
"""Asks for the firmware's version: major, minor, patch."""
OUTPUTS = Request(20, 0, length=_OUTPUTS)
"""Asks for the levels of its outputs."""


class Channel(IntEnum):
    """Names a channel of the sound that it delivers, by the command that routes it."""

    LEFT = 15
    RIGHT = 19


def is_muted(outputs: bytes) -> bool:
    """Return whether the microphones are cut off, by the answer to OUTPUTS."""
    return outputs[_MUTE_OUTPUT] != 0


def mute(*, muted: bool) -> Request:
    """Return what cuts the microphones off, or lets them in again."""
    return Request(20, 1, bytes((_MUTE_PIN, muted)))


def route(channel: Channel, category: int, source: int) -> Request:
    """Return what lets a channel carry a source, by the maker's numbers for it."""
    return Request(35, channel, bytes((category, source)))


def take_over_lights(version: tuple[int, ...]) -> Request:
    """Return what stops the ring's own effect, by the firmware's version."""
    own = _Effect.RING if version >= RING_SINCE else _Effect.SINGLE_COLOR
    return Request(20, 12, bytes((own,)))


def lights(picture: Picture, version: tuple[int, ...]) -> Request:
    """Return what shows `picture`; older firmware shows its brightest color only."""
    if version >= RING_SINCE:
        return Request(20, 19, struct.pack("<12I", *map(_rgb, picture)))
    brightest = max(picture, key=lambda color: color.red + color.green + color.blue)
    return Request(20, 16, struct.pack("<I", _rgb(brightest)))


def _rgb(color: Color) -> int:
    return color.red << 16 | color.green << 8 | color.blue
