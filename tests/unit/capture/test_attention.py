from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, Frame
from auricle.audio.known_sound import KnownSound
from auricle.capture.attention import IDLE_TOGETHER, TOGETHER, Attention
from auricle.turns.events import Heard, WakeWordHeard
from auricle.wake.detector import Detection, WakeWordEngine
from rigs.audio.speech import frames, noise
from rigs.audio.wake_engine import ScriptedEngine


@dataclass
class Room:
    """A voice detector that remembers what it was given since it was attuned."""

    heard: list[int] = field(default_factory=list)
    woken: list[bool] = field(default_factory=list)

    def attune(self, memory: Sequence[Frame], *, woken: bool) -> None:
        self.heard = [number_of(before) for before in memory]
        self.woken.append(woken)

    def is_speech(self, frame: Frame) -> bool:
        self.heard.append(number_of(frame))
        return frame.pcm[0] > 0


def frame(number: int, *, speech: bool = False) -> Frame:
    return Frame(bytes([speech]) * FRAME_BYTES, number * FRAME_SAMPLES)


def number_of(frame: Frame) -> int:
    return frame.start // FRAME_SAMPLES


def attention(
    *engines: WakeWordEngine, refractory: float = 1.0, room: Room | None = None
) -> Attention:
    return Attention(engines, room or Room(), pre_roll=0.0, refractory=refractory)


def hear(
    listener: Attention, first: int, last: int, *, speech: bool = False
) -> list[Heard | WakeWordHeard]:
    return [
        event
        for number in range(first, last + 1)
        for event in listener.hear(frame(number, speech=speech))
    ]


def test_while_nobody_calls_nothing_is_handed_on() -> None:
    assert hear(attention(ScriptedEngine()), 0, 100) == []


def test_a_wake_word_comes_with_the_sound_before_it_and_all_behind_it() -> None:
    wake, *behind = hear(attention(ScriptedEngine([10])), 0, 15)
    assert isinstance(wake, WakeWordHeard)
    assert wake.detection == Detection("okay_nabu", 0.9, 11 * FRAME_SAMPLES)
    assert [number_of(before) for before in wake.pre_roll] == [8, 9, 10]
    assert behind == [Heard(frame(number), speech=False) for number in range(11, 16)]


def test_a_wake_word_tells_how_near_it_was_said_and_brings_its_own_sound() -> None:
    levels = []
    for gain in (1, 4):
        listener = attention(ScriptedEngine([99]))
        room = frames(noise(2.1, dbfs=-60))
        word = frames(noise(0.9, dbfs=-40 + 6 * gain), start=room[-1].end)
        (wake,) = [event for each in room + word for event in listener.hear(each)]
        assert isinstance(wake, WakeWordHeard)
        assert wake.word == (*room[-20:], *word)
        levels.append(wake.level)
    assert levels[1] - levels[0] == pytest.approx(18, abs=1)


def test_frames_of_a_voice_are_handed_on_in_threes() -> None:
    listener = attention(ScriptedEngine())
    listener.switch(on=True, after=None)
    hear(listener, 0, 0, speech=True)
    assert hear(listener, 1, 2, speech=True) == []
    assert hear(listener, 3, 3, speech=True) == [
        Heard(frame(number, speech=True), speech=True) for number in range(1, 4)
    ]


def test_a_voice_that_begins_is_handed_on_at_once() -> None:
    listener = attention(ScriptedEngine())
    listener.switch(on=True, after=None)
    hear(listener, 0, 0)
    assert listener.hear(frame(1, speech=True)) == [
        Heard(frame(1, speech=True), speech=True)
    ]


def test_a_frame_without_a_voice_is_handed_on_at_once_behind_those_of_the_voice() -> (
    None
):
    listener = attention(ScriptedEngine())
    listener.switch(on=True, after=None)
    hear(listener, 0, 1, speech=True)
    assert listener.hear(frame(2)) == [
        Heard(frame(1, speech=True), speech=True),
        Heard(frame(2), speech=False),
    ]
    assert listener.hear(frame(3)) == [Heard(frame(3), speech=False)]


def test_what_was_said_before_a_second_wake_word_is_handed_on_before_it() -> None:
    listener = attention(ScriptedEngine([10, 60]))
    hear(listener, 0, 58)
    *said, wake = hear(listener, 59, 60, speech=True)
    assert [type(event) for event in said] == [Heard, Heard]
    assert isinstance(wake, WakeWordHeard)


def test_of_a_voice_that_was_not_handed_on_nothing_is_left_for_the_next_turn() -> None:
    listener = attention(ScriptedEngine())
    listener.switch(on=True, after=None)
    hear(listener, 0, 1, speech=True)
    listener.switch(on=False, after=None)
    listener.switch(on=True, after=None)
    assert listener.hear(frame(2)) == [Heard(frame(2), speech=False)]


def test_push_to_talk_hands_on_from_the_next_frame() -> None:
    listener = attention(ScriptedEngine())
    hear(listener, 0, 5)
    listener.switch(on=True, after=None)
    assert hear(listener, 6, 7) == [
        Heard(frame(6), speech=False),
        Heard(frame(7), speech=False),
    ]


