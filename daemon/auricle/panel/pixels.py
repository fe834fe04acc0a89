"""What goes over SPI to strips of colored pixels.

APA102, and SK9822, which is sold under its name, have a clock line: any speed will do.
WS2812 has none, and tells a 1 from a 0 by how long the line is high: three bits on SPI,
each 0.42 us long, are one bit of a pixel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auricle.panel.effects import Picture

MOST_PIXELS = 300
"""All of them are one transfer: Linux's spidev takes 4,096 bytes at once, and WS2812
would take a pause between two transfers for the end."""


class Strip(StrEnum):
    """The chip that each pixel has."""

    APA102 = "apa102"
    WS2812 = "ws2812"


SPEEDS: Mapping[Strip, int] = {Strip.APA102: 4_000_000, Strip.WS2812: 2_400_000}
"""Bits a second on SPI."""
# Three bits that are ones, and five of brightness. All of the brightness: the pixels
# would flicker otherwise, at 0.6 kHz, which a camera sees.
_APA102_PIXEL = 0xFF
# Its 4 zero bytes are what SK9822 wants before it shows what it was told.
_APA102_BEGIN = _APA102_END = bytes(4)
# A line that is low for 0.28 ms ends the picture; older chips are content with 0.05.
_WS2812_PAUSE = bytes(90)


def _three_for_each(value: int) -> bytes:
    bits = "".join("110" if bit == "1" else "100" for bit in f"{value:08b}")
    return int(bits, 2).to_bytes(3, "big")


_WS2812_BITS = tuple(map(_three_for_each, range(256)))


@dataclass(frozen=True, slots=True)
class Transfer:
    """What goes over SPI at once."""

    data: bytes
    speed: int
    """Bits a second."""

    @property
    def seconds(self) -> float:
        """How long the wire is busy with it: the picture is there when it ends."""
        return len(self.data) * 8 / self.speed


def encode(strip: Strip, picture: Picture) -> Transfer:
    """Return what makes the strip show `picture`, of MOST_PIXELS at most."""
    match strip:
        case Strip.APA102:
            data = _apa102(picture)
        case Strip.WS2812:
            data = _ws2812(picture)
    return Transfer(data, SPEEDS[strip])


def _apa102(picture: Picture) -> bytes:
    pixels = b"".join(
        bytes((_APA102_PIXEL, color.blue, color.green, color.red)) for color in picture
    )
    # Each pixel passes the clock on half a beat late: the last one needs as many more.
    clock = bytes((len(picture) + 15) // 16)
    return _APA102_BEGIN + pixels + _APA102_END + clock


def _ws2812(picture: Picture) -> bytes:
    pixels = b"".join(
        _WS2812_BITS[color.green] + _WS2812_BITS[color.red] + _WS2812_BITS[color.blue]
        for color in picture
    )
    # In front as well: the line may rest high.
    return _WS2812_PAUSE + pixels + _WS2812_PAUSE
