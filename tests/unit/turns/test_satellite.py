"""Whose turn it is, and that each turn ends once."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.errors import Reason
from auricle.qwen_asr.events import (
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
    Effect,
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
    Recognition,
    RecognizerFailed,
    RecognizerSaid,
    ReplayUtterance,
    SendAudio,
    StartTurn,
    Stopping,
    StopRequested,
    WakeWordHeard,
    WordDisputed,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.satellite import Satellite, SatelliteState
from auricle.turns.turn import EndedBy, Mode, Outcome, OutcomeKind
from auricle.turns.wake_phrase import WakePhrase
from auricle.wake.detector import Detection

TURN = "turn-1"
PRE_ROLL = tuple(Frame(bytes(FRAME_BYTES), n * FRAME_SAMPLES) for n in range(10))
WOKEN = WakeWordHeard(Detection("okay_nabu", 0.97, 10 * FRAME_SAMPLES), PRE_ROLL)
WOKEN_WITH_PHRASE = replace(WOKEN, pre_roll=PRE_ROLL * 5)


def satellite(
    mode: Mode = Mode.MANUAL,
    *,
    muted: bool = False,
    drop_unconfirmed: bool = False,
) -> Satellite:
    """One that is muted, or whose microphone gives sound."""
    machine = assembled(mode, muted=muted, drop_unconfirmed=drop_unconfirmed)
    if not muted:
        machine.step(MicrophoneFound())
    return machine


def assembled(
    mode: Mode = Mode.MANUAL, *, muted: bool = False, drop_unconfirmed: bool = False
) -> Satellite:
    """One that has not begun."""
    numbers = itertools.count(1)
    turns = TurnFactory(
        mode=mode,
        endpointing=EndpointingSettings(
            silence=0.5, no_speech_timeout=3.0, longest=10.0
        ),
        new_turn_id=lambda: f"turn-{next(numbers)}",
        wake_phrases={"okay_nabu": WakePhrase("okay_nabu")},
        drop_unconfirmed=drop_unconfirmed,
    )
    return Satellite(turns, muted=muted)


def after(seconds: float, *, speech: bool, start: int = 10) -> list[Heard]:
    """So much sound, from frame number `start` on."""
    numbers = range(start, start + round(seconds / FRAME_SECONDS))
    return [
        Heard(Frame(bytes(FRAME_BYTES), n * FRAME_SAMPLES), speech) for n in numbers
    ]


def run(machine: Satellite, events: Sequence[Event]) -> list[Effect]:
    return [effect for event in events for effect in machine.step(event)]


def said(what: Recognition, turn: str = TURN) -> RecognizerSaid:
    return RecognizerSaid(turn, what)


def final(text: str, turn: str = TURN, *, item: str = "item") -> RecognizerSaid:
    return said(FinalTranscript(item, text, "en", "happy"), turn)


def outcomes(effects: Sequence[Effect]) -> list[Outcome]:
    return [e.outcome for e in effects if isinstance(e, PublishOutcome)]


def sent(effects: Sequence[Effect]) -> list[Frame]:
    return [e.frame for e in effects if isinstance(e, SendAudio)]


def test_a_wake_word_starts_a_turn_with_the_sound_from_before_it() -> None:
    machine = satellite()

    effects = machine.step(WOKEN)

    assert isinstance(effects[0], StartTurn)
    assert effects[0].turn.detection == WOKEN.detection
    assert sent(effects) == list(PRE_ROLL)
    assert machine.state is SatelliteState.LISTENING


def test_what_is_heard_is_sent_without_a_gap() -> None:
    machine = satellite()
    effects = run(machine, [WOKEN, *after(1.0, speech=True)])

    frames = sent(effects)

    assert all(a.end == b.start for a, b in itertools.pairwise(frames))


def test_a_final_that_comes_too_late_opens_no_other_turn() -> None:
    machine = satellite()
    run(machine, [FollowUpRequested(5.0), WOKEN, *after(1.2, speech=True)])
    run(machine, after(0.6, speech=False, start=50))

    effects = machine.step(replace(final("Turn on the light."), late=True))

    # Whoever publishes it sees that it is too old, and tells.
    assert [outcome.kind for outcome in outcomes(effects)] == [OutcomeKind.TRANSCRIPT]
    assert not [effect for effect in effects if isinstance(effect, StartTurn)]
    assert machine.state is SatelliteState.IDLE


def test_the_end_of_speech_is_known_before_the_turn_ends() -> None:
    machine = satellite()
    assert machine.end_of_speech is None
    run(machine, [WOKEN, *after(0.6, speech=True), *after(0.3, speech=False, start=30)])
    assert machine.end_of_speech == 30 * FRAME_SAMPLES


def test_without_a_network_it_is_tried_again_as_often_as_asked_for() -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(1.2, speech=True)])
    run(machine, after(0.6, speech=False, start=50))
    unreachable = RecognizerFailed(TURN, Reason.ASR_UNREACHABLE, transient=True)

    for _ in range(10):
        effects = machine.step(replace(unreachable, no_network=True))
        assert effects[0] == ReplayUtterance(TURN)
    # The one replay of an utterance that was sent is still to come, and only one.
    assert machine.step(unreachable)[0] == ReplayUtterance(TURN)
    (outcome,) = outcomes(machine.step(unreachable))
    assert outcome.reason is Reason.ASR_UNREACHABLE


def test_in_manual_mode_silence_after_speech_ends_the_utterance() -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(1.2, speech=True)])

    effects = run(machine, after(0.6, speech=False, start=50))

    assert EndUtterance(TURN) in effects
    assert machine.state is SatelliteState.PROCESSING


def test_the_final_is_the_turns_outcome() -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(1.2, speech=True)])
    run(machine, after(0.6, speech=False, start=50))

    (outcome,) = outcomes(machine.step(final(" Turn on the light. ")))

    assert outcome.kind is OutcomeKind.TRANSCRIPT
    assert outcome.transcript is not None
    assert outcome.transcript.text == "Turn on the light."
    assert outcome.transcript.emotion == "happy"
    assert outcome.ended_by is EndedBy.ENDPOINTER
    assert outcome.end_of_speech == 50 * FRAME_SAMPLES
    assert machine.state is SatelliteState.IDLE


def test_the_session_is_closed_and_the_frames_stay_home_after_the_outcome() -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(1.2, speech=True), StopRequested()])

    effects = machine.step(final("Stop."))

    assert effects[-2:] == [CloseSession(TURN), Attend(on=False)]
    assert run(machine, after(1.0, speech=True, start=50)) == []


def test_silence_after_the_wake_word_ends_without_a_word() -> None:
    machine = satellite()

    effects = run(machine, [WOKEN, *after(3.1, speech=False)])

    assert [o.kind for o in outcomes(effects)] == [OutcomeKind.NO_SPEECH]
    assert machine.state is SatelliteState.IDLE


def test_the_longest_utterance_is_ended_whoever_decides() -> None:
    for mode in Mode:
        machine = satellite(mode)
        effects = run(machine, [WOKEN, *after(10.1, speech=True)])
        assert EndUtterance(TURN) in effects, mode


def test_the_server_ends_the_utterance_in_vad_mode() -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, *after(1.2, speech=True), said(SpeechStarted("item", 0))])

    effects = machine.step(said(SpeechStopped("item", 1200)))

    assert effects == [AwaitFinal(TURN)]
    assert machine.state is SatelliteState.PROCESSING


def test_the_server_hears_on_behind_its_end_for_the_person_may_go_on() -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, said(SpeechStarted("item", 0))])
    run(machine, [said(SpeechStopped("item", 1200))])
    behind = after(0.5, speech=False)

    assert sent(run(machine, behind)) == [heard.frame for heard in behind]


def test_the_end_of_the_wake_phrase_is_no_utterance() -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, said(SpeechStarted("tail", 0)), *after(0.3, speech=False)])

    effects = machine.step(said(SpeechStopped("tail", 600)))
    effects += machine.step(said(InterimTranscript("tail", "", "boo")))
    effects += machine.step(said(FinalTranscript("tail", "Boo.")))

    assert effects == []
    assert machine.state is SatelliteState.LISTENING

    run(machine, [*after(1.2, speech=True, start=20), said(SpeechStarted("item", 600))])
    run(machine, [said(SpeechStopped("item", 2000))])
    [outcome] = outcomes(machine.step(final("Stop.")))
    assert outcome.transcript is not None
    assert outcome.transcript.text == "Stop."


@pytest.mark.parametrize(
    ("started", "heard", "stopped"),
    [(0, 1.0, 1100), (0, 0.2, 500), (0, 0.0, 2100), (330, 0.0, 700)],
    ids=["without a pause", "a short word", "too soft for us", "behind the wake word"],
)
def test_a_command_is_never_taken_for_the_wake_phrases_end(
    started: int, heard: float, stopped: int
) -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, said(SpeechStarted("item", started))])
    run(machine, after(heard, speech=True))
    run(machine, [said(SpeechStopped("item", stopped))])

    assert [o.kind for o in outcomes(machine.step(final("Stop.")))] == [
        OutcomeKind.TRANSCRIPT
    ]


@pytest.mark.parametrize(
    ("started", "stopped"), [(None, None), (None, 600), (0, None)], ids=str
)
def test_a_server_that_does_not_tell_when_is_not_taken_to_hear_the_wake_phrase(
    started: int | None, stopped: int | None
) -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, said(SpeechStarted("item", started))])
    run(machine, [said(SpeechStopped("item", stopped))])

    assert [o.kind for o in outcomes(machine.step(final("Stop.")))] == [
        OutcomeKind.TRANSCRIPT
    ]


def test_after_a_replay_the_wake_phrases_end_is_still_no_utterance() -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, *after(0.6, speech=False)])
    run(machine, after(1.2, speech=True, start=30))
    machine.step(RecognizerFailed(TURN, Reason.ASR_UNREACHABLE, transient=True))
    run(machine, [said(SpeechStarted("tail", 0)), said(SpeechStopped("tail", 700))])

    assert machine.step(said(FinalTranscript("tail", "Boo."))) == []
    assert machine.state is SatelliteState.LISTENING


def test_an_empty_final_in_vad_mode_goes_on_listening_without_a_gap() -> None:
    machine = satellite(Mode.SERVER_VAD)
    effects = run(machine, [WOKEN, said(SpeechStarted("item", 0))])
    effects += run(machine, [said(SpeechStopped("item", 300))])
    effects += run(machine, after(0.5, speech=True))

    effects += machine.step(final(""))

    assert machine.state is SatelliteState.LISTENING
    frames = sent(effects)
    assert frames[-1].end == 10 * FRAME_SAMPLES + round(0.5 / FRAME_SECONDS) * 480
    assert all(a.end == b.start for a, b in itertools.pairwise(frames))


def test_an_empty_final_in_manual_mode_goes_on_listening_without_a_gap() -> None:
    machine = satellite()
    effects = run(machine, [WOKEN, *after(0.3, speech=True)])
    effects += run(machine, after(1.1, speech=False, start=20))
    assert effects.count(EndUtterance(TURN)) == 1

    effects += machine.step(final("  "))

    assert machine.state is SatelliteState.LISTENING
    frames = sent(effects)
    assert frames[-1].end == 20 * FRAME_SAMPLES + round(1.1 / FRAME_SECONDS) * 480
    assert all(a.end == b.start for a, b in itertools.pairwise(frames))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("speech", [False, True])
def test_push_to_talk_released_on_what_has_no_word_is_no_speech_at_once(
    mode: Mode, speech: bool
) -> None:
    machine = satellite(mode)
    run(machine, [ListenRequested(), *after(1.2, speech=speech), StopRequested()])

    assert [o.kind for o in outcomes(machine.step(final("  ")))] == [
        OutcomeKind.NO_SPEECH
    ]


def test_a_longest_utterance_without_a_word_is_no_speech_at_once() -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(10.1, speech=True)])

    assert [o.kind for o in outcomes(machine.step(final("  ")))] == [
        OutcomeKind.NO_SPEECH
    ]


def test_a_mute_server_in_vad_mode_does_not_keep_the_turn_open() -> None:
    machine = satellite(Mode.SERVER_VAD)

    effects = run(
        machine,
        [WOKEN, *after(1.2, speech=True), *after(3.0, speech=False, start=50)],
    )

    assert EndUtterance(TURN) in effects


def test_the_servers_ear_for_quiet_speech_overrules_ours() -> None:
    machine = satellite(Mode.SERVER_VAD)

    effects = run(
        machine,
        [WOKEN, said(SpeechStarted("item", 100)), *after(4.0, speech=False)],
    )

    assert outcomes(effects) == []


def test_interim_transcripts_are_published_when_they_change() -> None:
    machine = satellite()
    machine.step(WOKEN)
    interim = said(InterimTranscript("item", "turn ", "on"))

    assert machine.step(interim) == [PublishInterim(TURN, "turn on")]
    assert machine.step(interim) == []


def test_push_to_talk_listens_until_it_is_released() -> None:
    machine = satellite()

    started = machine.step(ListenRequested())
    run(machine, after(1.0, speech=True))
    stopped = machine.step(StopRequested())

    assert started[-1] == Attend(on=True)
    assert stopped == [EndUtterance(TURN)]


def test_a_cancelled_turn_has_no_transcript() -> None:
    machine = satellite()
    machine.step(WOKEN)

    (outcome,) = outcomes(machine.step(CancelRequested()))

    assert outcome.kind is OutcomeKind.CANCELLED


def test_a_late_final_of_an_earlier_turn_is_nobodys() -> None:
    machine = satellite()
    run(machine, [WOKEN, CancelRequested(), WOKEN])

    assert machine.step(final("Open the door.", "turn-1")) == []
    assert machine.turn is not None
    assert machine.turn.id == "turn-2"


def test_a_lost_link_costs_one_replay() -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(1.2, speech=True)])
    lost = RecognizerFailed(TURN, Reason.ASR_UNREACHABLE, transient=True)

    assert machine.step(lost) == [ReplayUtterance(TURN)]
    assert [o.reason for o in outcomes(machine.step(lost))] == [Reason.ASR_UNREACHABLE]


def test_a_refusal_is_not_tried_again() -> None:
    machine = satellite()
    machine.step(WOKEN)
    refused = RecognizerFailed(TURN, Reason.AUTH_FAILED, transient=False)

    assert [o.reason for o in outcomes(machine.step(refused))] == [Reason.AUTH_FAILED]


def test_after_a_replay_the_server_finds_the_end_again() -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, said(SpeechStarted("i", 0)), said(SpeechStopped("i", 900))])
    run(machine, after(0.3, speech=False))

    effects = machine.step(
        RecognizerFailed(TURN, Reason.ASR_UNREACHABLE, transient=True)
    )

    assert effects == [ReplayUtterance(TURN), KeepListening(TURN)]
    assert machine.state is SatelliteState.LISTENING


def test_a_finished_session_without_a_final_is_no_speech() -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, StopRequested()])

    (outcome,) = outcomes(machine.step(said(SessionFinished())))

    assert outcome.kind is OutcomeKind.NO_SPEECH


def test_muting_cancels_the_turn_and_closes_the_microphone() -> None:
    machine = satellite()
    machine.step(WOKEN)

    effects = machine.step(MuteRequested(muted=True))

    assert [o.kind for o in outcomes(effects)] == [OutcomeKind.CANCELLED]
    assert CloseMicrophone() in effects


def test_it_is_muted_when_the_microphone_is_closed_and_not_before() -> None:
    machine = satellite()
    machine.step(MuteRequested(muted=True))
    ordered = machine.state
    machine.step(MicrophoneClosed())

    assert (ordered, machine.state) == (SatelliteState.IDLE, SatelliteState.MUTED)


def test_it_is_idle_when_sound_comes_and_not_when_that_is_ordered() -> None:
    machine = satellite(muted=True)

    assert machine.step(MuteRequested(muted=False)) == [OpenMicrophone()]
    ordered = machine.state
    machine.step(MicrophoneFound())

    assert (ordered, machine.state) == (SatelliteState.MUTED, SatelliteState.IDLE)


def test_a_mute_that_is_taken_back_in_time_closes_nothing() -> None:
    machine = satellite()
    run(machine, [MuteRequested(muted=True), MuteRequested(muted=False)])

    assert machine.state is SatelliteState.IDLE
    assert isinstance(machine.step(WOKEN)[0], StartTurn)


def test_a_mute_that_is_taken_back_too_late_is_told_until_sound_comes() -> None:
    machine = satellite()
    run(machine, [MuteRequested(muted=True), MuteRequested(muted=False)])
    states = []
    for event in (MicrophoneClosed(), MicrophoneFound()):
        machine.step(event)
        states.append(machine.state)

    assert states == [SatelliteState.MUTED, SatelliteState.IDLE]


def test_before_the_first_sound_it_is_not_idle() -> None:
    assert assembled().state is SatelliteState.MUTED


def test_a_microphone_that_does_not_close_is_an_error_and_not_muted() -> None:
    machine = satellite()
    run(machine, [MuteRequested(muted=True), MicrophoneLost()])

    assert machine.state is SatelliteState.ERROR


def test_a_muted_satellite_says_why_it_does_not_listen() -> None:
    machine = satellite(muted=True)

    (outcome,) = outcomes(machine.step(ListenRequested()))

    assert (outcome.kind, outcome.reason) == (OutcomeKind.ERROR, Reason.MUTED)


def test_from_the_order_on_nothing_is_heard_that_was_on_its_way() -> None:
    machine = satellite()
    machine.step(MuteRequested(muted=True))

    assert machine.step(WOKEN) == [Attend(on=False)]
    (outcome,) = outcomes(machine.step(ListenRequested()))
    assert outcome.reason is Reason.MUTED


def test_push_to_talk_while_the_microphone_opens_is_a_turn() -> None:
    machine = satellite(muted=True)
    machine.step(MuteRequested(muted=False))

    effects = machine.step(ListenRequested())
    machine.step(MicrophoneFound())

    assert Attend(on=True) in effects
    assert machine.state is SatelliteState.LISTENING


def test_push_to_talk_while_the_microphone_opens_in_vain_says_why() -> None:
    machine = satellite(muted=True)
    run(machine, [MuteRequested(muted=False), ListenRequested()])

    (outcome,) = outcomes(machine.step(MicrophoneLost()))

    assert outcome.reason is Reason.MICROPHONE


def test_a_turn_of_an_opening_that_is_over_does_not_wait_for_its_sound() -> None:
    machine = satellite()
    run(machine, [MuteRequested(muted=True), MuteRequested(muted=False), WOKEN])

    (outcome,) = outcomes(machine.step(MicrophoneClosed()))

    assert outcome.kind is OutcomeKind.CANCELLED
    assert machine.state is SatelliteState.MUTED


def test_muting_twice_changes_nothing() -> None:
    machine = satellite(muted=True)

    assert machine.step(MuteRequested(muted=True)) == []


def test_a_lost_microphone_is_an_error_until_it_is_found() -> None:
    machine = satellite()
    states = []
    for event in (MicrophoneLost(), MicrophoneFound()):
        machine.step(event)
        states.append(machine.state)

    assert states == [SatelliteState.ERROR, SatelliteState.IDLE]


def test_a_microphone_lost_while_listening_ends_the_turn() -> None:
    machine = satellite()
    machine.step(WOKEN)

    (outcome,) = outcomes(machine.step(MicrophoneLost()))

    assert outcome.reason is Reason.MICROPHONE
    assert machine.state is SatelliteState.ERROR


def test_a_microphone_lost_while_processing_loses_nothing() -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(1.0, speech=True), StopRequested(), MicrophoneLost()])

    assert [o.kind for o in outcomes(machine.step(final("Stop.")))] == [
        OutcomeKind.TRANSCRIPT
    ]


@pytest.mark.parametrize("gone", [MicrophoneLost(), MicrophoneClosed()], ids=str)
def test_a_follow_up_hears_also_where_the_microphone_was_away_before(
    gone: Event,
) -> None:
    machine = satellite()
    run(machine, [FollowUpRequested(5.0), WOKEN, *after(1.0, speech=True)])
    run(machine, [StopRequested(), gone, MicrophoneFound()])

    effects = machine.step(final("What time is it?"))

    assert effects[-1] == Attend(on=True)
    assert machine.state is SatelliteState.LISTENING


def test_a_turn_that_would_have_to_listen_on_without_a_microphone_ends() -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, said(SpeechStopped("item", 300)), MicrophoneLost()])

    (outcome,) = outcomes(machine.step(final("")))

    assert outcome.reason is Reason.MICROPHONE


def test_stopping_ends_the_turn() -> None:
    machine = satellite()
    machine.step(WOKEN)

    effects = machine.step(Stopping())

    assert [o.kind for o in outcomes(effects)] == [OutcomeKind.CANCELLED]


def test_a_wake_word_while_listening_starts_again() -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(0.5, speech=True)])

    effects = machine.step(WOKEN)

    assert [o.kind for o in outcomes(effects)] == [OutcomeKind.CANCELLED]
    assert machine.turn is not None
    assert machine.turn.id == "turn-2"
    assert Attend(on=False) not in effects


def test_a_wake_word_while_processing_is_the_next_turn_and_loses_neither() -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(1.0, speech=True), StopRequested()])
    spoken = after(0.6, speech=True, start=60)
    run(machine, [WOKEN, *spoken])

    effects = machine.step(final("Stop."))

    assert [o.turn.id for o in outcomes(effects)] == ["turn-1"]
    assert machine.turn is not None
    assert machine.turn.id == "turn-2"
    assert sent(effects) == [*PRE_ROLL, *(heard.frame for heard in spoken)]
    assert Attend(on=False) not in effects


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (WOKEN, OutcomeKind.CANCELLED),
        (CancelRequested(), OutcomeKind.CANCELLED),
        (MuteRequested(muted=True), OutcomeKind.CANCELLED),
        (MicrophoneClosed(), OutcomeKind.CANCELLED),
        (MicrophoneLost(), OutcomeKind.ERROR),
        (WordDisputed(on=True), OutcomeKind.CANCELLED),
        (Stopping(), OutcomeKind.CANCELLED),
    ],
    ids=lambda value: type(value).__name__ if value != WOKEN else "another",
)
def test_a_wake_word_that_waits_behind_a_turn_is_not_lost_without_a_word(
    event: Event, kind: OutcomeKind
) -> None:
    machine = satellite()
    run(machine, [WOKEN, *after(1.0, speech=True), StopRequested()])
    run(machine, [replace(WOKEN, turn="waits"), *after(0.6, speech=True, start=60)])

    effects = machine.step(event)
    effects += machine.step(final("Stop."))

    [dropped] = [o for o in outcomes(effects) if o.turn.id == "waits"]
    assert dropped.kind is kind
    assert dropped.turn.detection == WOKEN.detection


def test_the_wake_phrase_is_not_part_of_the_command() -> None:
    machine = satellite()
    run(machine, [WOKEN, StopRequested()])

    (outcome,) = outcomes(machine.step(final("Okay, Naboo. Turn on the light.")))

    assert outcome.transcript is not None
    assert outcome.transcript.text == "Turn on the light."
    assert outcome.transcript.raw_text == "Okay, Naboo. Turn on the light."
    assert outcome.transcript.wake_confirmed is True


def test_a_final_without_the_wake_phrase_says_so() -> None:
    machine = satellite()
    run(machine, [WOKEN_WITH_PHRASE, StopRequested()])

    (outcome,) = outcomes(machine.step(final("Turn on the light.")))

    assert outcome.transcript is not None
    assert outcome.transcript.wake_confirmed is False


@pytest.mark.parametrize("drop_unconfirmed", [True, False])
def test_who_was_not_sent_the_wake_phrase_has_no_opinion_of_it(
    drop_unconfirmed: bool,
) -> None:
    machine = satellite(drop_unconfirmed=drop_unconfirmed)
    run(machine, [WOKEN, StopRequested()])

    (outcome,) = outcomes(machine.step(final("Turn on the light.")))

    assert outcome.transcript is not None
    assert outcome.transcript.wake_confirmed is None


def test_a_final_without_the_wake_phrase_can_be_dropped() -> None:
    machine = satellite(drop_unconfirmed=True)
    run(machine, [WOKEN_WITH_PHRASE, StopRequested()])

    (outcome,) = outcomes(machine.step(final("And now the weather.")))

    assert outcome.kind is OutcomeKind.NO_SPEECH


def test_push_to_talk_has_no_wake_phrase_to_confirm() -> None:
    machine = satellite(drop_unconfirmed=True)
    run(machine, [ListenRequested(), *after(0.5, speech=True), StopRequested()])

    (outcome,) = outcomes(machine.step(final("Stop.")))

    assert outcome.transcript is not None
    assert outcome.transcript.wake_confirmed is None


def test_the_wake_phrase_alone_in_vad_mode_goes_on_listening() -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [WOKEN, said(SpeechStarted("item", 0))])
    run(machine, [said(SpeechStopped("item", 1900))])

    assert outcomes(machine.step(final("Okay nabu."))) == []
    assert machine.state is SatelliteState.LISTENING


def test_a_wake_phrase_with_a_pause_behind_it_confirms_the_command() -> None:
    machine = satellite(Mode.SERVER_VAD, drop_unconfirmed=True)
    run(machine, [WOKEN_WITH_PHRASE, said(SpeechStarted("item", 0))])
    run(machine, [said(SpeechStopped("item", 1900)), final("Okay nabu.")])
    run(machine, [said(SpeechStarted("two", 2500)), said(SpeechStopped("two", 4000))])

    (outcome,) = outcomes(machine.step(final("Turn on the light.", item="two")))

    assert outcome.transcript is not None
    assert outcome.transcript.text == "Turn on the light."
    assert outcome.transcript.wake_confirmed is True


def test_after_a_final_follow_up_listens_again_without_a_wake_word() -> None:
    machine = satellite()
    run(machine, [FollowUpRequested(5.0), WOKEN, *after(1.0, speech=True)])
    machine.step(StopRequested())

    effects = machine.step(final("What time is it?"))

    (started,) = [e.turn for e in effects if isinstance(e, StartTurn)]
    assert started.follow_up
    assert machine.state is SatelliteState.LISTENING


def test_a_follow_up_that_nobody_uses_ends_silently() -> None:
    machine = satellite()
    machine.step(FollowUpRequested(2.0))
    run(machine, [WOKEN, *after(1.0, speech=True), StopRequested(), final("Stop.")])

    effects = run(machine, after(2.1, speech=False, start=60))

    assert [o.kind for o in outcomes(effects)] == [OutcomeKind.NO_SPEECH]
    assert machine.state is SatelliteState.IDLE


def in_a_follow_up(seconds: float) -> Satellite:
    """One that waits so long for what is said behind its final."""
    machine = satellite()
    machine.step(FollowUpRequested(seconds))
    run(machine, [WOKEN, *after(1.0, speech=True), StopRequested(), final("Stop.")])
    return machine


def test_a_follow_up_is_as_long_as_asked_for_however_short_an_utterance_may_be() -> (
    None
):
    machine = in_a_follow_up(20.0)

    effects = run(machine, after(19.9, speech=False, start=60))
    assert machine.state is SatelliteState.LISTENING
    effects += run(machine, after(0.2, speech=False, start=730))

    assert [o.kind for o in outcomes(effects)] == [OutcomeKind.NO_SPEECH]
    assert not [effect for effect in effects if isinstance(effect, EndUtterance)]


def test_who_speaks_late_in_a_follow_up_is_heard_out() -> None:
    machine = in_a_follow_up(20.0)

    run(machine, after(9.0, speech=False, start=60))
    run(machine, after(4.0, speech=True, start=360))
    assert machine.state is SatelliteState.LISTENING
    effects = run(machine, after(0.6, speech=False, start=500))

    assert EndUtterance("turn-2") in effects


def test_a_follow_up_that_is_switched_off_meanwhile_is_not_opened() -> None:
    machine = satellite()
    machine.step(FollowUpRequested(3.0))
    run(machine, [WOKEN, FollowUpRequested(0.0), StopRequested(), final("Stop.")])

    assert machine.state is SatelliteState.IDLE


def test_with_the_budget_spent_nothing_is_sent_and_the_house_is_told() -> None:
    machine = satellite()
    machine.step(BudgetChanged(limit_reached=True))

    effects = run(machine, [WOKEN, *after(1.0, speech=True), ListenRequested()])

    assert [o.reason for o in outcomes(effects)] == [Reason.BUDGET, Reason.BUDGET]
    assert sent(effects) == []


def test_a_budget_that_is_spent_lets_the_open_turn_end() -> None:
    machine = satellite()
    run(machine, [WOKEN, BudgetChanged(limit_reached=True), StopRequested()])

    assert [o.kind for o in outcomes(machine.step(final("Stop.")))] == [
        OutcomeKind.TRANSCRIPT
    ]


@pytest.mark.parametrize("event", [StopRequested(), CancelRequested()])
def test_without_a_turn_there_is_nothing_to_stop(event: Event) -> None:
    assert satellite().step(event) == []
