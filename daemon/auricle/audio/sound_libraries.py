"""The C libraries below PyAudio, asked for what PyAudio does not offer."""

import contextlib
import ctypes
import os

from auricle.audio.frame import FRAME_SECONDS

# PyAudio asks a device for the least delay it offers: ALSA has a buffer of 60 ms then.
# What comes while this process computes for longer would be lost.
_BUFFERED_FRAMES = 16


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
    """Of this device, when it is opened; its sound comes frame by frame all the same.

    To be called once it is listed. Without PortAudio nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        portaudio = _loaded("libportaudio.so.2")
        # One more is added to the latency. Any other number makes them longer.
        portaudio.PaAlsa_SetNumPeriods(_BUFFERED_FRAMES + 1)
        portaudio.Pa_GetDeviceInfo.restype = ctypes.POINTER(_DeviceInfo)
        info = portaudio.Pa_GetDeviceInfo(index).contents
        info.low_input_latency = _BUFFERED_FRAMES * FRAME_SECONDS


_Text, _Number = ctypes.c_char_p, ctypes.c_int
_AlsaErrorHandler = ctypes.CFUNCTYPE(None, _Text, _Number, _Text, _Number, _Text)
_JackMessageHandler = ctypes.CFUNCTYPE(None, _Text)
# Kept, for the libraries call them as long as they live.
_say_nothing_alsa = _AlsaErrorHandler(lambda *_: None)
_say_nothing_jack = _JackMessageHandler(lambda *_: None)


def silence_libraries() -> None:
    """Keep dozens of lines about devices that nobody asked for off standard error."""
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
