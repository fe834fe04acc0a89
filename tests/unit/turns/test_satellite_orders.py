"""Whatever happens, in any order: every turn is whole and ends exactly once, and so
does every sound.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from auricle.arbitration.messages import Alive, Bid, Claim, Done, GroupMessage, Take
from auricle.arbitration.round import LONGEST
from auricle.arbitration.settings import ArbitrationSettings
from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.audio.playing import SoundFailed, SoundFinished, SoundFormat, SoundStarted
from auricle.errors import Reason
from auricle.qwen_asr.events import (
    Committed,
    FinalTranscript,
    InterimTranscript,
    SessionFinished,
    SpeechStarted,
    SpeechStopped,
)
from auricle.turns.arbitrated_satellite import ArbitratedSatellite, Voices
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.events import (
    AcceptSound,
    AnswerLate,
    Attend,
    AwaitAnswer,
    AwaitChunk,
    AwaitFinal,
    BeginSound,
    BudgetChanged,
    CancelRequested,
    CancelSound,
    ChunksStalled,
    CloseMicrophone,
    CloseSession,
    CommandTold,
    Effect,
    EndSound,
    EndUtterance,
    Event,
    FeedSound,
    FinalSent,
    FinalSettled,
    FollowUpRequested,
    GroupChanged,
    GroupSaid,
    Heard,
    KeepListening,
    ListenRequested,
    MicrophoneClosed,
    MicrophoneFound,
    MicrophoneLost,
    MuteRequested,
    NoteUsedId,
    OpenMicrophone,
    PublishInterim,
    PublishOutcome,
    RecognizerFailed,
    RecognizerSaid,
    ReplayUtterance,
    ReportSound,
    RingTimer,
    SendAudio,
    StartTurn,
    Stopping,
    StopRequested,
    StopSynthesis,
    Synthesize,
    TellGroup,
    TellNoAnswer,
    TurnYielded,
    WakeWordHeard,
    WordDisputed,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.playback import LONGEST_SOUND, MOST_SOUNDS_WAITING, MOST_WAITING
from auricle.turns.satellite import Satellite, SatelliteState
from auricle.turns.sounds import (
    AnswerFailed,
    PlayReason,
    PlayState,
    SoundArrived,
    SoundCancelRequested,
    SoundKind,
    SoundOpening,
    SoundUnusable,
    SpeechFailed,
    SpeechRequested,
    Then,
    TimerChange,
    TimerChanged,
)
from auricle.turns.stop_words import StopWords
from auricle.turns.turn import Mode, OutcomeKind, Turn
from auricle.wake.detector import Detection

ENDPOINTING = EndpointingSettings(
    silence=0.3, no_speech_timeout=1.0, longest=3.0, least_silence=0.6
)
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
OTHERS = ["study", "attic"]
SOUND_IDS = [f"sound-{n}" for n in range(20)]
TIMER_IDS = [f"{n}" for n in range(4)]
TEXT_IDS = [f"text-{n}" for n in range(6)]
ANY_SOUND = st.sampled_from([*SOUND_IDS, *TEXT_IDS, *(f"timer-{n}" for n in TIMER_IDS)])
# Some of a moment, some of minutes; nothing can be made of part of a sample, either.
SIZES = st.sampled_from([0, 1, 2, 960, 960, 960, LONGEST_SOUND // 2 + 1])


class Books:
    """What was sent of a sound, and what became of it."""

    def __init__(self, *, text: bool = False) -> None:
        self.text = text
        self.making = False
        self.next_seq = 0
        self.size = 0
        self.fed = 0
        self.complete = False
        self.awaited = False
        self.accepted = False
        self.begun = False
        self.told_of_end = 0
        self.ends = 0


class AnyOrder(RuleBasedStateMachine):
    """Plays the world, and keeps the books that the daemon must balance."""

    grouped = False
    """Whether there are other satellites in earshot."""

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
        self.sounds: dict[str, Books] = {}
        self.player: str | None = None
        self.stopping = False
        self.disputed = False
        self.answer_awaited: str | None = None
        """The turn that is to be answered first."""
        self.behind_answer: set[str] = set()
        self.machine: Satellite | ArbitratedSatellite
        self.new_id = lambda: f"turn-{next(numbers)}"
        self.build(Mode.MANUAL)

    def build(self, mode: Mode) -> None:
        self.mode = mode
        self.machine = self.assemble(mode)

    def assemble(self, mode: Mode) -> Satellite | ArbitratedSatellite:
        turns = TurnFactory(
            mode=mode,
            endpointing=ENDPOINTING,
            new_turn_id=self.new_id,
            stop_words=StopWords(),
        )
        return Satellite(turns)

    @precondition(lambda self: not self.started and not self.sounds)
    @rule(mode=st.sampled_from(Mode))
    def configure(self, mode: Mode) -> None:
        self.build(mode)
        self.microphone, self.muted, self.wanted = MicrophoneClosed, False, True
        self.stopping = False

    @precondition(lambda self: self.microphone is MicrophoneFound)
    @rule(pre_roll=st.integers(0, 10))
    def wake(self, pre_roll: int) -> None:
        frames = tuple(self.next_frame() for _ in range(pre_roll))
        self.attending = True
        self.disputed = False
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
        if self.microphone is not MicrophoneFound:
            # Of another opening no frame comes before somebody asks for it.
            self.attending = False
        self.happen(told)

    @rule()
    def stop(self) -> None:
        self.stopping = True
        self.happen(Stopping())

    # --- sounds ---

    @rule(
        sound=st.sampled_from(SOUND_IDS),
        size=SIZES,
        kind=st.sampled_from(SoundKind),
        back=st.integers(-1, 2),
        then=st.sampled_from([None, None, *Then]),
        ahead=st.sampled_from([0, 0, 0, 0, 0, -1, 1]),
    )
    def chunk(
        self,
        sound: str,
        size: int,
        kind: SoundKind,
        back: int,
        then: Then | None,
        ahead: int,
    ) -> None:
        known = self.sounds.get(sound)
        seq = max(0, known.next_seq + ahead) if known else 0
        opening = None
        if seq == 0:
            turn = self.a_turn(back) if back >= 0 else None
            opening = SoundOpening(kind, SoundFormat(16_000, 1), turn)
        books = self.sounds.setdefault(sound, Books())
        if seq == books.next_seq and not books.complete and not books.ends:
            books.next_seq += 1
            books.size += size
            books.complete = then is not None
        self.happen(SoundArrived(sound, seq, bytes(size), opening, then))

    @rule(text=st.sampled_from(TEXT_IDS), words=st.sampled_from(["", "Hello.", "Hi."]))
    def text_comes(self, text: str, words: str) -> None:
        books = self.sounds.setdefault(text, Books(text=True))
        books.complete |= not words and not books.accepted
        self.happen(SpeechRequested(text, words))

    @rule(
        text=st.sampled_from(TEXT_IDS),
        size=SIZES,
        then=st.sampled_from([None, None, Then.IDLE]),
    )
    def sound_is_made(self, text: str, size: int, then: Then | None) -> None:
        books = self.sounds.get(text)
        if books is None or not books.making:
            return
        opening = None
        if books.next_seq == 0:
            opening = SoundOpening(SoundKind.ANNOUNCEMENT, SoundFormat(22_050, 1))
        seq = books.next_seq
        books.next_seq += 1
        books.size += size
        books.complete = then is not None
        self.happen(SoundArrived(text, seq, bytes(size), opening, then))
        books.making &= then is None

    @rule(
        sound=ANY_SOUND,
        reason=st.sampled_from([PlayReason.SYNTHESIZER, PlayReason.LIMIT]),
    )
    def no_sound_is_made(self, sound: str, reason: PlayReason) -> None:
        self.happen(SpeechFailed(sound, reason))

    @rule(sound=st.sampled_from(SOUND_IDS))
    def garbage(self, sound: str) -> None:
        self.sounds.setdefault(sound, Books())
        self.happen(SoundUnusable(sound))

    @rule(sound=st.sampled_from(SOUND_IDS))
    def chunk_of_nothing(self, sound: str) -> None:
        if sound not in self.sounds:
            self.happen(SoundArrived(sound, 7, b"ab"))

    @rule(timer=st.sampled_from(TIMER_IDS), change=st.sampled_from(TimerChange))
    def timer_changes(self, timer: str, change: TimerChange) -> None:
        sound = f"timer-{timer}"
        if change is TimerChange.FINISHED:
            self.sounds.setdefault(sound, Books()).complete = True
        self.happen(TimerChanged(change, timer, "", 5.0, 0.0, active=False))
        if change is TimerChange.STARTED and sound in self.sounds:
            # It is another one of that name.
            assert self.sounds.pop(sound).ends == 1

    @rule(sound=st.none() | ANY_SOUND)
    def cancel_sound(self, sound: str | None) -> None:
        self.happen(SoundCancelRequested(sound))

    @rule(sound=ANY_SOUND)
    def deadline_passes(self, sound: str) -> None:
        """Late, or of a sound that has none any more."""
        self.happen(ChunksStalled(sound))

    @rule(back=st.integers(0, 2))
    def answer_is_late(self, back: int) -> None:
        turn = self.a_turn(back)
        if turn is None:
            return
        if turn == self.answer_awaited:
            self.behind_answer.clear()
        self.happen(AnswerLate(turn))

    # In a group, only the round of a word says so, and only it takes it back.
    @precondition(lambda self: self.microphone is MicrophoneFound and not self.grouped)
    @rule(on=st.booleans())
    def another_may_answer(self, *, on: bool) -> None:
        self.disputed = on
        self.happen(WordDisputed(on))

    @rule(back=st.integers(0, 2))
    def another_answers(self, back: int) -> None:
        if turn := self.a_turn(back):
            self.happen(TurnYielded(turn))
            self.disputed = False
            self.happen(WordDisputed(on=False))

    @rule()
    def no_answer(self) -> None:
        self.happen(AnswerFailed("no_pipeline"))

    @precondition(lambda self: self.player is not None)
    @rule(ended=st.sampled_from([SoundStarted, SoundFinished, SoundFailed]))
    def player_tells(
        self, ended: type[SoundStarted | SoundFinished | SoundFailed]
    ) -> None:
        sound = self.player
        assert sound is not None
        if ended is SoundFinished and not self.sounds[sound].told_of_end:
            return
        if ended is not SoundStarted:
            self.player = None
        self.happen(ended(sound))

    @rule(
        sound=ANY_SOUND,
        told=st.sampled_from([SoundStarted, SoundFinished, SoundFailed]),
    )
    def player_tells_of_what_is_over(
        self, sound: str, told: type[SoundStarted | SoundFinished | SoundFailed]
    ) -> None:
        if sound != self.player:
            self.happen(told(sound))

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
                case TellGroup():
                    assert self.grouped
                case Attend(on):
                    self.attending = on
                case OpenMicrophone():
                    self.wanted = True
                case CloseMicrophone():
                    self.wanted = False
                case (
                    BeginSound()
                    | FeedSound()
                    | EndSound()
                    | CancelSound()
                    | RingTimer()
                ):
                    self.order_player(effect)
                case AcceptSound(sound):
                    assert not self.sounds[sound].accepted
                    self.sounds[sound].accepted = True
                case Synthesize(sound, text):
                    books = self.sounds[sound]
                    assert text
                    assert books.text
                    assert books.accepted
                    assert not books.making
                    books.making = True
                case StopSynthesis(sound):
                    assert self.sounds[sound].making
                    self.sounds[sound].making = False
                case AwaitChunk(sound, on):
                    self.sounds[sound].awaited = on
                case AwaitAnswer(turn_id):
                    assert self.outcomes[turn_id] == 1
                    self.answer_awaited = turn_id
                    self.behind_answer = {
                        sound
                        for sound, books in self.sounds.items()
                        if not books.begun and not books.ends
                    }
                case NoteUsedId(sound):
                    assert self.sounds[sound].ends == 1
                case ReportSound(report):
                    books = self.sounds[report.id]
                    assert not books.ends
                    books.ends += report.state is not PlayState.STARTED
                case TellNoAnswer():
                    assert self.machine.turn is None
                    assert self.player is None
                    assert not self.machine.disputed
                case _:
                    assert_never(effect)

    def order_player(self, effect: Effect) -> None:
        match effect:
            case BeginSound(sound) | RingTimer(sound):
                assert self.player is None
                assert not self.stopping
                self.player = sound
                books = self.sounds[sound]
                assert books.accepted
                assert not books.begun
                books.begun = True
                books.told_of_end += isinstance(effect, RingTimer)
            case FeedSound(sound, pcm):
                assert self.player == sound
                self.sounds[sound].fed += len(pcm)
            case EndSound(sound):
                assert self.player == sound
                books = self.sounds[sound]
                assert books.complete
                assert books.fed == books.size
                books.told_of_end += 1
            case CancelSound(sound):
                assert self.player == sound
                self.player = None

    @invariant()
    def nothing_plays_in_a_turn(self) -> None:
        if self.machine.turn is not None:
            assert self.player is None

    @invariant()
    def it_is_responding_while_something_plays(self) -> None:
        responding = self.machine.state is SatelliteState.RESPONDING
        assert responding is (self.player is not None)

    @invariant()
    def every_sound_that_is_not_over_plays_or_waits(self) -> None:
        for sound, books in self.sounds.items():
            assert books.ends <= 1
            assert books.told_of_end <= 1
            if books.ends:
                assert sound != self.player
                assert not books.awaited
                assert not books.making
            elif books.begun:
                assert sound == self.player
                assert books.fed == books.size
            if not books.ends:
                assert books.accepted
                waits = books.making if books.text else books.awaited
                assert waits is not books.complete

    @invariant()
    def what_waits_has_room_and_waits_for_somebody(self) -> None:
        waiting = {
            sound: books
            for sound, books in self.sounds.items()
            if not books.begun and not books.ends
        }
        # One more, which is an answer.
        assert len(waiting) <= MOST_SOUNDS_WAITING + 1
        assert sum(books.size for books in waiting.values()) <= MOST_WAITING
        begun = any(
            sound not in self.behind_answer and (not books.text or books.next_seq)
            for sound, books in waiting.items()
        )
        if begun and not self.waits_for_another:
            assert self.machine.turn is not None or self.player is not None

    @property
    def waits_for_another(self) -> bool:
        return self.disputed

    def teardown(self) -> None:
        self.happen(Stopping())
        assert all(books.ends == 1 for books in self.sounds.values())

    @invariant()
    def every_turn_but_the_open_one_has_one_outcome_and_a_closed_session(self) -> None:
        over = [t for t in self.started if not self.is_open(t)]
        assert all(self.outcomes[t] == 1 for t in over)
        assert all(self.closed[t] == 1 for t in over)
        assert not any(self.outcomes[t] for t in self.started if self.is_open(t))
        assert all(count == 1 for count in self.outcomes.values() if count)

    @invariant()
    def every_turn_that_listens_hears(self) -> None:
        listening = self.machine.state is SatelliteState.LISTENING
        found = self.microphone is MicrophoneFound
        assert self.attending or not (listening and found)

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
        if self.machine.turn is None and self.player is None:
            assert self.machine.state is AT_REST[self.microphone]

    def is_open(self, turn: str) -> bool:
        return self.machine.turn is not None and self.machine.turn.id == turn


class NamesApart(TurnFactory):
    """Names the turns of wake words by a count of their own."""

    def __init__(self, mode: Mode, numbers: Iterator[int]) -> None:
        super().__init__(
            mode=mode,
            endpointing=ENDPOINTING,
            new_turn_id=lambda: f"turn-{next(numbers)}",
            stop_words=StopWords(),
        )
        self.named: list[str] = []
        self._named_mode = mode

    def name(self, detection: Detection) -> Turn:
        self.named.append(f"word-{len(self.named)}")
        return Turn(self.named[-1], self._named_mode, detection)


class LoneSatellite(Satellite):
    """One that decides with nobody, held against one that could not."""

    def __init__(self, mode: Mode) -> None:
        self._turns_of_lone = NamesApart(mode, itertools.count(1))
        self._lone = ArbitratedSatellite(
            Satellite(self._turns_of_lone),
            self._turns_of_lone,
            ArbitrationSettings("kitchen"),
        )
        super().__init__(NamesApart(mode, itertools.count(1)))

    def step(self, event: Event) -> list[Effect]:
        known = len(self._turns_of_lone.named)
        effects = self._lone.step(event)
        named = self._turns_of_lone.named[known:]
        if isinstance(event, WakeWordHeard) and named:
            event = replace(event, turn=named[0])
        bare = super().step(event)
        for effect in effects:
            if isinstance(effect, PublishOutcome):
                by_a_word = effect.outcome.turn.detection is not None
                assert effect.outcome.heard_by == (("kitchen",) if by_a_word else ())
        assert [unheard(effect) for effect in effects] == bare
        assert self._lone.state is self.state
        return bare


def unheard(effect: Effect) -> Effect:
    if isinstance(effect, PublishOutcome):
        return PublishOutcome(replace(effect.outcome, heard_by=()))
    return effect


class Lone(AnyOrder):
    """The same world, for a satellite that knows of no other one."""

    def assemble(self, mode: Mode) -> Satellite:
        return LoneSatellite(mode)


class Grouped(AnyOrder):
    """The same world, with two others in earshot that say what they like."""

    grouped = True

    def assemble(self, mode: Mode) -> Satellite | ArbitratedSatellite:
        turns = TurnFactory(
            mode=mode,
            endpointing=ENDPOINTING,
            new_turn_id=self.new_id,
            stop_words=StopWords(),
        )
        machine = ArbitratedSatellite(
            Satellite(turns),
            turns,
            ArbitrationSettings("kitchen"),
            Voices(lambda _: b"hers", lambda ours, theirs: ours == theirs),
        )
        machine.step(GroupChanged(frozenset(OTHERS)))
        return machine

    @rule(
        kind=st.sampled_from([Bid, Take, Alive, Done]),
        member=st.sampled_from(OTHERS),
        better=st.booleans(),
        after=st.sampled_from([0.0, 0.3, 1.0, 3.0]),
        outcome=st.sampled_from(OutcomeKind),
        voice=st.sampled_from([None, b"hers", b"his"]),
        apart=st.booleans(),
        fresh=st.booleans(),
    )
    def another_says(
        self,
        kind: type[GroupMessage],
        member: str,
        after: float,
        outcome: OutcomeKind,
        voice: bytes | None,
        *,
        better: bool,
        apart: bool,
        fresh: bool,
    ) -> None:
        level = 5.0 if better else -5.0
        turn = f"{member}-{len(self.started) if fresh else 0}"
        claim = Claim(member, turn, "alexa", level, after)
        apart_from = self.a_turn(0) if apart else None
        message: GroupMessage = Bid(claim)
        if kind is Take:
            message = Take(claim, None, apart_from, voice)
        elif kind is Alive:
            message = Alive(claim, None, apart_from, voice)
        elif kind is Done:
            message = Done(claim, outcome, None, apart_from, "Stop.")
        self.happen(GroupSaid(message, self.frame * FRAME_SAMPLES))

    @property
    def waits_for_another(self) -> bool:
        # It finds out by itself, from what the others say.
        return self.machine.disputed

    @rule(back=st.integers(0, 2))
    def a_final_leaves(self, back: int) -> None:
        if turn := self.a_turn(back):
            self.happen(FinalSent(turn))

    @rule(back=st.integers(0, 2), told=st.booleans())
    def a_final_is_settled(self, back: int, *, told: bool) -> None:
        if turn := self.a_turn(back):
            self.happen(FinalSettled(turn, told))

    @rule(member=st.sampled_from(OTHERS))
    def another_comes_back_with_its_command(self, member: str) -> None:
        self.happen(CommandTold(f"{member}-0"))

    def teardown(self) -> None:
        # Nobody says another word: what is disputed is decided by our own sound.
        for _ in range(LONGEST // SAMPLE_RATE + 1):
            if self.machine.disputed and self.microphone is MicrophoneFound:
                self.frame += SAMPLE_RATE // 480
                self.happen(Heard(self.next_frame(), speech=False))
        assert not self.machine.disputed or self.microphone is not MicrophoneFound
        super().teardown()

    @rule(known=st.booleans())
    def the_group_changes(self, *, known: bool) -> None:
        self.happen(GroupChanged(frozenset(OTHERS if known else ())))


TestGrouped = Grouped.TestCase
TestGrouped.settings = settings(max_examples=50, stateful_step_count=50)
TestLone = Lone.TestCase
TestLone.settings = settings(max_examples=50, stateful_step_count=50)
TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=100, stateful_step_count=50)
