"""When to look for sound, whatever the device's clock and pieces are."""

import math
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.delivery import Delivery

RATE = 16_000
OPENED = 500.0


@dataclass
class Device:
    """Delivers pieces of so many seconds, some of them late."""

    piece: float = 0.03
    clock: float = 1.0
    """Seconds of its sound in a true one."""
    wavers: float = 0.0
    starts_after: float = 0.1
    lost: float = 0.0
    """Seconds of sound that it dropped."""

    def __post_init__(self) -> None:
        self._chance = Random(1)
        self._late: dict[int, float] = {}

    def delivered(self, now: float) -> int:
        """How many samples there are by now."""
        sound = (now - OPENED - self.starts_after - self.lost) * self.clock
        pieces = math.floor(max(0.0, sound) / self.piece)
        while pieces and pieces * self.piece / self.clock > self._there(pieces, sound):
            pieces -= 1
        return round(pieces * self.piece * RATE)

    def _there(self, piece: int, sound: float) -> float:
        late = self._late.setdefault(piece, self._chance.uniform(0.0, self.wavers))
        return sound / self.clock - late


class Reader:
    """Looks when it is told to, and takes what it waited for."""

    def __init__(self, device: Device, frames: int) -> None:
        self.device = device
        self.now = OPENED
        self.delivery = Delivery(RATE, OPENED)
        self.block = frames * 480
        self.position = 0
        self.looks = self.found = 0
        self.late: list[float] = []
        """Seconds after which each block was found, from when it was there."""

    def read(self, seconds: float) -> None:
        end = self.now + seconds
        again = 0.0
        while self.now < end:
            wanted = self.position + self.block
            wait = max(again, self.delivery.due_in(wanted, self.now))
            there = self._there_at(wanted, self.now, self.now + wait)
            self.now += wait
            delivered = self.device.delivered(self.now)
            self.looks += 1
            if delivered < wanted:
                again = self.delivery.too_little(self.now)
                continue
            again = 0.0
            self.found += 1
            self.delivery.enough(delivered, self.now)
            self.position += (delivered - self.position) // 480 * 480
            self.late.append(self.now - there)

    def _there_at(self, wanted: int, first: float, last: float) -> float:
        steps = max(1, math.ceil((last - first) / 0.001))
        for step in range(steps):
            at = first + step * 0.001
            if self.device.delivered(at) >= wanted:
                return at
        return last


@given(
    device=st.builds(
        Device,
        piece=st.sampled_from([0.01, 0.02, 0.03, 0.032, 0.064]),
        clock=st.floats(0.999, 1.001),
        wavers=st.floats(0.0, 0.01),
        starts_after=st.floats(0.0, 1.0),
    ),
    frames=st.sampled_from([1, 3, 5]),
)
def test_it_looks_seldom_too_early_and_never_much_too_late(
    device: Device, frames: int
) -> None:
    reader = Reader(device, frames)
    reader.read(10.0)
    reader.looks = reader.found = 0
    reader.late.clear()
    reader.read(10.0)
    assert reader.looks < 1.6 * reader.found
    late = sorted(reader.late)
    assert late[len(late) // 2] < 0.015 + device.piece
    assert late[-1] < 0.11


def test_a_device_that_keeps_its_time_is_looked_at_within_some_milliseconds() -> None:
    reader = Reader(Device(), frames=5)
    reader.read(20.0)
    late = reader.late[len(reader.late) // 2 :]
    assert sum(late) / len(late) < 0.004


@pytest.mark.parametrize("lost", [0.2, 5.0])
def test_behind_a_loss_it_finds_the_new_time_soon(lost: float) -> None:
    reader = Reader(Device(), frames=5)
    reader.read(5.0)
    reader.device.lost = lost
    reader.read(lost + 2.0)
    reader.looks = reader.found = 0
    reader.read(5.0)
    assert reader.looks < 1.6 * reader.found


def test_what_waited_is_taken_at_once() -> None:
    reader = Reader(Device(), frames=5)
    reader.read(5.0)
    reader.now += 3.0
    reader.read(0.001)
    assert reader.device.delivered(reader.now) - reader.position < 5 * 480
