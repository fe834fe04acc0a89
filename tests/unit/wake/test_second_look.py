from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import SAMPLE_RATE
from auricle.wake.second_look import (
    CARES,
    FALLEN,
    NEARLY,
    Care,
    Look,
    NearWord,
    SecondChance,
    believed,
)
from auricle.wake.sliding_score import SlidingScore

probabilities = st.integers(0, 255).map(lambda byte: byte / 256)
scores = st.lists(st.floats(0, 1), max_size=40)
thresholds = st.floats(0.01, 0.99)


def looks(scores: list[float], threshold: float = 0.9) -> list[Look | None]:
    candidate = NearWord()
    return [candidate.step(score, threshold) for score in scores]


# --- when to look ---


def test_a_quiet_room_is_not_looked_into() -> None:
    assert looks([0.0, 0.1, 0.29, 0.1, 0.0]) == [None] * 5


def test_a_word_that_was_nearly_heard_is_looked_into_once_it_is_over() -> None:
    assert looks([0.2, 0.5, 0.7, 0.65, 0.5, 0.3, 0.0]) == [
        *[None] * 4,
        Look.PAST,
        *[None] * 2,
    ]


def test_a_word_that_is_heard_is_looked_into_at_once() -> None:
    assert looks([0.5, 0.95, 0.97]) == [None, Look.HIT, Look.HIT]


def test_one_that_gets_surer_behind_a_look_is_looked_into_again() -> None:
    assert looks([0.5, 0.35, 0.8, 0.65]) == [None, Look.PAST, None, Look.PAST]


def test_an_accepted_word_is_not_taken_for_a_near_miss_at_its_end() -> None:
    candidate = NearWord()
    candidate.step(0.95, 0.9)
    candidate.accept()
    assert [candidate.step(score, 0.9) for score in (0.95, 0.5, 0.0)] == [
        Look.HIT,
        None,
        None,
    ]


def test_a_word_behind_an_accepted_one_is_another() -> None:
    candidate = NearWord()
    candidate.step(0.95, 0.9)
    candidate.accept()
    candidate.step(0.0, 0.9)
    assert not candidate.followed
    candidate.step(0.6, 0.9)
    assert candidate.followed
    assert not candidate.accepted
    assert (candidate.age, candidate.peak) == (0, 0.6)


@given(scores, thresholds)
def test_whatever_is_above_its_threshold_is_looked_into(
    heard: list[float], threshold: float
) -> None:
    for score, look in zip(heard, looks(heard, threshold), strict=True):
        assert (look is Look.HIT) == (score > threshold)


@given(scores, thresholds)
def test_of_a_near_miss_the_score_was_higher_and_has_fallen(
    heard: list[float], threshold: float
) -> None:
    candidate = NearWord()
    for at, score in enumerate(heard):
        if candidate.step(score, threshold) is Look.PAST:
            since = heard[at - candidate.age : at + 1]
            assert candidate.peak == max(since)
            assert candidate.peak > min(NEARLY, threshold)
            assert candidate.peak - score >= FALLEN


@given(st.lists(probabilities, max_size=60), thresholds)
def test_nothing_is_looked_into_before_the_soonest(
    heard: list[float], threshold: float
) -> None:
    score, candidate = SlidingScore(5, surest=255 / 256), NearWord()
    soonest = waited = 0
    for probability in heard:
        if waited == soonest:
            soonest, waited = soonest_look(score, candidate, threshold), 0
        waited += 1
        if candidate.step(score.add(probability), threshold) is not None:
            assert waited >= soonest


def soonest_look(score: SlidingScore, candidate: NearWord, threshold: float) -> int:
    if candidate.followed:
        return 1
    falls = score.soonest_fall(min(NEARLY, threshold), FALLEN)
    return min(score.soonest_above(threshold), falls)


def test_in_a_quiet_room_a_near_miss_takes_longer_than_a_word() -> None:
    score = SlidingScore(5, surest=255 / 256)
    for _ in range(5):
        score.add(0.0)
    assert score.soonest_fall(NEARLY, FALLEN) == 6 > score.soonest_above(0.9)


