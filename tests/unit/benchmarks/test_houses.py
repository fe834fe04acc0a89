from dataclasses import replace

import numpy as np
import pytest

from benchmarks.answers.acoustics import reverberation_of
from benchmarks.recordings import Samples
from benchmarks.rooms.acoustics import Walls
from benchmarks.rooms.houses import ROOMS, House, Saying, spoken

RATE = 16000
SECONDS = 1.0
VOICE = np.asarray(np.random.default_rng(1).normal(0, 0.1, RATE // 2), np.float32)
KITCHEN = np.asarray(np.random.default_rng(2).normal(0, 0.1, 4 * RATE), np.float32)


def level_db(sound: Samples) -> float:
    return float(10 * np.log10(np.mean(sound.astype(float) ** 2)))


@pytest.mark.parametrize("number", range(4))
def test_a_house_has_four_to_six_satellites_and_one_in_each_room(number: int) -> None:
    house = House(1, number, KITCHEN)
    assert 4 <= len(house.satellites) <= 6
    assert {each.room for each in house.satellites} == set(range(ROOMS))


def test_a_house_is_the_same_whenever_it_is_built() -> None:
    heard = []
    for _ in range(2):
        house = House(3, 2, KITCHEN)
        person = house.person(np.random.default_rng(4))
        heard.append(house.heard([Saying(person, VOICE, 0.1)], SECONDS, 5))
    assert all(np.array_equal(*both) for both in zip(*heard, strict=True))


def test_houses_of_other_seeds_and_numbers_are_others() -> None:
    sizes = {
        House(seed, number, KITCHEN).walls[1].size
        for seed in range(3)
        for number in (0, 1)
    }
    assert len(sizes) == 6


def test_every_second_pair_of_houses_has_a_kitchen_at_work() -> None:
    houses = [House(1, number, KITCHEN) for number in range(8)]
    assert sum(house.noisy for house in houses) == 4
    assert sum(house.open and house.noisy for house in houses) == 2


def test_a_voice_arrives_in_its_own_room_louder_than_in_any_other() -> None:
    rng = np.random.default_rng(6)
    for number in range(4):
        house = House(7, number, KITCHEN)
        person = house.person(rng)
        arrived = house.arrived(Saying(person, VOICE, 0.1), SECONDS)
        levels = [level_db(sound) for sound in arrived]
        rooms = [house.room_of(n) == person.room for n in range(len(levels))]
        own = [level for level, here in zip(levels, rooms, strict=True) if here]
        others = [level for level, here in zip(levels, rooms, strict=True) if not here]
        assert max(own) > max(others)


def test_only_satellites_of_the_same_room_have_a_distance_to_a_person() -> None:
    house = House(1, 0, KITCHEN)
    person = house.person(np.random.default_rng(8))
    for number in range(len(house.satellites)):
        away = house.distance(person, number)
        assert (away is not None) == (house.room_of(number) == person.room)


def test_a_second_person_can_be_had_in_another_room() -> None:
    house, rng = House(1, 1, KITCHEN), np.random.default_rng(9)
    assert all(house.person(rng, elsewhere=0).room != 0 for _ in range(20))


def test_a_voice_that_is_twice_as_loud_arrives_twice_as_loud() -> None:
    house = House(1, 0, KITCHEN)
    person = house.person(np.random.default_rng(10))
    louder = replace(person, voice_db=person.voice_db + 6)
    for faint, loud in zip(
        house.arrived(Saying(person, VOICE, 0.1), SECONDS),
        house.arrived(Saying(louder, VOICE, 0.1), SECONDS),
        strict=True,
    ):
        assert level_db(loud) - level_db(faint) == pytest.approx(6, abs=0.1)


def test_a_room_reverberates_about_as_long_as_it_is_told_to() -> None:
    for seconds in (0.25, 0.4, 0.65):
        walls = Walls((4.0, 3.5, 2.5), seconds)
        (way,) = walls.responses(np.array([1, 1, 1.5]), [np.array([3, 2.5, 1])], 1)
        assert reverberation_of(way) == pytest.approx(seconds, rel=0.25)


def test_a_mouth_is_heard_better_in_front_of_it_and_above_all_its_high_tones() -> None:
    walls = Walls((6.0, 6.0, 2.5), 0.25)
    mouth, ear = np.array([3.0, 3.0, 1.5]), np.array([4.0, 3.0, 1.5])
    loss = []
    towards, away = (
        walls.responses(mouth, [ear], 1, np.array([way, 0, 0]))[0]
        for way in (1.0, -1.0)
    )
    spectra = [np.abs(np.fft.rfft(way, 1 << 14)) ** 2 for way in (towards, away)]
    for low, high in ((300, 1200), (3000, 7000)):
        band = slice(low * (1 << 14) // RATE, high * (1 << 14) // RATE)
        loss.append(10 * np.log10(spectra[0][band].sum() / spectra[1][band].sum()))
    assert 0 < loss[0] < loss[1]


def test_a_command_is_as_loud_as_its_wake_word_and_comes_behind_a_pause() -> None:
    said = spoken(VOICE, 0.25, VOICE / np.float32(8))
    assert len(said) == 2 * len(VOICE) + RATE // 4
    assert not said[len(VOICE) : len(VOICE) + RATE // 4].any()
    word, command = said[: len(VOICE)], said[-len(VOICE) :]
    assert level_db(word) == pytest.approx(level_db(command), abs=0.1)
