"""What the satellite orders about sounds, carried out by the loudspeaker and MQTT."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, assert_never

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.playing import Player, SoundFinished, SoundFormat
from auricle.turns.events import (
    AcceptSound,
    AnswerLate,
    AwaitAnswer,
    AwaitChunk,
    BeginSound,
    CancelSound,
    ChunksStalled,
    EndSound,
    Event,
    FeedSound,
    NoteUsedId,
    ReportSound,
    RingTimer,
    SoundOrder,
    StopSynthesis,
    Synthesize,
    TellNoAnswer,
)
from auricle.turns.sounds import PlayReason, PlayReport, SpeechFailed

logger = logging.getLogger(__name__)

CHUNK_TIMEOUT = 5.0
"""Seconds without a chunk, after which a sound is given up."""
ANSWER_TIMEOUT = 3.0
"""Seconds behind a transcript in which other sounds wait for the answer to it."""
LONGEST_RING = 60.0
"""Seconds that a timer rings."""

_FORMAT = SoundFormat(SAMPLE_RATE, channels=1)
# No sound that is sent has a space in its id.
_NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class OwnSounds:
    """Holds what the satellite plays of its own accord: 16 kHz mono s16le."""

    timer: bytes
    """The sound of a timer that is up, which is repeated; without it, none rings."""
    no_answer: bytes
    """The sound that tells that the house has no answer."""


class SoundReporter(Protocol):
    """Tells the house what becomes of sounds; every call returns at once."""

    def sound_accepted(self, sound_id: str) -> None:
        """Keep in mind that the sound of this id is to come to an end."""

    def play(self, report: PlayReport) -> None:
        """Take what became of a sound."""


class Speech(Protocol):
    """Makes sound of texts, which it delivers; every call returns at once."""

    def synthesize(self, sound_id: str, text: str) -> None:
        """Make the sound of this id, which says `text`."""

    def stop(self, sound_id: str) -> None:
        """Make nothing more of the sound of this id."""


class SoundOrders:
    """Carries out what concerns sounds, on the event loop; no call waits."""

    def __init__(
        self,
        player: Player,
        reporter: SoundReporter,
        sounds: OwnSounds,
        speech: Speech | None = None,
    ) -> None:
        """Without `speech`, no text is spoken."""
        self._player = player
        self._reporter = reporter
        self._sounds = sounds
        self._speech = speech
        self._deadlines: dict[str, asyncio.TimerHandle] = {}
        self._noted_used_id = False

    def carry_out(self, order: SoundOrder, tell: Callable[[Event], None]) -> None:
        """Do as ordered; `tell` is told what comes of it later."""
        match order:
            case AcceptSound(sound_id):
                self._reporter.sound_accepted(sound_id)
            case Synthesize(sound_id, text) if self._speech is not None:
                self._speech.synthesize(sound_id, text)
            case Synthesize(sound_id):
                tell(SpeechFailed(sound_id, PlayReason.SYNTHESIZER))
            case StopSynthesis(sound_id):
                if self._speech is not None:
                    self._speech.stop(sound_id)
            case BeginSound(sound_id, sound_format):
                self._player.begin(sound_id, sound_format)
            case FeedSound(sound_id, pcm):
                self._player.feed(sound_id, pcm)
            case EndSound(sound_id):
                self._player.end(sound_id)
            case CancelSound(sound_id):
                self._player.cancel(sound_id)
            case RingTimer(sound_id) if not self._sounds.timer:
                tell(SoundFinished(sound_id))
            case RingTimer(sound_id):
                ring, size = self._sounds.timer, _FORMAT.size(LONGEST_RING)
                self._play(sound_id, (ring * -(-size // len(ring)))[:size])
            case TellNoAnswer():
                self._play(_NO_ANSWER, self._sounds.no_answer, heard_out=True)
            case AwaitChunk(sound_id, on):
                self._await_chunk(sound_id, tell, on=on)
            case AwaitAnswer(turn_id):
                asyncio.get_running_loop().call_later(
                    ANSWER_TIMEOUT, tell, AnswerLate(turn_id)
                )
            case ReportSound(report):
                self._reporter.play(report)
            case NoteUsedId(sound_id):
                self._note_used_id(sound_id)
            case _:
                assert_never(order)

    def hush(self) -> None:
        """Tell no longer that there is no answer: somebody speaks, or wants silence."""
        self._player.cancel(_NO_ANSWER)

    def _note_used_id(self, sound_id: str) -> None:
        # Once: it may as well be a message that came twice.
        level = logging.DEBUG if self._noted_used_id else logging.WARNING
        self._noted_used_id = True
        logger.log(
            level,
            "the sound %r was played before, and is not played again: give each sound "
            "that is sent to play/set, and each timer that finishes, an id of its own",
            sound_id,
        )

    def _play(self, sound_id: str, pcm: bytes, *, heard_out: bool = False) -> None:
        self._player.begin(sound_id, _FORMAT, heard_out=heard_out)
        self._player.feed(sound_id, pcm)
        self._player.end(sound_id)

    def _await_chunk(
        self, sound_id: str, tell: Callable[[Event], None], *, on: bool
    ) -> None:
        deadline = self._deadlines.pop(sound_id, None)
        if deadline is not None:
            deadline.cancel()
        if on:
            self._deadlines[sound_id] = asyncio.get_running_loop().call_later(
                CHUNK_TIMEOUT, tell, ChunksStalled(sound_id)
            )
