import numpy as np

from auricle.audio.capture_device import CaptureFormat
from auricle.audio.conversion import Converter
from auricle.audio.frame import SAMPLE_RATE


def pcm(*samples: int) -> bytes:
    return np.array(samples, "<i2").tobytes()


def converter(
    channels: int, *, channel: int | None = None, gain: float = 0.0
) -> Converter:
    format = CaptureFormat(SAMPLE_RATE, channels)
    return Converter(format, channel=channel, gain=gain)


def test_sixteen_kilohertz_mono_passes_untouched() -> None:
    assert converter(1).convert(pcm(1, -2, 3)) == pcm(1, -2, 3)


def test_channels_are_mixed() -> None:
    assert converter(2).convert(pcm(100, 300, -32768, -32768)) == pcm(200, -32768)


def test_one_channel_of_an_array_is_picked() -> None:
    interleaved = pcm(1, 2, 3, 4, 5, 6)
    assert converter(3, channel=1).convert(interleaved) == pcm(2, 5)


def test_gain_is_in_decibels_and_stops_at_full_scale() -> None:
    assert converter(1, gain=20).convert(pcm(100, -4000)) == pcm(1000, -32768)
    assert converter(1, gain=-20).convert(pcm(100)) == pcm(10)


def test_another_rate_is_resampled_without_a_seam() -> None:
    seconds = np.arange(48_000) / 48_000
    tone = (np.sin(2 * np.pi * 440 * seconds) * 10_000).astype("<i2").tobytes()
    from_48_kilohertz = Converter(CaptureFormat(48_000, 1), channel=None, gain=0)
    converted = b"".join(
        from_48_kilohertz.convert(tone[at : at + 2880])
        for at in range(0, len(tone), 2880)
    )
    samples = np.frombuffer(converted, "<i2")
    expected = np.sin(2 * np.pi * 440 * np.arange(len(samples)) / 16_000) * 10_000
    # The filter rings where the tone begins.
    assert np.abs(samples - expected)[200:].max() < 20
    assert len(samples) > 15_000


def test_digital_silence_stays_exactly_that_at_any_rate() -> None:
    from_44100 = Converter(CaptureFormat(44_100, 1), channel=None, gain=6)
    assert not any(from_44100.convert(bytes(88_200)))
