from hypothesis import given
from hypothesis import strategies as st

from auricle.wake.sliding_score import SlidingScore

probabilities = st.integers(0, 255).map(lambda byte: byte / 256)
thresholds = st.integers(0, 255).map(lambda byte: byte / 256)
windows = st.integers(1, 8)
SUREST = 255 / 256


def score(window: int, *heard: float) -> SlidingScore:
    made = SlidingScore(window, surest=SUREST)
    for probability in heard:
        made.add(probability)
    return made


def test_a_score_is_the_mean_of_the_last_answers() -> None:
    listening = SlidingScore(2, surest=SUREST)
    assert [listening.add(each) for each in (0.5, 0.25, 0.75)] == [0.0, 0.375, 0.5]


def test_it_tells_how_many_answers_ago_the_word_was_possible_first() -> None:
    answers = [0.0, 0.2, 0.4, 0.9, 0.1, 0.0, 0.0, 0.3]
    told = [
        score(3, *answers[:heard]).possible_since for heard in range(len(answers) + 1)
    ]
    assert told == [0, 0, 0, 1, 2, 3, 4, 5, 0]


def test_a_word_that_no_answer_holds_for_possible_has_no_past() -> None:
    assert score(2, 0.9, 0.9, *[0.0] * 40).possible_since == 0


def test_slow_or_quick_a_word_is_possible_from_the_same_answer_on() -> None:
    slow, quick = (0.1, 0.3, 0.4, 0.6, 0.9), (0.9, 0.9, 0.9, 0.9, 0.9)
    assert score(3, 0.0, *slow).possible_since == score(3, 0.0, *quick).possible_since


def test_a_model_that_has_heard_nothing_needs_a_window_of_answers() -> None:
    assert score(5).soonest_above(0.1) == 5


def test_a_high_threshold_needs_a_window_of_answers_behind_quiet() -> None:
    assert score(5, *[0.0] * 5).soonest_above(0.85) == 5


def test_the_surer_it_is_already_the_sooner_it_can_be_sure() -> None:
    sure = [0.0] * 5 + [SUREST] * 5
    soonest = [score(5, *sure[:heard]).soonest_above(0.85) for heard in range(5, 11)]
    assert soonest == [5, 4, 3, 2, 1, 1]


def test_a_threshold_that_no_answers_reach_is_never_waited_for_longer() -> None:
    assert score(5, *[SUREST] * 5).soonest_above(0.999) == 5


@given(windows, st.lists(probabilities, max_size=30), thresholds)
def test_no_score_is_above_before_the_soonest_whatever_is_heard(
    window: int, heard: list[float], threshold: float
) -> None:
    listening = SlidingScore(window, surest=SUREST)
    soonest, waited = listening.soonest_above(threshold), 0
    for probability in heard:
        waited += 1
        if listening.add(probability) > threshold:
            assert waited >= soonest
        if waited == soonest:
            soonest, waited = listening.soonest_above(threshold), 0


@given(windows, st.lists(probabilities, max_size=30), thresholds)
def test_the_soonest_is_when_the_surest_answers_follow(
    window: int, heard: list[float], threshold: float
) -> None:
    listening = score(window, *heard)
    soonest = listening.soonest_above(threshold)
    scores = [listening.add(SUREST) for _ in range(soonest)]
    assert all(score <= threshold for score in scores[:-1])
    assert scores[-1] > threshold or threshold >= SUREST
