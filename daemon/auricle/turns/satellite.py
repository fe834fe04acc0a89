"""Whose turn it is: the satellite's state machine.

```
state        event                             next         orders
------------------------------------------------------------------------------------
idle         WakeWordHeard                     listening    start, send pre-roll
             ListenRequested                   listening    start, attend
listening,   what concerns the turn            as in open_turn; over: the resting state
processing   its transcript, with follow-up    listening    outcome, start
             the same, too late                resting      outcome
             the same, with afterthoughts      resting      outcome, attend
             CancelRequested, Stopping         resting      outcome cancelled
listening    WakeWordHeard                     listening    outcome cancelled, start
             MicrophoneLost                    error        outcome error
             MicrophoneClosed                  muted        outcome cancelled
processing   WakeWordHeard                     processing   none: its turn comes next
             the same, without words so far    listening    outcome cancelled, start
             the same, while another waits     processing   that one's: cancelled
             MicrophoneLost, MicrophoneClosed  processing   none: the audio is all sent
listening    WakeWordHeard                     processing   none: its turn comes next
again        MicrophoneLost, MicrophoneClosed  processing   none: what is over is sent
one waits    MicrophoneLost                    as without   its outcome: error
             MicrophoneClosed, CancelRequested,
             MuteRequested, on, Stopping,
             WordDisputed, on                  as without   its outcome: cancelled
             the open turn reaches a limit     as without   its outcome: error
any          MuteRequested, on                 resting      outcome cancelled, close
             MuteRequested, off                the same     open the microphone
at rest      MicrophoneClosed                  muted
             MicrophoneLost                    error
             MicrophoneFound                   idle
muted        WakeWordHeard, ListenRequested    listening    start: it is being opened
error,
budget spent ListenRequested                   the same     outcome error
mute ordered ListenRequested                   the same     outcome error
             WakeWordHeard                     the same     attend no more
budget spent WakeWordHeard                     the same     outcome error
listening    WordDisputed, on                  at rest      outcome cancelled
processing   WordDisputed, on                  processing   none: no follow-up behind it
any          ToldToStop                        the same     cancel the sounds that wait
responding   WordDisputed, on                  at rest      cancel the sound
listening,
processing   TurnYielded                       at rest      outcome yielded
at rest      AnswerFailed                      the same     tell that there is no answer
             a sound begins                    responding   as in playback
responding   its end                           resting      as in playback
             SoundFinished, and it asked       listening    start, attend: a follow-up
             the same, an answer, follow-up    listening    start, attend: a follow-up
             WakeWordHeard, ListenRequested    as at rest   cancel the sound, first
a follow-up  an answer to the turn before      responding   outcome no_speech
             a limit is reached                resting      outcome no_speech
afterthought Heard, and somebody goes on       listening    start, send what was held
             nobody does within a second       resting      attend no more
             a sound begins, WordDisputed on,
             MuteRequested, TurnYielded,
             a limit is reached,
             MicrophoneLost, MicrophoneClosed  the same     attend no more
             WakeWordHeard, ListenRequested    listening    as at rest
any          what concerns sounds              the same     as in playback
```

*An afterthought* may come behind the transcript of a turn, where no follow-up does: at
rest, the sound is listened to here for a second more, and nothing of it is sent unless
the speaker's voice is in it. It is a turn of its own that tells which one it continues,
and has none behind it.

*Listening again*: an utterance of the turn is over, and who spoke goes on. A wake word
is all that was meant then, and the utterance stands.

*A follow-up* makes room for an answer as long as nobody has spoken in it. Behind the
answer there is another one. Nor does it go on where the turn before reached a limit.

*While a word is disputed* between satellites, it has been said all the same: what was
said before it is all of that. No sound begins, and no follow-up, for somebody speaks.

The resting state is what is, and not what is ordered: `muted` once the device is
closed, `idle` once sound comes, `error` while it is lost or does not obey. While a
sound plays, it is `responding` instead, whatever the microphone does: who is muted is
still spoken to. Nothing begins to play while a turn is open. What is not in the table
changes nothing and orders nothing: above all, what the recognizer says of a turn that
is over.
"""

