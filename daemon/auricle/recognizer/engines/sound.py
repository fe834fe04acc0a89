"""An utterance as a speech model hears it: its samples, in windows it can take."""

from collections.abc import Iterator

import numpy as np

from auricle.audio.frame import FRAME_SAMPLES
from auricle.audio.samples import Samples, from_pcm

# Who speaks for longer is cut in the quietest frame of the window's last ten seconds.
_CUT_FRAMES = 333


def samples_of(pcm: bytes) -> Samples:
    """Return the samples of `pcm` (mono s16le), up to the last that is not zero."""
    # A client fills its last frame with zeros. They say nothing, but 17 of 100
    # recordings came out otherwise for one frame of them.
    return np.trim_zeros(from_pcm(pcm), "b")


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
