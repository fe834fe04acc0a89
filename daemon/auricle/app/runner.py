"""The only loop: an event goes into the satellite, its orders are carried out.

Everything here runs on the event loop. The two foreign threads (capture, MQTT) enter
it through `Runner.deliver`, and nowhere else.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from auricle.app.sound_orders import SoundOrders
from auricle.app.turn_recognizer import TurnRecognizer
from auricle.arbitration.messages import GroupMessage
from auricle.asr.turn_recognition import TurnRecognition
from auricle.audio.feedback import Cue
from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.playing import SoundFinished
from auricle.capture.capture_clock import CaptureClock
from auricle.errors import Reason
from auricle.mqtt.delivery.ledger import Fate, Settled
from auricle.system.clock import since_boot
from auricle.system.threads import hand_to_loop
from auricle.turns.arbitrated_satellite import ArbitratedSatellite
from auricle.turns.budget import Budget, Usage
from auricle.turns.events import (
    Attend,
    AwaitFinal,
    BudgetChanged,
    CloseMicrophone,
    CloseSession,
    Effect,
    EndUtterance,
    Event,
    FinalSettled,
    GroupSaid,
    KeepListening,
    ListenRequested,
    MicrophoneFact,
    OpenMicrophone,
    PublishInterim,
    PublishOutcome,
    RecognizerFailed,
    RecognizerSaid,
    ReplayUtterance,
    SendAudio,
    StartTurn,
    Stopping,
    TellGroup,
    WakeWordHeard,
)
from auricle.turns.satellite import Satellite, SatelliteState
from auricle.turns.sounds import SoundCancelRequested
from auricle.turns.turn import Outcome, OutcomeKind, Stamp, Turn
from auricle.wake.detector import Detection

logger = logging.getLogger(__name__)


class CaptureThread(Protocol):
    """The capture thread, as the loop sees it; every call returns at once."""

    @property
    def clock(self) -> CaptureClock:
        """When the frames were captured that are delivered now."""

    def attend(self, *, on: bool, after: Detection | None) -> None:
        """Deliver frames from now on, or keep them; `after` the latest wake word."""

    def open_microphone(self) -> None:
        """Capture; whether that succeeds is delivered."""

    def close_microphone(self) -> None:
        """Release the device; that it is done is delivered."""


class TurnPublisher(Protocol):
    """Is told of all turns; no call blocks or raises."""

    def state(self, state: SatelliteState, *, muted: bool, ringing: bool) -> None:
        """Take what the satellite does from now on, whether it hears nothing, since
        its microphone is closed, and whether a timer rings.
        """

    def wake(self, turn: Turn, at: datetime) -> None:
        """Take the beginning of a turn."""

    def interim(self, turn: str, text: str) -> None:
        """Take what is understood so far of the turn with this id."""

    def outcome(self, outcome: Outcome, stamp: Stamp) -> None:
        """Take the end of a turn."""


@dataclass(frozen=True, slots=True)
class OrderTargets:
    """The parts that the satellite's orders are for."""

    capture: CaptureThread
    recognizer: TurnRecognizer
    publisher: TurnPublisher
    feedback: Callable[[Cue], None] = lambda _: None
    """Tells a person in the room how a turn goes; returns at once."""
    sounds: SoundOrders | None = None
    """The loudspeaker, and whoever tells of it; nothing where no sound is sent."""
    tell_group: Callable[[GroupMessage], None] = lambda _: None
    """Tells the other satellites of the group; returns at once, and what it takes is
    lost where no broker is connected."""


