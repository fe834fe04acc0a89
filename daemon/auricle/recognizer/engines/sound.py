"""An utterance as a speech model hears it: its samples, in windows it can take."""

from collections.abc import Iterator

import numpy as np

from auricle.audio.frame import FRAME_SAMPLES
from auricle.audio.samples import Samples, from_pcm
from auricle.vad.leveler import LOUD_ENOUGH, MOST

# Who speaks for longer is cut in the quietest frame of the window's last ten seconds.
_CUT_FRAMES = 333


def samples_of(pcm: bytes) -> Samples:
    """Return the samples of `pcm` (mono s16le), up to the last that is not zero, and
    as loud as people's voices usually are, where they are not louder.
    """
    # A client fills its last frame with zeros. They say nothing, but 17 of 100
    # recordings came out otherwise for one frame of them.
    return _leveled(np.trim_zeros(from_pcm(pcm), "b"))


def windows(samples: Samples, longest: int) -> Iterator[Samples]:
    """Yield `samples` whole, or cut in pauses into windows of `longest` at most."""
    while len(samples) > longest:
        tail = samples[longest - _CUT_FRAMES * FRAME_SAMPLES : longest]
        power = np.square(tail).reshape(_CUT_FRAMES, FRAME_SAMPLES).sum(axis=1)
        quietest = int(np.argmin(power))
        end = longest - (_CUT_FRAMES - quietest) * FRAME_SAMPLES
        yield samples[:end]
        samples = samples[end:]
    yield samples


def _leveled(samples: Samples) -> Samples:
    # Models learned from voices of the usual level. Of those in the next room, before a
    # microphone that is set low, they understand one word in ten otherwise, or nothing:
    # Whisper takes what is softer than a millionth of full scale for silence.
    frames = len(samples) // FRAME_SAMPLES
    if frames == 0:
        return samples
    whole = samples[: frames * FRAME_SAMPLES].reshape(frames, FRAME_SAMPLES)
    loudest = float(np.sqrt(np.square(whole).mean(axis=1).max()))
    peak = float(np.abs(samples).max())
    # A click is all peak.
    gain = min(LOUD_ENOUGH / max(loudest, 1e-9), MOST, 1 / max(peak, 1e-9))
    return samples * np.float32(gain) if gain > 1 else samples