# --- what it shows ---

PLAIN = Care()


@given(st.floats(0, 1), st.floats(-50, 50))
def test_without_any_weight_it_is_the_mean_of_the_readings(
    reading: float, prominence: float
) -> None:
    heard = believed(Look.PAST, [reading, reading], prominence, PLAIN, None)
    assert abs(heard - min(max(reading, 0.004), 0.996)) < 1e-9


@given(st.floats(0, 1), st.floats(-9, 9), st.floats(0, 5))
def test_the_more_a_word_stands_out_the_more_it_is_believed(
    reading: float, prominence: float, more: float
) -> None:
    care = CARES["alexa"]
    less = believed(Look.PAST, [reading], prominence, care, None)
    assert less <= believed(Look.PAST, [reading], prominence + more, care, None) <= 1


def test_a_reading_that_fails_makes_a_word_that_was_heard_doubtful() -> None:
    care, usual = CARES["hey_jarvis"], CARES["hey_jarvis"].usual_prominence
    assert believed(Look.HIT, [0.99, 0.98, 0.98], usual, care, None) > 0.97
    assert believed(Look.HIT, [0.99, 0.63, 0.3], usual, care, None) < 0.97


@given(st.floats(0, 1))
def test_a_word_that_was_heard_is_granted_more_than_one_that_nearly_was(
    reading: float,
) -> None:
    care, usual = CARES["alexa"], CARES["alexa"].usual_prominence
    nearly = believed(Look.PAST, [reading], usual, care, None)
    assert nearly <= believed(Look.HIT, [reading], usual, care, None)
    assert believed(Look.HIT, [0.85], usual, care, None) > 0.9
    assert believed(Look.HIT, [0.8], usual, care, None) < 0.9


@given(st.floats(0.01, 0.99))
def test_a_second_opinion_counts_either_way(reading: float) -> None:
    alone = believed(Look.PAST, [reading], 0, PLAIN, None)
    assert believed(Look.PAST, [reading], 0, PLAIN, 0.95) > alone
    assert believed(Look.PAST, [reading], 0, PLAIN, 0.01) < alone
    assert abs(believed(Look.PAST, [reading], 0, PLAIN, 0.2) - alone) < 1e-9


# --- the second chance ---


def at(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def test_whoever_was_nearly_heard_needs_a_lower_score_for_five_seconds() -> None:
    chance = SecondChance()
    chance.missed(at(10), 0.6)
    asked = [round(chance.threshold(0.9, at(second)), 2) for second in (11, 14.9, 15.1)]
    assert asked == [0.6, 0.6, 0.9]


def test_the_word_that_was_missed_is_not_its_own_second_chance() -> None:
    chance = SecondChance()
    chance.missed(at(10), 0.6)
    assert chance.threshold(0.9, at(10.3)) == 0.9


def test_a_sound_that_was_hardly_like_the_word_gives_no_second_chance() -> None:
    chance = SecondChance()
    chance.missed(at(10), 0.4)
    assert chance.threshold(0.9, at(12)) == 0.9


def test_a_second_chance_is_used_once() -> None:
    chance = SecondChance()
    chance.missed(at(10), 0.6)
    chance.reset()
    assert chance.threshold(0.9, at(12)) == 0.9


@given(thresholds, st.floats(0, 20), st.floats(0, 5))
def test_no_threshold_gets_lower_than_was_said(
    threshold: float, second: float, later: float
) -> None:
    chance = SecondChance()
    chance.missed(at(2), 0.8)
    lowest = chance.lowest(threshold, at(second))
    assert lowest <= chance.threshold(threshold, at(second + later))


@given(thresholds, st.floats(0, 20))
def test_a_second_chance_never_asks_for_more(threshold: float, second: float) -> None:
    chance = SecondChance()
    chance.missed(at(2), 0.8)
    assert 0 < chance.threshold(threshold, at(second)) <= threshold
