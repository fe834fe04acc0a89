import pytest

from auricle.audio.capture_device import (
    CaptureDevice,
    CaptureFormat,
    choose_device,
    formats_to_try,
)
from auricle.errors import MicrophoneError

BUILT_IN = CaptureDevice(0, "HDA Intel PCH: ALC257 Analog (hw:0,0)", 2, 44100, False)
USB = CaptureDevice(3, "USB PnP Sound Device: Audio (hw:1,0)", 1, 44100, False)
ARRAY = CaptureDevice(
    4, "ReSpeaker 4 Mic Array (UAC1.0): USB Audio (hw:2,0)", 6, 16000, False
)
PULSE = CaptureDevice(7, "pulse", 32, 44100, False)
DEFAULT = CaptureDevice(9, "default", 32, 44100, True)
DEVICES = [BUILT_IN, USB, ARRAY, PULSE, DEFAULT]


@pytest.mark.parametrize(
    ("wanted", "device"),
    [
        ("default", DEFAULT),
        ("3", USB),
        ("usb pnp", USB),
        ("ReSpeaker", ARRAY),
        ("respeaker*uac1.0", ARRAY),
        ("USB", USB),
        ("pulse", PULSE),
    ],
)
def test_a_device_is_meant_by_default_index_or_name(
    wanted: str, device: CaptureDevice
) -> None:
    assert choose_device(DEVICES, wanted) == device


def test_an_exact_name_wins_over_a_longer_one() -> None:
    monitor = CaptureDevice(1, "Monitor of pulse", 2, 44100, False)
    assert choose_device([monitor, PULSE], "pulse") == PULSE


def test_a_name_that_nothing_has_is_answered_with_those_there_are() -> None:
    with pytest.raises(MicrophoneError) as error:
        choose_device([USB, PULSE], "yeti")
    assert str(error.value) == (
        "no capture device is 'yeti'; there are "
        "3 'USB PnP Sound Device: Audio (hw:1,0)', 7 'pulse'"
    )


def test_an_index_without_a_device_is_refused() -> None:
    with pytest.raises(MicrophoneError, match="no capture device is '12'"):
        choose_device(DEVICES, "12")


def test_without_any_device_the_advice_is_to_look_for_it() -> None:
    with pytest.raises(MicrophoneError, match="plugged in"):
        choose_device([], "default")


def test_sixteen_kilohertz_mono_is_asked_for_first() -> None:
    first, second, *_ = formats_to_try(USB, None)
    assert first == CaptureFormat(16_000, 1)
    assert second == CaptureFormat(48_000, 1)


def test_a_card_is_asked_for_all_its_channels_in_the_end() -> None:
    formats = list(formats_to_try(ARRAY, None))
    assert [format.channels for format in formats[:3]] == [1, 2, 6]


def test_one_channel_of_an_array_comes_with_those_around_it() -> None:
    formats = list(formats_to_try(ARRAY, 2))
    assert [format.channels for format in formats[:2]] == [6, 3]


def test_the_rate_that_a_device_prefers_is_tried() -> None:
    odd = CaptureDevice(0, "modem", 1, 11_025, False)
    assert CaptureFormat(11_025, 1) in formats_to_try(odd, None)


def test_no_format_is_tried_twice() -> None:
    for device in DEVICES:
        formats = list(formats_to_try(device, None))
        assert len(set(formats)) == len(formats)


def test_a_channel_that_a_device_does_not_have_is_refused() -> None:
    with pytest.raises(MicrophoneError, match="has 1 channels, counted from 0"):
        list(formats_to_try(USB, 1))
