"""Whatever happens, in any order: every turn is whole, and ends exactly once."""

import itertools
from collections import Counter
from typing import assert_never

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, Frame
from auricle.errors import Reason
from auricle.qwen_asr.events import (
    Committed,
    FinalTranscript,
    InterimTranscript,
    SessionFinished,
    SpeechStarted,
    SpeechStopped,
)
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.events import (
    Attend,
    AwaitFinal,
    BudgetChanged,
    CancelRequested,
    CloseMicrophone,
    CloseSession,
    EndUtterance,
    Event,
    FollowUpRequested,
    Heard,
    KeepListening,
    ListenRequested,
    MicrophoneClosed,
    MicrophoneFound,
    MicrophoneLost,
    MuteRequested,
    OpenMicrophone,
    PublishInterim,
    PublishOutcome,
    RecognizerFailed,
    RecognizerSaid,
    ReplayUtterance,
    SendAudio,
    StartTurn,
    Stopping,
    StopRequested,
    WakeWordHeard,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.satellite import Satellite, SatelliteState
from auricle.turns.turn import Mode, OutcomeKind
from auricle.wake.detector import Detection

OPEN = {SatelliteState.LISTENING, SatelliteState.PROCESSING}
# What the capture thread tells, and what the house is to be told of it.
AT_REST: dict[type[Event], SatelliteState] = {
    MicrophoneClosed: SatelliteState.MUTED,
    MicrophoneFound: SatelliteState.IDLE,
    MicrophoneLost: SatelliteState.ERROR,
}
SAID = st.one_of(
    st.just(SpeechStarted("item", 0)),
    st.just(SpeechStopped("item", 900)),
    st.just(Committed("item")),
    st.builds(
        InterimTranscript, st.just("item"), st.just("turn "), st.sampled_from("abc")
    ),
    st.builds(FinalTranscript, st.just("item"), st.sampled_from(["", " ", "Stop."])),
    st.just(SessionFinished()),
)


class AnyOrder(RuleBasedStateMachine):
    """Plays the world, and keeps the books that the daemon must balance."""

    def __init__(self) -> None:
        super().__init__()
        numbers = itertools.count(1)
        self.frame = 0
        self.microphone: type[Event] = MicrophoneClosed
        self.muted = False
        self.wanted = True
        self.attending = False
        self.started: list[str] = []
        self.closed: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.ended: set[str] = set()
        self.replays: Counter[str] = Counter()
        self.last_sent: Frame | None = None
        self.machine: Satellite
        self.new_id = lambda: f"turn-{next(numbers)}"
        self.build(Mode.MANUAL)

    def build(self, mode: Mode) -> None:
        self.mode = mode
        turns = TurnFactory(
            mode=mode,
            endpointing=EndpointingSettings(
                silence=0.3, no_speech_timeout=1.0, longest=3.0
            ),
            new_turn_id=self.new_id,
        )
        self.machine = Satellite(turns)

    @precondition(lambda self: not self.started)
    @rule(mode=st.sampled_from(Mode))
    def configure(self, mode: Mode) -> None:
        self.build(mode)
        self.microphone, self.muted, self.wanted = MicrophoneClosed, False, True

    @precondition(lambda self: self.microphone is MicrophoneFound)
    @rule(pre_roll=st.integers(0, 10))
    def wake(self, pre_roll: int) -> None:
        frames = tuple(self.next_frame() for _ in range(pre_roll))
        self.happen(WakeWordHeard(Detection("alexa", 0.9, self.frame * 480), frames))

    @rule(count=st.integers(1, 40), speech=st.booleans())
    def sound(self, count: int, *, speech: bool) -> None:
        for _ in range(count):
            if self.microphone is MicrophoneFound:
                self.happen(Heard(self.next_frame(), speech))

    @rule(said=SAID, back=st.integers(0, 2))
    def recognizer_says(self, said: object, back: int) -> None:
        if turn := self.a_turn(back):
            self.happen(RecognizerSaid(turn, said))  # type: ignore[arg-type]  # drawn from SAID

    @rule(transient=st.booleans(), back=st.integers(0, 2))
    def recognizer_fails(self, back: int, *, transient: bool) -> None:
        if turn := self.a_turn(back):
            self.happen(RecognizerFailed(turn, Reason.ASR_UNREACHABLE, transient))

    @rule(back=st.integers(0, 2))
    def network_fails(self, back: int) -> None:
        if turn := self.a_turn(back):
            # How often it is tried again is for whoever carries that out.
            replays = self.replays.pop(turn, 0)
            unreachable = Reason.ASR_UNREACHABLE
            self.happen(RecognizerFailed(turn, unreachable, True, no_network=True))
            self.replays[turn] = replays

    @rule(
        event=st.sampled_from(
            [
                ListenRequested(),
                StopRequested(),
                CancelRequested(),
                Stopping(),
                FollowUpRequested(0.0),
                FollowUpRequested(1.0),
                BudgetChanged(limit_reached=True),
                BudgetChanged(limit_reached=False),
            ]
        )
    )
    def person(self, event: Event) -> None:
        self.happen(event)

    @rule(muted=st.booleans())
    def mute(self, *, muted: bool) -> None:
        self.muted = muted
        self.happen(MuteRequested(muted))

    @rule(
        told=st.sampled_from([MicrophoneClosed(), MicrophoneFound(), MicrophoneLost()])
    )
    def microphone_changes(self, told: Event) -> None:
        """As late as it likes: what is wanted may be another by now."""
        self.microphone = type(told)
        self.happen(told)

    def next_frame(self) -> Frame:
        self.frame += 1
        return Frame(bytes(FRAME_BYTES), self.frame * FRAME_SAMPLES)

    def a_turn(self, back: int) -> str | None:
        return self.started[-1 - back] if back < len(self.started) else None

    def happen(self, event: Event) -> None:
        for effect in self.machine.step(event):
            match effect:
                case StartTurn(turn):
                    assert turn.id not in self.started
                    assert all(self.outcomes[t] == 1 for t in self.started)
                    assert all(self.closed[t] == 1 for t in self.started)
                    self.started.append(turn.id)
                    self.last_sent = None
                case SendAudio(turn_id, frame):
                    assert turn_id == self.started[-1]
                    assert not self.closed[turn_id]
                    assert turn_id not in self.ended
                    if self.last_sent is not None:
                        assert frame.start > self.last_sent.start
                    self.last_sent = frame
                case EndUtterance(turn_id):
                    assert turn_id not in self.ended
                    self.ended.add(turn_id)
                case AwaitFinal(turn_id) | PublishInterim(turn_id):
                    assert not self.outcomes[turn_id]
                case KeepListening(turn_id):
                    assert not self.outcomes[turn_id]
                    # Behind a commit more may follow, behind a finish nothing.
                    assert self.mode is Mode.MANUAL or turn_id not in self.ended
                    self.ended.discard(turn_id)
                case ReplayUtterance(turn_id):
                    self.replays[turn_id] += 1
                    assert self.replays[turn_id] == 1
                case PublishOutcome(outcome):
                    self.outcomes[outcome.turn.id] += 1
                    has_words = outcome.transcript is not None
                    assert has_words is (outcome.kind is OutcomeKind.TRANSCRIPT)
                    has_reason = outcome.reason is not None
                    assert has_reason is (outcome.kind is OutcomeKind.ERROR)
                case CloseSession(turn_id):
                    self.closed[turn_id] += 1
                case Attend(on):
                    self.attending = on
                case OpenMicrophone():
                    self.wanted = True
                case CloseMicrophone():
                    self.wanted = False
                case _:
                    assert_never(effect)

    @invariant()
    def every_turn_but_the_open_one_has_one_outcome_and_a_closed_session(self) -> None:
        over = [t for t in self.started if not self.is_open(t)]
        assert all(self.outcomes[t] == 1 for t in over)
        assert all(self.closed[t] == 1 for t in over)
        assert not any(self.outcomes[t] for t in self.started if self.is_open(t))

    @invariant()
    def a_state_of_a_turn_needs_a_turn(self) -> None:
        assert (self.machine.state in OPEN) is (self.machine.turn is not None)

    @invariant()
    def nobody_listens_without_a_microphone(self) -> None:
        if self.muted or self.microphone is MicrophoneLost:
            assert self.machine.state is not SatelliteState.LISTENING

    @invariant()
    def the_last_order_holds(self) -> None:
        assert self.wanted is not self.muted

    @invariant()
    def what_is_told_of_the_microphone_is_what_is(self) -> None:
        if self.machine.turn is None:
            assert self.machine.state is AT_REST[self.microphone]

    def is_open(self, turn: str) -> bool:
        return self.machine.turn is not None and self.machine.turn.id == turn


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=50)
