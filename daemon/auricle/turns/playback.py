"""Which sound plays: one at a time, and each comes to exactly one end.

```
sound     event                                next      orders
------------------------------------------------------------------------------------
-         its first chunk                      waiting   accept, await a chunk
          the same, in excess of what waits    -         report failed, too_long
          the same, an answer to another turn  -         report cancelled, replaced
          TimerChanged, finished               waiting   accept
          SpeechRequested                      waiting   accept, synthesize
          the same, without a word             -         report finished
          SoundUnusable                        -         report failed, format
waiting   nothing plays, and no turn is open   playing   begin, feed; ring
          the same, of a text without sound    waiting
          the same, but it awaits an answer    waiting
          a transcript, and no answer yet      waiting   await an answer
          another answer came, if it is one    -         report cancelled, replaced
          a turn began, if it is an answer     -         report cancelled, replaced
          a stop word, if it is no ring        -         report cancelled, stop
playing   its next chunk                       playing   feed, await a chunk
          its last chunk                       playing   feed, end
          SoundStarted                         playing   report started
          SoundFinished                        -         report finished
          SoundFailed                          -         report failed, loudspeaker
          a wake word, push to talk            -         cancel, report cancelled
either    the next chunk, but one is missing   -         report failed, order
          a chunk that is too much             -         report failed, too_long
          SoundUnusable                        -         report failed, format
          no chunk in time                     -         report failed, no_chunks
          SpeechFailed                         -         report failed
          it, or everything, is cancelled      -         report cancelled, stop
          TimerChanged, started, if it rings   -         report cancelled, stop;
                                                         forget it: it may ring again
          Stopping                             -         report cancelled, shutdown
          a chunk once more                    the same
over      its first chunk                      -         note that its id is used
          TimerChanged, finished               -         note that its id is used
          TimerChanged, started                -         forget it: it may ring again
          anything else                        -
```

Whatever ends a sound that plays cancels it in the player, unless the player told of it;
whatever ends one whose last chunk was not there awaits no chunk any longer, and of a
text no more sound is made. A text is an announcement; its chunks have no deadline, for
whoever makes them tells when there are none.

Of what waits, an answer goes first, as somebody waits for it, then a timer that rings,
then announcements, each in the order in which it came. A sound that does not even wait
has had its end, too: it is reported.

An answer is made of the transcript, and comes behind it. So what waits as a transcript
comes waits on, until the answer is there or late, or another turn was meant. What comes
behind the transcript does not: of some houses it is the answer.

An answer is for the latest turn that was meant: opened by a wake word or by push to
talk, or by itself behind an answer, if something was said in it. One that does not name
its turn is for the latest, unless a turn is open that was meant.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from auricle.audio.playing import SoundFailed, SoundFinished, SoundStarted
from auricle.turns.events import (
    AcceptSound,
    AwaitAnswer,
    AwaitChunk,
    BeginSound,
    CancelSound,
    Effect,
    EndSound,
    FeedSound,
    NoteUsedId,
    ReportSound,
    RingTimer,
    StopSynthesis,
    Synthesize,
)
from auricle.turns.sounds import (
    PlayReason,
    PlayReport,
    PlayState,
    SoundArrived,
    SoundKind,
    SoundOpening,
    SpeechFailed,
    SpeechRequested,
    Then,
    TimerChange,
    TimerChanged,
)
from auricle.turns.turn import Outcome, OutcomeKind, Turn

LONGEST_SOUND = 16 * 1024 * 1024
"""Bytes of one sound: six minutes of what Home Assistant sends."""
MOST_WAITING = 32 * 1024 * 1024
"""Bytes of all sounds that wait."""
MOST_SOUNDS_WAITING = 8
"""How many sounds wait that are no answer."""

# Whoever sends a chunk again does so soon: a broker that was away comes back.
_REMEMBERED = 64
_ANSWERS = (SoundKind.ANSWER, SoundKind.ACKNOWLEDGE)


@dataclass(slots=True, eq=False)
class _Sound:
    id: str
    opening: SoundOpening | None
    """What it is; of a timer that rings, nothing but that is known, and of a text not
    before there is sound of it."""
    text: bool = False
    """Whether it is a text that is made sound of here."""
    size: int = 0
    """Bytes so far, those that were played included."""
    next_seq: int = 0
    waiting: bytearray = field(default_factory=bytearray)
    """What came before it began."""
    then: Then | None = None
    """What follows it, which its last chunk says."""
    awaits_answer: bool = False
    """Whether the answer to the latest turn goes first, which is not there yet."""

    @property
    def rings(self) -> bool:
        return self.opening is None and not self.text

    @property
    def can_begin(self) -> bool:
        has_sound = self.rings or self.opening is not None
        return has_sound and not self.awaits_answer

    @property
    def answers(self) -> bool:
        return self.opening is not None and self.opening.kind in _ANSWERS

    @property
    def awaits_chunk(self) -> bool:
        return not self.rings and not self.text and self.then is None

    @property
    def is_being_made(self) -> bool:
        return self.text and self.then is None

    @property
    def turn(self) -> str | None:
        return self.opening.turn if self.opening is not None else None

    @property
    def urgency(self) -> int:
        return 0 if self.answers else 1 if self.rings else 2


@dataclass(frozen=True, slots=True)
class HeardOut:
    """A sound has been heard to its end."""

    answer: bool
    """It was an answer to a turn."""
    then: Then


class Playback:
    """Takes what concerns sounds, returns the orders; no I/O and no clock."""

    def __init__(self) -> None:
        self._playing: _Sound | None = None
        self._waiting: list[_Sound] = []
        self._over: deque[str] = deque(maxlen=_REMEMBERED)
        self._turn: Turn | None = None
        """The one that is open."""
        self._meant: str | None = None
        """The latest turn that answers are for."""
        self._stopping = False

    @property
    def playing(self) -> bool:
        """Whether the player has a sound that is not over."""
        return self._playing is not None

    @property
    def ringing(self) -> bool:
        """Whether that sound is a timer's."""
        return self._playing is not None and self._playing.rings

    @property
    def answer_waits(self) -> bool:
        """Whether an answer to the latest turn that was meant is still to be played."""
        return any(
            sound.answers and self._is_for_latest(sound) for sound in self._waiting
        )

    # --- what the house sends ---

    def arrived(self, chunk: SoundArrived) -> list[Effect]:
        """Take a chunk, whichever sound it is of."""
        if chunk.id in self._over:
            return [] if chunk.opening is None else [NoteUsedId(chunk.id)]
        sound = self._known(chunk.id)
        if sound is not None:
            return self._continued(sound, chunk)
        if chunk.opening is None:
            # Of a sound that is over for long, or that began before we did.
            return []
        sound = _Sound(chunk.id, chunk.opening)
        effects = self._accept(sound)
        if self._known(chunk.id) is None:
            return effects
        return effects + self._continued(sound, chunk)

    def unusable(self, sound_id: str) -> list[Effect]:
        """Give up the sound of this id: what was sent of it cannot be played."""
        sound = self._known(sound_id)
        if sound is not None:
            return self._end(sound, PlayState.FAILED, PlayReason.FORMAT)
        if sound_id in self._over:
            return []
        return self._over_with(sound_id, PlayState.FAILED, PlayReason.FORMAT)

    def chunks_stalled(self, sound_id: str) -> list[Effect]:
        """Give up the sound of this id: its next chunk did not come in time."""
        sound = self._known(sound_id)
        if sound is None or not sound.awaits_chunk:
            return []
        return self._end(sound, PlayState.FAILED, PlayReason.NO_CHUNKS)

    def answer_late(self, turn_id: str) -> list[Effect]:
        """Let nothing wait any longer for the answer to the turn of this id."""
        if turn_id == self._meant:
            self._await_no_answer()
        return []

    def speak(self, event: SpeechRequested) -> list[Effect]:
        """Have sound made of a text, and play it."""
        if self._known(event.id) or event.id in self._over:
            return []
        if not event.text:
            return self._over_with(event.id, PlayState.FINISHED, None)
        effects = self._accept(_Sound(event.id, None, text=True))
        if self._known(event.id) is None:
            return effects
        return [*effects, Synthesize(event.id, event.text)]

    def speech_failed(self, event: SpeechFailed) -> list[Effect]:
        """Give up the text of this id: there is no sound of it, or no more."""
        sound = self._known(event.id)
        if sound is None or not sound.is_being_made:
            return []
        return self._end(sound, PlayState.FAILED, event.reason)

    def timer_changed(self, event: TimerChanged) -> list[Effect]:
        """Ring when the timer is up; one that was cancelled rings no longer."""
        sound_id = f"timer-{event.id}"
        match event.change:
            case TimerChange.FINISHED:
                if self._known(sound_id):
                    return []
                if sound_id in self._over:
                    return [NoteUsedId(sound_id)]
                return self._accept(_Sound(sound_id, None))
            case TimerChange.CANCELLED:
                return self.cancel(sound_id)
            case TimerChange.STARTED:
                # Automations call every timer for eggs the same.
                effects = self.cancel(sound_id)
                if sound_id in self._over:
                    self._over.remove(sound_id)
                return effects
            case TimerChange.UPDATED:
                return []
            case change:
                assert_never(change)

    def cancel(
        self, sound_id: str | None, reason: PlayReason = PlayReason.STOP
    ) -> list[Effect]:
        """End the sound of this id; None: everything that plays, rings or waits."""
        ended = [s for s in self._sounds() if sound_id is None or s.id == sound_id]
        return [effect for sound in ended for effect in self._cancelled(sound, reason)]

    def stop(self) -> list[Effect]:
        """The daemon ends: no sound is played from now on."""
        self._stopping = True
        return self.cancel(None, PlayReason.SHUTDOWN)

    # --- what the player tells ---

    def started(self, event: SoundStarted) -> list[Effect]:
        """Note that a sound is heard from now on."""
        if self._playing is None or self._playing.id != event.id:
            return []
        return [ReportSound(PlayReport(event.id, PlayState.STARTED))]

    def finished(self, event: SoundFinished) -> tuple[list[Effect], HeardOut | None]:
        """Note that a sound is over; return what was heard to its end, too."""
        sound = self._playing
        if sound is None or sound.id != event.id:
            return [], None
        self._playing = None
        heard_out = HeardOut(sound.answers, sound.then or Then.IDLE)
        return self._end(sound, PlayState.FINISHED), heard_out

    def failed(self, event: SoundFailed) -> list[Effect]:
        """Note that a sound is not heard, or no longer."""
        sound = self._playing
        if sound is None or sound.id != event.id:
            return []
        self._playing = None
        return self._end(sound, PlayState.FAILED, PlayReason.LOUDSPEAKER)

    # --- what people do ---

    def interrupt(self, reason: PlayReason) -> list[Effect]:
        """Somebody speaks: what plays or rings is over. What waits is not."""
        if self._playing is None:
            return []
        return self._cancelled(self._playing, reason)

    def stop_word(self) -> list[Effect]:
        """Nobody wants to hear what waits; a timer that has not rung yet is none of
        that.
        """
        unwanted = [sound for sound in self._waiting if not sound.rings]
        return [e for s in unwanted for e in self._cancelled(s, PlayReason.STOP)]

    def turn_began(self, turn: Turn) -> list[Effect]:
        """Let nothing begin until the turn is over."""
        self._turn = turn
        return [] if turn.follow_up else self._meant_turn(turn.id)

    def turn_ended(self, outcome: Outcome) -> list[Effect]:
        """Note that the turn is over, and may have an answer."""
        self._turn = None
        if outcome.kind is not OutcomeKind.TRANSCRIPT:
            return []
        effects = self._meant_turn(outcome.turn.id)
        if not self._waiting or self.answer_waits:
            return effects
        for sound in self._waiting:
            sound.awaits_answer = True
        return [*effects, AwaitAnswer(outcome.turn.id)]

    def play_next(self) -> list[Effect]:
        """Begin what waits, where nothing plays and no turn is open."""
        ready = [sound for sound in self._waiting if sound.can_begin]
        if self._playing is not None or self._turn is not None or not ready:
            return []
        sound = min(ready, key=lambda waiting: waiting.urgency)
        self._waiting.remove(sound)
        self._playing = sound
        if sound.opening is None:
            return [RingTimer(sound.id)]
        pcm, sound.waiting = bytes(sound.waiting), bytearray()
        effects: list[Effect] = [BeginSound(sound.id, sound.opening.format)]
        if pcm:
            effects.append(FeedSound(sound.id, pcm))
        if sound.then is not None:
            effects.append(EndSound(sound.id))
        return effects

    # --- one sound ---

    def _accept(self, sound: _Sound) -> list[Effect]:
        """Let it wait, if it may."""
        if self._stopping:
            return self._over_with(sound.id, PlayState.CANCELLED, PlayReason.SHUTDOWN)
        effects = []
        if sound.answers:
            if not self._is_for_latest(sound):
                replaced = PlayReason.REPLACED
                return self._over_with(sound.id, PlayState.CANCELLED, replaced)
            effects = self._replace_answers()
            self._await_no_answer()
        elif sum(not other.answers for other in self._waiting) == MOST_SOUNDS_WAITING:
            return self._over_with(sound.id, PlayState.FAILED, PlayReason.TOO_LONG)
        self._waiting.append(sound)
        return [*effects, AcceptSound(sound.id)]

    def _continued(self, sound: _Sound, chunk: SoundArrived) -> list[Effect]:
        if chunk.seq < sound.next_seq or sound.then is not None:
            return []
        if chunk.seq > sound.next_seq:
            return self._end(sound, PlayState.FAILED, PlayReason.ORDER)
        if chunk.opening is not None and sound.text:
            sound.opening = chunk.opening
        sound.next_seq += 1
        sound.size += len(chunk.pcm)
        if sound.size > LONGEST_SOUND:
            return self._too_long(sound)
        if sound is not self._playing:
            waiting = sum(len(other.waiting) for other in self._waiting)
            if waiting + len(chunk.pcm) > MOST_WAITING:
                return self._too_long(sound)
        return [*self._take(sound, chunk.pcm), *self._look_ahead(sound, chunk.then)]

    def _take(self, sound: _Sound, pcm: bytes) -> list[Effect]:
        if sound is not self._playing:
            sound.waiting += pcm
            return []
        return [FeedSound(sound.id, pcm)] if pcm else []

    def _look_ahead(self, sound: _Sound, then: Then | None) -> list[Effect]:
        if then is None:
            return [AwaitChunk(sound.id, on=True)] if sound.awaits_chunk else []
        effects: list[Effect] = []
        if sound.awaits_chunk:
            effects.append(AwaitChunk(sound.id, on=False))
        sound.then = then
        if sound is self._playing:
            effects.append(EndSound(sound.id))
        return effects

    def _cancelled(self, sound: _Sound, reason: PlayReason) -> list[Effect]:
        return self._end(sound, PlayState.CANCELLED, reason)

    def _too_long(self, sound: _Sound) -> list[Effect]:
        return self._end(sound, PlayState.FAILED, PlayReason.TOO_LONG)

    def _end(
        self, sound: _Sound, state: PlayState, reason: PlayReason | None = None
    ) -> list[Effect]:
        effects: list[Effect] = []
        if sound is self._playing:
            # Before all else: somebody may be speaking.
            effects.append(CancelSound(sound.id))
            self._playing = None
        elif sound in self._waiting:
            self._waiting.remove(sound)
        if sound.awaits_chunk:
            effects.append(AwaitChunk(sound.id, on=False))
        elif sound.is_being_made:
            effects.append(StopSynthesis(sound.id))
        return effects + self._over_with(sound.id, state, reason)

    def _over_with(
        self, sound_id: str, state: PlayState, reason: PlayReason | None
    ) -> list[Effect]:
        self._over.append(sound_id)
        return [ReportSound(PlayReport(sound_id, state, reason))]

    # --- all sounds ---

    def _sounds(self) -> Iterator[_Sound]:
        if self._playing is not None:
            yield self._playing
        yield from self._waiting

    def _known(self, sound_id: str) -> _Sound | None:
        return next((s for s in self._sounds() if s.id == sound_id), None)

    def _is_for_latest(self, sound: _Sound) -> bool:
        if sound.turn is None or self._meant is None:
            return self._turn is None or self._turn.follow_up
        return sound.turn == self._meant

    def _meant_turn(self, turn_id: str) -> list[Effect]:
        self._meant = turn_id
        self._await_no_answer()
        return self._replace_answers(but_to=turn_id)

    def _await_no_answer(self) -> None:
        for sound in self._waiting:
            sound.awaits_answer = False

    def _replace_answers(self, *, but_to: str | None = None) -> list[Effect]:
        old = [
            sound
            for sound in self._waiting
            if sound.answers and (but_to is None or sound.turn != but_to)
        ]
        return [e for s in old for e in self._cancelled(s, PlayReason.REPLACED)]
