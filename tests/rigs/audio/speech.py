"""Speech to test with: sentences said by espeak-ng, rooms, and frames of both."""

import io
import subprocess
from functools import cache

import numpy as np
import soundfile
import soxr

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, Frame


@cache
def say(text: str, *, voice: str = "en-us", words_per_minute: int = 150) -> bytes:
    """16 kHz s16le of a synthetic voice, without the silence around it."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdout", text]
    wav = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    samples = soxr.resample(samples, rate, SAMPLE_RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return to_pcm(samples[loud[0] : loud[-1] + 1])


def silence(seconds: float) -> bytes:
    """Digital silence, as from a muted microphone."""
    return bytes(2 * round(seconds * SAMPLE_RATE))


def noise(seconds: float, *, dbfs: float, seed: int = 1) -> bytes:
    """White noise, as of a fan."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, 10 ** (dbfs / 20), round(seconds * SAMPLE_RATE))
    return to_pcm(samples)


def mix(*sounds: bytes) -> bytes:
    """All at once; as long as the longest."""
    length = max(len(sound) for sound in sounds)
    total = np.zeros(length // 2)
    for sound in sounds:
        total[: len(sound) // 2] += np.frombuffer(sound, "<i2") / 32768
    return to_pcm(total)


def at_rate(pcm: bytes, rate: int) -> bytes:
    """16 kHz s16le as if recorded at another rate."""
    samples = np.frombuffer(pcm, "<i2") / 32768
    return to_pcm(soxr.resample(samples, SAMPLE_RATE, rate))


def frames(pcm: bytes, *, start: int = 0) -> list[Frame]:
    """Whole frames, from sample position `start`; an incomplete last one is dropped."""
    return [
        Frame(pcm[i * FRAME_BYTES : (i + 1) * FRAME_BYTES], start + i * FRAME_SAMPLES)
        for i in range(len(pcm) // FRAME_BYTES)
    ]


def to_pcm(samples: np.ndarray) -> bytes:
    """s16le of samples from -1 to 1."""
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
