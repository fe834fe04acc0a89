"""The unit of sound: a short stretch of mono 16-bit 16 kHz audio."""

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

    def __init__(self) -> None:
        self._held = b""
        self._start = 0

    @property
    def pending(self) -> int:
        """The number of bytes held until they make a whole frame."""
        return len(self._held)

    def push(self, pcm: bytes) -> list[Frame]:
        """Take the next PCM; return the frames that it completes, and keep the rest for
        the next call.
        """
        if len(pcm) == FRAME_BYTES and not self._held:
            return [self._cut(pcm)]
        held = self._held + pcm
        whole = len(held) - len(held) % FRAME_BYTES
        self._held = held[whole:]
        return [
            self._cut(held[at : at + FRAME_BYTES])
            for at in range(0, whole, FRAME_BYTES)
        ]

    def skip(self, samples: int) -> None:
        """Count samples that were captured but lost; a part of a frame is dropped with
        them.
        """
        self._start += samples + len(self._held) // SAMPLE_BYTES
        self._held = b""

    def _cut(self, pcm: bytes) -> Frame:
        frame = Frame(pcm, self._start)
        self._start = frame.end
        return frame
