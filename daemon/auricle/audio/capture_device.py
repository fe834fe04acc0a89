"""Capture devices, and which of them is meant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from auricle.audio.frame import SAMPLE_RATE
from auricle.errors import MicrophoneError

BEAM: Literal["beam"] = "beam"
"""This stands for a channel where all of an array are aimed at who speaks."""
Channel = int | Literal["beam"] | None
"""The microphone of an array that is heard, counted from 0; None is a mix of all."""
DEFAULT = "default"
"""Whatever the sound system takes for its default input."""

# A sound server promises 32 or 64 channels of any device; arrays have 2 to 8.
MOST_MICROPHONES = 8
# What cards offer: rates that divide evenly first, and 8 kHz, which loses half of
# the speech band, only where there is nothing else.
_RATES = (SAMPLE_RATE, 48_000, 32_000, 96_000, 44_100)
_LAST_RATES = (22_050, 8_000)


@dataclass(frozen=True, slots=True)
class CaptureDevice:
    """Describes a capture device as PortAudio lists it."""

    index: int
    """The place in PortAudio's list; another one after the next reboot or replug."""
    name: str
    channels: int
    rate: int
    """The sample rate that it prefers, in hertz."""
    is_default: bool


@dataclass(frozen=True, slots=True)
class CaptureFormat:
    """Says how a device is opened; its samples always have 16 bits."""

    rate: int
    channels: int


def choose_device(devices: Sequence[CaptureDevice], wanted: str) -> CaptureDevice:
    """Find the device that `wanted` means: `default`, an index, or a name or part of
    one.

    Names ignore case and may hold `*` and `?`. Where several match, an exact one wins,
    then the first. Raises MicrophoneError, which lists what there is.
    """
    if not devices:
        raise MicrophoneError(
            "there is no capture device: is the microphone plugged in, and may this "
            "user use it (group audio)?"
        )
    if wanted == DEFAULT:
        matching = [device for device in devices if device.is_default]
    elif wanted.isdecimal():
        matching = [device for device in devices if str(device.index) == wanted]
    else:
        matching = _named(devices, wanted.lower())
    if not matching:
        offered = ", ".join(f"{device.index} {device.name!r}" for device in devices)
        raise MicrophoneError(f"no capture device is {wanted!r}; there are {offered}")
    return matching[0]


def _named(devices: Sequence[CaptureDevice], pattern: str) -> list[CaptureDevice]:
    exact = [device for device in devices if device.name.lower() == pattern]
    return exact or [
        device for device in devices if fnmatchcase(device.name.lower(), f"*{pattern}*")
    ]


def formats_to_try(device: CaptureDevice, channel: Channel) -> Iterator[CaptureFormat]:
    """Yield the formats to open this device with, the best one first.

    `channel` is the one that is wanted, counted from 0, where the device is an array of
    microphones; None wants one channel, or a mix of what there is, and BEAM
    all that an array can have. Raises MicrophoneError where the device has no such
    channel.
    """
    if channel == BEAM:
        channels = [min(device.channels, MOST_MICROPHONES), 4, 2, 1]
    elif channel is None:
        channels = [1, 2, device.channels]
    elif channel < device.channels:
        # An array is often offered whole or not at all.
        channels = [device.channels, channel + 1]
    else:
        raise MicrophoneError(
            f"{device.name!r} has {device.channels} channels, counted from 0, and "
            f"channel {channel} is wanted"
        )
    channels = [count for count in channels if count <= device.channels]
    for rate in dict.fromkeys((*_RATES, device.rate, *_LAST_RATES)):
        for count in dict.fromkeys(channels):
            yield CaptureFormat(rate, count)
