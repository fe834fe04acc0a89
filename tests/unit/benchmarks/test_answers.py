"""What `scripts/bench answers` says of its figures, and the rooms it calculates."""

import numpy as np
import pytest

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.answers.acoustics import (
    Loudspeaker,
    Scene,
    level_db,
    living_room,
    reverberation_of,
)
from benchmarks.answers.delays import rows
from benchmarks.answers.house import (
    ARRIVED,
    ASKED,
    BUILT_IN,
    PUBLISHED,
    SOUNDED,
    STARTED,
    STREAMED,
    VOICED,
    WRITTEN,
    Answer,
)
from benchmarks.rows import Row, lines, tally

HEARD = Row("heard", 91.0, "%", "98 voices", least=90)
FALSE = Row("false wakes", 2, "", "an hour", most=1)
TOLD = Row("as captured", 0, "%", "98 voices")


def test_a_figure_is_beside_its_target_and_what_it_is_of() -> None:
    table = "\n".join(lines([HEARD, FALSE, TOLD]))
    assert "| heard | 91 % | 98 voices | ≥ 90 % | met |" in table
    assert "| false wakes | 2 | an hour | ≤ 1 | **missed** |" in table
    assert "| as captured | 0 % | 98 voices |  |  |" in table


def test_the_last_line_counts_targets_alone() -> None:
    assert tally([HEARD, FALSE, TOLD]) == "targets met 1 of 2"
    assert (HEARD.met, FALSE.met, TOLD.met) == (True, False, True)


@pytest.mark.parametrize("reverberation", [0.3, 0.5])
def test_a_room_sounds_for_as_long_as_it_should(reverberation: float) -> None:
    for number in range(3):
        room = living_room(number, reverberation)
        assert reverberation_of(room.from_person) == pytest.approx(
            reverberation, rel=0.05
        )


def test_the_echo_is_so_late_and_so_much_louder_than_the_person() -> None:
    rng = np.random.default_rng(1)
    sound = rng.normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    silent = np.zeros(0, np.float32)
    room = living_room(0, 0.3)
    loudspeaker = Loudspeaker(12, delay=0.2)

    alone = Scene(room, sound, loudspeaker, silent, 0, 2, seed=1).captured()
    person = Scene(room, None, loudspeaker, sound, 0, 2, seed=1).captured()

    assert np.argmax(np.abs(alone) > 0.02) == pytest.approx(0.2 * SAMPLE_RATE, abs=20)
    assert level_db(alone) - level_db(person) == pytest.approx(12, abs=1)


def test_a_sound_that_is_broken_off_is_silent_but_for_the_room() -> None:
    rng = np.random.default_rng(1)
    sound = rng.normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    silent = np.zeros(0, np.float32)
    scene = Scene(
        living_room(0, 0.3), sound, Loudspeaker(0, delay=0.1), silent, 0, 2, seed=1
    )
    whole, cut = scene.captured(), scene.captured(cut=SAMPLE_RATE // 2)
    assert np.allclose(whole[: SAMPLE_RATE // 2], cut[: SAMPLE_RATE // 2], atol=1e-3)
    assert np.abs(cut[SAMPLE_RATE:]).max() < 0.1 * np.abs(whole[SAMPLE_RATE:]).max()


def answered(kind: str, *, sounded: float, written: float) -> Answer:
    moments = {
        PUBLISHED: 10.0,
        ASKED: 10.01,
        ARRIVED: sounded - 0.01,
        SOUNDED: sounded,
        STARTED: sounded + 0.005,
        WRITTEN: written,
        VOICED: 10.03,
    }
    return Answer(kind, moments)


def test_an_answer_is_as_soon_as_its_first_sample() -> None:
    answers = [
        *(answered(BUILT_IN, sounded=10.05, written=10.02) for _ in range(20)),
        *(answered(STREAMED, sounded=11.5, written=14.0) for _ in range(20)),
    ]
    told = list(rows(answers))
    table = "\n".join(lines(told))
    assert "| 50 ms | 20 answers, 95 of 100 | ≤ 150 ms | met |" in table
    assert "| 1.5 s | 20 answers, 95 of 100 | ≤ 2 s | met |" in table
    assert "of that, until the player's first sample | 10 ms |" in table
    assert tally(told) == "targets met 3 of 3"


def test_an_answer_that_waits_for_its_last_word_is_not_streamed() -> None:
    answers = [
        answered(BUILT_IN, sounded=10.05, written=10.02),
        answered(STREAMED, sounded=11.5, written=14.0),
        answered(STREAMED, sounded=11.5, written=11.4),
    ]
    table = "\n".join(lines(rows(answers)))
    assert "being written | 50 % | 2 answers | ≥ 100 % | **missed** |" in table


def test_what_cannot_be_measured_misses_its_targets_and_says_why() -> None:
    told = list(rows([]))
    assert tally(told) == "targets met 0 of 3"
    for line in list(lines(told))[2:]:
        assert "needs a real Home Assistant" in line
        assert line.endswith("| **missed** |")
