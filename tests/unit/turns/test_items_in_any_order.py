"""Utterances, finals, voices and dead links in any order: nothing said is missing.

The recognizer here keeps to the protocol, as loosely as known ones do. What is said is
numbered: the n-th utterance of a turn has the word "n", or none. Who said none yet has
as long to do so as where nothing was heard, and what is said until then is sent.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import event, given, settings
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, Frame
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
    AwaitFinal,
    CancelRequested,
    CloseSession,
    EndUtterance,
    Event,
    Heard,
    KeepListening,
    ListenRequested,
    MicrophoneLost,
    PublishOutcome,
    Recognition,
    RecognizerFailed,
    RecognizerSaid,
    ReplayUtterance,
    SendAudio,
    StartTurn,
    WakeWordHeard,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.open_turn import LINGER
from auricle.turns.satellite import Satellite, SatelliteState
from auricle.turns.turn import Mode, Outcome, OutcomeKind
from auricle.wake.detector import Detection

TURN = "turn-1"
ENDPOINTING = EndpointingSettings(
    silence=0.3, silence_after_short=0.6, no_speech_timeout=4.0, longest=20.0
)
WORD = "word"
WORDS = [WORD, WORD, WORD, "", "...", "[BLANK_AUDIO]"]
MOST = 6
SHORTEST_WORD = 7
"""In frames."""
# Of the sound, in milliseconds.
EVERY, LONG = 2000, 1500


@dataclass
class Utterance:
    """One stretch of sound that the recognizer takes for speech, on one link."""

    number: int
    word: str
    over: bool = False
    final: bool = False
    due: bool = False
    """The turn waits for it."""
    foreign: bool = False
    """It was not over when the turn had all it wanted."""

    @property
    def item(self) -> str:
        return f"item_{self.number}"

    @property
    def start(self) -> int:
        return self.number * EVERY

    @property
    def end(self) -> int:
        return self.start + LONG


class Room:
    """A person, a recognizer and a link, and what is true of the turn between them."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.frames = itertools.count()
        numbers = itertools.count(1)
        turns = TurnFactory(
            mode=mode,
            endpointing=ENDPOINTING,
            new_turn_id=lambda: f"turn-{next(numbers)}",
        )
        self.machine = Satellite(turns)
        self.link: list[Utterance] = []
        self.next_number = 0
        self.commits = 0
        self.finished = self.replayed = self.closed = self.cancelled = False
        self.woken_again = self.time_is_up = False
        self.understood: dict[int, str] = {}
        self.silence = self.lingered = self.heard = 0.0
        self.voice: set[int] = set()
        """The frames of the one that is under way."""
        self.sent: set[int] = set()
        self.outcomes: list[Outcome] = []
        self.sessions_closed = 0
        self.happen(ListenRequested())

    # --- what may happen ---

    def sound(self, count: int, *, speech: bool) -> None:
        for _ in range(count):
            if self.over or self.closed:
                return
            frame = Frame(bytes(FRAME_BYTES), next(self.frames) * FRAME_SAMPLES)
            self.lingered += FRAME_SECONDS if self.settled else 0.0
            self.silence = 0.0 if speech else self.silence + FRAME_SECONDS
            self.heard += FRAME_SECONDS
            self.voice = {*self.voice, frame.start} if speech else set()
            self.happen(Heard(frame, speech))
            self.check_what_is_sent()

    def utterance_begins(self, word: str) -> None:
        if not self.may_begin:
            return
        number = self.next_number
        self.next_number += 1
        utterance = Utterance(number, f"{word}{number}" if word == WORD else word)
        utterance.foreign = self.closed and self.mode is Mode.SERVER_VAD
        self.link.append(utterance)
        if self.mode is Mode.SERVER_VAD:
            self.say(SpeechStarted(utterance.item, utterance.start))
        else:
            utterance.over = True
            self.say(Committed(utterance.item))

    def utterance_ends(self) -> None:
        for utterance in self.under_way[:1]:
            utterance.over = True
            utterance.due |= self.machine.state is SatelliteState.LISTENING
            self.say(SpeechStopped(utterance.item, utterance.end))

    def interim_comes(self, which: int) -> None:
        if self.without_final:
            utterance = self.without_final[which % len(self.without_final)]
            self.say(InterimTranscript(utterance.item, "", "wor"))

    def final_comes(self, which: int) -> None:
        if self.without_final:
            utterance = self.without_final[which % len(self.without_final)]
            utterance.final = True
            if not utterance.foreign:
                self.understood[utterance.number] = utterance.word
            self.say(FinalTranscript(utterance.item, utterance.word))

    def link_dies(self, *, transient: bool) -> None:
        self.happen(RecognizerFailed(TURN, Reason.ASR_UNREACHABLE, transient))

    def nothing_follows(self, happened: Event) -> None:
        if self.machine.state is not SatelliteState.PROCESSING:
            return
        self.closed = True
        self.woken_again = isinstance(happened, WakeWordHeard)
        for utterance in self.link:
            utterance.foreign |= not (
                utterance.over or utterance.final or utterance.due
            )
        self.happen(happened)

    def somebody_cancels(self) -> None:
        self.cancelled = True
        self.happen(CancelRequested())

    def all_is_told(self) -> None:
        """The recognizer comes to an end with what it has."""
        for _ in range(2 * MOST):
            if self.mode is Mode.MANUAL and not self.over:
                self.utterance_begins("")
            if self.without_final and not self.over:
                self.final_comes(0)
        if not self.over and self.finished:
            self.say(SessionFinished())

    # --- the books ---

    def say(self, said: Recognition) -> None:
        self.happen(RecognizerSaid(TURN, said))

    def happen(self, happened: Event) -> None:
        assert not self.over
        for effect in self.machine.step(happened):
            match effect:
                case StartTurn() if self.over:
                    # That of the wake word, which waited.
                    break
                case EndUtterance():
                    self.end_here()
                case AwaitFinal():
                    self.lingered = 0.0
                    self.time_is_up |= isinstance(happened, Heard)
                case SendAudio(_, frame):
                    assert not self.finished
                    # Each once, in their order.
                    assert frame.start > max(self.sent, default=-1)
                    self.sent.add(frame.start)
                case KeepListening():
                    assert not self.finished
                case ReplayUtterance():
                    assert not self.replayed
                    self.replayed = True
                    self.begin_again()
                case PublishOutcome(outcome):
                    self.outcomes.append(outcome)
                    self.judge(outcome)
                case CloseSession():
                    self.sessions_closed += 1
                case _:
                    pass
        assert len(self.outcomes) == self.sessions_closed <= 1
        if self.settled and not (self.over or self.replayed):
            # Who is done is answered at once.
            assert self.silence < ENDPOINTING.forget
            assert self.lingered < LINGER

    def end_here(self) -> None:
        self.lingered = 0.0
        if self.mode is Mode.MANUAL:
            self.commits += 1
            return
        assert not self.finished
        self.finished = True
        for utterance in self.under_way:
            utterance.due = True

    def check_what_is_sent(self) -> None:
        """Each voice that lasts for a word, for as long as one may speak."""
        listening = self.machine.state is SatelliteState.LISTENING
        most = ENDPOINTING.no_speech_timeout + ENDPOINTING.longest
        assert not listening or self.heard < most
        self.time_is_up |= self.heard >= ENDPOINTING.longest
        if self.over or self.finished or self.time_is_up:
            return
        if len(self.voice) >= SHORTEST_WORD:
            assert self.voice <= self.sent

    def begin_again(self) -> None:
        """What the client says again is what is not answered: see TurnRecognition."""
        answered = max([u.end for u in self.link if u.over and u.final], default=0)
        answered = min([answered, *(u.start for u in self.without_final)])
        self.next_number = 0
        if self.mode is Mode.SERVER_VAD:
            self.next_number = -(-(answered - LONG) // EVERY)
        self.link.clear()

    def judge(self, outcome: Outcome) -> None:
        if self.cancelled:
            assert outcome.kind is OutcomeKind.CANCELLED
            return
        spoken = [self.understood[number] for number in sorted(self.understood)]
        words = [word for word in spoken if word.startswith(WORD)]
        event(f"{self.mode}: {len(words)} utterances{', replayed' * self.replayed}")
        if words:
            assert outcome.transcript is not None
            assert outcome.transcript.text == " ".join(words)
        else:
            # Who says the wake word again has given up on what was without words.
            given_up = [OutcomeKind.CANCELLED] if self.woken_again else []
            assert outcome.kind in (OutcomeKind.NO_SPEECH, OutcomeKind.ERROR, *given_up)
            if outcome.kind is OutcomeKind.NO_SPEECH and not self.closed:
                waited = self.heard >= ENDPOINTING.no_speech_timeout - FRAME_SECONDS
                assert waited or self.finished

    @property
    def over(self) -> bool:
        return bool(self.outcomes)

    @property
    def may_begin(self) -> bool:
        if self.mode is Mode.MANUAL:
            return self.next_number < self.commits
        return not (self.finished or self.under_way) and self.next_number < MOST

    @property
    def under_way(self) -> list[Utterance]:
        return [u for u in self.link if not (u.over or u.final)]

    @property
    def without_final(self) -> list[Utterance]:
        return [u for u in self.link if not u.final]

    @property
    def settled(self) -> bool:
        """Whether the turn has all that it waits for, and is not over all the same."""
        if self.machine.state is not SatelliteState.PROCESSING:
            return False
        if self.mode is Mode.MANUAL:
            return self.commits == sum(u.final for u in self.link)
        return not (self.finished or any(u.due and not u.final for u in self.link))


FRAMES = st.sampled_from([1, 3, 8, 14, 30])
HAPPENINGS = st.one_of(
    *[st.tuples(st.just("speech"), FRAMES)] * 3,
    *[st.tuples(st.just("silence"), FRAMES)] * 3,
    *[st.tuples(st.just("begins"), st.sampled_from(WORDS))] * 3,
    *[st.tuples(st.just("ends"), st.none())] * 2,
    *[st.tuples(st.just("final"), st.integers(0, MOST))] * 2,
    st.tuples(st.just("interim"), st.integers(0, MOST)),
)
SOME = st.lists(HAPPENINGS, min_size=8, max_size=40)
LAST_WORDS = st.sampled_from(["", "dies", "cancel", "wake word", "microphone"])


@settings(max_examples=400)
@given(
    st.sampled_from(Mode),
    SOME,
    st.booleans(),
    SOME,
    LAST_WORDS,
    SOME,
)
def test_in_any_order_a_turn_ends_once_and_nothing_said_is_missing(
    mode: Mode,
    first: Sequence[tuple[str, object]],
    link_dies: bool,
    second: Sequence[tuple[str, object]],
    last_word: str,
    third: Sequence[tuple[str, object]],
) -> None:
    room = Room(mode)
    take(room, [*first, ("dies", link_dies), *second, (last_word, True), *third])
    while not room.over:
        room.all_is_told()
        # As the final's deadline has it, where nobody says anything any more.
        if not room.over and (room.closed or room.finished):
            room.link_dies(transient=False)
        room.sound(30, speech=False)
    late = RecognizerSaid(TURN, FinalTranscript("late", "Too late."))
    assert room.machine.step(late) == []


def take(room: Room, happenings: Sequence[tuple[str, object]]) -> None:
    for happening in happenings:
        if room.over:
            return
        match happening:
            case "speech", int(frames):
                room.sound(frames, speech=True)
            case "silence", int(frames):
                room.sound(frames, speech=False)
            case "begins", str(word):
                room.utterance_begins(word)
            case "ends", _:
                room.utterance_ends()
            case "final", int(which):
                room.final_comes(which)
            case "interim", int(which):
                room.interim_comes(which)
            case "dies", True:
                room.link_dies(transient=True)
            case "cancel", _:
                room.somebody_cancels()
            case "wake word", _:
                room.nothing_follows(WakeWordHeard(Detection("alexa", 0.9, 0), ()))
            case "microphone", _:
                room.nothing_follows(MicrophoneLost())
            case _:
                pass
