"""Sound without a header, read piece by piece as it comes: mono s16le PCM."""

import fcntl
import math
import os
import select
import sys
import time
from termios import FIONREAD

from auricle.audio.capture_device import BEAM, CaptureFormat, Channel
from auricle.audio.conversion import Converter
from auricle.audio.file_layout import HEADER_BYTES, has_header
from auricle.audio.files.sound import Sound
from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, FrameCutter
from auricle.errors import RecordingError

_READ_BYTES = 1 << 15


class RawSound(Sound):
    """Reads raw mono s16le PCM from a file descriptor, such as a pipe's end."""

    def __init__(
        self,
        descriptor: int,
        description: str,
        *,
        rate: int = SAMPLE_RATE,
        channel: Channel = None,
        gain: float = 0.0,
        close: bool = False,
    ) -> None:
        """`description` names it, such as `standard input`. `channel` is what is wanted
        of an array, which this is not; `gain` is in decibels. With `close` the
        descriptor is closed as well: what a pipe brings later would be lost.

        Raises RecordingError where nothing is piped in.
        """
        if os.isatty(descriptor):
            raise RecordingError(
                f"{description} is a terminal: pipe raw {rate} Hz mono s16le PCM into "
                "it"
            )
        self._descriptor = descriptor
        self._description = description
        self._rate = rate
        self._closes = close
        self._converter = Converter(CaptureFormat(rate, 1), channel=None, gain=gain)
        self._held = b""
        self._begun = self._ended = False
        self._remarks: list[str] = []
        if channel == BEAM:
            self._remark("has one channel: there is nothing to aim")
        elif channel:
            self._remark(
                "has one channel, which is heard whatever microphone.channel says"
            )

    @property
    def remarks(self) -> tuple[str, ...]:
        return tuple(self._remarks)

    @property
    def cancels(self) -> bool:
        return False

    @property
    def peak(self) -> float:
        """Always full scale, for what went beyond it is lost in 16 bits."""
        return 1.0

    @property
    def waiting(self) -> float:
        try:
            told = fcntl.ioctl(self._descriptor, FIONREAD, bytes(4))
        except OSError:  # a device such as /dev/null
            return math.inf
        return int.from_bytes(told, sys.byteorder) / SAMPLE_BYTES / self._rate

    def cutter(self) -> FrameCutter:
        return FrameCutter()

    def read(self, timeout: float = math.inf) -> bytes | None:
        """What has come, as 16 kHz. Raises RecordingError for a file with a header."""
        deadline = time.monotonic() + timeout
        while not self._ended:
            wait = max(0.0, deadline - time.monotonic())
            ready = select.select(
                [self._descriptor], [], [], None if math.isinf(wait) else wait
            )
            if not ready[0]:
                return None
            came = self._take()
            if not came:
                self._ended = True
                return self._rest()
            if pcm := self._convert(came):
                return pcm
        return b""

    def close(self) -> None:
        if self._closes and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _take(self) -> bytes:
        try:
            return os.read(self._descriptor, _READ_BYTES)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RecordingError(f"{self._description}: {reason}") from error

    def _convert(self, came: bytes) -> bytes:
        """The whole samples of it; nothing yet while it may be a file's header."""
        held = self._held + came
        if not self._begun and len(held) < HEADER_BYTES:
            self._held = held
            return b""
        self._begin(held)
        whole = len(held) - len(held) % SAMPLE_BYTES
        self._held = held[whole:]
        return self._converter.convert(held[:whole])

    def _begin(self, head: bytes) -> None:
        if not self._begun and has_header(head):
            instead = "leave --rate out" if self._closes else "give it by its name"
            raise RecordingError(
                f"{self._description} is a sound file, and raw {self._rate} Hz mono "
                f"s16le PCM is expected there: {instead}"
            )
        self._begun = True

    def _rest(self) -> bytes:
        """What is left at the end; half a sample becomes a whole one."""
        if not self._begun and not self._held:
            self._remark("ended before any sound came")
            return b""
        self._begin(self._held)
        rest = self._held + bytes(len(self._held) % SAMPLE_BYTES)
        return self._converter.convert(rest) + self._converter.flush()

    def _remark(self, remark: str) -> None:
        self._remarks.append(f"{self._description} {remark}")
