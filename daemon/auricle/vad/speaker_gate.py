"""Whether a voice is the speaker's, or one of the room's."""

from collections.abc import Sequence

from auricle.audio.frame import FRAME_SECONDS, Frame
from auricle.audio.level import power
from auricle.vad.energy_gate import EnergyGate

# The wake word and the moment until its detection. Its vowels are a fifth of that.
_PHRASE = round(1.05 / FRAME_SECONDS)
_VOWELS = 0.8
# What is as loud as one frame in twenty of the room is likely to be of the room.
_LOUD = 0.95
_ABOVE_ROOM = 10**0.3
# In a room as loud as the speaker that would be asking too much.
_BELOW_SPEAKER = 10**-0.6
# Where the room is this close, the ends of words drown in it.
_NOISY = 10**-2.5
# A voice that was heard for less is not held on to for more.
_HOLD_IN_NOISE = round(0.18 / FRAME_SECONDS)
_HOLD = round(0.06 / FRAME_SECONDS)


class SpeakerGate:
    """Passes voices as loud as the speaker's, and holds on to them, in noise longer.

    To a voice detector a television is a voice, and to a simple one a rattling drawer
    is. The wake word tells how loud the speaker is, the seconds before it how loud the
    room.
    """

    def __init__(self, noise: EnergyGate | None = None) -> None:
        """Pass voices that stand out from the room's steady noise as far as `noise`
        asks.
        """
        self._noise = noise or EnergyGate()
        self.reset()

    def reset(self) -> None:
        """Forget room and speaker, and listen to all."""
        self._noise.reset()
        self.quiet_room = False
        """Whether the speaker is known to stand out far from the room."""
        self._least = 0.0
        self._longest_hold = 0
        self._heard = 0
        self._held = 0

    def attune(self, memory: Sequence[Frame], *, woken: bool) -> None:
        """Start again, having heard `memory`.

        If `woken`, that is the sound up to a wake word's detection; otherwise nothing
        is known of the speaker.
        """
        self.reset()
        for frame in memory:
            self._noise.passes(frame)
        room, phrase = memory[:-_PHRASE], memory[-_PHRASE:]
        if not (woken and room):
            return
        above_room = _quantile(room, _LOUD) * _ABOVE_ROOM
        speaker = _quantile(phrase, _VOWELS)
        self._least = min(above_room, speaker * _BELOW_SPEAKER)
        noisy = above_room > speaker * _NOISY
        self.quiet_room = not noisy
        self._longest_hold = _HOLD_IN_NOISE if noisy else _HOLD

    def passes(self, frame: Frame, *, voice: bool) -> bool:
        """Take the next frame; tell whether the `voice` in it counts."""
        stands_out = self._noise.passes(frame)
        if voice and stands_out and power(frame) > self._least:
            self._heard += 1
            self._held = 0
            return True
        self._held += 1
        if self._held <= min(self._heard, self._longest_hold):
            return True
        self._heard = 0
        return False


def _quantile(frames: Sequence[Frame], share: float) -> float:
    """The power that this share of the frames stays below."""
    powers = sorted(map(power, frames))
    return powers[min(len(powers) - 1, int(len(powers) * share))]
