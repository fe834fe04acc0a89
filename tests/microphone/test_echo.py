"""The satellite's own sound, measured in the worst of rooms: all that is played is in
the microphone, as loud as it is played.
"""

import pytest

from auricle.audio.devices.microphone import Microphone
from auricle.doctor import echo
from auricle.doctor.results import Status
from auricle.errors import PlaybackError
from rigs.audio.virtual_microphone import VirtualMicrophone


def test_the_doctor_measures_how_late_and_how_loud_it_is_heard(
    room: VirtualMicrophone,
) -> None:
    found = echo.measure(Microphone(), "default", volume=1.0, patience=15)
    assert found is not None
    # What this room's server plays is captured in the very same frame.
    assert 0 <= found.delay < 1
    assert found.level == pytest.approx(-20, abs=1)
    assert echo.judge(found).status in (Status.OK, Status.WARNING)
    softer = echo.measure(Microphone(), "default", volume=0.3, patience=15)
    assert softer is not None
    assert softer.level < found.level - 5


def test_a_microphone_that_does_not_hear_the_loudspeaker_is_told(
    room: VirtualMicrophone,
) -> None:
    assert echo.measure(Microphone(), "null", volume=1.0, patience=15) is None


def test_a_loudspeaker_that_is_not_there_is_told(room: VirtualMicrophone) -> None:
    with pytest.raises(PlaybackError, match=r"loudspeaker\.device"):
        echo.measure(Microphone(), "no_such_device", volume=1.0, patience=15)
