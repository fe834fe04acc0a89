from pathlib import Path

import pytest

from auricle.app.remembered import Remembered
from auricle.doctor import machine
from auricle.doctor.machine import Disk
from auricle.doctor.results import Status

ROOM = 10**10


def test_a_state_directory_that_cannot_be_written_to_is_a_failure() -> None:
    found = machine.judge_disk(Disk(Path("/state"), ROOM, "Read-only file system"))
    assert found.status is Status.FAILED
    assert "/state cannot be written to: read-only file system" in found.meaning


@pytest.mark.parametrize(
    ("free", "status"),
    [(ROOM, Status.OK), (10**8, Status.WARNING), (10**6, Status.FAILED)],
)
def test_a_disk_that_fills_up_is_told_in_time(free: int, status: Status) -> None:
    assert machine.judge_disk(Disk(Path("/state"), free)).status is status


def test_somebody_may_have_muted_it() -> None:
    found = machine.judge_mute(Remembered(muted=True))
    assert found.status is Status.WARNING
    assert "unmute" in found.advice


def test_a_cool_machine_is_fine() -> None:
    found = machine.judge_temperature(48.3, 0)
    assert (found.status, found.meaning) == (Status.OK, "48 °C")


def test_a_hot_one_needs_air() -> None:
    found = machine.judge_temperature(82.0, None)
    assert found.status is Status.WARNING
    assert "heat sink" in found.advice


def test_under_voltage_needs_another_power_supply() -> None:
    found = machine.judge_temperature(50.0, 0x50005)
    assert "under-voltage, throttling" in found.meaning
    assert "power supply" in found.advice


def test_what_happened_since_the_start_is_told_too() -> None:
    found = machine.judge_temperature(50.0, 0x40000)
    assert found.meaning == "50 °C; since the start there was: throttling"


def test_a_machine_without_a_thermometer_is_no_failure() -> None:
    assert machine.judge_temperature(None, None).status is Status.SKIPPED
