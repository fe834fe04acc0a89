"""The microphones of simulated houses, as programs hear them."""

import os
import time

from benchmarks.rooms.microphones import HouseSound, Microphones, Sounds
from rigs.waiting import until

SECONDS = 0.2
SIZE = 6400
QUIET = [bytes(SIZE), bytes(SIZE)]


def scene(number: int) -> Sounds:
    """Of each microphone another byte, the next ones in the next scene."""
    return [bytes([2 * number + n + 1]) * SIZE for n in range(2)]


def heard(*ears: int) -> list[bytes]:
    """What each heard of two scenes, read as it comes, until the second is over."""
    sounds = [bytearray() for _ in ears]

    def over() -> bool:
        for ear, sound in zip(ears, sounds, strict=True):
            sound.extend(os.read(ear, 1024))
        return all(max(sound) > 2 and not sound[-1] for sound in sounds)

    until(over)
    return [bytes(sound) for sound in sounds]


def test_each_microphone_hears_all_of_its_own_sound() -> None:
    house = HouseSound(2, QUIET, scene, 2, SECONDS)
    with Microphones([house]) as microphones:
        ears = [microphones.connect(house, number).ear for number in range(2)]
        house.begin(time.monotonic() + 0.1)
        first, second = heard(*ears)
    for sound, (one, other) in ((first, (1, 3)), (second, (2, 4))):
        assert sound.strip(bytes(1)) == bytes([one]) * SIZE + bytes([other]) * SIZE


def test_what_nobody_read_yet_does_not_make_the_rest_late() -> None:
    house = HouseSound(2, QUIET, scene, 2, SECONDS)
    with Microphones([house]) as microphones:
        house.begin(time.monotonic())
        ear = microphones.connect(house, 0)
        # The scenes go by, and nobody reads.
        until(lambda: house.over)
        sound = os.read(ear.ear, 4 * SIZE)
        assert len(sound) < SIZE
        assert not ear.listens
        until(lambda: ear.listens)
    assert ear.missed == 0.0
