"""Whose turn it is: the satellite's state machine.

```
state        event                             next         orders
------------------------------------------------------------------------------------
idle         WakeWordHeard                     listening    start, send pre-roll
             ListenRequested                   listening    start, attend
listening,   what concerns the turn            as in open_turn; over: the resting state
processing   its transcript, with follow-up    listening    outcome, start
             the same, too late                resting      outcome
             CancelRequested, Stopping         resting      outcome cancelled
listening    WakeWordHeard                     listening    outcome cancelled, start
             MicrophoneLost                    error        outcome error
             MicrophoneClosed                  muted        outcome cancelled
processing   WakeWordHeard                     processing   none: its turn comes next
             the same, without words so far    listening    outcome cancelled, start
             MicrophoneLost, MicrophoneClosed  processing   none: the audio is all sent
listening    WakeWordHeard                     processing   none: its turn comes next
again        MicrophoneLost, MicrophoneClosed  processing   none: what is over is sent
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
```

*Listening again*: an utterance of the turn is over, and who spoke goes on. A wake word
is all that was meant then, and the utterance stands.

The resting state is what is, and not what is ordered: `muted` once the device is
closed, `idle` once sound comes, `error` while it is lost or does not obey. What is not
in the table changes nothing and orders nothing: above all, what the recognizer says of
a turn that is over.
"""

from enum import StrEnum
from typing import assert_never

