import struct

import pytest

from custom_components.auricle import tones


def samples(pcm: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(pcm) // 2}h", pcm)


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_bell_is_the_same_at_any_rate(rate: int, channels: int) -> None:
    pcm = tones.bell(rate, channels)

    assert len(pcm) % (2 * channels) == 0
    assert len(pcm) / (2 * channels * rate) == pytest.approx(0.95, abs=0.01)
    assert 3_000 < max(map(abs, samples(pcm))) < 10_000


def test_a_tone_neither_begins_nor_ends_with_a_click() -> None:
    pcm = samples(tones.done(22_050))

    assert max(abs(pcm[0]), abs(pcm[-1])) < 300
    assert len(pcm) / 22_050 < 0.3