def test_who_has_heard_enough_gets_no_more() -> None:
    listener = attention(ScriptedEngine([10]))
    wake, *_ = hear(listener, 0, 15)
    assert isinstance(wake, WakeWordHeard)
    listener.switch(on=False, after=wake.detection)
    assert hear(listener, 16, 100) == []


def test_an_off_from_before_a_newer_wake_word_is_not_for_its_turn() -> None:
    listener = attention(ScriptedEngine([10, 60]))
    first, *_ = hear(listener, 0, 50)
    assert isinstance(first, WakeWordHeard)
    hear(listener, 51, 61)
    listener.switch(on=False, after=first.detection)
    assert len(hear(listener, 62, 70)) == 9


def test_a_second_wake_word_brings_its_own_pre_roll() -> None:
    events = hear(attention(ScriptedEngine([10, 60])), 0, 60)
    assert events[-2] == Heard(frame(60), speech=False)
    assert isinstance(events[-1], WakeWordHeard)
    assert [number_of(before) for before in events[-1].pre_roll] == [58, 59, 60]


def test_one_word_that_fires_twice_is_one_wake_word() -> None:
    events = hear(attention(ScriptedEngine([10, 11, 12, 43, 44])), 0, 50)
    wakes = [event for event in events if isinstance(event, WakeWordHeard)]
    assert [wake.detection.end // FRAME_SAMPLES for wake in wakes] == [11, 45]


def test_of_two_words_in_one_frame_the_surer_one_is_meant() -> None:
    engines = (
        ScriptedEngine([10], wake_word="alexa", score=0.91),
        ScriptedEngine([10], wake_word="hey_jarvis", score=0.98),
        ScriptedEngine([10], wake_word="okay_nabu", score=0.95),
    )
    wakes = hear(attention(*engines), 0, 10)
    assert [type(event) for event in wakes] == [WakeWordHeard]
    assert isinstance(wakes[0], WakeWordHeard)
    assert wakes[0].detection.wake_word == "hey_jarvis"


def test_every_engine_hears_every_frame() -> None:
    early, late = ScriptedEngine([10]), ScriptedEngine([60], wake_word="alexa")
    events = hear(attention(early, late), 0, 60)
    wakes = [event for event in events if isinstance(event, WakeWordHeard)]
    assert [wake.detection.wake_word for wake in wakes] == ["okay_nabu", "alexa"]


def test_the_voice_detector_learns_the_room_when_a_wake_word_is_heard() -> None:
    room = Room()
    listener = attention(ScriptedEngine([200]), room=room)
    hear(listener, 0, 199)
    assert room.heard == []
    hear(listener, 200, 202)
    assert room.heard == list(range(101, 203))


def test_the_voice_detector_is_told_whether_a_wake_word_ends_what_it_learns() -> None:
    room = Room()
    listener = attention(ScriptedEngine([10]), room=room)
    wake, *_ = hear(listener, 0, 20)
    assert isinstance(wake, WakeWordHeard)
    listener.switch(on=False, after=wake.detection)
    listener.switch(on=True, after=wake.detection)
    hear(listener, 21, 30)
    assert room.woken == [True, False]


def test_a_wake_word_is_handed_on_before_the_room_is_learned() -> None:
    room = Room()
    listener = attention(ScriptedEngine([10]), room=room)
    assert len(hear(listener, 0, 10)) == 1
    assert room.heard == []


def test_the_voice_detector_hears_each_frame_of_a_long_turn_once() -> None:
    room = Room()
    hear(attention(ScriptedEngine([10, 60]), room=room), 0, 80)
    assert room.heard == list(range(81))


def test_after_a_reset_nothing_of_the_old_sound_is_left() -> None:
    room = Room()
    listener = attention(ScriptedEngine([10]), room=room)
    hear(listener, 0, 12)
    listener.reset()
    wake, *behind = hear(listener, 0, 11)
    assert behind == [Heard(frame(11), speech=False)]
    assert isinstance(wake, WakeWordHeard)
    assert [number_of(before) for before in wake.pre_roll] == [8, 9, 10]
    assert room.heard == list(range(12))


def test_thresholds_and_choices_reach_every_engine() -> None:
    engines = ScriptedEngine([10]), ScriptedEngine([10], wake_word="alexa", score=0.5)
    listener = attention(*engines)
    listener.listen_for(["alexa"])
    listener.set_threshold("alexa", 0.4)
    (wake,) = hear(listener, 0, 10)
    assert isinstance(wake, WakeWordHeard)
    assert wake.detection.wake_word == "alexa"
    assert all(engine.thresholds == {"alexa": 0.4} for engine in engines)
    assert listener.scores == {"okay_nabu": 0.9, "alexa": 0.5}


@given(
    st.sets(st.integers(0, 40), max_size=5),
    st.dictionaries(st.integers(1, 40), st.tuples(st.booleans(), st.integers(0, 9))),
    st.sets(st.integers(0, 49)),
)
def test_no_sample_behind_a_wake_word_is_missing_or_repeated(
    words: set[int], orders: dict[int, tuple[bool, int]], voices: set[int]
) -> None:
    """Whenever the loop says on or off, and however late it learns of a wake word."""
    listener = attention(ScriptedEngine(words), refractory=0.1)
    delivered: list[tuple[int, Heard | WakeWordHeard]] = []
    for number in range(50):
        if number in orders:
            on, delay = orders[number]
            known = [
                event.detection
                for at, event in delivered
                if isinstance(event, WakeWordHeard) and at <= number - delay
            ]
            listener.switch(on=on, after=known[-1] if known else None)
        heard_now = listener.hear(frame(number, speech=number in voices))
        delivered += [(number, event) for event in heard_now]
    heard = [event.frame for _, event in delivered if isinstance(event, Heard)]
    assert len({frame.start for frame in heard}) == len(heard)
    for at, event in delivered:
        if not isinstance(event, WakeWordHeard):
            continue
        assert number_of(event.pre_roll[-1]) == at
        off_again = min(
            (
                number
                for number, (on, delay) in orders.items()
                if number - delay >= at and number > at and not on
            ),
            default=50,
        )
        behind = [number_of(frame) for frame in heard if number_of(frame) > at]
        wanted = list(range(at + 1, off_again))
        while wanted and wanted[-1] in voices and wanted[-1] not in behind:
            # A voice that goes on, and whose frames nobody wants any more.
            wanted.pop()
        assert behind[: len(wanted)] == wanted
        assert off_again - at - 1 - len(wanted) < TOGETHER


# --- how many frames may come together ---


def test_while_idle_frames_come_as_few_at_a_time_as_a_wake_word_needs() -> None:
    engines = ScriptedEngine(soonest=4), ScriptedEngine(soonest=2, wake_word="alexa")
    assert attention(*engines).batch == 2


def test_orders_and_health_do_not_wait_for_an_engine_that_wants_a_second() -> None:
    assert attention(ScriptedEngine(soonest=33)).batch == IDLE_TOGETHER
    assert attention().batch == IDLE_TOGETHER


def test_in_a_turn_a_frame_that_may_end_it_comes_alone() -> None:
    listener = attention(ScriptedEngine(soonest=5))
    listener.switch(on=True, after=None)
    assert listener.batch == 1
    hear(listener, 0, 5)
    assert listener.batch == 1


def test_frames_of_a_voice_come_as_they_are_handed_on() -> None:
    listener = attention(ScriptedEngine(soonest=5))
    listener.switch(on=True, after=None)
    batches = []
    for number in range(4):
        listener.hear(frame(number, speech=True))
        batches.append(listener.batch)
    assert batches == [TOGETHER, TOGETHER - 1, TOGETHER - 2, TOGETHER]


def test_a_wake_word_in_a_voice_comes_as_soon_as_it_can() -> None:
    listener = attention(ScriptedEngine(soonest=1))
    listener.switch(on=True, after=None)
    hear(listener, 0, 2, speech=True)
    assert listener.batch == 1


def test_a_voice_of_the_turn_before_says_nothing_of_the_next_one() -> None:
    listener = attention(ScriptedEngine(soonest=5))
    listener.switch(on=True, after=None)
    hear(listener, 0, 2, speech=True)
    listener.switch(on=False, after=None)
    listener.switch(on=True, after=None)
    assert listener.batch == 1


@pytest.fixture(scope="module")
def chime() -> KnownSound:
    return KnownSound(bytes([1, 2]) * FRAME_SAMPLES)


def test_while_our_sound_is_in_the_air_each_frame_comes_alone(
    chime: KnownSound,
) -> None:
    listener = attention(ScriptedEngine(soonest=5))
    listener.expect(chime)
    assert listener.batch == 1
    listener.played()
    hear(listener, 0, 11)
    assert listener.batch == 5


def test_what_is_heard_while_our_sound_plays_comes_later_and_all_of_it(
    chime: KnownSound,
) -> None:
    listener = attention(ScriptedEngine([10]))
    _, *behind = hear(listener, 0, 15)
    assert listener.expect(chime) == []
    listener.played()
    assert hear(listener, 16, 24) == []
    behind += hear(listener, 25, 30)
    assert [
        number_of(event.frame) for event in behind if isinstance(event, Heard)
    ] == list(range(11, 31))


def test_a_wake_word_is_heard_at_once_while_our_sound_plays(chime: KnownSound) -> None:
    listener = attention(ScriptedEngine([10]))
    hear(listener, 0, 7)
    listener.expect(chime)
    assert hear(listener, 8, 9) == []
    (wake,) = hear(listener, 10, 10)
    assert isinstance(wake, WakeWordHeard)
    assert [number_of(before) for before in wake.pre_roll] == [8, 9, 10]


def test_a_sound_that_follows_another_lets_go_of_what_waited(chime: KnownSound) -> None:
    listener = attention(ScriptedEngine())
    listener.switch(on=True, after=None)
    listener.expect(chime)
    assert hear(listener, 0, 5) == []
    released = listener.expect(chime)
    assert [
        number_of(event.frame) for event in released if isinstance(event, Heard)
    ] == list(range(6))
