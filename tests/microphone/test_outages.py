"""What becomes of the microphone, and how soon it is listened to again."""

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auricle.audio.devices.microphone import Microphone
from auricle.audio.source_health import SourceHealth
from auricle.capture.hearing_state import HearingState
from auricle.turns.events import MicrophoneFound, MicrophoneLost
from auricle.wake.detector import WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from rigs.audio.captured import Ear
from rigs.audio.speech import noise, say, silence
from rigs.audio.virtual_microphone import VirtualMicrophone
from rigs.waiting import until

OKAY_NABU = silence(1) + say("okay nabu") + silence(0.5)

Do = Callable[[VirtualMicrophone], None]


@pytest.fixture
def ear(room: VirtualMicrophone) -> Iterator[Ear]:
    """Listening to the room."""
    ear = Ear(Microphone(), [MicroWakeWordEngine([WakeWordModel("okay_nabu")])])
    ear.start()
    ear.open_microphone()
    until(lambda: ear.state is HearingState.LISTENING)
    yield ear
    assert ear.stop(15)


def test_a_wake_word_is_heard_through_the_air(
    room: VirtualMicrophone, ear: Ear
) -> None:
    room.play(OKAY_NABU)
    until(lambda: ear.wakes)
    assert ear.wakes[0].detection.wake_word == "okay_nabu"


@pytest.mark.parametrize(
    ("outage", "remedy"),
    [
        pytest.param(
            VirtualMicrophone.unplug, VirtualMicrophone.plug_in, id="unplugged"
        ),
        pytest.param(
            VirtualMicrophone.kill, VirtualMicrophone.start, id="server killed"
        ),
        pytest.param(
            VirtualMicrophone.freeze, VirtualMicrophone.thaw, id="server frozen"
        ),
        pytest.param(
            lambda room: room.suspend(on=True),
            lambda room: room.suspend(on=False),
            id="suspended",
        ),
    ],
)
def test_an_outage_is_noticed_and_the_next_wake_word_is_heard(
    room: VirtualMicrophone, ear: Ear, outage: Do, remedy: Do
) -> None:
    outage(room)
    # A second without a frame, and 2 s from the device's return; and a busy machine.
    until(lambda: ear.state is HearingState.LOST, 3)
    remedy(room)
    until(lambda: ear.state is HearingState.LISTENING, 4)
    assert ear.microphone == [MicrophoneFound, MicrophoneLost, MicrophoneFound]
    room.play(OKAY_NABU)
    until(lambda: ear.wakes)
    assert ear.failures == []


def test_a_muted_microphone_is_suspected_but_not_lost(
    room: VirtualMicrophone, ear: Ear
) -> None:
    room.play(noise(1, dbfs=-40))
    assert ear.health is SourceHealth.GOOD
    room.mute(on=True)
    until(lambda: ear.health is SourceHealth.ZEROS, 20)
    room.mute(on=False)
    room.play(noise(1, dbfs=-40))
    until(lambda: ear.health is SourceHealth.GOOD)
    assert ear.microphone == [MicrophoneFound]


def test_a_gain_that_is_too_high_is_told(room: VirtualMicrophone, ear: Ear) -> None:
    room.play(noise(3, dbfs=0))
    until(lambda: ear.health is SourceHealth.CLIPPING)


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def threads() -> int:
    """Python's and those of libraries."""
    return len(list(Path("/proc/self/task").iterdir()))


def test_twenty_outages_leave_no_threads_descriptors_or_memory_behind(
    room: VirtualMicrophone, ear: Ear
) -> None:
    def cycle() -> tuple[int, int, int]:
        found = len(ear.microphone) + 2
        room.unplug()
        until(lambda: ear.state is HearingState.LOST, 10)
        room.plug_in()
        until(lambda: len(ear.microphone) == found, 10)
        # This one, the capture's, and the one that takes from the device.
        until(lambda: threading.active_count() <= 3, 5)
        gc.collect()
        return threads(), descriptors(), resident_bytes()

    cycles = [cycle() for _ in range(20)]
    threads_before, descriptors_before, bytes_before = cycles[4]
    threads_after, descriptors_after, bytes_after = cycles[-1]
    assert threads_after <= threads_before
    assert descriptors_after <= descriptors_before
    assert bytes_after - bytes_before < 2_000_000


LISTEN_UNTIL_IT_FAILS = """
import sys
from functools import partial
from auricle.audio.devices.microphone import Microphone
from rigs.audio.captured import Ear
from rigs.waiting import until

ear = Ear(Microphone(longest_call=2.0), [])
ear.start()
ear.open_microphone()
if sys.argv[1] == "listening":
    until(lambda: ear.frames > 10)
print("ready", flush=True)
until(lambda: ear.failures, 60)
print(ear.state, *ear.failures)
sys.exit(1)
"""


@pytest.mark.parametrize("when", ["before it is opened", "listening"])
def test_a_server_that_stays_frozen_ends_the_process_and_does_not_hang_it(
    room: VirtualMicrophone, when: str
) -> None:
    if when != "listening":
        room.freeze()
    listener = subprocess.Popen(
        [sys.executable, "-c", LISTEN_UNTIL_IT_FAILS, when],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with listener:
        assert listener.stdout is not None
        assert listener.stdout.readline() == "ready\n"
        room.freeze()
        said, _ = listener.communicate(timeout=30)
    assert said == "failed the sound system has not answered for 2 s\n"
    assert listener.returncode == 1
