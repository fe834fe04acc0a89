"""Whether somebody speaks in a stream of which nothing is known: no wake word, no room.

A satellite knows its room, and how loud the speaker is, when the command begins; the
recognizer's server learns both from the command. So a voice counts at first wherever
it is heard. Once there is a room to compare with, what has sunk into it is no longer
the speaker, and where voices go on all the time, as those of a television do, a new
one has to stand out far.
"""

from collections import deque

from auricle.audio.frame import FRAME_SECONDS, Frame
from auricle.audio.level import power
from auricle.vad.energy_gate import EnergyGate
from auricle.vad.leveler import Leveler
from auricle.vad.voice_detector import VoiceProbability

# What is heard for less may be one command, all voice, without the room between it.
_ROOM_KNOWN = round(2.0 / FRAME_SECONDS)
# The soft end of a word lasts no longer than this behind its loud part.
_HOLD = round(0.3 / FRAME_SECONDS)
# Six people who talk at once are 8 dB above their own floor now and then.
_ABOVE_TALK = 10**1.0
_HOLD_ABOVE_TALK = round(0.09 / FRAME_SECONDS)
# The pause between two sentences of one speaker is most of that.
_MEMORY = round(1.0 / FRAME_SECONDS)
_POSSIBLE = 0.3
_TALKATIVE = 0.45
# Behind a voice, the network takes noise for more of it: in a kitchen, one command in
# forty was followed by an utterance of nobody's. It is asked anew.
_FORGET = round(0.4 / FRAME_SECONDS)


class UnannouncedVoice:
    """Tells speech by how probable a voice is, and by how it stands out from the room.

    All is measured on commands of people, from the first sample on and half a second
    into it, in a quiet room, a kitchen, and among six people who talk 10 dB below.
    """

    def __init__(self, voice: VoiceProbability, *, probable: float) -> None:
        """What is more `probable` a voice than this may be one."""
        self._voice = voice
        self._probable = probable
        self._leveler = Leveler()
        self._room = EnergyGate(margin_db=4.0)
        self._heard = 0
        self._possible: deque[bool] = deque(maxlen=_MEMORY)
        # Frames since each of these was so.
        self._stood_out = self._stood_far_out = self._spoke = _FORGET

    def is_speech(self, frame: Frame) -> bool:
        """Take the next frame; tell whether somebody speaks in it."""
        probability = self._voice.hear(self._leveler.level(frame))
        self._listen_to_room(frame)
        voice = probability > self._probable
        speech = voice and (self._heard <= _ROOM_KNOWN or self._is_the_speaker())
        self._possible.append(probability > _POSSIBLE)
        self._spoke = 0 if speech else self._spoke + 1
        if self._spoke == _FORGET:
            self._voice.reset()
        return speech

    def _listen_to_room(self, frame: Frame) -> None:
        self._heard += 1
        stands_out = self._room.passes(frame)
        self._stood_out = 0 if stands_out else self._stood_out + 1
        far = power(frame) > self._room.floor * _ABOVE_TALK
        self._stood_far_out = 0 if far else self._stood_far_out + 1

    def _is_the_speaker(self) -> bool:
        if self._stood_out > _HOLD:
            return False
        goes_on = self._spoke <= _HOLD
        talkative = sum(self._possible) > _TALKATIVE * len(self._possible)
        return goes_on or not talkative or self._stood_far_out <= _HOLD_ABOVE_TALK