from enum import StrEnum
from typing import assert_never

from auricle.audio.playing import SoundFailed, SoundFinished, SoundStarted
from auricle.errors import Reason
from auricle.turns.afterthought import Afterthought
from auricle.turns.budget import Left
from auricle.turns.events import (
    AnswerLate,
    Attend,
    BudgetChanged,
    CancelRequested,
    ChunksStalled,
    CloseMicrophone,
    CommandTold,
    Effect,
    Event,
    FinalSent,
    FinalSettled,
    FollowUpRequested,
    GroupChanged,
    GroupSaid,
    Heard,
    ListenRequested,
    MicrophoneClosed,
    MicrophoneFound,
    MicrophoneLost,
    MuteRequested,
    OpenMicrophone,
    PublishOutcome,
    RecognizerFailed,
    RecognizerSaid,
    StartTurn,
    Stopping,
    StopRequested,
    TellNoAnswer,
    ToldToStop,
    TurnYielded,
    WakeWordHeard,
    WordDisputed,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.open_turn import OpenTurn
from auricle.turns.playback import HeardOut, Playback
from auricle.turns.sounds import (
    AnswerFailed,
    PlayReason,
    SoundArrived,
    SoundCancelRequested,
    SoundUnusable,
    SpeechFailed,
    SpeechRequested,
    Then,
    TimerChanged,
)
from auricle.turns.turn import Outcome, OutcomeKind, Phase, Turn


class SatelliteState(StrEnum):
    """The first four as Home Assistant names them for a voice satellite."""

    IDLE = "idle"
    LISTENING = "listening"
    PROCESSING = "processing"
    RESPONDING = "responding"
    MUTED = "muted"
    ERROR = "error"


class Satellite:
    """Events in, orders out; no I/O, no clock: time is counted in audio."""

    def __init__(
        self, turns: TurnFactory, *, muted: bool = False, afterthought: float = 0.0
    ) -> None:
        """`afterthought` is for how many seconds behind a transcript who spoke may go
        on without a wake word; 0: not at all.
        """
        self._turns = turns
        self._muted = muted
        self._longest_afterthought = afterthought
        self._afterthought: Afterthought | None = None
        self._follow_up = 0.0
        self._late = False
        """The recognizer said its latest word too late for the command to be obeyed."""
        self._limit_reached = False
        self._left = Left()
        # What the microphone was told to be last; it is closed until it is found.
        self._at_rest = SatelliteState.MUTED
        self._open: OpenTurn | None = None
        self._waiting: list[Event] = []
        self._disputed = False
        """Whether another satellite may answer the latest wake word."""
        self._interrupted = False
        """A sound was cancelled for it."""
        self._playback = Playback()

    @property
    def state(self) -> SatelliteState:
        """What the satellite does: what is, not what was ordered."""
        match self._phase:
            case Phase.LISTENING:
                return SatelliteState.LISTENING
            case Phase.PROCESSING:
                return SatelliteState.PROCESSING
            case None if self._playback.playing:
                return SatelliteState.RESPONDING
            case None:
                return self._at_rest
            case phase:
                assert_never(phase)

    @property
    def ringing(self) -> bool:
        """Whether what it plays is a timer's ring."""
        return self._playback.ringing

    @property
    def muted(self) -> bool:
        """Whether mute is ordered; `state` tells whether it is so."""
        return self._muted

    @property
    def microphone_closed(self) -> bool:
        """Whether it is, and nobody waits for it to be opened: what mute comes to, also
        while a sound plays.
        """
        return self._phase is None and self._at_rest is SatelliteState.MUTED

    @property
    def deaf(self) -> bool:
        """Whether no wake word is obeyed: mute is ordered, or no sound comes."""
        lost = self._phase is None and self._at_rest is SatelliteState.ERROR
        return self._muted or lost

    @property
    def disputed(self) -> bool:
        """Whether another one may answer the latest wake word: no sound begins."""
        return self._disputed

    @property
    def interrupted(self) -> bool:
        """Whether the word that is disputed has ended a sound."""
        return self._interrupted

    @property
    def awaits_afterthought(self) -> bool:
        """Whether who spoke may go on without a wake word, and has not yet."""
        return self._afterthought is not None

    @property
    def turn(self) -> Turn | None:
        """The open turn."""
        return self._open.turn if self._open else None

    @property
    def awaits_final(self) -> bool:
        """Whether the open turn goes no further without a final."""
        return self._open is not None and self._open.awaits_final

    @property
    def end_of_speech(self) -> int | None:
        """Sample position behind the open turn's last word so far, if it has any."""
        return self._open.end_of_speech if self._open else None

    def step(self, event: Event) -> list[Effect]:
        """Take what happened; return the orders, to be carried out in this sequence."""
        attended = self._attends
        effects = self._advance(event)
        sounds = [] if self._disputed else self._playback.play_next()
        if self._afterthought is not None and not self._may_have_afterthought:
            self._afterthought = None
        if attended and not self._attends:
            effects.append(Attend(on=False))
        return effects + sounds

    @property
    def _attends(self) -> bool:
        """Whether frames are needed."""
        return self._open is not None or self._afterthought is not None

    @property
    def _may_have_afterthought(self) -> bool:
        """Whether a voice would be a person's that is meant for us."""
        heard = self._at_rest is SatelliteState.IDLE and self._why_deaf() is None
        quiet = not (self._playback.playing or self._playback.answer_waits)
        return heard and quiet and self._open is None and not self._disputed

    def _advance(self, event: Event) -> list[Effect]:
        effects = list(self._take(event))
        if self._at_rest is SatelliteState.ERROR and self._phase is not None:
            # Without frames nothing would ever end what waits for them.
            assert self._open is not None
            effects += self._open.nothing_follows(OutcomeKind.ERROR, Reason.MICROPHONE)
        if self._phase is not None and (
            self._playback.answer_waits or self._limit_reached
        ):
            effects += self._leave_follow_up()
        if self._open is not None and self._open.phase is None:
            effects += self._close(self._open)
        return effects

    def _take(self, event: Event) -> list[Effect]:
        match event:
            case WakeWordHeard():
                return self._woken(event)
            case Heard():
                if self._waiting:
                    self._waiting.append(event)
                if self._afterthought is not None:
                    return self._go_on_behind(self._afterthought, event)
                return self._open.heard(event) if self._open else []
            case ListenRequested():
                return self._listen_requested()
            case StopRequested():
                return self._open.stop() if self._open else []
            case CancelRequested():
                return self._cancel()
            case RecognizerSaid(turn_id, said, hints, late):
                answered = self._answered(turn_id)
                self._late = late
                return answered.recognized(said, hints) if answered else []
            case RecognizerFailed(turn_id, reason, transient, no_network):
                answered = self._answered(turn_id)
                if answered is None:
                    return []
                return answered.failed(
                    reason, transient=transient, no_network=no_network
                )
            case MuteRequested(muted):
                return self._mute(muted=muted)
            case FollowUpRequested(seconds):
                self._follow_up = seconds
                return []
            case BudgetChanged(limit_reached, left):
                self._limit_reached, self._left = limit_reached, left
                return []
            case MicrophoneLost():
                self._at_rest = SatelliteState.ERROR
                return self._drop_waiting(OutcomeKind.ERROR, Reason.MICROPHONE)
            case MicrophoneFound():
                self._at_rest = SatelliteState.IDLE
                return []
            case MicrophoneClosed():
                self._at_rest = SatelliteState.MUTED
                dropped = self._drop_waiting()
                # Sound of another opening does not continue it.
                if self._phase is None:
                    return dropped
                assert self._open is not None
                return dropped + self._open.nothing_follows(OutcomeKind.CANCELLED)
            case SoundArrived():
                return self._playback.arrived(event)
            case SoundUnusable(sound_id):
                return self._playback.unusable(sound_id)
            case SoundCancelRequested(sound_id):
                return self._playback.cancel(sound_id)
            case AnswerFailed():
                return self._tell_no_answer()
            case SpeechRequested():
                return self._playback.speak(event)
            case SpeechFailed(_, reason):
                effects = self._playback.speech_failed(event)
                if effects and reason is PlayReason.SYNTHESIZER:
                    effects += self._tell_no_answer()
                return effects
            case TimerChanged():
                return self._playback.timer_changed(event)
            case SoundStarted():
                return self._playback.started(event)
            case SoundFinished():
                effects, heard_out = self._playback.finished(event)
                return effects + self._follow_up_behind(heard_out)
            case SoundFailed():
                return self._playback.failed(event)
            case ChunksStalled(sound_id):
                return self._playback.chunks_stalled(sound_id)
            case AnswerLate(turn_id):
                return self._playback.answer_late(turn_id)
            case ToldToStop():
                return self._playback.stop_word()
            case WordDisputed(on):
                return self._dispute(on=on)
            case TurnYielded(turn_id):
                self._afterthought = None
                return self._yield(turn_id)
            case (
                GroupSaid()
                | GroupChanged()
                | FinalSent()
                | FinalSettled()
                | CommandTold()
            ):
                return []
            case Stopping():
                return self._cancel() + self._playback.stop()
            case _:
                assert_never(event)

    def _tell_no_answer(self) -> list[Effect]:
        # Whoever speaks, or is spoken to, is not told of what was said before.
        quiet = self._phase is None and not self._playback.playing
        return [TellNoAnswer()] if quiet and not self._disputed else []

    # --- starting ---

    def _dispute(self, *, on: bool) -> list[Effect]:
        self._disputed, self._interrupted = on, False
        if not on:
            return []
        if self._open is not None and self._open.has_utterance:
            return self._drop_waiting() + self._open.nothing_follows()
        effects = self._cancel()
        silenced = self._playback.interrupt(PlayReason.WAKE)
        self._interrupted = bool(silenced)
        return effects + silenced

    def _yield(self, turn_id: str) -> list[Effect]:
        self._disputed, self._interrupted = True, False
        match self._waiting:
            case [WakeWordHeard(turn=waiting), *_] if waiting == turn_id:
                self._waiting.clear()
        yielding = self._answered(turn_id)
        return yielding.end(OutcomeKind.YIELDED) if yielding else []

    def _woken(self, event: WakeWordHeard) -> list[Effect]:
        self._disputed = False
        if self._open is not None and self._open.has_utterance:
            dropped = self._drop_waiting()
            self._waiting = [event]
            return dropped + self._open.nothing_follows()
        if self.deaf:
            return [Attend(on=False)]
        # Who says it again has given up on what was heard so far.
        return [
            *self._cancel(),
            *self._start(event, self._playback.interrupt(PlayReason.WAKE)),
        ]

    def _start(self, event: WakeWordHeard, interrupted: list[Effect]) -> list[Effect]:
        begun = self._turns.by_wake_word(
            event.detection,
            turn_id=event.turn,
            interrupting=bool(interrupted) or self._interrupted or event.interrupting,
        )
        self._interrupted = False
        if self._limit_reached:
            refusal = _refusal(begun.turn, Reason.BUDGET)
            return [*interrupted, refusal, Attend(on=False)]
        announced = self._begin(begun, audible=not event.answered)
        return interrupted + announced + begun.begin(event.pre_roll)

    def _listen_requested(self) -> list[Effect]:
        if self._phase is not None:
            return []
        interrupted = self._playback.interrupt(PlayReason.LISTEN)
        requested = self._turns.by_push_to_talk(interrupting=bool(interrupted))
        reason = self._why_deaf()
        if reason is not None:
            return [*interrupted, _refusal(requested.turn, reason)]
        return [*interrupted, *self._begin(requested), Attend(on=True)]

    def _why_deaf(self) -> Reason | None:
        """Why no turn may begin."""
        if self._muted:
            return Reason.MUTED
        if self._at_rest is SatelliteState.ERROR:
            return Reason.MICROPHONE
        return Reason.BUDGET if self._limit_reached else None

    def _begin(self, begun: OpenTurn, *, audible: bool = True) -> list[Effect]:
        self._open = begun
        start = StartTurn(begun.turn, audible)
        return [*self._playback.turn_began(begun.turn), start]

    def _close(self, over: OpenTurn) -> list[Effect]:
        assert over.outcome is not None
        self._open = None
        effects = self._playback.turn_ended(over.outcome)
        if over.outcome.told_to_stop:
            effects += self._playback.stop_word()
        return effects + self._go_on_after(over, over.outcome)

    def _go_on_after(self, over: OpenTurn, outcome: Outcome) -> list[Effect]:
        if self._waiting:
            if self._left.is_spent_by(outcome):
                return self._drop_waiting(OutcomeKind.ERROR, Reason.BUDGET)
            waiting, self._waiting = self._waiting, []
            return [effect for event in waiting for effect in self._advance(event)]
        answered = outcome.kind is OutcomeKind.TRANSCRIPT and not self._late
        # Where an answer is there already, it is listened for more behind that.
        if not answered or self._playback.answer_waits:
            return []
        if self._longest_afterthought and not self._follow_up:
            self._afterthought = over.afterthought(self._longest_afterthought)
        return self._listen_on(self._follow_up)

    def _go_on_behind(self, afterthought: Afterthought, event: Heard) -> list[Effect]:
        match afterthought.push(event):
            case Afterthought.Course.OPEN:
                return []
            case Afterthought.Course.NONE:
                self._afterthought = None
                return []
            case Afterthought.Course.SPOKEN:
                self._afterthought = None
                begun = self._turns.by_afterthought(afterthought.continues)
                effects = self._begin(begun)
                for heard in afterthought.frames:
                    effects += begun.heard(heard)
                return effects
            case course:
                assert_never(course)

    def _follow_up_behind(self, heard_out: HeardOut | None) -> list[Effect]:
        match heard_out:
            case HeardOut(then=Then.LISTEN):
                return self._listen_on(None)
            case HeardOut(answer=True):
                return self._listen_on(self._follow_up)
            case _:
                return []

    def _listen_on(self, seconds: float | None) -> list[Effect]:
        """Open a follow-up that waits so long, or as long as behind a wake word; not at
        all for 0 seconds, or where nobody would be heard.
        """
        heard = self._at_rest is SatelliteState.IDLE and self._why_deaf() is None
        if seconds == 0 or not heard or self._disputed:
            return []
        # A microphone that was away meanwhile attends to nobody.
        return [*self._begin(self._turns.by_follow_up(seconds)), Attend(on=True)]

    # --- under way ---

    @property
    def _phase(self) -> Phase | None:
        return self._open.phase if self._open else None

    def _answered(self, turn_id: str) -> OpenTurn | None:
        if self._open is not None and self._open.turn.id == turn_id:
            return self._open
        return None

    def _leave_follow_up(self) -> list[Effect]:
        assert self._open is not None
        if self._open.turn.follow_up and self._open.unused:
            return self._open.end(OutcomeKind.NO_SPEECH)
        return []

    def _cancel(self) -> list[Effect]:
        dropped = self._drop_waiting()
        self._afterthought = None
        if self._phase is None:
            return dropped
        assert self._open is not None
        return dropped + self._open.end(OutcomeKind.CANCELLED)

    def _drop_waiting(
        self,
        kind: OutcomeKind = OutcomeKind.CANCELLED,
        reason: Reason | None = None,
    ) -> list[Effect]:
        """Tell what becomes of the turn that waits behind the open one."""
        waiting, self._waiting = self._waiting, []
        match waiting:
            case [WakeWordHeard(detection, turn=turn_id), *_]:
                dropped = self._turns.by_wake_word(detection, turn_id=turn_id)
                return [PublishOutcome(Outcome(dropped.turn, kind, reason=reason))]
            case _:
                return []

    def _mute(self, *, muted: bool) -> list[Effect]:
        if muted == self._muted:
            return []
        self._muted = muted
        if muted:
            return [*self._cancel(), CloseMicrophone()]
        return [OpenMicrophone()]


def _refusal(turn: Turn, reason: Reason) -> Effect:
    return PublishOutcome(Outcome(turn, OutcomeKind.ERROR, reason=reason))
