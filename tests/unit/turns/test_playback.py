"""One sound at a time, and nothing in a turn; each sound has one end."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.audio.playing import SoundFailed, SoundFinished, SoundFormat, SoundStarted
from auricle.errors import Reason
from auricle.qwen_asr.events import FinalTranscript, SpeechStarted
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.events import (
    AcceptSound,
    AnswerLate,
    Attend,
    AwaitAnswer,
    AwaitChunk,
    BeginSound,
    BudgetChanged,
    CancelRequested,
    CancelSound,
    ChunksStalled,
    Effect,
    EndSound,
    Event,
    FeedSound,
    FollowUpRequested,
    Heard,
    ListenRequested,
    MicrophoneClosed,
    MicrophoneFound,
    MicrophoneLost,
    MuteRequested,
    NoteUsedId,
    PublishOutcome,
    RecognizerFailed,
    RecognizerSaid,
    ReportSound,
    RingTimer,
    SendAudio,
    StartTurn,
    Stopping,
    StopRequested,
    StopSynthesis,
    Synthesize,
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
    PlayReport,
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
from auricle.turns.turn import Mode, OutcomeKind
from auricle.turns.wake_phrase import WakePhrase
from auricle.wake.detector import Detection

FORMAT = SoundFormat(22_050, 1)
WOKEN = WakeWordHeard(Detection("okay_nabu", 0.97, 10 * FRAME_SAMPLES), ())
STOPPED = PlayReport("song", PlayState.CANCELLED, PlayReason.STOP)


def satellite(mode: Mode = Mode.MANUAL, *, muted: bool = False) -> Satellite:
    numbers = itertools.count(1)
    turns = TurnFactory(
        mode=mode,
        endpointing=EndpointingSettings(
            silence=0.5, no_speech_timeout=3.0, longest=10.0
        ),
        new_turn_id=lambda: f"turn-{next(numbers)}",
        wake_phrases={"okay_nabu": WakePhrase("okay_nabu")},
        stop_words=StopWords(),
    )
    machine = Satellite(turns, muted=muted)
    if not muted:
        machine.step(MicrophoneFound())
    return machine


def sound(
    sound_id: str,
    kind: SoundKind = SoundKind.ANNOUNCEMENT,
    *,
    turn: str | None = None,
    pcm: bytes = b"ab",
    then: Then | None = Then.IDLE,
) -> SoundArrived:
    """The only chunk of a sound, or with `then` None its first."""
    return SoundArrived(sound_id, 0, pcm, SoundOpening(kind, FORMAT, turn), then)


def answer(
    sound_id: str = "answer", turn: str | None = None, then: Then | None = Then.IDLE
) -> SoundArrived:
    return sound(sound_id, SoundKind.ANSWER, turn=turn, then=then)


def timer(change: TimerChange = TimerChange.FINISHED) -> TimerChanged:
    return TimerChanged(change, "eggs", "Eggs", 300.0, 0.0, active=False)


def after(seconds: float, *, speech: bool, start: int = 10) -> list[Heard]:
    numbers = range(start, start + round(seconds / FRAME_SECONDS))
    return [
        Heard(Frame(bytes(FRAME_BYTES), n * FRAME_SAMPLES), speech) for n in numbers
    ]


def final(text: str, turn: str = "turn-1") -> RecognizerSaid:
    return RecognizerSaid(turn, FinalTranscript("item", text))


def command(turn: str = "turn-1", text: str = "Turn on the light.") -> list[Event]:
    """Woken, said, and understood."""
    return [WOKEN, *after(1.0, speech=True), StopRequested(), final(text, turn)]


def run(machine: Satellite, events: Sequence[Event]) -> list[Effect]:
    return [effect for event in events for effect in machine.step(event)]


def reports(effects: Sequence[Effect]) -> list[PlayReport]:
    return [e.report for e in effects if isinstance(e, ReportSound)]


def begun(effects: Sequence[Effect]) -> list[str]:
    return [e.id for e in effects if isinstance(e, BeginSound | RingTimer)]


def started(effects: Sequence[Effect]) -> list[str]:
    return [e.turn.id for e in effects if isinstance(e, StartTurn)]


def outcomes(effects: Sequence[Effect]) -> list[OutcomeKind]:
    return [e.outcome.kind for e in effects if isinstance(e, PublishOutcome)]


# --- one sound ---


def test_a_sound_begins_with_its_first_chunk_and_ends_with_its_last() -> None:
    machine = satellite()

    first = machine.step(sound("song", then=None))
    more = machine.step(SoundArrived("song", 1, b"cd"))
    last = machine.step(SoundArrived("song", 2, b"ef", then=Then.IDLE))

    assert first == [
        AcceptSound("song"),
        AwaitChunk("song", on=True),
        BeginSound("song", FORMAT),
        FeedSound("song", b"ab"),
    ]
    assert more == [FeedSound("song", b"cd"), AwaitChunk("song", on=True)]
    assert last == [
        FeedSound("song", b"ef"),
        AwaitChunk("song", on=False),
        EndSound("song"),
    ]


def test_what_the_player_tells_is_reported() -> None:
    machine = satellite()
    machine.step(sound("song"))

    effects = run(machine, [SoundStarted("song"), SoundFinished("song")])

    assert reports(effects) == [
        PlayReport("song", PlayState.STARTED),
        PlayReport("song", PlayState.FINISHED),
    ]


def test_a_sound_that_waits_is_not_started() -> None:
    machine = satellite()

    effects = run(machine, [sound("one"), sound("two"), SoundStarted("two")])

    assert begun(effects) == ["one"]
    assert reports(effects) == []


def test_while_it_speaks_it_is_responding_and_then_at_rest() -> None:
    machine = satellite()
    states = []
    for event in (sound("song"), SoundStarted("song"), SoundFinished("song")):
        machine.step(event)
        states.append(machine.state)

    responding = SatelliteState.RESPONDING
    assert states == [responding, responding, SatelliteState.IDLE]


def test_a_loudspeaker_that_fails_is_told() -> None:
    machine = satellite()
    machine.step(sound("song", then=None))

    effects = machine.step(SoundFailed("song"))

    assert effects == [
        AwaitChunk("song", on=False),
        ReportSound(PlayReport("song", PlayState.FAILED, PlayReason.LOUDSPEAKER)),
    ]
    assert machine.state is SatelliteState.IDLE


def test_a_sound_whose_chunks_stop_coming_fails() -> None:
    machine = satellite()
    machine.step(sound("song", then=None))

    effects = machine.step(ChunksStalled("song"))

    assert CancelSound("song") in effects
    assert reports(effects) == [
        PlayReport("song", PlayState.FAILED, PlayReason.NO_CHUNKS)
    ]


def test_a_deadline_that_is_over_when_the_last_chunk_came_is_nobodys() -> None:
    machine = satellite()
    machine.step(sound("song"))

    assert machine.step(ChunksStalled("song")) == []


def test_a_chunk_that_comes_again_is_played_once() -> None:
    machine = satellite()
    machine.step(sound("song", then=None))
    machine.step(SoundArrived("song", 1, b"cd"))

    again = [sound("song", then=None), SoundArrived("song", 1, b"cd")]

    assert run(machine, again) == []


def test_a_sound_with_a_gap_in_it_fails() -> None:
    machine = satellite()
    machine.step(sound("song", then=None))

    effects = machine.step(SoundArrived("song", 2, b"ef"))

    assert effects[0] == CancelSound("song")
    assert reports(effects) == [PlayReport("song", PlayState.FAILED, PlayReason.ORDER)]


def test_chunks_of_a_sound_that_nobody_knows_or_that_is_over_are_ignored() -> None:
    machine = satellite()
    run(machine, [sound("song", then=None), SoundCancelRequested("song")])

    unknown, late = SoundArrived("unknown", 3, b"ab"), SoundArrived("song", 1, b"cd")

    assert run(machine, [unknown, late, SoundUnusable("song")]) == []


def test_a_sound_with_the_id_of_one_that_is_over_is_not_played_and_that_is_noted() -> (
    None
):
    machine = satellite()
    run(machine, [sound("song"), SoundFinished("song")])

    assert machine.step(sound("song")) == [NoteUsedId("song")]


def test_a_sound_that_cannot_be_played_fails_whether_it_began_or_not() -> None:
    machine = satellite()
    machine.step(sound("song", then=None))

    effects = run(machine, [SoundUnusable("song"), SoundUnusable("other")])

    assert reports(effects) == [
        PlayReport("song", PlayState.FAILED, PlayReason.FORMAT),
        PlayReport("other", PlayState.FAILED, PlayReason.FORMAT),
    ]


# --- bounds ---


def test_a_sound_of_more_than_is_kept_fails_while_it_plays() -> None:
    machine = satellite()
    machine.step(sound("song", pcm=bytes(LONGEST_SOUND), then=None))

    effects = machine.step(SoundArrived("song", 1, b"ab"))

    assert effects[0] == CancelSound("song")
    assert reports(effects) == [
        PlayReport("song", PlayState.FAILED, PlayReason.TOO_LONG)
    ]


def test_more_than_all_that_may_wait_fails_and_what_waits_stays() -> None:
    machine = satellite()
    run(machine, [sound("playing")])
    full = MOST_WAITING // LONGEST_SOUND
    waiting = [sound(f"{n}", pcm=bytes(LONGEST_SOUND)) for n in range(full)]

    effects = run(machine, [*waiting, sound("more")])

    assert reports(effects) == [
        PlayReport("more", PlayState.FAILED, PlayReason.TOO_LONG)
    ]
    assert begun(machine.step(SoundFinished("playing"))) == ["0"]


def test_more_sounds_than_may_wait_fail() -> None:
    machine = satellite()
    run(machine, [sound("playing")])

    effects = run(machine, [sound(f"{n}") for n in range(MOST_SOUNDS_WAITING + 1)])

    assert reports(effects) == [
        PlayReport(f"{MOST_SOUNDS_WAITING}", PlayState.FAILED, PlayReason.TOO_LONG)
    ]


def test_however_much_waits_there_is_room_for_the_answer() -> None:
    machine = satellite()
    woken, *said = command()
    news = [sound(f"{n}") for n in range(MOST_SOUNDS_WAITING)]

    effects = run(machine, [woken, *news, *said, answer("answer", "turn-1")])

    assert begun(effects) == ["answer"]


# --- one after the other ---


def test_announcements_play_in_the_order_in_which_they_came() -> None:
    machine = satellite()

    effects = run(machine, [sound("one"), sound("two"), sound("three")])
    effects += run(machine, [SoundFinished("one"), SoundFinished("two")])

    assert begun(effects) == ["one", "two", "three"]


def test_an_answer_goes_before_announcements_and_a_timer_goes_between() -> None:
    machine = satellite()
    run(machine, [sound("one"), sound("two"), timer(), answer()])

    ended = ["one", "answer", "timer-eggs"]
    effects = run(machine, [SoundFinished(sound_id) for sound_id in ended])

    assert begun(effects) == ["answer", "timer-eggs", "two"]


def test_a_later_answer_replaces_one_that_waits() -> None:
    machine = satellite()
    run(machine, [sound("one"), answer("slow", then=None)])

    effects = machine.step(answer("right"))

    assert reports(effects) == [
        PlayReport("slow", PlayState.CANCELLED, PlayReason.REPLACED)
    ]
    assert begun(machine.step(SoundFinished("one"))) == ["right"]


def test_an_answer_to_an_earlier_turn_is_not_played() -> None:
    machine = satellite()
    run(machine, [*command("turn-1"), *command("turn-2")])

    effects = run(machine, [answer("late", "turn-1"), answer("right", "turn-2")])

    assert reports(effects) == [
        PlayReport("late", PlayState.CANCELLED, PlayReason.REPLACED)
    ]
    assert begun(effects) == ["right"]


def test_an_answer_to_a_turn_of_an_earlier_run_is_played() -> None:
    assert begun(satellite().step(answer("answer", "turn-of-yesterday"))) == ["answer"]


# --- turns ---


@pytest.mark.parametrize(
    ("event", "reason"),
    [(WOKEN, PlayReason.WAKE), (ListenRequested(), PlayReason.LISTEN)],
    ids=["wake word", "push to talk"],
)
def test_who_speaks_while_it_speaks_is_listened_to_at_once(
    event: Event, reason: PlayReason
) -> None:
    machine = satellite()
    machine.step(sound("song", then=None))

    effects = machine.step(event)

    assert effects[0] == CancelSound("song")
    assert reports(effects) == [PlayReport("song", PlayState.CANCELLED, reason)]
    assert started(effects) == ["turn-1"]
    assert machine.state is SatelliteState.LISTENING


def test_nothing_begins_in_a_turn_and_what_waits_begins_behind_it() -> None:
    machine = satellite()
    machine.step(WOKEN)

    assert begun(machine.step(sound("news"))) == []
    assert begun(machine.step(timer())) == []
    effects = machine.step(CancelRequested())
    effects += machine.step(SoundFinished("timer-eggs"))

    assert begun(effects) == ["timer-eggs", "news"]


def test_announcements_that_wait_outlive_a_wake_word_and_answers_do_not() -> None:
    machine = satellite()
    run(machine, [sound("one"), sound("two"), answer("old")])

    effects = machine.step(WOKEN)

    assert reports(effects) == [
        PlayReport("one", PlayState.CANCELLED, PlayReason.WAKE),
        PlayReport("old", PlayState.CANCELLED, PlayReason.REPLACED),
    ]
    assert begun(machine.step(CancelRequested())) == ["two"]


def test_an_answer_without_a_turn_is_none_to_a_turn_that_is_open() -> None:
    machine = satellite()
    machine.step(WOKEN)

    assert reports(machine.step(answer())) == [
        PlayReport("answer", PlayState.CANCELLED, PlayReason.REPLACED)
    ]


def test_the_house_may_answer_a_turn_before_it_has_ended() -> None:
    machine = satellite()
    machine.step(WOKEN)

    assert begun(machine.step(answer("answer", "turn-1"))) == []
    assert begun(machine.step(CancelRequested())) == ["answer"]


def test_who_presses_push_to_talk_in_vain_is_not_spoken_over() -> None:
    machine = satellite()
    run(machine, [BudgetChanged(limit_reached=True), sound("song")])

    effects = machine.step(ListenRequested())

    assert reports(effects) == [
        PlayReport("song", PlayState.CANCELLED, PlayReason.LISTEN)
    ]
    assert outcomes(effects) == [OutcomeKind.ERROR]
    assert machine.state is SatelliteState.IDLE


def test_a_turn_that_failed_has_an_answer_all_the_same() -> None:
    machine = satellite()
    run(machine, [WOKEN, RecognizerFailed("turn-1", Reason.AUTH_FAILED, False)])

    assert begun(machine.step(sound("sorry"))) == ["sorry"]


# --- what waited while somebody spoke ---


def test_what_came_while_somebody_spoke_lets_the_answer_go_first() -> None:
    machine = satellite()
    woken, *said = command()
    effects = run(machine, [woken, sound("washing"), timer(), *said])

    assert begun(effects) == []
    assert AwaitAnswer("turn-1") in effects
    ended = [SoundFinished("answer"), SoundFinished("timer-eggs")]
    effects = run(machine, [answer("answer", "turn-1"), *ended])
    assert begun(effects) == ["answer", "timer-eggs", "washing"]


def test_a_text_that_was_sent_while_somebody_spoke_lets_the_answer_go_first() -> None:
    machine = satellite()
    woken, *said = command()
    run(machine, [woken, spoken(), *said])

    assert begun(machine.step(sound("speech", then=None))) == []
    assert begun(machine.step(answer("answer", "turn-1"))) == ["answer"]


def test_what_came_while_somebody_spoke_waits_no_longer_where_no_answer_comes() -> None:
    machine = satellite()
    woken, *said = command()
    run(machine, [woken, sound("washing"), *said])

    assert begun(machine.step(AnswerLate("turn-of-yesterday"))) == []
    assert begun(machine.step(AnswerLate("turn-1"))) == ["washing"]


def test_what_waits_for_an_answer_does_not_drown_that_there_is_none() -> None:
    machine = satellite()
    woken, *said = command()
    run(machine, [woken, sound("washing"), *said])

    assert machine.step(AnswerFailed("no_pipeline")) == [TellNoAnswer()]
    assert begun(machine.step(AnswerLate("turn-1"))) == ["washing"]


@pytest.mark.parametrize(
    "word", [[WordDisputed(on=True)], [WOKEN, TurnYielded("turn-2")]], ids=len
)
def test_whoever_may_speak_to_another_is_not_told_that_there_is_no_answer(
    word: Sequence[Event],
) -> None:
    machine = satellite()
    run(machine, [*command(), *word])

    assert TellNoAnswer() not in machine.step(AnswerFailed("no_pipeline"))
    machine.step(WordDisputed(on=False))
    assert TellNoAnswer() in machine.step(AnswerFailed("no_pipeline"))


def test_what_comes_behind_a_command_may_be_its_answer_and_does_not_wait() -> None:
    machine = satellite()
    woken, *said = command()
    run(machine, [woken, sound("washing"), *said])

    assert begun(machine.step(sound("done"))) == ["done"]


def test_an_answer_that_is_there_with_the_transcript_is_not_waited_for() -> None:
    machine = satellite()
    woken, *said = command()
    early = answer("answer", "turn-1")

    effects = run(machine, [woken, sound("washing"), early, *said])

    assert begun(effects) == ["answer"]
    assert begun(machine.step(SoundFinished("answer"))) == ["washing"]


def test_what_waits_for_an_answer_waits_in_a_follow_up_that_nobody_uses() -> None:
    machine = satellite()
    woken, *said = command()
    run(machine, [FollowUpRequested(0.5), woken, sound("washing"), *said])

    assert begun(run(machine, after(0.6, speech=False))) == []
    assert begun(machine.step(answer("answer", "turn-1"))) == ["answer"]


def test_nobody_awaits_the_answer_to_a_turn_behind_which_another_one_began() -> None:
    machine = satellite()
    woken, *said = command()
    run(machine, [woken, sound("washing"), *said, WOKEN])

    assert begun(machine.step(CancelRequested())) == ["washing"]


# --- mute, and the microphone ---


def test_a_muted_satellite_speaks_and_is_muted_all_along() -> None:
    machine = satellite(muted=True)
    states = []
    for event in (sound("song"), SoundFinished("song")):
        machine.step(event)
        states.append((machine.state, machine.microphone_closed))

    assert states == [(SatelliteState.RESPONDING, True), (SatelliteState.MUTED, True)]


def test_mute_does_not_end_what_is_said() -> None:
    machine = satellite()
    machine.step(sound("song"))

    effects = run(machine, [MuteRequested(muted=True), MicrophoneClosed()])

    assert reports(effects) == []
    assert machine.state is SatelliteState.RESPONDING


def test_a_wake_word_that_mute_came_before_interrupts_nothing() -> None:
    machine = satellite()
    run(machine, [sound("song"), MuteRequested(muted=True)])

    assert machine.step(WOKEN) == [Attend(on=False)]


def test_a_microphone_that_is_lost_does_not_end_what_is_said() -> None:
    machine = satellite()
    machine.step(sound("song"))

    assert machine.step(MicrophoneLost()) == []
    machine.step(SoundFinished("song"))
    assert machine.state is SatelliteState.ERROR


# --- timers ---


def test_a_timer_rings_until_somebody_speaks() -> None:
    machine = satellite()

    effects = machine.step(timer())
    assert effects == [AcceptSound("timer-eggs"), RingTimer("timer-eggs")]
    assert machine.state is SatelliteState.RESPONDING

    assert reports(machine.step(WOKEN)) == [
        PlayReport("timer-eggs", PlayState.CANCELLED, PlayReason.WAKE)
    ]


def test_a_timer_that_rings_is_told_from_an_answer() -> None:
    machine = satellite()
    ringing = []
    for event in (answer(), SoundFinished("answer"), timer(), WOKEN):
        machine.step(event)
        ringing.append(machine.ringing)

    assert ringing == [False, False, True, False]


def test_a_timer_that_is_up_rings_once_however_often_that_is_told() -> None:
    machine = satellite()
    run(machine, [timer(), timer(), SoundFinished("timer-eggs")])

    assert machine.step(timer()) == [NoteUsedId("timer-eggs")]


def test_a_timer_that_is_started_again_rings_again() -> None:
    machine = satellite()
    run(machine, [timer(), SoundFinished("timer-eggs"), timer(TimerChange.STARTED)])

    assert RingTimer("timer-eggs") in machine.step(timer())


@pytest.mark.parametrize("before", [[], [sound("song")]], ids=["rings", "waits"])
def test_a_timer_that_is_started_while_one_of_its_name_rings_ends_that_and_rings_again(
    before: list[Event],
) -> None:
    machine = satellite()
    run(machine, [*before, timer()])

    effects = machine.step(timer(TimerChange.STARTED))

    assert reports(effects) == [replace(STOPPED, id="timer-eggs")]
    assert (CancelSound("timer-eggs") in effects) is (not before)
    run(machine, [SoundCancelRequested("song")])
    assert machine.step(timer()) == [AcceptSound("timer-eggs"), RingTimer("timer-eggs")]


@pytest.mark.parametrize(
    "change", [TimerChange.STARTED, TimerChange.UPDATED, TimerChange.CANCELLED]
)
def test_a_timer_that_is_not_up_does_not_ring(change: TimerChange) -> None:
    assert satellite().step(timer(change)) == []


def test_a_timer_that_is_cancelled_rings_no_longer() -> None:
    machine = satellite()
    machine.step(timer())

    effects = machine.step(timer(TimerChange.CANCELLED))

    assert reports(effects) == [replace(STOPPED, id="timer-eggs")]


# --- stop ---


def test_one_sound_can_be_stopped_and_the_next_one_begins() -> None:
    machine = satellite()
    run(machine, [sound("song"), sound("news"), sound("more")])

    effects = run(machine, [SoundCancelRequested("news"), SoundCancelRequested("song")])

    assert reports(effects) == [replace(STOPPED, id="news"), STOPPED]
    assert begun(effects) == ["more"]


def test_the_stop_button_ends_all_that_plays_rings_or_waits() -> None:
    machine = satellite()
    run(machine, [sound("song"), sound("news"), timer()])

    effects = machine.step(SoundCancelRequested(None))

    assert reports(effects) == [
        STOPPED,
        replace(STOPPED, id="news"),
        replace(STOPPED, id="timer-eggs"),
    ]
    assert machine.state is SatelliteState.IDLE


@pytest.mark.parametrize(
    "text", ["Stop!", "Okay nabu, stop.", "Stop, stop it.", "Abbrechen.", "停止。"]
)
def test_a_stop_word_behind_an_interruption_is_no_command(text: str) -> None:
    machine = satellite()
    run(machine, [sound("song"), sound("news")])

    effects = run(machine, command(text=text))

    assert outcomes(effects) == [OutcomeKind.CANCELLED]
    assert reports(effects) == [
        PlayReport("song", PlayState.CANCELLED, PlayReason.WAKE),
        replace(STOPPED, id="news"),
    ]


def test_a_stop_word_leaves_a_timer_that_has_not_rung_yet() -> None:
    machine = satellite()
    run(machine, [sound("song"), timer()])

    assert begun(run(machine, command(text="Stop."))) == ["timer-eggs"]


@pytest.mark.parametrize("text", ["Stop the music.", "Don't stop.", "Start."])
def test_a_command_behind_an_interruption_is_a_command(text: str) -> None:
    machine = satellite()

    effects = run(machine, [sound("song"), *command(text=text)])

    assert outcomes(effects) == [OutcomeKind.TRANSCRIPT]


def test_a_stop_word_that_interrupts_nothing_is_a_command() -> None:
    assert outcomes(run(satellite(), command(text="Stop."))) == [OutcomeKind.TRANSCRIPT]


def test_a_house_that_wants_no_stop_words_has_none() -> None:
    assert not StopWords([]).are_all_of("Stop.")


def test_stopping_ends_all_sounds_and_takes_no_more() -> None:
    machine = satellite()
    run(machine, [sound("song"), sound("news")])

    effects = run(machine, [Stopping(), sound("late"), timer()])

    assert [(r.id, r.reason) for r in reports(effects)] == [
        (sound_id, PlayReason.SHUTDOWN)
        for sound_id in ("song", "news", "late", "timer-eggs")
    ]
    assert begun(effects) == []


# --- follow-ups ---


def test_a_question_is_listened_for_when_it_has_been_heard_to_its_end() -> None:
    machine = satellite()
    asked = sound("question", then=Then.LISTEN)

    assert started(machine.step(asked)) == []
    effects = machine.step(SoundFinished("question"))

    assert started(effects) == ["turn-1"]
    assert effects[-1] == Attend(on=True)
    assert machine.turn is not None
    assert machine.turn.follow_up


def test_nobody_answers_a_question_and_that_is_the_end_of_it() -> None:
    machine = satellite()
    run(machine, [sound("question", then=Then.LISTEN), SoundFinished("question")])

    effects = run(machine, after(3.1, speech=False))

    assert outcomes(effects) == [OutcomeKind.NO_SPEECH]
    assert machine.state is SatelliteState.IDLE


@pytest.mark.parametrize(
    "end",
    [SoundFailed("question"), SoundCancelRequested("question")],
    ids=["failed", "stopped"],
)
def test_a_question_that_was_not_heard_out_is_not_listened_for(end: Event) -> None:
    machine = satellite()
    machine.step(sound("question", then=Then.LISTEN))

    assert started(machine.step(end)) == []


@pytest.mark.parametrize(
    "before",
    [
        [MuteRequested(muted=True)],
        [MicrophoneLost()],
        [BudgetChanged(limit_reached=True)],
    ],
    ids=["mute ordered", "microphone lost", "budget spent"],
)
def test_who_cannot_listen_does_not_after_a_question(before: list[Event]) -> None:
    machine = satellite()
    run(machine, [sound("question", then=Then.LISTEN), *before])

    assert started(machine.step(SoundFinished("question"))) == []


def test_what_waits_is_said_when_the_question_is_answered() -> None:
    machine = satellite()
    run(machine, [sound("question", then=Then.LISTEN), sound("news")])

    assert begun(machine.step(SoundFinished("question"))) == []
    run(machine, [*after(1.0, speech=True), StopRequested(), final("Yes.")])

    assert begun(machine.step(AnswerLate("turn-1"))) == ["news"]


def test_a_follow_up_makes_room_for_the_answer_and_another_comes_behind() -> None:
    machine = satellite()
    run(machine, [FollowUpRequested(2.0), *command()])

    answered = machine.step(answer("answer", "turn-1"))
    assert outcomes(answered) == [OutcomeKind.NO_SPEECH]
    assert begun(answered) == ["answer"]

    assert started(machine.step(SoundFinished("answer"))) == ["turn-3"]
    assert outcomes(run(machine, after(2.1, speech=False))) == [OutcomeKind.NO_SPEECH]


def test_an_answer_behind_a_follow_up_that_nobody_used_is_played() -> None:
    machine = satellite()
    run(machine, [FollowUpRequested(2.0), *command(), *after(2.1, speech=False)])

    assert begun(machine.step(answer("answer", "turn-1"))) == ["answer"]


def test_who_speaks_in_a_follow_up_is_not_spoken_over() -> None:
    machine = satellite()
    run(machine, [FollowUpRequested(2.0), *command(), *after(0.3, speech=True)])

    assert begun(machine.step(answer("answer", "turn-1"))) == []
    effects = run(machine, [StopRequested(), final("And the fan.", "turn-2")])

    # That is what is to be answered now.
    assert reports(effects) == [
        PlayReport("answer", PlayState.CANCELLED, PlayReason.REPLACED)
    ]


def test_a_noise_in_a_follow_up_costs_no_answer() -> None:
    machine = satellite()
    run(machine, [FollowUpRequested(2.0), *command(), *after(0.06, speech=True)])
    machine.step(answer("answer", "turn-1"))

    assert begun(run(machine, after(0.5, speech=False, start=60))) == ["answer"]


def test_what_the_recognizer_hears_in_a_follow_up_is_not_spoken_over() -> None:
    machine = satellite(Mode.SERVER_VAD)
    run(machine, [FollowUpRequested(2.0), *command()])
    machine.step(RecognizerSaid("turn-2", SpeechStarted("item", 0)))

    assert begun(machine.step(answer("answer", "turn-1"))) == []


def test_an_announcement_does_not_end_a_follow_up_nor_open_one() -> None:
    machine = satellite()
    run(machine, [FollowUpRequested(2.0), *command()])

    assert begun(machine.step(sound("news"))) == []
    run(machine, after(2.1, speech=False))
    assert started(machine.step(SoundFinished("news"))) == []


def test_an_answer_that_is_there_with_the_transcript_comes_before_the_follow_up() -> (
    None
):
    machine = satellite()
    run(machine, [FollowUpRequested(2.0), WOKEN, answer("answer", "turn-1")])

    effects = run(machine, [*after(1.0, speech=True), StopRequested(), final("Stop.")])

    assert started(effects) == []
    assert begun(effects) == ["answer"]


# --- no answer ---


def spoken(text: str = "Dinner is ready.", sound_id: str = "speech") -> SpeechRequested:
    return SpeechRequested(sound_id, text)


def test_a_text_is_played_as_it_is_made_sound_of() -> None:
    machine = satellite()

    asked = machine.step(spoken())
    first = machine.step(sound("speech", then=None))
    last = machine.step(SoundArrived("speech", 1, b"cd", then=Then.IDLE))

    assert asked == [AcceptSound("speech"), Synthesize("speech", "Dinner is ready.")]
    assert first == [BeginSound("speech", FORMAT), FeedSound("speech", b"ab")]
    assert last == [FeedSound("speech", b"cd"), EndSound("speech")]


def test_a_text_that_is_not_made_sound_of_yet_keeps_no_other_sound_waiting() -> None:
    machine = satellite()

    machine.step(spoken())

    assert BeginSound("news", FORMAT) in machine.step(sound("news"))


def test_a_text_that_cannot_be_made_sound_of_fails_and_the_room_hears_that() -> None:
    machine = satellite()

    machine.step(spoken())
    effects = machine.step(SpeechFailed("speech", PlayReason.SYNTHESIZER))

    failed = PlayReport("speech", PlayState.FAILED, PlayReason.SYNTHESIZER)
    assert effects == [StopSynthesis("speech"), ReportSound(failed), TellNoAnswer()]
    assert machine.step(SpeechFailed("speech", PlayReason.SYNTHESIZER)) == []


def test_a_text_beyond_an_hours_limit_fails_without_a_sound() -> None:
    machine = satellite()

    machine.step(spoken())
    effects = machine.step(SpeechFailed("speech", PlayReason.LIMIT))

    assert TellNoAnswer() not in effects
    assert (
        ReportSound(PlayReport("speech", PlayState.FAILED, PlayReason.LIMIT)) in effects
    )


@pytest.mark.parametrize(
    "end", [SoundCancelRequested(None), SoundCancelRequested("speech"), Stopping()]
)
def test_a_text_that_nobody_wants_any_more_is_no_longer_made_sound_of(
    end: Event,
) -> None:
    machine = satellite()

    machine.step(spoken())

    assert StopSynthesis("speech") in machine.step(end)


def test_a_wake_word_ends_a_text_while_it_is_still_being_made_sound_of() -> None:
    machine = satellite()

    machine.step(spoken())
    machine.step(sound("speech", then=None))
    effects = machine.step(WOKEN)

    assert effects[:2] == [CancelSound("speech"), StopSynthesis("speech")]


def test_a_text_without_a_word_has_been_said_at_once() -> None:
    finished = PlayReport("speech", PlayState.FINISHED)

    assert satellite().step(spoken("")) == [ReportSound(finished)]


def test_that_there_is_no_answer_is_told_in_the_room() -> None:
    assert satellite().step(AnswerFailed("no_pipeline")) == [TellNoAnswer()]


@pytest.mark.parametrize("event", [WOKEN, sound("song")], ids=["speaks", "listens"])
def test_who_does_something_else_is_not_told_of_what_was_said_before(
    event: Event,
) -> None:
    machine = satellite()
    machine.step(event)

    assert machine.step(AnswerFailed("no_pipeline")) == []


def test_sound_behind_a_follow_up_is_sent_from_its_end_on() -> None:
    machine = satellite()
    run(machine, [sound("question", then=Then.LISTEN)])
    assert run(machine, after(0.5, speech=True)) == []
    machine.step(SoundFinished("question"))

    effects = run(machine, after(0.3, speech=True, start=60))

    assert len([e for e in effects if isinstance(e, SendAudio)]) == 10
