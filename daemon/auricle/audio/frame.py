"""The unit of sound: a short stretch of mono 16-bit 16 kHz audio."""

from collections.abc import Callable
from dataclasses import dataclass

SAMPLE_RATE = 16_000
SAMPLE_BYTES = 2
# What can be made into that: below 4 kHz no speech is left, and no converter is faster
# than the other. A header can say anything, and some kilobytes at 1 Hz would be hours.
LOWEST_RATE, HIGHEST_RATE = 4_000, 384_000
# Both the wake word engine (three 10 ms features per decision) and webrtcvad
# (10, 20 or 30 ms) take 30 ms whole; longer frames would be heard later. Where that
# hurts nobody, some are waited for together: see Attention.batch.
FRAME_SAMPLES = 480
FRAME_BYTES = FRAME_SAMPLES * SAMPLE_BYTES
FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Frame:
    """Holds a short stretch of signed 16-bit little-endian mono PCM at 16 kHz."""

    pcm: bytes
    start: int
    """Position of the first sample, counted since the source was opened."""
    array: bytes = b""
    """The same moments of all microphones of an array, interleaved, where `pcm` is
    their mix and somebody wants to make something better of them."""

    @property
    def end(self) -> int:
        """Position just behind the last sample."""
        return self.start + len(self.pcm) // SAMPLE_BYTES

    @property
    def seconds(self) -> float:
        """How long the frame lasts."""
        return len(self.pcm) / SAMPLE_BYTES / SAMPLE_RATE


class FrameCutter:
    """Cuts a stream of PCM, which comes in pieces of any size, into whole frames."""

    def __init__(
        self, channels: int = 1, mix: Callable[[bytes], bytes] | None = None
    ) -> None:
        """Cut interleaved PCM of so many channels; `mix` makes one of them, where what
        comes is that of an array.
        """
        self._bytes = FRAME_BYTES * channels
        self._sample_bytes = SAMPLE_BYTES * channels
        self._mix = mix
        self._held = b""
        self._start = 0

    def fill(self) -> list[Frame]:
        """Return the last frame, filled up with silence, if a part of one is held."""
        return self.push(bytes(-len(self._held) % self._bytes))

    def push(self, pcm: bytes) -> list[Frame]:
        """Take the next PCM; return the frames that it completes, and keep the rest for
        the next call.
        """
        if len(pcm) == self._bytes and not self._held:
            return [self._cut(pcm)]
        held = self._held + pcm
        whole = len(held) - len(held) % self._bytes
        self._held = held[whole:]
        return [
            self._cut(held[at : at + self._bytes])
            for at in range(0, whole, self._bytes)
        ]

    def skip(self, samples: int) -> None:
        """Count samples that were captured but lost; a part of a frame is dropped with
        them.
        """
        self._start += samples + len(self._held) // self._sample_bytes
        self._held = b""

    def _cut(self, pcm: bytes) -> Frame:
        if self._mix is None:
            frame = Frame(pcm, self._start)
        else:
            frame = Frame(self._mix(pcm), self._start, pcm)
        self._start = frame.end
        return frame