from auricle.errors import Reason
from auricle.turns.events import (
    Attend,
    BudgetChanged,
    CancelRequested,
    CloseMicrophone,
    Effect,
    Event,
    FollowUpRequested,
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
    WakeWordHeard,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.open_turn import OpenTurn
from auricle.turns.turn import Outcome, OutcomeKind, Phase, Turn


class SatelliteState(StrEnum):
    """The first three as Home Assistant names them for a voice satellite."""

    IDLE = "idle"
    LISTENING = "listening"
    PROCESSING = "processing"
    MUTED = "muted"
    ERROR = "error"


class Satellite:
    """Events in, orders out; no I/O, no clock: time is counted in audio."""

    def __init__(self, turns: TurnFactory, *, muted: bool = False) -> None:
        self._turns = turns
        self._muted = muted
        self._follow_up = 0.0
        self._late = False
        """The recognizer said its latest word too late for the command to be obeyed."""
        self._limit_reached = False
        # What the microphone was told to be last; it is closed until it is found.
        self._at_rest = SatelliteState.MUTED
        self._open: OpenTurn | None = None
        self._waiting: list[Event] = []

    @property
    def state(self) -> SatelliteState:
        """What the satellite does: what is, not what was ordered."""
        match self._phase:
            case Phase.LISTENING:
                return SatelliteState.LISTENING
            case Phase.PROCESSING:
                return SatelliteState.PROCESSING
            case None:
                return self._at_rest
            case phase:
                assert_never(phase)

    @property
    def muted(self) -> bool:
        """Whether mute is ordered; `state` tells whether it is so."""
        return self._muted

    @property
    def turn(self) -> Turn | None:
        """The open turn."""
        return self._open.turn if self._open else None

    @property
    def end_of_speech(self) -> int | None:
        """Sample position behind the open turn's last word so far, if it has any."""
        return self._open.end_of_speech if self._open else None

    def step(self, event: Event) -> list[Effect]:
        """Take what happened; return the orders, to be carried out in this sequence."""
        had_turn = self._open is not None
        effects = self._advance(event)
        if had_turn and self._open is None:
            effects.append(Attend(on=False))
        return effects

    def _advance(self, event: Event) -> list[Effect]:
        effects = list(self._take(event))
        if self._at_rest is SatelliteState.ERROR and self._phase is not None:
            # Without frames nothing would ever end what waits for them.
            assert self._open is not None
            effects += self._open.nothing_follows(OutcomeKind.ERROR, Reason.MICROPHONE)
        if self._open is not None and self._open.phase is None:
            outcome, self._open = self._open.outcome, None
            effects += self._go_on_after(outcome)
        return effects

    def _take(self, event: Event) -> list[Effect]:
        match event:
            case WakeWordHeard():
                return self._woken(event)
            case Heard():
                if self._waiting:
                    self._waiting.append(event)
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
            case BudgetChanged(limit_reached):
                self._limit_reached = limit_reached
                return []
            case MicrophoneLost():
                self._at_rest = SatelliteState.ERROR
                self._waiting.clear()
                return []
            case MicrophoneFound():
                self._at_rest = SatelliteState.IDLE
                return []
            case MicrophoneClosed():
                self._at_rest = SatelliteState.MUTED
                self._waiting.clear()
                # Sound of another opening does not continue it.
                if self._phase is None:
                    return []
                assert self._open is not None
                return self._open.nothing_follows(OutcomeKind.CANCELLED)
            case Stopping():
                return self._cancel()
            case _:
                assert_never(event)

    # --- starting ---

    def _woken(self, event: WakeWordHeard) -> list[Effect]:
        if self._open is not None and self._open.has_utterance:
            self._waiting = [event]
            return self._open.nothing_follows()
        if self._muted or self.state is SatelliteState.ERROR:
            return [Attend(on=False)]
        # Who says it again has given up on what was heard so far.
        cancelled = self._cancel()
        return cancelled + self._start(event)

    def _start(self, event: WakeWordHeard) -> list[Effect]:
        begun = self._turns.by_wake_word(event.detection)
        if self._limit_reached:
            return [_refusal(begun.turn, Reason.BUDGET), Attend(on=False)]
        self._open = begun
        return [StartTurn(begun.turn), *begun.begin(event.pre_roll)]

    def _listen_requested(self) -> list[Effect]:
        requested = self._turns.by_push_to_talk()
        match self.state:
            case SatelliteState.LISTENING | SatelliteState.PROCESSING:
                return []
            case _ if self._muted:
                return [_refusal(requested.turn, Reason.MUTED)]
            case SatelliteState.ERROR:
                return [_refusal(requested.turn, Reason.MICROPHONE)]
            case SatelliteState.IDLE | SatelliteState.MUTED if self._limit_reached:
                return [_refusal(requested.turn, Reason.BUDGET)]
            case SatelliteState.IDLE | SatelliteState.MUTED:
                self._open = requested
                return [StartTurn(requested.turn), Attend(on=True)]
            case state:
                assert_never(state)

    def _go_on_after(self, outcome: Outcome | None) -> list[Effect]:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            return [effect for event in waiting for effect in self._advance(event)]
        answered = outcome is not None and outcome.kind is OutcomeKind.TRANSCRIPT
        at_rest = self.state is SatelliteState.IDLE and not self._limit_reached
        if self._follow_up and answered and at_rest and not self._late:
            self._open = self._turns.by_follow_up(self._follow_up)
            return [StartTurn(self._open.turn)]
        return []

    # --- under way ---

    @property
    def _phase(self) -> Phase | None:
        return self._open.phase if self._open else None

    def _answered(self, turn_id: str) -> OpenTurn | None:
        if self._open is not None and self._open.turn.id == turn_id:
            return self._open
        return None

    def _cancel(self) -> list[Effect]:
        self._waiting.clear()
        if self._phase is None:
            return []
        assert self._open is not None
        return self._open.end(OutcomeKind.CANCELLED)

    def _mute(self, *, muted: bool) -> list[Effect]:
        if muted == self._muted:
            return []
        self._muted = muted
        if muted:
            return [*self._cancel(), CloseMicrophone()]
        return [OpenMicrophone()]


def _refusal(turn: Turn, reason: Reason) -> Effect:
    return PublishOutcome(Outcome(turn, OutcomeKind.ERROR, reason=reason))
