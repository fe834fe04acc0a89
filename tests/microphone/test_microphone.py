"""PortAudio on a real PulseAudio: what is captured, and from what."""

import contextlib
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from auricle.audio.devices.microphone import Microphone
from auricle.audio.devices.portaudio import BUFFER_SECONDS, InputStream, list_devices
from auricle.audio.frame import Frame
from auricle.errors import MicrophoneError
from rigs.audio.captured import Ear
from rigs.audio.speech import noise, silence
from rigs.audio.virtual_microphone import VirtualMicrophone
from rigs.waiting import until


def counter(seconds: float) -> bytes:
    """Every sample another number, and none of them zero."""
    numbers = np.arange(round(seconds * 16_000)) % 32_000 + 1
    return numbers.astype("<i2").tobytes()


def samples(frames: list[Frame]) -> np.ndarray:
    return np.frombuffer(b"".join(frame.pcm for frame in frames), "<i2")


def test_no_sample_is_missing_or_repeated(room: VirtualMicrophone) -> None:
    ear = Ear(Microphone(), [])
    ear.start()
    ear.open_microphone()
    until(lambda: ear.frames > 0)
    ear.attend(on=True, after=None)
    said = counter(8)
    room.play(silence(0.3) + said)
    heard = len(ear.heard)
    until(lambda: len(ear.heard) > heard + 20)
    assert ear.stop(5)
    frames = [event.frame for event in ear.heard]
    assert all(a.end == b.start for a, b in pairwise(frames))
    # Zeros are the room's, before and behind.
    captured = samples(frames)
    assert captured[captured != 0].tobytes() == said
    assert ear.dropped == 0


def test_a_reader_that_is_late_for_too_long_loses_the_oldest(
    room: VirtualMicrophone, microphone: Microphone
) -> None:
    room.play(counter(BUFFER_SECONDS + 2))
    frames: list[Frame] = []
    while (read := microphone.read(0.2)) and len(frames) < 160:
        frames += read
    assert frames[0].start > 1.5 * 16_000
    assert microphone.dropped == frames[0].start
    assert all(a.end == b.start for a, b in pairwise(frames))


def test_a_reader_knows_whether_more_waits(
    room: VirtualMicrophone, microphone: Microphone
) -> None:
    room.play(silence(1.0))
    microphone.read(1.0)
    assert not microphone.caught_up
    until(lambda: microphone.read(1.0) and microphone.caught_up, 10)


def test_a_device_keeps_what_comes_while_this_process_is_busy(
    room: VirtualMicrophone,
) -> None:
    with contextlib.closing(InputStream("default", None)) as capture:
        assert capture.buffered > 0.4


def test_devices_are_listed_with_the_default_one_marked(
    room: VirtualMicrophone,
) -> None:
    devices = list_devices()
    assert [device.name for device in devices if device.is_default] == ["default"]
    assert "pulse" in {device.name for device in devices}
    assert all(device.channels > 0 for device in devices)


@pytest.mark.parametrize("wanted", ["default", "PULSE", "pul*"])
def test_a_device_is_opened_by_its_name(room: VirtualMicrophone, wanted: str) -> None:
    with contextlib.closing(Microphone(wanted)) as microphone:
        microphone.open()
        assert microphone.read(5)
        assert microphone.description in {"microphone 'default'", "microphone 'pulse'"}


def test_a_device_is_opened_by_its_index(room: VirtualMicrophone) -> None:
    (index,) = [device.index for device in list_devices() if device.name == "pulse"]
    with contextlib.closing(Microphone(str(index))) as microphone:
        microphone.open()
        assert microphone.description == "microphone 'pulse'"


def test_a_device_that_is_not_there_is_answered_with_those_that_are(
    room: VirtualMicrophone,
) -> None:
    with pytest.raises(
        MicrophoneError, match=r"no capture device is 'yeti'; .*'pulse'"
    ):
        Microphone("yeti").open()


def test_one_channel_of_many_is_captured_with_gain(room: VirtualMicrophone) -> None:
    ear = Ear(Microphone(channel=1, gain=-6), [])
    ear.start()
    ear.open_microphone()
    until(lambda: ear.frames > 0)
    ear.attend(on=True, after=None)
    room.play(noise(2, dbfs=-20))
    heard = len(ear.heard)
    until(lambda: len(ear.heard) > heard + 20)
    assert ear.stop(5)
    captured = samples([event.frame for event in ear.heard]).astype(float)
    level = 10 * np.log10(np.mean(captured[captured != 0] ** 2) / 32768**2)
    assert level == pytest.approx(-26, abs=1)


def test_without_a_sound_system_the_advice_is_to_look_for_the_microphone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nothing")
    if list_devices():
        pytest.skip("this machine has a sound card")
    with pytest.raises(MicrophoneError, match="there is no capture device"):
        Microphone().open()


def test_a_device_of_nothing_that_outruns_the_clock_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".asoundrc").write_text("pcm.!default { type null }\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with contextlib.closing(Microphone()) as microphone:
        microphone.open()
        with pytest.raises(MicrophoneError, match="faster than real time"):
            all(iter(partial(microphone.read, 5), None))
