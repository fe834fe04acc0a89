from dataclasses import replace

import numpy as np
import pytest

from auricle.audio.frame import SAMPLE_RATE
from auricle.wake.detector import Detection
from benchmarks.rooms.houses import Person
from benchmarks.rooms.measure import answering, is_near
from benchmarks.rooms.wakes import Hearing, Wake
from rigs.audio.speech import frames, mix, noise, say, silence

SURE = round(3 * SAMPLE_RATE)
PERSON = Person(0, np.zeros(3), np.array([1.0, 0, 0]), 64.0)


def hearing(
    command: str, *, away: float | None, gain: float = 1.0, sure: int = SURE
) -> Hearing:
    """Of a word that ended 0.2 s before the detection, and a command behind it."""
    word = say("Alexa")
    before = silence(2.8 - len(word) / 2 / SAMPLE_RATE)
    voice = before + word + silence(0.3) + say(command)
    louder = (np.frombuffer(voice, "<i2") * gain / 4).astype("<i2").tobytes()
    heard = frames(mix(noise(4.5, dbfs=-60), louder)[: round(4.5 * SAMPLE_RATE) * 2])
    memory, behind = tuple(heard[:100]), tuple(heard[100:])
    detection = Detection("alexa", 0.9, sure)
    return Hearing(0, 0, (away,), (0.0,), detection, memory, behind)


def wake(*hearings: Hearing) -> Wake:
    return Wake((PERSON,), hearings)


LAMP, BLINDS = "turn on the lamp in the office", "close all the blinds, please"


def test_of_those_who_heard_one_person_the_one_with_the_highest_level_answers() -> None:
    near, far = hearing(LAMP, away=1.0), hearing(LAMP, away=3.0, gain=0.3)
    assert answering(wake(far, near)) == [near]


def test_two_people_at_the_same_moment_are_both_answered() -> None:
    one, other = hearing(LAMP, away=1.0), hearing(BLINDS, away=None, gain=0.5)
    assert answering(wake(other, one)) == [one, other]


@pytest.mark.parametrize(("seconds", "answers"), [(0.4, 1), (0.6, 2)])
def test_words_half_a_second_apart_are_two(seconds: float, answers: int) -> None:
    one = hearing(LAMP, away=1.0)
    later = hearing(LAMP, away=2.0, sure=SURE + round(seconds * SAMPLE_RATE))
    assert len(answering(wake(one, later))) == answers


def test_near_is_who_is_half_a_meter_further_away_than_the_nearest_of_the_room() -> (
    None
):
    nearest = hearing(LAMP, away=1.0)
    others = [replace(nearest, distances=(away,)) for away in (1.4, 1.6, None)]
    assert [is_near(each, wake(nearest, *others)) for each in (nearest, *others)] == [
        True,
        True,
        False,
        False,
    ]
