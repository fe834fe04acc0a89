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
    Channel,
    choose_device,
    formats_to_try,
)
from auricle.audio.delivery import Delivery
from auricle.audio.devices.sound_libraries import (
    ask_for_a_large_buffer,
    let_go_of_a_lost_card,
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


class InputStream:
    """Captures from an open device; a thread of its own takes the sound, in blocks of
    one frame each, as they are wanted, and before the device has to drop any.

    The thread never waits inside PortAudio, which can hang or spin there for good: it
    looks how much there is and takes that. Nor does PortAudio call us: each such call
    makes a thread state for Python and destroys it, which takes as long as all else.
    """

    def __init__(self, wanted: str, channel: Channel) -> None:
        """Open the device that `wanted` means (see choose_device); `channel` None wants
        one channel, or a mix of what there is, and BEAM all.

        Raises MicrophoneError where there is no such device, or where it refuses.
        """
        self._pyaudio = _pyaudio()
        # A new one each time: the list of devices is as old as the instance.
        self._system = self._pyaudio.PyAudio()
        self._blocks: deque[Block] = deque(maxlen=round(BUFFER_SECONDS / FRAME_SECONDS))
        lock = threading.Lock()
        self._arrived = threading.Condition(lock)
        self._wanted = threading.Condition(lock)
        self._together = 1
        self._taken = self._asked = self._planned = self._position = 0
        self._closing = False
        self._reader: threading.Thread | None = None
        self._stream: Any = None
        try:
            self.device = choose_device(_devices(self._system), wanted)
            self.format = self._supported_format(channel)
            self._block = round(self.format.rate * FRAME_SECONDS)
            ask_for_a_large_buffer(self.device.index)
            self._stream = self._open_stream()
        except BaseException:
            self.close()
            raise
        self._reader = threading.Thread(
            target=self._take_all, name="microphone", daemon=True
        )
        self._reader.start()

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
        with self._arrived:
            self._together = together
            self._asked = self._taken + together * self._block
            if self._asked < self._planned:
                self._wanted.notify()
            self._arrived.wait_for(lambda: len(self._blocks) >= together, timeout)
            count = min(together, len(self._blocks))
            blocks = [self._blocks.popleft() for _ in range(count)]
            if blocks:
                self._taken = blocks[-1].start + self._block
            return blocks

    def is_active(self) -> bool:
        """Tell whether PortAudio still means to deliver; it may not know better."""
        try:
            return self._reader_lives and bool(self._stream.is_active())
        except OSError:
            return False

    def close(self) -> None:
        """Close the device and leave PortAudio; the call may hang."""
        with self._wanted:
            self._closing = True
            self._wanted.notify()
        if self._reader is not None:
            # Closing a stream that is being read from can crash.
            self._reader.join()
        lost = False
        try:
            if self._stream is not None:
                # Closing would not tell that it could not be stopped.
                self._stream.stop_stream()
                self._stream.close()
        except OSError:
            lost = True
        self._system.terminate()
        if lost:
            let_go_of_a_lost_card()

    @property
    def _reader_lives(self) -> bool:
        return self._reader is not None and self._reader.is_alive()

    def _supported_format(self, channel: Channel) -> CaptureFormat:
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
                frames_per_buffer=self._block,
            )
        except (OSError, ValueError) as error:
            raise MicrophoneError(
                f"{self.device.name!r} cannot be opened: {_text(error)}"
            ) from error

    def _take_all(self) -> None:
        """Take what comes, in the reader's thread, until the device is closed or
        gone.
        """
        # PyAudio closes a stream whose device is gone.
        with contextlib.suppress(OSError):
            self._take_until_closed()

    def _take_until_closed(self) -> None:
        delivery = Delivery(self.format.rate, since_boot())
        again = 0.0
        while True:
            with self._wanted:
                if self._closing:
                    return
                wanted = self._planned = self._next_wanted()
                wait = max(again, delivery.due_in(wanted, since_boot()))
                if wait > 0 and self._wanted.wait(wait):
                    again = 0.0
                    continue
            available = self._stream.get_read_available()
            if available < 0:
                return
            now = since_boot()
            delivered = self._position + available
            if delivered >= wanted:
                again = 0.0
                delivery.enough(delivered, now)
                self._take_blocks(available // self._block, now)
            else:
                again = delivery.too_little(now)

    def _next_wanted(self) -> int:
        """The position up to which sound is waited for; where nobody asks, as much as
        was asked for before is taken.
        """
        if self._asked > self._position:
            return self._asked
        return self._position + self._together * self._block

    def _take_blocks(self, count: int, now: float) -> None:
        # Asked to tell of sound that it had to drop, PyAudio closes the stream. What
        # follows is later than before, and tells as well.
        pcm = self._stream.read(count * self._block, exception_on_overflow=False)
        size = len(pcm) // count
        with self._arrived:
            for at in range(0, len(pcm), size):
                block = Block(pcm[at : at + size], self._position, now)
                self._blocks.append(block)
                self._position += self._block
            if len(self._blocks) >= self._together:
                self._arrived.notify()


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
