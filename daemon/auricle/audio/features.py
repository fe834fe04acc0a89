"""What an ear has of sound: 40 bands each 10 ms, on a scale without loudness.

microWakeWord's models are made for these (TensorFlow's "microfrontend"): steady noise
is taken out of each band, and its gain follows how loud the band has been.
"""

from pymicro_features import MicroFrontend

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE

BANDS = 40
STEP_MS = 10
STEP_BYTES = SAMPLE_RATE * STEP_MS // 1000 * SAMPLE_BYTES


class FeatureExtractor:
    """Follows a stream of sound."""

    def __init__(self) -> None:
        self._frontend = MicroFrontend()

    def hear(self, pcm: bytes) -> list[list[float]]:
        """Take the next sound; return the bands of each 10 ms, none yet for the first
        ones.
        """
        steps = (
            self._frontend.process_samples(pcm[at : at + STEP_BYTES]).features
            for at in range(0, len(pcm), STEP_BYTES)
        )
        return [features for features in steps if features]

    def reset(self) -> None:
        """Forget all sound, as after a gap in the stream."""
        self._frontend.reset()
