"""Bytes on SPI, as the chips' datasheets have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.panel.effects import Color
from auricle.panel.pixels import MOST_PIXELS, Strip, encode

ORANGE = Color(0xFF, 0xA0, 0x00)
colors = st.builds(Color, *[st.integers(0, 255)] * 3)
pictures = st.lists(colors, min_size=1, max_size=MOST_PIXELS).map(tuple)
# One transfer of Linux's spidev, by default.
BUFFER = 4096


def test_three_pixels_of_apa102_are_these_bytes() -> None:
    picture = (ORANGE, Color(0, 0, 0xFF), Color(1, 2, 3))

    assert encode(Strip.APA102, picture).data == bytes.fromhex(
        "00000000 ff00a0ff ffff0000 ff030201 00000000 00"
    )


def test_one_pixel_of_ws2812_is_these_bits_of_green_red_and_blue() -> None:
    data = encode(Strip.WS2812, (ORANGE,)).data
    pixel = data.strip(b"\0")

    # 1 is 110, 0 is 100: green 1010 0000, red 1111 1111, blue 0000 0000.
    assert f"{int.from_bytes(pixel, 'big'):072b}" == (
        "110100110100100100100100110110110110110110110110100100100100100100100100"
    )


@given(pictures)
def test_apa102_is_clocked_to_its_last_pixel(picture: tuple[Color, ...]) -> None:
    """Half a clock more a pixel, and 32 zeros, which SK9822 wants."""
    data = encode(Strip.APA102, picture).data
    behind = data[4 + 4 * len(picture) :]

    assert data[:4] == bytes(4)
    assert data[4::4][: len(picture)] == b"\xff" * len(picture)
    assert behind == bytes(len(behind))
    assert (len(behind) - 4) * 8 >= len(picture) / 2


@given(pictures)
def test_ws2812_can_be_read_back_by_how_long_the_line_is_high(
    picture: tuple[Color, ...],
) -> None:
    transfer = encode(Strip.WS2812, picture)
    bits = "".join(f"{byte:08b}" for byte in transfer.data)
    pulses = [pulse for pulse in bits.split("0") if pulse]
    values = [pulse == "11" for pulse in pulses]
    octets = [
        sum(bit << (7 - at) for at, bit in enumerate(values[start : start + 8]))
        for start in range(0, len(values), 8)
    ]

    wanted = [part for c in picture for part in (c.green, c.red, c.blue)]
    assert octets == wanted
    # Datasheet: 0 is high for 0.25 to 0.55 us, 1 for 0.65 to 0.95 us; 0.28 ms end it.
    assert 0.25e-6 <= 1 / transfer.speed <= 0.55e-6
    assert 0.65e-6 <= 2 / transfer.speed <= 0.95e-6
    assert (len(bits) - len(bits.rstrip("0"))) / transfer.speed >= 280e-6


@given(pictures, st.sampled_from(list(Strip)))
def test_a_picture_is_one_transfer(picture: tuple[Color, ...], strip: Strip) -> None:
    """Two would have a pause between them, which ends the picture of WS2812."""
    assert len(encode(strip, picture).data) <= BUFFER


@pytest.mark.parametrize("strip", Strip)
def test_the_longest_strip_has_its_picture_within_a_fifth_of_what_may_pass(
    strip: Strip,
) -> None:
    """50 ms behind the state are allowed to all of the way."""
    longest = encode(strip, (ORANGE,) * MOST_PIXELS)

    assert longest.seconds <= 0.010
