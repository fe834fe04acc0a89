"""The microphone: one of the sound system's capture devices."""

import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import assert_never

from auricle.audio.capture_device import BEAM, DEFAULT, Channel
from auricle.audio.conversion import Converter
from auricle.audio.devices.portaudio import (
    LONGEST_CALL,
    Block,
    InputStream,
    bounded,
)
from auricle.audio.frame import SAMPLE_RATE, Frame
from auricle.audio.source import AudioSource
from auricle.audio.source_health import LevelWatch, PaceWatch, SourceHealth
from auricle.errors import MicrophoneError
from auricle.system.clock import since_boot

logger = logging.getLogger(__name__)

_NO_ARRAY = (
    "leave microphone.channel out, or name the array itself as microphone.device "
    "(auricle devices), for a sound server may have mixed it"
)


class Microphone(AudioSource):
    """Captures sound from a device chosen anew at each opening.

    The device is `default`, an index, or a name or a part of it. A name is best:
    indices, and the `hw:1,0` behind a name, change with the order in which devices are
    plugged in.
    """

    def __init__(
        self,
        device: str = DEFAULT,
        *,
        channel: Channel = None,
        gain: float = 0.0,
        longest_call: float = LONGEST_CALL,
    ) -> None:
        """Choose `device`; `channel`, from 0, picks one of an array of microphones,
        None mixes them, and BEAM leaves them to a Beam; `gain` is in decibels.

        Where the sound system does not answer for `longest_call` seconds, opening and
        closing raise PortAudioHungError: only another process can listen, and only the
        end of this one is sure to close it.
        """
        self._wanted = device
        self._channel = channel
        self._gain = gain
        self._longest_call = longest_call
        self._stream: InputStream | None = None
        self._description = f"microphone {device!r}"
        self._levels = LevelWatch()
        self._converter: Converter | None = None
        self._several_channels = False
        self._dropped = 0

    @property
    def description(self) -> str:
        return self._description

    @property
    def health(self) -> SourceHealth:
        if self._converter is not None and self._converter.cancels:
            return SourceHealth.CANCELLING
        return self._levels.health

    @property
    def remarks(self) -> Sequence[str]:
        if self._channel != BEAM or self._stream is None:
            return ()
        if self._stream.format.channels > 1:
            return ()
        return (f"{self._description}: there is nothing to aim; {_NO_ARRAY}",)

    @property
    def dropped(self) -> int:
        return self._dropped

    @property
    def pace(self) -> float:
        return 1.0

    @property
    def caught_up(self) -> bool:
        assert self._stream is not None, "asked before open"
        return not self._ready and self._stream.waiting <= 1

    def advice(self, health: SourceHealth) -> str:
        match health:
            case SourceHealth.GOOD:
                return ""
            case SourceHealth.ZEROS:
                other = "choose another one: auricle devices"
                if self._channel is not None:
                    other = "set another microphone.channel"
                elif self._several_channels:
                    # A sound server may have mixed them before we hear any.
                    other += "; are its channels in opposite phase, microphone.channel"
                    other += " = 0 hears one of them"
                return (
                    "it is muted or suspended; unmute it (a switch on it, or "
                    f"alsamixer, F4), or {other}"
                )
            case SourceHealth.CLIPPING if self._gain > 0:
                return "lower microphone.gain"
            case SourceHealth.CLIPPING:
                return "lower its gain: alsamixer, F4"
            case SourceHealth.CANCELLING:
                return "set microphone.channel = 0"
            case _:
                assert_never(health)

    def open(self) -> None:
        self.close()
        open_stream = partial(InputStream, self._wanted, self._channel)
        self._stream = bounded(open_stream, self._longest_call)
        format = self._stream.format
        self._several_channels = self._stream.device.channels > 1
        self._description = f"microphone {self._stream.device.name!r}"
        if self._channel == BEAM:
            self._description += _of_microphones(format.channels)
        kept = self._stream.buffered
        logger.debug("%s is open: %s, keeps %.2f s", self._description, format, kept)
        self._converter = Converter(format, channel=self._channel, gain=self._gain)
        self._cutter = self._converter.cutter()
        self._ready: list[Frame] = []
        self._position = 0
        self._dropped = 0
        self._levels = LevelWatch()
        self._pace = PaceWatch()
        self._last_block = since_boot()
        self._gaps = 0

    def read(self, timeout: float, together: int = 1) -> Sequence[Frame]:
        assert self._stream is not None, "read before open"
        deadline = time.monotonic() + timeout
        while (missing := together - len(self._ready)) > 0:
            wait = max(0.0, deadline - time.monotonic())
            blocks = self._stream.take(wait, missing)
            if not blocks:
                break
            for block in blocks:
                self._take(block, self._stream.format.rate)
        frames, self._ready = self._ready[:together], self._ready[together:]
        if not frames and not self._stream.is_active():
            raise MicrophoneError("the device is gone")
        for frame in frames:
            self._levels.watch(frame)
        return frames

    def close(self) -> None:
        capture, self._stream = self._stream, None
        if capture is not None:
            bounded(capture.close, self._longest_call)

    def _take(self, block: Block, rate: int) -> None:
        lost = block.start - self._position
        if lost:
            self._gaps += 1
            level = logging.WARNING if self._gaps == 1 else logging.DEBUG
            busy = "%s lost some sound: this machine is too busy to take it"
            logger.log(level, busy, self._description)
            lost_samples = round(lost * SAMPLE_RATE / rate)
            self._dropped += lost_samples
            self._cutter.skip(lost_samples)
        assert self._stream is not None
        samples = len(block.pcm) // (2 * self._stream.format.channels)
        self._position = block.start + samples
        elapsed, self._last_block = block.at - self._last_block, block.at
        if self._pace.outruns(samples / rate, elapsed):
            raise MicrophoneError(
                "its sound comes faster than real time: no microphone does that"
            )
        assert self._converter is not None
        self._ready.extend(self._cutter.push(self._converter.convert(block.pcm)))


def _of_microphones(count: int) -> str:
    return f", {count} microphone{'s' if count > 1 else ''}"
