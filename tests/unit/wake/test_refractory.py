from auricle.wake.detector import Detection, Refractory


def at(seconds: float) -> Detection:
    return Detection("okay_nabu", 0.9, round(seconds * 16_000))


def test_a_word_that_fires_again_within_the_time_is_the_same() -> None:
    refractory = Refractory(2.0)
    admitted = [refractory.admits(at(second)) for second in (5, 5.03, 6.9, 7.1)]
    assert admitted == [True, False, False, True]


def test_a_model_that_is_still_sure_has_heard_one_word() -> None:
    refractory = Refractory(0.0)
    admitted = [refractory.admits(at(second)) for second in (5, 5.03, 5.11, 5.27, 5.6)]
    assert admitted == [True, False, False, False, True]


def test_the_time_counts_from_the_last_admitted_one() -> None:
    refractory = Refractory(2.0)
    admitted = [refractory.admits(at(second)) for second in (5, 6.5, 7.5, 8.5)]
    assert admitted == [True, False, True, False]


def test_a_word_right_at_the_start_is_admitted() -> None:
    assert Refractory(2.0).admits(at(0.03))


def test_after_a_reset_positions_begin_anew() -> None:
    refractory = Refractory(2.0)
    refractory.admits(at(3600))
    refractory.reset()
    assert refractory.admits(at(1))
