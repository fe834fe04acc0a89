from auricle.doctor.models import Trial, judge_wake_words
from auricle.doctor.results import Status


def test_a_wake_word_without_a_recording_is_only_loaded() -> None:
    found = judge_wake_words(["alexa"], None)
    assert found.status is Status.OK
    assert "no recording" in found.meaning


def test_a_threshold_that_the_bundled_recording_does_not_reach_is_too_high() -> None:
    found = judge_wake_words(["okay_nabu"], Trial(False, 0.97, 0.99))
    assert found.status is Status.FAILED
    assert "score 0.97, threshold 0.99" in found.meaning
    assert "wake_word.thresholds.okay_nabu" in found.advice


def test_who_has_no_wake_words_pushes_to_talk() -> None:
    assert judge_wake_words([], None).status is Status.SKIPPED
