"""Several channels made one, and as loud as is wanted."""

import numpy as np


class Mixer:
    """Picks or mixes channels, and applies the gain."""

    def __init__(self, channels: int, *, channel: int | None, gain: float) -> None:
        """`channel` None mixes all of them; `gain` is in decibels."""
        self._channels = channels
        self._channel = channel
        self._factor = 10 ** (gain / 20)

    def mix(self, pcm: bytes) -> bytes:
        """Interleaved s16le PCM in, mono s16le out."""
        channels = np.frombuffer(pcm, "<i2").reshape(-1, self._channels)
        if self._channel is None:
            mono = channels.mean(axis=1, dtype=np.float32)
        else:
            mono = channels[:, self._channel].astype(np.float32)
        loud = np.clip(np.rint(mono * self._factor), -32768, 32767)
        mixed: bytes = loud.astype("<i2").tobytes()
        return mixed
