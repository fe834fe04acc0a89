"""Whether somebody speaks in a stream of which nothing is known: no wake word, no room.

A satellite knows its room, and how loud the speaker is, when the command begins; the
recognizer's server learns both from the command. So a voice counts at first wherever
it is heard, unless it is as even as only many are that talk at once. Once there is a
room to compare with, what has sunk into it is no longer the speaker, and where voices
go on all the time, as those of a television do, a new one has to stand out far. Who
begins to speak no louder than a pan that is put down has to be surer a voice than who
stands out far, or is as loud as the speaker before.
"""

from array import array
from bisect import insort
from collections import deque
from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Protocol

from auricle.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.audio.level import FULL_SCALE, power
from auricle.vad.energy_gate import EnergyGate
from auricle.vad.leveler import Leveler
from auricle.vad.voice_detector import VoiceProbability

# What is heard for less may be one command, all voice, without the room between it.
_ROOM_KNOWN = round(2.0 / FRAME_SECONDS)
# The soft end of a word lasts no longer than this behind its loud part.
_HOLD = round(0.3 / FRAME_SECONDS)
# Behind a word, the network takes noise for more of the voice, but is seldom as sure of
# it as of a soft end.
_SHORT_HOLD = round(0.09 / FRAME_SECONDS)
# Six people who talk at once are 8 dB above their own floor now and then.
_ABOVE_TALK = 10**1.0
# The pause between two sentences of one speaker is most of that.
_MEMORY = round(1.0 / FRAME_SECONDS)
_POSSIBLE = 0.3
_TALKATIVE = 0.45
# Where the room is as far below, a voice is one that the network half believes in: of a
# voice that echoes, it is seldom sure.
_FAR_OUT = 10**1.5
_HALF_BELIEVED = 0.6
# A speaker's next words are 5 dB softer at most, 98 of 100 within half a second; what
# kitchens make of pans and cups is 5 to 9 dB below a voice that they are 10 dB below.
_AS_LOUD = 10**-0.6
# A television 15 dB below the speaker is 12 below the loudest of them most of the time.
_MUCH_SOFTER = 10**-1.2
# By 1 dB a second: who speaks next after a while may be somebody else.
_FORGOTTEN = 10 ** (-FRAME_SECONDS / 10)
# A network that has heard nothing yet is deaf to a voice that echoes, for up to 3 s. It
# is not behind a second of hiss, as soft as that of a microphone that is set high.
_HISS_FRAMES = round(1.0 / FRAME_SECONDS)
_HISS = FULL_SCALE * 10 ** (-40 / 20)
_LONG_AGO = round(0.4 / FRAME_SECONDS)
# Between the words of one speaker the room is heard: within two seconds, the loudest
# tenth of a second is further above the softest than that. Of two thirds of the times
# that six people talk at once, it is not; of one command in 140 in the loudest kitchen.
_UNEVEN = 10**0.8
_MOMENT = 3
_FEW = 8


class UnannouncedDetector(Protocol):
    """Tells speech in a stream of 30 ms frames that no wake word announces."""

    @property
    def speaker_since(self) -> int | None:
        """The sample position from which on speech is somebody's who may mean us: what
        there was before belongs to the room. None while that cannot be told.
        """

    def is_speech(self, frame: Frame) -> bool:
        """Take the next frame; tell whether somebody speaks in it."""


