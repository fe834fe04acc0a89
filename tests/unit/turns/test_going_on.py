"""Who goes on speaking before the final is there, and who is done."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from auricle.assets.words import unfinished
from auricle.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
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
    Effect,
    EndUtterance,
    Event,
    Heard,
    KeepListening,
    ListenRequested,
    MicrophoneClosed,
    MicrophoneFound,
    MicrophoneLost,
    PublishInterim,
    PublishOutcome,
    Recognition,
    RecognizerFailed,
    RecognizerSaid,
    ReplayUtterance,
    SendAudio,
    StartTurn,
    StopRequested,
    WakeWordHeard,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.open_turn import OpenTurn
from auricle.turns.satellite import Satellite, SatelliteState
from auricle.turns.stop_words import StopWords
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Turn
from auricle.turns.unfinished import UnfinishedWords
from auricle.turns.wake_phrase import WakePhrase
from auricle.wake.detector import Detection

TURN = "turn"
LIGHT, LAMP = "Turn on the kitchen light.", "And the bedroom lamp."
BOTH = f"{LIGHT} {LAMP}"
SILENCE = 0.42
"""Of the person, as the one who decides waits for it."""


class Conversation:
    """A turn that was opened by push to talk, or, with `pre_roll` seconds of sound
    before it, by a wake word; as things happen to it.
    """

    def __init__(
        self,
        mode: Mode,
        *,
        longest: float = 15.0,
        pre_roll: float = 0.0,
        least_silence: float = 0.0,
        finals_before: Sequence[str] = (),
    ) -> None:
        self.mode = mode
        turns = TurnFactory(
            mode=mode,
            endpointing=EndpointingSettings(
                silence=0.4 if mode is Mode.MANUAL else 1.4,
                silence_after_short=0.8 if mode is Mode.MANUAL else 1.4,
                longest=longest,
                least_silence=least_silence,
            ),
            new_turn_id=lambda: TURN,
            wake_phrases={"okay_nabu": WakePhrase("okay_nabu")},
            unfinished_words=UnfinishedWords(unfinished()),
        )
        for text in finals_before:
            turns.punctuation.learn(text)
        self.machine = Satellite(turns)
        self.machine.step(MicrophoneFound())
        self.position = 0
        self.effects: list[Effect] = []
        if pre_roll:
            sound = tuple(self._sound(pre_roll, 3000))
            self.happens(WakeWordHeard(Detection("okay_nabu", 0.9, 0), sound))
        else:
            self.happens(ListenRequested())

    def happens(self, *events: Event) -> list[Effect]:
        """What is ordered then."""
        effects = [effect for event in events for effect in self.machine.step(event)]
        self.effects += effects
        return effects

    def hears(
        self, seconds: float, *, speech: bool, amplitude: int = 3000
    ) -> list[Effect]:
        effects: list[Effect] = []
        for frame in self._sound(seconds, amplitude if speech else 20):
            effects += self.happens(Heard(frame, speech))
        return effects

    def _sound(self, seconds: float, amplitude: int) -> Iterator[Frame]:
        sample = amplitude.to_bytes(2, "little")
        for _ in range(round(seconds / FRAME_SECONDS)):
            frame = Frame(sample * FRAME_SAMPLES, self.position)
            self.position += FRAME_SAMPLES
            yield frame

    def says(self, what: Recognition, hints: str = "") -> list[Effect]:
        return self.happens(RecognizerSaid(TURN, what, hints))

    def speaks(self, item: str, seconds: float = 1.2) -> None:
        """An utterance and the silence behind it, whoever finds the end."""
        self.begins(item, seconds)
        self.pauses(item)

    def begins(self, item: str, seconds: float = 1.2) -> None:
        start = self.position
        self.hears(0.15, speech=True)
        if self.mode is Mode.SERVER_VAD:
            self.says(SpeechStarted(item, start // 16))
        self.hears(seconds - 0.15, speech=True)

    def pauses(self, item: str) -> None:
        self.hears(SILENCE, speech=False)
        if self.mode is Mode.SERVER_VAD:
            self.says(SpeechStopped(item, self.position // 16))
        else:
            self.says(Committed(item))

    def answers(
        self,
        item: str,
        text: str,
        emotion: str | None = None,
        hints: str = "",
        billed: float | None = 2.0,
        unfinished: bool | None = None,
    ) -> list[Effect]:
        final = FinalTranscript(item, text, "en", emotion, billed, unfinished)
        return self.says(final, hints)

    def link_dies(self, *, transient: bool = True) -> list[Effect]:
        failed = RecognizerFailed(TURN, Reason.ASR_UNREACHABLE, transient)
        return self.happens(failed)

    @property
    def state(self) -> SatelliteState:
        return self.machine.state

    @property
    def outcomes(self) -> list[Outcome]:
        return [e.outcome for e in self.effects if isinstance(e, PublishOutcome)]

    @property
    def text(self) -> str:
        [outcome] = self.outcomes
        assert outcome.transcript is not None
        return outcome.transcript.text


@pytest.fixture(params=Mode, ids=str)
def turn(request: pytest.FixtureRequest) -> Conversation:
    return Conversation(request.param)


def sent(effects: Sequence[Effect]) -> list[Frame]:
    return [effect.frame for effect in effects if isinstance(effect, SendAudio)]


# --- who goes on ---


@pytest.mark.parametrize("pause", [0.5, 0.7, 1.0])
def test_who_goes_on_before_the_final_is_heard_out(
    turn: Conversation, pause: float
) -> None:
    turn.speaks("one")
    turn.hears(pause - SILENCE, speech=False)
    turn.begins("two")

    assert turn.answers("one", LIGHT) == []

    turn.pauses("two")
    turn.answers("two", LAMP)
    assert turn.text == BOTH


def test_who_goes_on_is_listened_to_and_no_final_has_a_deadline(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.begins("two")

    assert turn.state is SatelliteState.LISTENING
    assert turn.effects.count(KeepListening(TURN)) == 1


def test_who_may_go_on_behind_the_final_waits_for_no_other_one(
    turn: Conversation,
) -> None:
    turn.speaks("one")

    assert turn.answers("one", "Turn on the") == [KeepListening(TURN)]


def test_one_final_leaves_the_other_its_deadline(turn: Conversation) -> None:
    turn.speaks("one")
    turn.speaks("two")

    assert turn.answers("one", "Turn on the") == []


def test_each_utterance_has_an_end_and_a_deadline(turn: Conversation) -> None:
    turn.speaks("one")
    turn.speaks("two")

    end = EndUtterance if turn.mode is Mode.MANUAL else AwaitFinal
    assert turn.effects.count(end(TURN)) == 2
    assert turn.state is SatelliteState.PROCESSING


def test_a_command_may_have_three_parts(turn: Conversation) -> None:
    for item in ("one", "two", "three"):
        turn.speaks(item)
    for item in ("one", "two", "three"):
        turn.answers(item, item)
    assert turn.text == "one two three"


# --- who stops in the middle of a sentence ---


def test_who_stops_within_a_sentence_is_waited_for_behind_its_final(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.answers("one", "Turn on the")
    assert turn.outcomes == []

    turn.hears(1.1 - SILENCE, speech=False)
    turn.speaks("two")
    turn.answers("two", "kitchen light.")
    assert turn.text == "Turn on the kitchen light."


def test_who_leaves_a_sentence_unfinished_is_obeyed_after_so_much_silence(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.answers("one", "Turn on the")
    turn.hears(1.14 - SILENCE, speech=False)
    assert turn.outcomes == []

    turn.hears(0.06, speech=False)
    assert turn.text == "Turn on the"


def test_whose_sentence_is_whole_is_answered_at_once(turn: Conversation) -> None:
    turn.speaks("one")
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


SIGNED = ("Turn on the light.", "What time is it?", "Make me a coffee.")


def test_a_sentence_without_its_sign_is_not_over_where_the_others_had_one() -> None:
    turn = Conversation(Mode.MANUAL, finals_before=SIGNED)
    turn.speaks("one")
    turn.answers("one", "Get me a dark")
    turn.hears(1.14 - SILENCE, speech=False)
    assert turn.outcomes == []

    turn.hears(0.06, speech=False)
    assert turn.text == "Get me a dark"


@pytest.mark.parametrize(
    "before", [(), SIGNED[:2], (*SIGNED, "turn on the light", "what time is it")]
)
def test_a_recognizer_that_writes_no_signs_delays_nobody(before: Sequence[str]) -> None:
    turn = Conversation(Mode.MANUAL, finals_before=before)
    turn.speaks("one")
    turn.answers("one", "turn on the kitchen light")
    assert turn.text == "turn on the kitchen light"


def test_a_recognizer_that_hears_a_sentence_break_off_is_believed(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.answers("one", "Make me a large.", unfinished=True)
    turn.hears(1.14 - SILENCE, speech=False)
    assert turn.outcomes == []

    turn.hears(0.06, speech=False)
    assert turn.text == "Make me a large."


def test_who_goes_on_behind_a_sentence_that_breaks_off_is_heard_out(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.answers("one", "Make me a large.", unfinished=True)
    turn.hears(1.0 - SILENCE, speech=False)
    turn.speaks("two")
    turn.answers("two", "Mocha.", unfinished=False)
    assert turn.text == "Make me a large. Mocha."


def test_where_the_recognizer_hears_that_a_sentence_is_whole_no_sign_is_missed() -> (
    None
):
    turn = Conversation(Mode.MANUAL, finals_before=SIGNED)
    turn.speaks("one")
    turn.answers("one", "Turn on the light", unfinished=False)
    assert turn.text == "Turn on the light"


def test_a_single_word_is_not_waited_for_though_it_seems_to_break_off(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.answers("one", "Lights", unfinished=True)
    assert turn.text == "Lights"


def test_words_with_which_no_sentence_ends_are_none_whatever_the_recognizer_hears(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.answers("one", "Turn on the", unfinished=False)
    assert turn.outcomes == []


def test_an_interim_that_the_recognizer_hears_break_off_holds_the_end() -> None:
    turn = Conversation(Mode.MANUAL)
    turn.begins("one")
    said = InterimTranscript("one", "", "Make me a large.", unfinished=True)
    turn.says(said)
    turn.hears(1.14, speech=False)
    assert EndUtterance(TURN) not in turn.effects

    turn.says(replace(said, draft="Make me a large mocha.", unfinished=False))
    turn.hears(0.03, speech=False)
    assert EndUtterance(TURN) in turn.effects


def test_what_the_recognizer_writes_is_learned_turn_by_turn() -> None:
    turn = Conversation(Mode.MANUAL)
    for text in SIGNED:
        turn.speaks("one")
        turn.answers("one", text)
        turn.happens(ListenRequested())
    turn.speaks("one")
    turn.answers("one", "Get me a dark")
    assert len(turn.outcomes) == len(SIGNED)


@pytest.fixture(params=Mode)
def quick(request: pytest.FixtureRequest) -> Conversation:
    """A recognizer whose final is there at once."""
    turn = Conversation(request.param, least_silence=0.8)
    turn.speaks("one")
    return turn


def test_who_goes_on_within_the_least_silence_is_heard_out(quick: Conversation) -> None:
    turn = quick
    turn.answers("one", LIGHT)
    turn.hears(0.78 - SILENCE, speech=False)
    assert turn.outcomes == []

    turn.speaks("two")
    turn.answers("two", LAMP)
    turn.hears(0.8 - SILENCE, speech=False)
    assert turn.text == BOTH


def test_who_is_done_is_answered_after_the_least_silence(quick: Conversation) -> None:
    turn = quick
    turn.answers("one", LIGHT)
    turn.hears(0.8 - SILENCE, speech=False)
    assert turn.text == LIGHT


def test_a_final_that_comes_behind_the_least_silence_waits_for_nothing(
    quick: Conversation,
) -> None:
    turn = quick
    turn.hears(0.8 - SILENCE, speech=False)
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


def test_of_a_speaker_we_are_deaf_to_the_server_tells_the_least_silence() -> None:
    turn = Conversation(Mode.SERVER_VAD, least_silence=0.8)
    turn.says(SpeechStarted("one", 0))
    turn.hears(1.2, speech=False)
    turn.says(SpeechStopped("one", 1200))
    turn.answers("one", LIGHT)
    turn.hears(0.36, speech=False)
    assert turn.outcomes == []

    turn.hears(0.06, speech=False)
    assert turn.text == LIGHT


def test_who_only_says_to_stop_is_obeyed_at_once() -> None:
    open_turn = OpenTurn(
        Turn(TURN, Mode.SERVER_VAD, None),
        EndpointingSettings(silence=1.4, silence_after_short=1.4, least_silence=0.8),
        stop_words=StopWords(),
    )
    sample = (3000).to_bytes(2, "little")
    for number in range(20):
        frame = Frame(sample * FRAME_SAMPLES, number * FRAME_SAMPLES)
        open_turn.heard(Heard(frame, speech=number < 10))
    for said in (SpeechStarted("one", 0), SpeechStopped("one", 600)):
        open_turn.recognized(said, "")
    open_turn.recognized(FinalTranscript("one", "Stop."), "")
    assert open_turn.outcome is not None
    assert open_turn.outcome.told_to_stop


def test_who_released_push_to_talk_is_done_whatever_was_said(
    turn: Conversation,
) -> None:
    turn.begins("one")
    turn.happens(StopRequested())
    turn.answers("one", "Turn on the")
    assert turn.text == "Turn on the"


def interim(item: str, text: str) -> InterimTranscript:
    return InterimTranscript(item, "", text, "en")


def test_an_interim_that_breaks_off_holds_the_end_of_the_utterance() -> None:
    turn = Conversation(Mode.MANUAL)
    turn.begins("one")
    turn.says(interim("one", "Turn on the"))
    turn.hears(1.14, speech=False)
    assert EndUtterance(TURN) not in turn.effects

    turn.hears(0.06, speech=False)
    assert EndUtterance(TURN) in turn.effects


@pytest.mark.parametrize("later", ["Turn on the light", "Turn on the light."])
def test_an_interim_that_completes_the_sentence_ends_it(later: str) -> None:
    turn = Conversation(Mode.MANUAL)
    turn.begins("one")
    turn.says(interim("one", "Turn on the"))
    turn.hears(0.6, speech=False)
    turn.says(interim("one", later))
    turn.hears(0.03, speech=False)
    assert EndUtterance(TURN) in turn.effects


def test_an_interim_older_than_the_last_word_holds_nothing() -> None:
    turn = Conversation(Mode.MANUAL)
    turn.begins("one", 0.6)
    turn.says(interim("one", "Turn on the"))
    turn.hears(0.3, speech=True)
    turn.hears(SILENCE, speech=False)
    assert EndUtterance(TURN) in turn.effects


def interim_of(item: str, text: str, audio_end_ms: int) -> InterimTranscript:
    return InterimTranscript(item, "", text, "en", audio_end_ms=audio_end_ms)


def test_an_interim_that_comes_late_tells_nothing_of_words_it_was_made_without() -> (
    None
):
    turn = Conversation(Mode.MANUAL)
    turn.begins("one", 1.2)
    turn.says(interim_of("one", "Turn on the", 600))
    turn.hears(SILENCE, speech=False)
    assert EndUtterance(TURN) in turn.effects


def test_an_interim_that_was_made_of_all_words_holds_the_end() -> None:
    turn = Conversation(Mode.MANUAL)
    turn.begins("one", 1.2)
    turn.says(interim_of("one", "Turn on the", 900))
    turn.hears(1.14, speech=False)
    assert EndUtterance(TURN) not in turn.effects


def test_behind_silence_that_was_not_sent_an_interim_counts_what_was() -> None:
    turn = Conversation(Mode.MANUAL)
    turn.speaks("one")
    turn.hears(0.9, speech=False)
    turn.begins("two", 1.2)
    sent = sum(isinstance(effect, SendAudio) for effect in turn.effects)
    turn.says(interim_of("two", "And the", round(sent * FRAME_SECONDS * 1000)))
    turn.hears(1.14, speech=False)
    assert turn.effects.count(EndUtterance(TURN)) == 1


def test_a_wake_phrase_with_nothing_behind_it_is_no_unfinished_sentence() -> None:
    turn = Conversation(Mode.MANUAL, pre_roll=0.9)
    turn.begins("one")
    turn.says(interim("one", "Okay Nabu,"))
    turn.hears(SILENCE, speech=False)
    assert EndUtterance(TURN) in turn.effects


def test_finals_that_overtake_each_other_are_joined_as_they_were_spoken(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.speaks("two")
    assert turn.answers("two", LAMP) == []
    turn.answers("one", LIGHT)
    assert turn.text == BOTH


def test_the_mood_is_that_of_the_last_part_and_the_seconds_are_of_all(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.speaks("two")
    turn.answers("one", LIGHT, "happy")
    turn.answers("two", LAMP, "angry")
    [outcome] = turn.outcomes
    assert outcome.transcript is not None
    assert outcome.transcript.emotion == "angry"
    assert outcome.billed_seconds == 4.0


@pytest.mark.parametrize(
    ("billed", "counted"),
    [
        ((2.0, 2.0), 4.0),
        ((2.0, None), "sent"),
        ((None, 2.0), "sent"),
        ((None, None), "sent"),
        ((9.0, None), 9.0),
    ],
    ids=str,
)
def test_where_the_seconds_of_a_part_are_not_told_all_that_was_sent_counts(
    turn: Conversation,
    billed: tuple[float | None, float | None],
    counted: float | str,
) -> None:
    turn.speaks("one")
    turn.speaks("two")
    turn.answers("one", LIGHT, billed=billed[0])
    turn.answers("two", LAMP, billed=billed[1])
    sent_seconds = len(sent(turn.effects)) * FRAME_SECONDS
    assert 2.5 < sent_seconds < 4.0
    expected = sent_seconds if counted == "sent" else counted
    assert turn.outcomes[0].billed_seconds == pytest.approx(expected)


@pytest.mark.parametrize("links", [1, 2])
def test_a_part_whose_final_never_came_was_sent_on_each_link(
    turn: Conversation, links: int
) -> None:
    turn.speaks("one")
    turn.speaks("two")
    turn.answers("one", LIGHT)
    if links == 2:
        turn.link_dies()
    turn.link_dies(transient=False)
    sent_seconds = len(sent(turn.effects)) * FRAME_SECONDS
    expected = links * sent_seconds
    assert turn.text == LIGHT
    assert turn.outcomes[0].billed_seconds == pytest.approx(expected)


def test_what_was_being_said_when_the_turn_ended_was_sent_too(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.begins("two", 3.0)
    turn.answers("one", LIGHT)
    turn.happens(CancelRequested())
    sent_seconds = len(sent(turn.effects)) * FRAME_SECONDS
    assert turn.outcomes[0].billed_seconds == pytest.approx(sent_seconds)


def test_the_end_of_the_wake_word_counts_though_nobody_tells_its_seconds() -> None:
    turn = Conversation(Mode.SERVER_VAD, pre_roll=0.4)
    turn.says(SpeechStarted("tail", 0))
    turn.hears(0.3, speech=False)
    turn.says(SpeechStopped("tail", 600))
    turn.answers("tail", "Boo.", billed=None)
    turn.speaks("one")
    turn.answers("one", LIGHT, billed=1.0)
    assert turn.text == LIGHT
    sent_seconds = len(sent(turn.effects)) * FRAME_SECONDS
    assert turn.outcomes[0].billed_seconds == pytest.approx(sent_seconds)


def test_a_mood_that_the_last_part_does_not_tell_is_not_told(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.speaks("two")
    turn.answers("one", LIGHT, "happy")
    turn.answers("two", LAMP, None)
    [outcome] = turn.outcomes
    assert outcome.transcript is not None
    assert outcome.transcript.emotion is None


def test_the_end_of_speech_is_that_of_the_last_part(turn: Conversation) -> None:
    turn.speaks("one")
    turn.begins("two")
    end = turn.position
    turn.pauses("two")
    turn.answers("one", LIGHT)
    turn.answers("two", LAMP)
    assert turn.outcomes[0].end_of_speech == end


def test_interims_show_what_was_said_before_as_well(turn: Conversation) -> None:
    turn.speaks("one")
    turn.begins("two")
    turn.answers("one", LIGHT)
    assert turn.says(InterimTranscript("two", "And ", "the")) == [
        PublishInterim(TURN, f"{LIGHT} And the")
    ]


def test_where_the_other_part_was_noise_the_words_are_the_command(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.speaks("two")
    turn.answers("one", LIGHT)
    turn.answers("two", "...")
    assert turn.text == LIGHT


def test_who_coughs_and_then_speaks_is_heard(turn: Conversation) -> None:
    turn.speaks("one")
    turn.begins("two")
    turn.answers("one", "")
    turn.pauses("two")
    turn.answers("two", LAMP)
    assert turn.text == LAMP


def test_who_goes_on_is_sent_from_before_the_first_sound_in_manual_mode() -> None:
    turn = Conversation(Mode.MANUAL)
    turn.speaks("one")
    turn.hears(2.0, speech=False)
    start = turn.position

    frames = sent(turn.hears(0.3, speech=True))

    assert start - 5600 <= frames[0].start <= start - 4000
    assert frames[-1].end == turn.position
    assert all(a.end == b.start for a, b in itertools.pairwise(frames))


def test_the_longest_utterance_is_all_parts_together(turn: Conversation) -> None:
    turn = Conversation(turn.mode, longest=3.0)
    turn.speaks("one")
    turn.begins("two", 4.0)
    assert turn.effects[-1] == EndUtterance(TURN)
    assert len(sent(turn.effects)) * FRAME_SECONDS <= 3.0 + FRAME_SECONDS


# --- who is done ---


def test_who_is_done_is_answered_at_once(turn: Conversation) -> None:
    turn.speaks("one")
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


def test_a_voice_that_is_just_beginning_keeps_the_final_for_a_moment(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.hears(0.06, speech=True)

    assert turn.answers("one", LIGHT) == [KeepListening(TURN)]

    turn.begins("two")
    turn.pauses("two")
    turn.answers("two", LAMP)
    assert turn.text == BOTH


def test_a_click_delays_the_final_by_no_more_than_the_moment_it_takes_to_tell(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.hears(0.06, speech=True)
    turn.answers("one", LIGHT)
    before = turn.position
    while not turn.outcomes:
        turn.hears(FRAME_SECONDS, speech=False)
    assert (turn.position - before) / 16_000 <= 0.3
    assert turn.text == LIGHT


def test_a_click_that_is_over_delays_nothing(turn: Conversation) -> None:
    turn.speaks("one")
    turn.hears(0.06, speech=True)
    turn.hears(0.12, speech=False)
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


def test_a_click_that_nothing_follows_delays_the_final_by_as_long_as_lips_close(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.hears(0.06, speech=True)
    assert turn.answers("one", LIGHT) == [KeepListening(TURN)]
    turn.hears(0.12, speech=False)
    assert turn.text == LIGHT


def test_a_rattle_as_loud_as_the_speaker_is_no_word(turn: Conversation) -> None:
    turn.speaks("one")
    if turn.mode is Mode.SERVER_VAD:
        turn.says(SpeechStarted("rattle", 1700))
    turn.hears(0.15, speech=True)
    turn.hears(0.12, speech=False)
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


def test_a_softer_voice_that_goes_on_and_on_delays_nothing(turn: Conversation) -> None:
    turn.speaks("one")
    turn.hears(0.6, speech=True, amplitude=1000)
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


def test_a_softer_voice_is_not_the_speakers_for_a_click_before_it(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.hears(0.06, speech=True)
    turn.hears(0.42, speech=False)
    if turn.mode is Mode.SERVER_VAD:
        turn.says(SpeechStarted("television", 1700))
    turn.hears(0.6, speech=True, amplitude=1000)
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


@pytest.mark.parametrize("closed", [0.0, 0.09])
def test_a_word_that_begins_softly_or_with_a_stop_keeps_the_final(
    turn: Conversation, closed: float
) -> None:
    turn.speaks("one")
    start = turn.position
    turn.hears(0.12, speech=True, amplitude=600)
    turn.hears(closed, speech=False)
    assert turn.answers("one", LIGHT) == [KeepListening(TURN)]
    turn.hears(0.12, speech=True)
    if turn.mode is Mode.SERVER_VAD:
        turn.says(SpeechStarted("two", start // 16))
    assert turn.state is SatelliteState.LISTENING
    turn.hears(0.9, speech=True)
    turn.pauses("two")
    turn.answers("two", LAMP)
    assert turn.text == BOTH


def test_a_voice_that_the_server_does_not_take_for_one_delays_it_by_a_moment() -> None:
    turn = Conversation(Mode.SERVER_VAD)
    turn.speaks("one")
    turn.hears(0.6, speech=True)
    turn.answers("one", LIGHT)
    before = turn.position
    turn.hears(1.0, speech=True)
    assert turn.text == LIGHT
    assert len(sent(turn.effects)) <= before / FRAME_SAMPLES + 10


def test_a_softer_voice_behind_the_command_is_somebody_elses(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    if turn.mode is Mode.SERVER_VAD:
        turn.says(SpeechStarted("television", 1700))
    turn.hears(0.9, speech=True, amplitude=1000)
    turn.answers("one", LIGHT)
    before = turn.position
    turn.hears(0.6, speech=True, amplitude=1000)
    assert turn.text == LIGHT
    assert turn.effects.count(KeepListening(TURN)) == 0
    assert len(sent(turn.effects)) <= before / FRAME_SAMPLES + 10


def test_who_goes_on_in_a_lower_voice_is_heard_out(turn: Conversation) -> None:
    turn.speaks("one")
    turn.hears(0.06, speech=True, amplitude=1000)
    turn.hears(0.15, speech=True, amplitude=1700)
    if turn.mode is Mode.SERVER_VAD:
        turn.says(SpeechStarted("two", 1700))
    assert turn.state is SatelliteState.LISTENING


def test_noise_that_only_the_server_takes_for_a_voice_delays_nothing() -> None:
    turn = Conversation(Mode.SERVER_VAD)
    turn.speaks("one")
    turn.says(SpeechStarted("noise", 1700))
    turn.hears(0.5, speech=False)
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


def test_of_a_speaker_we_are_deaf_to_the_server_knows_whether_he_goes_on() -> None:
    turn = Conversation(Mode.SERVER_VAD)
    turn.says(SpeechStarted("one", 100))
    turn.hears(1.5, speech=False)
    turn.says(SpeechStopped("one", 1500))
    turn.says(SpeechStarted("two", 1600))
    turn.answers("one", LIGHT)
    turn.says(SpeechStopped("two", 2600))
    turn.answers("two", LAMP)
    assert turn.text == BOTH


def test_who_let_go_of_the_button_is_done(turn: Conversation) -> None:
    turn.hears(1.2, speech=True)
    turn.happens(StopRequested())
    assert sent(turn.hears(0.6, speech=True)) == []
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


def test_who_lets_go_of_the_button_in_a_pause_is_done(turn: Conversation) -> None:
    turn.speaks("one")
    turn.happens(StopRequested())
    turn.hears(0.6, speech=True)
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


# --- what comes between ---


def test_a_wake_word_is_not_the_rest_of_the_command() -> None:
    for mode in Mode:
        turn = Conversation(mode)
        turn.speaks("one")
        turn.begins("two")
        woken = turn.happens(WakeWordHeard(Detection("okay_nabu", 0.9, 0), ()))
        assert woken == [AwaitFinal(TURN, audible=False)]

        turn.answers("one", LIGHT)

        assert turn.text == LIGHT
        assert isinstance(turn.effects[-1], StartTurn)


def test_a_wake_word_does_not_wait_for_a_final_that_is_there(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.begins("two")
    turn.answers("one", LIGHT)
    turn.happens(WakeWordHeard(Detection("okay_nabu", 0.9, 0), ()))
    assert turn.text == LIGHT
    assert turn.state is SatelliteState.LISTENING


@pytest.mark.parametrize("event", [MicrophoneLost(), MicrophoneClosed()])
def test_without_a_microphone_what_is_over_is_not_lost(
    turn: Conversation, event: Event
) -> None:
    turn.speaks("one")
    turn.begins("two")
    turn.happens(event)
    turn.answers("one", LIGHT)
    assert turn.text == LIGHT


def test_without_a_microphone_a_final_waits_for_nobody(turn: Conversation) -> None:
    turn.speaks("one")
    turn.hears(0.06, speech=True)
    turn.answers("one", LIGHT)
    turn.happens(MicrophoneLost())
    assert turn.text == LIGHT


def test_who_cancels_while_going_on_wants_none_of_it(turn: Conversation) -> None:
    turn.speaks("one")
    turn.begins("two")
    turn.answers("one", LIGHT)
    turn.happens(CancelRequested())
    assert [outcome.kind for outcome in turn.outcomes] == [OutcomeKind.CANCELLED]


def test_a_second_part_without_its_final_does_not_take_the_first_with_it(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.speaks("two")
    turn.answers("one", LIGHT)
    turn.link_dies(transient=False)
    assert turn.text == LIGHT


def test_a_session_that_finishes_early_gives_what_it_gave(turn: Conversation) -> None:
    turn.speaks("one")
    turn.begins("two")
    turn.answers("one", LIGHT)
    turn.says(SessionFinished())
    assert turn.text == LIGHT


# --- the link dies ---


def test_in_manual_mode_both_parts_are_said_again_and_both_finals_awaited() -> None:
    turn = Conversation(Mode.MANUAL)
    turn.speaks("one")
    turn.speaks("two")
    turn.answers("one", LIGHT)
    assert ReplayUtterance(TURN) in turn.link_dies()
    turn.answers("again one", LIGHT)
    assert turn.outcomes == []
    turn.answers("again two", LAMP)
    assert turn.text == BOTH


def test_in_server_vad_what_the_server_has_answered_is_not_said_again() -> None:
    turn = Conversation(Mode.SERVER_VAD)
    turn.speaks("one")
    turn.begins("two")
    turn.answers("one", LIGHT)
    turn.link_dies()
    turn.says(SpeechStarted("again two", 1620))
    turn.pauses("again two")
    turn.answers("again two", LAMP)
    assert turn.text == BOTH


def test_in_server_vad_the_server_hears_the_second_part_faster_than_it_was_said() -> (
    None
):
    turn = Conversation(Mode.SERVER_VAD)
    turn.speaks("one")
    end = turn.position
    turn.speaks("two")
    turn.link_dies()
    turn.says(SpeechStarted("again one", 0))
    turn.says(SpeechStopped("again one", end // 16))
    assert turn.answers("again one", LIGHT) == [KeepListening(TURN)]
    turn.says(SpeechStarted("again two", end // 16 + 10))
    turn.says(SpeechStopped("again two", turn.position // 16))
    turn.answers("again two", LAMP)
    assert turn.text == BOTH


def test_what_was_understood_before_a_link_died_twice_is_not_lost(
    turn: Conversation,
) -> None:
    turn.speaks("one")
    turn.begins("two")
    turn.answers("one", LIGHT)
    turn.link_dies()
    turn.link_dies()
    assert turn.text == LIGHT


# --- the hints ---


def test_of_a_command_that_is_a_hint_nothing_is_lost(turn: Conversation) -> None:
    hints = "turn on, turn off, the kitchen light, the bedroom light"
    turn.speaks("one")
    turn.answers("one", LIGHT, hints=hints)
    assert turn.text == LIGHT


def test_hints_that_come_back_where_nobody_spoke_are_no_command() -> None:
    turn = Conversation(Mode.SERVER_VAD)
    turn.says(SpeechStarted("noise", 100))
    turn.hears(1.5, speech=False)
    turn.says(SpeechStopped("noise", 1500))
    turn.answers("noise", "the kitchen light", hints="the kitchen light, the hall")
    assert turn.outcomes == []
    turn.speaks("one")
    turn.answers("one", LIGHT, hints="the kitchen light, the hall")
    assert turn.text == LIGHT


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("hint", ["Good night", "Licht", "Movie night"])
def test_a_hint_that_comes_back_of_a_wake_word_alone_is_no_command(
    hint: str, mode: Mode
) -> None:
    turn = Conversation(mode, pre_roll=0.4)
    if mode is Mode.SERVER_VAD:
        turn.says(SpeechStarted("noise", 300))
    turn.says(InterimTranscript("noise", "", hint), hint)
    turn.hears(1.0, speech=False)
    turn.happens(StopRequested())
    turn.answers("noise", hint, hints=hint)
    assert [outcome.kind for outcome in turn.outcomes] == [OutcomeKind.NO_SPEECH]
    assert not [e for e in turn.effects if isinstance(e, PublishInterim)]


def test_a_hint_that_comes_back_as_an_interim_keeps_no_turn_open() -> None:
    turn = Conversation(Mode.MANUAL, pre_roll=0.4)
    turn.says(InterimTranscript("noise", "", "Good night"), "Good night")
    turn.hears(5.1, speech=False)
    assert [outcome.kind for outcome in turn.outcomes] == [OutcomeKind.NO_SPEECH]


def test_words_that_a_recognizer_makes_of_a_quiet_room_keep_no_turn_open() -> None:
    turn = Conversation(Mode.MANUAL, pre_roll=0.4)
    turn.says(InterimTranscript("noise", "", LIGHT))
    turn.hears(5.1, speech=False)
    assert [outcome.kind for outcome in turn.outcomes] == [OutcomeKind.NO_SPEECH]


# --- what is no word ---


@pytest.mark.parametrize("noise", ["", "...", "。", "-", "♪", "[BLANK_AUDIO]"])
def test_a_transcript_without_a_word_swallows_no_command(
    turn: Conversation, noise: str
) -> None:
    for item, text in [("one", noise), ("two", noise), ("three", LIGHT)]:
        turn.speaks(item)
        assert turn.state is SatelliteState.PROCESSING
        turn.answers(item, text)
    assert turn.text == LIGHT


@pytest.mark.parametrize("noise", ["...", "(upbeat music)"])
def test_a_transcript_without_a_word_is_no_command(
    turn: Conversation, noise: str
) -> None:
    turn.speaks("one")
    turn.says(InterimTranscript("one", "", noise))
    turn.answers("one", noise)
    turn.hears(5.0, speech=False)
    assert [outcome.kind for outcome in turn.outcomes] == [OutcomeKind.NO_SPEECH]
    assert not [e for e in turn.effects if isinstance(e, PublishInterim)]


def test_the_recognizer_hears_the_wake_word_alone_and_the_command_is_to_come(
    turn: Conversation,
) -> None:
    turn = Conversation(turn.mode, pre_roll=0.4)
    for item, text in [("one", "Okay Nabu."), ("two", LIGHT)]:
        turn.speaks(item)
        turn.answers(item, text)
    assert turn.text == LIGHT


def test_behind_a_loud_cough_a_soft_voice_is_the_command(turn: Conversation) -> None:
    turn.begins("cough", 0.6)
    turn.pauses("cough")
    start = turn.position
    turn.hears(0.6, speech=True, amplitude=1000)
    turn.answers("cough", "")
    turn.hears(0.6, speech=True, amplitude=1000)
    end = turn.position
    if turn.mode is Mode.SERVER_VAD:
        turn.says(SpeechStarted("two", start // 16))
    turn.pauses("two")
    turn.answers("two", LIGHT)

    assert turn.text == LIGHT
    assert turn.outcomes[0].end_of_speech == end
    frames = sent(turn.effects)
    assert frames[-1].end >= end
    assert all(a.end == b.start for a, b in itertools.pairwise(frames))


def test_a_soft_command_that_is_over_before_the_coughs_final_is_awaited() -> None:
    turn = Conversation(Mode.MANUAL)
    turn.speaks("cough")
    turn.hears(0.9, speech=True, amplitude=1000)
    turn.hears(0.9, speech=False)

    assert EndUtterance(TURN) in turn.answers("cough", "")

    turn.answers("two", LIGHT)
    assert turn.text == LIGHT


def test_a_wait_for_a_command_is_no_longer_behind_a_cough_than_without(
    turn: Conversation,
) -> None:
    turn.speaks("cough", 0.6)
    turn.answers("cough", "")
    turn.hears(4.95 - turn.position / SAMPLE_RATE, speech=False)
    assert turn.outcomes == []
    turn.hears(0.1, speech=False)
    assert [outcome.kind for outcome in turn.outcomes] == [OutcomeKind.NO_SPEECH]


def test_who_coughs_again_and_again_keeps_no_turn_open(turn: Conversation) -> None:
    for number in range(5):
        turn.speaks(f"cough {number}", 0.6)
        turn.answers(f"cough {number}", "")
        turn.hears(0.03, speech=False)
    assert [outcome.kind for outcome in turn.outcomes] == [OutcomeKind.NO_SPEECH]


def test_who_speaks_at_the_last_moment_behind_a_cough_is_heard_out(
    turn: Conversation,
) -> None:
    turn.speaks("cough", 0.6)
    turn.answers("cough", "")
    turn.hears(4.95 - turn.position / SAMPLE_RATE, speech=False)
    turn.speaks("two")
    turn.answers("two", LIGHT)
    assert turn.text == LIGHT


def test_a_cough_does_not_shorten_what_may_be_said_behind_it(
    turn: Conversation,
) -> None:
    turn = Conversation(turn.mode, longest=5.5)
    turn.speaks("cough", 0.6)
    turn.answers("cough", "")
    began = turn.position
    turn.begins("two", 6.0)
    assert turn.state is SatelliteState.PROCESSING
    seconds = (sent(turn.effects)[-1].end - began) / SAMPLE_RATE
    assert seconds == pytest.approx(5.5, abs=FRAME_SECONDS)


def test_who_releases_the_button_behind_a_cough_has_had_the_say(
    turn: Conversation,
) -> None:
    turn.speaks("cough")
    turn.answers("cough", "")
    turn.hears(0.5, speech=False)
    turn.happens(StopRequested())
    turn.answers("rest", "")
    assert [outcome.kind for outcome in turn.outcomes] == [OutcomeKind.NO_SPEECH]


def test_what_is_awaited_again_behind_a_dead_link_is_not_given_up_for_silence() -> None:
    turn = Conversation(Mode.MANUAL)
    turn.speaks("one")
    turn.answers("one", "")
    turn.link_dies()
    turn.hears(5.0, speech=False)
    assert turn.outcomes == []
    assert turn.effects[-1] == AwaitFinal(TURN, audible=False)
    turn.answers("again one", LIGHT)
    assert turn.text == LIGHT
