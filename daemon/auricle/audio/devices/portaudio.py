"""PortAudio, kept at arm's length: its calls can hang, and its libraries chatter."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from auricle.audio.capture_device import (
    CaptureDevice,
    CaptureFormat,
    choose_device,
    formats_to_try,
)
from auricle.audio.devices.sound_libraries import (
    ask_for_a_large_buffer,
    silence_libraries,
)
from auricle.audio.frame import FRAME_SECONDS
from auricle.errors import AuricleError, ConfigError, MicrophoneError
from auricle.system.clock import since_boot
from auricle.system.threads import start_call

T = TypeVar("T")

LONGEST_CALL = 10.0
"""A call that takes longer has met a frozen sound server, and may never return."""
BUFFER_SECONDS = 15.0
"""What is kept while nobody reads, so that a program that was stopped hears whatever
may still be obeyed; of more, the oldest is dropped."""


class PortAudioHungError(AuricleError):
    """Raised where a call does not return; PortAudio cannot be used again in this
    process.
    """


def bounded(call: Callable[[], T], seconds: float = LONGEST_CALL) -> T:
    """Return the result of a call that may hang.

    Raises PortAudioHungError if it takes longer than `seconds`; its thread is then left
    behind.
    """
    try:
        return start_call(call, name="portaudio call").result(seconds)
    except TimeoutError as error:
        raise PortAudioHungError(
            f"the sound system has not answered for {seconds:.0f} s"
        ) from error


def list_devices() -> list[CaptureDevice]:
    """List all capture devices.

    Raises ConfigError where PortAudio is not installed.
    """
    system = _pyaudio().PyAudio()
    try:
        return _devices(system)
    finally:
        system.terminate()


@dataclass(frozen=True, slots=True)
class Block:
    """Holds a stretch of captured sound, in the device's own format."""

    pcm: bytes
    start: int
    """Position of its first sample, at the device's own rate, since it was opened."""
    at: float
    """The time when it came, in seconds since the machine's start."""
    behind_a_gap: bool
    """Whether the device had to drop sound before it, nobody knows how much."""


class InputStream:
    """Captures from an open device; PortAudio's own thread fills it with blocks of one
    frame each.
    """

    def __init__(self, wanted: str, channel: int | None) -> None:
        """Open the device that `wanted` means (see choose_device); `channel` None wants
        one channel, or a mix of what there is.

        Raises MicrophoneError where there is no such device, or where it refuses.
        """
        self._pyaudio = _pyaudio()
        # A new one each time: the list of devices is as old as the instance.
        self._system = self._pyaudio.PyAudio()
        self._blocks: deque[Block] = deque(maxlen=round(BUFFER_SECONDS / FRAME_SECONDS))
        self._arrived = threading.Event()
        self._wanted = 1
        self._position = 0
        self._stream: Any = None
        try:
            self.device = choose_device(_devices(self._system), wanted)
            self.format = self._supported_format(channel)
            ask_for_a_large_buffer(self.device.index)
            self._stream = self._open_stream()
        except BaseException:
            self.close()
            raise

    @property
    def buffered(self) -> float:
        """Seconds of sound that the device keeps for us while we are busy."""
        return float(self._stream.get_input_latency())

    @property
    def waiting(self) -> int:
        """The number of blocks that have come and were not taken."""
        return len(self._blocks)

    def take(self, timeout: float, together: int) -> list[Block]:
        """Return the oldest blocks, as soon as `together` of them wait; fewer, or none,
        where no more come within `timeout` seconds.
        """
        self._wanted = together
        self._arrived.clear()
        # They may have come before, or in between.
        if len(self._blocks) < together:
            self._arrived.wait(timeout)
        count = min(together, len(self._blocks))
        return [self._blocks.popleft() for _ in range(count)]

    def is_active(self) -> bool:
        """Tell whether PortAudio still means to deliver; it may not know better."""
        try:
            return bool(self._stream.is_active())
        except OSError:
            return False

    def close(self) -> None:
        """Close the device and leave PortAudio; the call may hang."""
        with contextlib.suppress(OSError):
            if self._stream is not None:
                self._stream.close()
        self._system.terminate()

    def _supported_format(self, channel: int | None) -> CaptureFormat:
        unfit = {
            self._pyaudio.paInvalidSampleRate,
            self._pyaudio.paInvalidChannelCount,
            self._pyaudio.paSampleFormatNotSupported,
        }
        refusal: Exception | None = None
        for format in formats_to_try(self.device, channel):
            try:
                self._system.is_format_supported(
                    format.rate,
                    input_device=self.device.index,
                    input_channels=format.channels,
                    input_format=self._pyaudio.paInt16,
                )
            except ValueError as error:
                refusal = error
                # Anything else is about the device: no other format will help.
                if not unfit.intersection(error.args):
                    break
            else:
                return format
        raise MicrophoneError(
            f"{self.device.name!r} cannot be captured from: {_text(refusal)}"
        ) from refusal

    def _open_stream(self) -> Any:
        try:
            return self._system.open(
                rate=self.format.rate,
                channels=self.format.channels,
                format=self._pyaudio.paInt16,
                input=True,
                input_device_index=self.device.index,
                frames_per_buffer=round(self.format.rate * FRAME_SECONDS),
                # A blocking read can hang for ever, or spin when a card is unplugged,
                # and closing the stream under it can crash.
                stream_callback=self._hand_over,
            )
        except (OSError, ValueError) as error:
            raise MicrophoneError(
                f"{self.device.name!r} cannot be opened: {_text(error)}"
            ) from error

    def _hand_over(
        self, pcm: bytes, samples: int, _time: object, status: int
    ) -> tuple[None, int]:
        overflow = bool(status & self._pyaudio.paInputOverflow)
        self._blocks.append(Block(pcm, self._position, since_boot(), overflow))
        self._position += samples
        if len(self._blocks) >= self._wanted:
            self._arrived.set()
        return None, self._pyaudio.paContinue


def _devices(system: Any) -> list[CaptureDevice]:
    try:
        default = system.get_default_input_device_info()["index"]
    except OSError:
        default = None
    infos = (
        system.get_device_info_by_index(n) for n in range(system.get_device_count())
    )
    return [
        CaptureDevice(
            index=info["index"],
            name=info["name"],
            channels=info["maxInputChannels"],
            rate=round(info["defaultSampleRate"]),
            is_default=info["index"] == default,
        )
        for info in infos
        if info["maxInputChannels"] > 0
    ]


def _text(error: BaseException | None) -> str:
    """PortAudio's own words, which PyAudio gives in one of two shapes."""
    words = [part for part in error.args if isinstance(part, str)] if error else []
    return words[0].lower() if words else "no reason is given"


def _pyaudio() -> Any:
    try:
        # Imported here: a recording is played without PortAudio.
        import pyaudio
    except ImportError as error:
        raise ConfigError(
            f"the microphone needs PyAudio and PortAudio (package libportaudio2): "
            f"{error}"
        ) from error
    silence_libraries()
    return pyaudio