class _Unevenness:
    """How far what is loud stands above what is soft, in a sound from its beginning."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=_MOMENT)
        self._moments: list[float] = []

    def tells_a_speaker(self, loudness: float) -> bool:
        """Take the next frame's mean square; whether one speaker is heard, and not
        many.
        """
        self._latest.append(loudness)
        if len(self._latest) == _MOMENT:
            insort(self._moments, sum(self._latest))
        known = len(self._moments)
        if known < _FEW:
            return False
        soft, loud = self._moments[known // 20], self._moments[(known - 1) * 19 // 20]
        return loud > soft * _UNEVEN


class UnannouncedVoice(UnannouncedDetector):
    """Tells speech by how probable a voice is, and by how it stands out from the room.

    All is measured on commands of people, from the first sample on and half a second
    into it, in a quiet room, a kitchen, and among six people who talk 10 dB below.
    """

    def __init__(
        self, voice: VoiceProbability, *, probable: float, sure: float
    ) -> None:
        """What is more `probable` a voice than this may be one; what is more than
        `sure` is, however soft it begins. Behind a word, a soft end has to be surer:
        half way from `sure` to 1.
        """
        self._voice = voice
        self._probable = probable
        self._sure = sure
        self._loudest = 0.0
        """The mean square of the speaker's loudest frame, faded by its age."""
        self._leveler = Leveler()
        self._room = EnergyGate(margin_db=4.0)
        self._heard = 0
        self._unevenness = _Unevenness()
        self._speaker_since: int | None = None
        self._possible: deque[bool] = deque(maxlen=_MEMORY)
        # Frames since each of these was so.
        self._stood_out = self._stood_far_out = self._spoke = _LONG_AGO
        self._was_as_loud = self._was_near = _LONG_AGO

    @property
    def speaker_since(self) -> int | None:
        return self._speaker_since

    def is_speech(self, frame: Frame) -> bool:
        if not self._heard:
            for frame_of_hiss in hiss():
                self._voice.hear(frame_of_hiss)
        probability = self._voice.hear(self._leveler.level(frame))
        loudness = power(frame)
        self._listen_to_room(frame, loudness)
        self._look_for_speaker(frame, loudness)
        room_known = self._heard > _ROOM_KNOWN
        speech = self._is_voice(loudness, probability) and (
            not room_known or self._is_the_speaker()
        )
        if speech:
            self._loudest = max(self._loudest, loudness)
        self._possible.append(probability > _POSSIBLE)
        self._spoke = 0 if speech else self._spoke + 1
        return speech and not (room_known and self._is_noise_behind_a_word(probability))

    def _is_voice(self, loudness: float, probability: float) -> bool:
        if probability > self._sure:
            return True
        room_known = self._heard >= _FEW
        if room_known and loudness > self._room.floor * _FAR_OUT:
            return probability > self._probable * _HALF_BELIEVED
        goes_on = self._spoke <= _HOLD or self._was_as_loud <= _HOLD
        return goes_on and probability > self._probable

    def _listen_to_room(self, frame: Frame, loudness: float) -> None:
        self._heard += 1
        stands_out = self._room.passes(frame)
        self._stood_out = 0 if stands_out else self._stood_out + 1
        far = loudness > self._room.floor * _ABOVE_TALK
        self._stood_far_out = 0 if far else self._stood_far_out + 1
        self._loudest *= _FORGOTTEN
        as_loud = 0.0 < self._loudest * _AS_LOUD < loudness
        self._was_as_loud = 0 if as_loud else self._was_as_loud + 1
        near = loudness > min(self._loudest * _MUCH_SOFTER, self._room.floor * _FAR_OUT)
        self._was_near = 0 if near else self._was_near + 1

    def _look_for_speaker(self, frame: Frame, loudness: float) -> None:
        if self._speaker_since is not None:
            return
        if self._unevenness.tells_a_speaker(loudness):
            self._speaker_since = 0
        elif self._heard > _ROOM_KNOWN:
            self._speaker_since = frame.start
            self._spoke = self._was_as_loud = _LONG_AGO
            self._loudest = 0.0

    def _is_the_speaker(self) -> bool:
        if self._stood_out > _HOLD or self._was_near > _HOLD:
            return False
        goes_on = self._spoke <= _HOLD
        talkative = sum(self._possible) > _TALKATIVE * len(self._possible)
        return goes_on or not talkative or self._stood_far_out <= _SHORT_HOLD

    def _is_noise_behind_a_word(self, probability: float) -> bool:
        # Who is hardly louder than the room sinks into it within a word.
        if self._room.floor > self._loudest * _MUCH_SOFTER:
            return False
        certain = probability > (self._sure + 1) / 2
        return self._stood_out > _SHORT_HOLD and not certain


@cache
def hiss() -> Sequence[Frame]:
    """Make what a network hears before it is asked."""
    samples = Random(1)  # noqa: S311  # no secret
    return [
        Frame(
            array(
                "h", (round(samples.gauss(0.0, _HISS)) for _ in range(FRAME_SAMPLES))
            ).tobytes(),
            number * FRAME_SAMPLES,
        )
        for number in range(_HISS_FRAMES)
    ]
