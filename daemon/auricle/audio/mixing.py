"""Several channels made one, and as loud as is wanted."""

import numpy as np

from auricle.audio.samples import Samples, from_pcm, to_pcm

# The mix of channels that have nothing to do with each other has this share of their
# mean power: 1 over their number. Where it is a tenth of that, they cancel each other.
_CANCELLED, _NOT_CANCELLED = 0.1, 0.2
# Half a second of sound above -60 dBFS: the hiss of two converters proves nothing.
_ENOUGH_SECONDS, _ENOUGH_POWER = 0.5, 1e-6
_FORGET_SECONDS = 10.0
# To look costs as much as to mix: a microphone's frames are not all looked at.
_LOOK_EVERY = 0.3


class Mixer:
    """Picks or mixes channels, and applies the gain."""

    def __init__(
        self, channels: int, rate: int, *, channel: int | None, gain: float
    ) -> None:
        """Mix sound of `rate` hertz; `channel` None mixes all channels, `gain` is in
        decibels.
        """
        self._channels = channels
        self._channel = channel
        self._factor = np.float32(10 ** (gain / 20))
        self._phases = _Phases(channels, rate)
        self._watched = channel is None and channels > 1

    @property
    def cancels(self) -> bool:
        """Whether what is mixed is in opposite phase, so that nothing is left of a
        voice.
        """
        return self._phases.opposite

    def mix(self, channels: Samples) -> Samples:
        """Take a row for each moment with a column for each channel, full scale at 1;
        return mono samples, which may go beyond full scale.
        """
        if self._channel is not None:
            return channels[:, self._channel] * self._factor
        mono: Samples = channels.mean(axis=1, dtype=np.float32)
        if self._watched:
            self._phases.watch(channels, mono)
        return mono * self._factor

    def mix_pcm(self, pcm: bytes) -> bytes:
        """Take interleaved s16le PCM, and return mono s16le PCM."""
        return to_pcm(self.mix(from_pcm(pcm).reshape(-1, self._channels)))


class _Phases:
    """Tells from the power of a mix whether its channels cancel each other out."""

    def __init__(self, channels: int, rate: int) -> None:
        self._channels = channels
        self._rate = rate
        self._since_look = 0.0
        self._seconds = 0.0
        self._mixed = self._single = 0.0
        self.opposite = False

    def watch(self, channels: Samples, mono: Samples) -> None:
        self._since_look += len(mono) / self._rate
        if self._since_look < _LOOK_EVERY:
            return
        seconds, self._since_look = self._since_look, 0.0
        # A converter's offset is no sound, and may well be opposite.
        single = float(channels.var(axis=0, dtype=np.float64).mean())
        mixed = float(mono.var(dtype=np.float64))
        kept = max(0.0, 1 - seconds / _FORGET_SECONDS)
        self._seconds = self._seconds * kept + seconds
        self._single = self._single * kept + single * seconds
        self._mixed = self._mixed * kept + mixed * seconds
        self._judge()

    def _judge(self) -> None:
        enough = self._seconds * _ENOUGH_POWER
        if self._seconds < _ENOUGH_SECONDS or self._single < enough:
            return
        unrelated = self._single / self._channels
        limit = _NOT_CANCELLED if self.opposite else _CANCELLED
        self.opposite = self._mixed < limit * unrelated