class Runner:
    """Carries out what the satellite decides."""

    def __init__(
        self,
        satellite: Satellite | ArbitratedSatellite,
        targets: OrderTargets,
        budget: Budget,
        *,
        time_to_live: float,
        on_usage: Callable[[Usage, bool], None] = lambda _usage, _reached: None,
    ) -> None:
        """`time_to_live` is in seconds: a command older than that is neither said again
        nor followed up; whoever publishes sees to it that it is not obeyed. `on_usage`
        hears after each turn what was used, and whether a limit is reached; it returns
        at once.
        """
        self._satellite = satellite
        self._capture = targets.capture
        self._recognizer = targets.recognizer
        self._publisher = targets.publisher
        self._feedback = targets.feedback
        self._tell_group = targets.tell_group
        self._sounds = targets.sounds
        self._budget = budget
        self._on_usage = on_usage
        self._told_budget = BudgetChanged(limit_reached=False)
        self._loop = asyncio.get_running_loop()
        self._pending: deque[Event] = deque()
        self._handling = False
        self._recognition: TurnRecognition | None = None
        self._time_to_live = time_to_live
        self._turn_started = since_boot()
        self._started: str | None = None
        """The id of the latest turn."""
        self._clock = targets.capture.clock
        self._last_sent: int | None = None
        self._latest_detection: Detection | None = None
        self._told: tuple[SatelliteState, bool, bool] | None = None

    def deliver(self, events: Sequence[Event]) -> None:
        """Hand over events from another thread, which wakes the loop once."""
        hand_to_loop(self._loop, self.handle, *events)

    def handle(self, *events: Event) -> None:
        """Take events, on the loop: decide, carry out, publish a new state."""
        self._pending += events
        if self._handling:
            # An order was answered while it was being carried out: its turn comes.
            return
        self._handling = True
        try:
            while self._pending:
                self._handle_one(self._pending.popleft())
        finally:
            self._handling = False

    def group_said(self, message: GroupMessage) -> None:
        """Take what another satellite of the group says, on the loop, as it arrives."""
        position = None
        if not self._satellite.microphone_closed:
            position = self._capture.clock.position_of(since_boot())
        self.handle(GroupSaid(message, position))

    def final_settled(self, settled: Settled) -> None:
        """Take what became of a final, on the loop, each time that it is told."""
        logger.debug("a final is %s", settled.fate)
        if settled.over:
            told = settled.fate in {Fate.ACKED, Fate.NO_LISTENER}
            self.handle(FinalSettled(settled.outbound.outcome.turn.id, told))

    def start(self) -> None:
        """Listen, unless muted."""
        if self._satellite.muted:
            self._tell_state()
        else:
            # What becomes of that is the first state that is told.
            self._capture.open_microphone()

    def stop(self) -> None:
        """End the turn that is open."""
        self.handle(Stopping())

    def _tell_state(self) -> None:
        self._told = self._state
        state, muted, ringing = self._told
        self._publisher.state(state, muted=muted, ringing=ringing)

    @property
    def _state(self) -> tuple[SatelliteState, bool, bool]:
        satellite = self._satellite
        return satellite.state, satellite.microphone_closed, satellite.ringing

    def _handle_one(self, event: Event) -> None:
        if isinstance(event, WakeWordHeard | ListenRequested | SoundFinished):
            for change in self._budget_changes():
                self._handle_one(change)
        if event == SoundCancelRequested(None):
            self._hush()
        if isinstance(event, WakeWordHeard):
            self._latest_detection = event.detection
        elif isinstance(event, RecognizerSaid) and self._is_too_old():
            event = replace(event, late=True)
        effects = self._satellite.step(event)
        if isinstance(event, WakeWordHeard) and self._satellite.disputed:
            self._hush()
        for effect in effects:
            self._carry_out(effect)
        # Until something is known of the microphone there is nothing to tell.
        known = self._told is not None or isinstance(event, MicrophoneFact)
        if known and self._state != self._told:
            before = self._told[0] if self._told else None
            logger.debug("%s -> %s", before, self._satellite.state)
            self._tell_state()

    def _budget_changes(self) -> list[BudgetChanged]:
        """What the satellite has to know of the limits before anything else."""
        now, today = since_boot(), _now().date()
        reached = self._budget.limit_reached(now, today)
        change = BudgetChanged(reached, self._budget.left(now, today))
        if change == self._told_budget:
            return []
        if reached is not self._told_budget.limit_reached:
            logger.log(
                logging.WARNING if reached else logging.INFO,
                "the limits of this hour or day are %s",
                "reached: nothing is sent" if reached else "no longer reached",
            )
        self._told_budget = change
        return [change]

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case StartTurn(turn, audible):
                self._start(turn, audible=audible)
            case SendAudio(_, frame):
                self._last_sent = frame.end
                self._of_turn.send(frame)
            case EndUtterance():
                self._of_turn.end_utterance()
                self._feedback(Cue.END)
            case AwaitFinal(_, audible):
                self._of_turn.await_final()
                if audible:
                    self._feedback(Cue.END)
            case KeepListening():
                self._of_turn.keep_listening()
            case ReplayUtterance(turn_id) if self._is_too_old():
                expired = RecognizerFailed(turn_id, Reason.EXPIRED, transient=False)
                self._pending.append(expired)
            case ReplayUtterance():
                self._of_turn.replay()
            case CloseSession():
                self._of_turn.close()
                self._recognition = None
            case PublishInterim(turn_id, text):
                self._publisher.interim(turn_id, text)
            case PublishOutcome(outcome):
                self._publish(outcome)
            case TellGroup(message, heard_at):
                self._tell_group(self._as_of_now(message, heard_at))
            case Attend(on):
                self._capture.attend(on=on, after=self._latest_detection)
            case OpenMicrophone():
                self._capture.open_microphone()
            case CloseMicrophone():
                self._capture.close_microphone()
            case _:
                # Who has no loudspeaker is told of no sound.
                assert self._sounds is not None
                self._sounds.carry_out(effect, self.handle)

    def _hush(self) -> None:
        if self._sounds is not None:
            self._sounds.hush()

    def _as_of_now(self, message: GroupMessage, heard_at: int) -> GroupMessage:
        """Say how long ago its word was for the microphone.

        A busy machine hears late what others hear at once. They compare the message
        with the moment when it arrives, and would take late sound for another word.
        """
        position = self._capture.clock.position_of(since_boot())
        if position is None:
            return message
        claim = message.claim
        after = max(claim.after, (position - heard_at) / SAMPLE_RATE)
        return replace(message, claim=replace(claim, after=after))

    @property
    def _of_turn(self) -> TurnRecognition:
        assert self._recognition is not None
        return self._recognition

    def _start(self, turn: Turn, *, audible: bool) -> None:
        self._turn_started, self._started = since_boot(), turn.id
        # A microphone that is opened anew counts anew.
        self._clock = self._capture.clock
        self._last_sent = None
        self._hush()
        if not turn.follow_up:
            self._budget.count_turn(since_boot())
            self._publisher.wake(turn, _now())
            if audible:
                self._feedback(Cue.WAKE)
        self._recognition = self._recognizer.open(turn, self.handle)

    def _spoken(self, end_of_speech: int | None) -> float | None:
        """When the last word was said, by the time since the machine's start; where
        only the recognizer heard one, it was not after what was sent.
        """
        last = self._last_sent if end_of_speech is None else end_of_speech
        return None if last is None else self._clock.time_of(last)

    def _is_too_old(self) -> bool:
        spoken = self._spoken(self._satellite.end_of_speech)
        return spoken is not None and since_boot() - spoken >= self._time_to_live

    def _publish(self, outcome: Outcome) -> None:
        now = since_boot()
        # Of what is yielded or refused nothing was sent, whatever else is open.
        sent = self._recognition is not None and outcome.turn.id == self._started
        spoken = self._spoken(outcome.end_of_speech) if sent else None
        latency = None
        if outcome.end_of_speech is not None and spoken is not None:
            latency = now - spoken
        if outcome.counts_at_its_end:
            self._budget.count_turn(now)
        usage = self._budget.used(outcome.billed_seconds, _now().date())
        self._pending.extendleft(self._budget_changes())
        if outcome.billed_seconds or sent:
            self._on_usage(usage, self._told_budget.limit_reached)
        # The clock may have been set meanwhile: a Pi's often is, soon after its start.
        seconds = now - self._turn_started if sent else 0.0
        ended = _now()
        started = ended - timedelta(seconds=seconds)
        self._publisher.outcome(outcome, Stamp(started, ended, latency, spoken))
        if outcome.kind is OutcomeKind.ERROR:
            self._feedback(Cue.ERROR)


def _now() -> datetime:
    return datetime.now().astimezone()
