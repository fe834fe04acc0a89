"""What runs in the process in which a speech model of the user's own is tried.

`python -m auricle.recognizer.engines.trial_process FOLDER THREADS` loads it and has it
hear something, and says so. Whatever goes wrong ends it, with a word on standard error.
"""

import sys

import numpy as np

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.audio.samples import Samples, to_pcm
from auricle.recognizer.engines.loading import load_folder
from auricle.recognizer.engines.model_folder import open_folder
from auricle.recognizer.engines.trial import HEARD

# The shortest that ever comes.
_SHORTEST = SAMPLE_RATE // 10 * SAMPLE_BYTES


def main(folder: str, threads: str) -> None:
    """Try the model of `folder`."""
    engine = load_folder(open_folder(folder), threads=int(threads))
    noise: Samples = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype("f4")
    second = to_pcm(noise)
    for pcm, final in ((second[:_SHORTEST], True), (second, False), (second, True)):
        engine.transcribe(pcm, language=None, corpus=None, final=final)
    sys.stdout.buffer.write(HEARD)


if __name__ == "__main__":
    main(*sys.argv[1:])
