"""The C libraries below PyAudio, asked for what PyAudio does not offer."""

import contextlib
import ctypes
import logging
import os
from pathlib import Path

from auricle.audio.frame import FRAME_SECONDS

logger = logging.getLogger(__name__)

# PyAudio asks a device for the least delay it offers: ALSA has a buffer of 60 ms then.
# What comes while this process computes for longer would be lost.
_BUFFERED_FRAMES = 16


# Of PortAudio's struct PaDeviceInfo, by its portaudio.h: "this is struct version 2".
_DEVICE_INFO_VERSION = 2


class _DeviceInfo(ctypes.Structure):
    """The beginning of PortAudio's PaDeviceInfo."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("host_api", ctypes.c_int),
        ("input_channels", ctypes.c_int),
        ("output_channels", ctypes.c_int),
        ("low_input_latency", ctypes.c_double),
    )


def ask_for_a_large_buffer(index: int) -> None:
    """Have ALSA keep half a second of this device's sound from its next opening on.

    `index` is the device's place in PortAudio's list, which must have been read before.
    Nothing is changed without PortAudio, or by one whose description of a device has
    another layout than ours: sound then comes all the same, and gets lost sooner.
    """
    try:
        portaudio = _loaded("libportaudio.so.2")
        portaudio.Pa_GetDeviceInfo.restype = ctypes.POINTER(_DeviceInfo)
        set_periods = portaudio.PaAlsa_SetNumPeriods
    except (OSError, AttributeError) as error:
        logger.debug("the device's buffer stays as it is: %s", error)
        return
    device = portaudio.Pa_GetDeviceInfo(index)
    if not device:
        logger.debug("the device's buffer stays as it is: no device %d", index)
        return
    info = device.contents
    # What is written into a field that has moved would overwrite another one.
    if info.version != _DEVICE_INFO_VERSION:
        logger.debug(
            "the device's buffer stays as it is: PaDeviceInfo is of version %d, not %d",
            *(info.version, _DEVICE_INFO_VERSION),
        )
        return
    # One more is added to the latency. Any other number makes them longer.
    set_periods(_BUFFERED_FRAMES + 1)
    info.low_input_latency = _BUFFERED_FRAMES * FRAME_SECONDS


def let_go_of_a_lost_card() -> None:
    """Close what PortAudio keeps open of a card that was pulled out.

    To be called once PortAudio has failed to close its stream: it cannot stop a card
    that is gone, does not close what it could not stop, and forgets it. The kernel
    keeps the card, and its number, until the last file and mapping of it is gone.
    """
    libc = ctypes.CDLL(None)
    for line in Path("/proc/self/maps").read_text().splitlines():
        if _CARDS in line:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            libc.munmap(ctypes.c_void_p(start), ctypes.c_size_t(end - start))
    for file in list(Path("/proc/self/fd").iterdir()):
        # The folder that was read has closed meanwhile.
        with contextlib.suppress(OSError):
            if str(file.readlink()).startswith(_CARDS):
                os.close(int(file.name))


_CARDS = "/dev/snd/pcm"
_Text, _Number = ctypes.c_char_p, ctypes.c_int
_AlsaErrorHandler = ctypes.CFUNCTYPE(None, _Text, _Number, _Text, _Number, _Text)
_JackMessageHandler = ctypes.CFUNCTYPE(None, _Text)
# Kept, for the libraries call them as long as they live.
_say_nothing_alsa = _AlsaErrorHandler(lambda *_: None)
_say_nothing_jack = _JackMessageHandler(lambda *_: None)


def silence_libraries() -> None:
    """Keep dozens of lines about devices that nobody asked for off standard error.

    To be called once PyAudio is imported, which loads the libraries.
    """
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    with contextlib.suppress(OSError):
        _loaded("libasound.so.2").snd_lib_error_set_handler(_say_nothing_alsa)
    with contextlib.suppress(OSError):
        jack = _loaded("libjack.so.0")
        jack.jack_set_error_function(_say_nothing_jack)
        jack.jack_set_info_function(_say_nothing_jack)


def _loaded(name: str) -> ctypes.CDLL:
    """A library that PortAudio brought along. Raises OSError where it did not."""
    return ctypes.CDLL(name, mode=os.RTLD_NOLOAD | os.RTLD_LAZY)
