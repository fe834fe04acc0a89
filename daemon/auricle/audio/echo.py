"""Our own sound, taken out of what the microphone hears of it.

Nothing is muted: a person may talk while the sound plays, and stays.
"""

from typing import Protocol

from auricle.audio.frame import FRAME_SECONDS, Frame

# What arrives is late by the buffers on its way: a sound server has, a Bluetooth
# loudspeaker more. The player is done when the sound is played, or nearly.
_TAIL = 0.3
# A player that is held up; nobody's words may wait for it any longer.
_LONGEST_DELAY = 1.0


class OwnSound(Protocol):
    """A sound that we play, and that can be found again in what is heard."""

    @property
    def pcm(self) -> bytes:
        """The sound itself, as 16 kHz mono s16le."""

    @property
    def seconds(self) -> float:
        """How long the sound lasts."""

    def remove_from(self, pcm: bytes) -> bytes:
        """Return the same stretch of 16 kHz mono s16le without the one echo of this
        sound that is in it.
        """


class EchoHold:
    """Holds frames back while a sound of ours is in the air, then hands them on clean.

    A turn loses no time by it, but where it is over sooner than the sound: frames
    behind a wake word wait for the connection anyway, and are then sent at once.
    """

    def __init__(self) -> None:
        self._sound: OwnSound | None = None
        self._held: list[Frame] = []
        self._left = 0.0

    @property
    def holding(self) -> bool:
        """Whether there is a sound of ours in the air, as far as is known."""
        return self._sound is not None

    def begin(self, sound: OwnSound) -> list[Frame]:
        """Expect this sound, which is about to be played; return what was still held
        for another one.
        """
        released = self.release()
        self._sound = sound
        self._left = sound.seconds + _LONGEST_DELAY
        return released

    def end(self) -> None:
        """Note that the sound has been played, or cannot be; its echo is waited for."""
        self._left = min(self._left, _TAIL)

    def push(self, frame: Frame) -> list[Frame]:
        """Take the next frame; return the frames that may go on, in their order."""
        if self._sound is None:
            return [frame]
        self._held.append(frame)
        self._left -= frame.seconds
        return self.release() if self._left < FRAME_SECONDS / 2 else []

    def release(self) -> list[Frame]:
        """Return all frames that are held, as clean as can be by now, and
        hold no more.
        """
        held, self._held = self._held, []
        sound, self._sound = self._sound, None
        if sound is None or not held:
            return held
        pcm = sound.remove_from(b"".join(frame.pcm for frame in held))
        clean = []
        for frame in held:
            clean.append(Frame(pcm[: len(frame.pcm)], frame.start))
            pcm = pcm[len(frame.pcm) :]
        return clean
