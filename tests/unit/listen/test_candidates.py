"""Which moments may have been a wake word."""

from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_SAMPLES
from auricle.listen.candidates import FLOOR, Candidate, Candidates

SILENCE = [0.0] * 60


def found(scores: list[float], detected_at: int | None = None) -> list[Candidate]:
    candidates = Candidates()
    over: list[Candidate] = []
    for number, score in enumerate(scores):
        detected = {"alexa": score} if number == detected_at else {}
        end = (number + 1) * FRAME_SAMPLES
        over += candidates.hear(end, {"alexa": score}, detected)
    return over + candidates.end()


def test_a_score_that_goes_up_and_down_is_one_candidate_of_its_best() -> None:
    up = [0.6, 0.9, 0.4, 0.8]
    assert found(up + SILENCE) == [Candidate("alexa", 0.9, detected=False)]


def test_two_words_with_a_pause_between_them_are_two() -> None:
    scores = [candidate.score for candidate in found([0.7, *SILENCE, 0.95, *SILENCE])]
    assert scores == [0.7, 0.95]


def test_what_the_satellite_woke_up_for_is_told() -> None:
    (candidate,) = found([0.6, 0.97, *SILENCE], detected_at=1)
    assert candidate.detected


def test_what_it_woke_up_for_is_a_candidate_whatever_the_score() -> None:
    assert found([0.1, *SILENCE], detected_at=0) == [
        Candidate("alexa", 0.1, detected=True)
    ]


def test_what_is_not_over_at_the_end_is_not_lost() -> None:
    assert [candidate.score for candidate in found([0.0, 0.8])] == [0.8]


def test_a_microphone_that_was_opened_again_begins_anew() -> None:
    candidates = Candidates()
    candidates.hear(90_000, {"alexa": 0.9}, {})
    assert candidates.hear(FRAME_SAMPLES, {"alexa": 0.0}, {}) == []
    assert candidates.end() == []


@given(st.lists(st.floats(0, 1), max_size=300))
def test_the_best_score_of_all_is_among_the_candidates(scores: list[float]) -> None:
    best = max(scores, default=0.0)
    candidates = [candidate.score for candidate in found(scores)]
    assert max(candidates, default=0.0) == (best if best >= FLOOR else 0.0)
    assert all(score >= FLOOR for score in candidates)
