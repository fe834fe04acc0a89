"""ALSA's own player, a process for each sound.

A process of its own: a device that hangs cannot hang us, it is silent as soon as it is
killed, and PortAudio, which the microphone has to terminate to see a new device, is not
kept alive by a loudspeaker.
"""

import array
import asyncio
import contextlib
import fcntl
import os
import signal
import termios
from asyncio.subprocess import DEVNULL

from auricle.audio.playing import SoundFormat
from auricle.errors import PlaybackError

# Microseconds. aplay's own buffer is half a second, and it plays once that is full.
_BUFFER = ("--buffer-time=200000", "--period-time=20000", "--start-delay=1")
# Bytes of what it complained of that are read: the end of it says why it ended.
_COMPLAINT = 4096
_KILLED_WITHIN = 1.0
# What it says of every sound, and of one that the device cannot play as it is.
_CHATTER, _WRONG_RATE = "Playing raw data", "rate is not accurate"


class Aplay:
    """Plays one sound on a device, as far as it is written in time."""

    def __init__(self, device: str, sound_format: SoundFormat) -> None:
        """Prepare for `device` (see `aplay -L`)."""
        self._device = device
        self._format = sound_format
        self._process: asyncio.subprocess.Process | None = None
        self._pipe: int | None = None
        self._complaint: int | None = None
        self._written = 0

    async def start(self) -> None:
        """Start the process. Raises PlaybackError where there is none."""
        reading = None
        try:
            self._complaint = os.memfd_create("aplay", os.MFD_CLOEXEC)
            reading, self._pipe = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            os.set_blocking(reading, True)
            self._process = await asyncio.create_subprocess_exec(
                *("aplay", "-D", self._device, "-t", "raw", "-f", "S16_LE"),
                *("-c", str(self._format.channels), "-r", str(self._format.rate)),
                *_BUFFER,
                stdin=reading,
                stdout=DEVNULL,
                stderr=self._complaint,
                # What it says is looked through for words that we know.
                env=os.environ | {"LC_ALL": "C"},
            )
        except OSError as error:
            raise PlaybackError(
                f"aplay cannot be run (install alsa-utils): {error.strerror}"
            ) from error
        finally:
            if reading is not None:
                os.close(reading)

    @property
    def taken(self) -> int:
        """The number of bytes that it took: more than none once the device is open."""
        if self._pipe is None:
            return self._written
        unread = array.array("i", [0])
        fcntl.ioctl(self._pipe, termios.FIONREAD, unread)
        return self._written - unread[0]

    @property
    def written(self) -> int:
        """The number of bytes that were written."""
        return self._written

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    def write(self, pcm: bytes | memoryview) -> int:
        """Write what fits of `pcm` without waiting; return how many bytes that was."""
        assert self._pipe is not None
        try:
            written = os.write(self._pipe, pcm)
        except (BlockingIOError, BrokenPipeError):
            # Why nobody reads any more is told when it has ended.
            return 0
        self._written += written
        return written

    def close(self) -> None:
        """Say that nothing follows: it ends when all has been played."""
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.returncode is None:
            # Not by the process's own method: that looks whether it has ended, and if
            # so asyncio's watcher, which looks later, takes it for somebody else's.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def wait(self) -> None:
        """Wait for its end. Raises PlaybackError, which says why, where it failed."""
        assert self._process is not None
        if await self._process.wait():
            raise PlaybackError(self._why())

    async def aclose(self) -> None:
        """End it, and let go of everything."""
        self.kill()
        self.close()
        try:
            if self._process is not None:
                # One that waits for a dead disk cannot even be killed.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_KILLED_WITHIN):
                        await self._process.wait()
        finally:
            # Whoever waits may be cancelled meanwhile.
            if self._complaint is not None:
                os.close(self._complaint)
                self._complaint = None

    def check_rate(self) -> None:
        """Raise PlaybackError where the device, now that it is open, has another sample
        rate and nothing converts: the sound would be too fast or too slow.
        """
        if any(_WRONG_RATE in line for line in self._told()):
            raise PlaybackError(explained(self._device, _WRONG_RATE))

    def _why(self) -> str:
        assert self._process is not None
        lines = [line for line in self._told() if not line.startswith(_CHATTER)]
        last = lines[-1] if lines else f"it ended with {self._process.returncode}"
        return explained(self._device, last.removeprefix("aplay: "))

    def _told(self) -> list[str]:
        assert self._complaint is not None
        size = os.fstat(self._complaint).st_size
        told = os.pread(self._complaint, _COMPLAINT, max(0, size - _COMPLAINT))
        return told.decode(errors="replace").strip().splitlines()


def explained(device: str, complaint: str) -> str:
    """Return what aplay complained of, with what to do about it."""
    for words, told in _MEANINGS.items():
        if words in complaint:
            return told.format(device=device)
    return f"{device!r} cannot be played to: {complaint}"


_NO_CONVERSION = (
    "{device!r} does not play sounds of every rate and number of channels: take one "
    "that converts them, such as plughw instead of hw, or default"
)
_MEANINGS = {
    "No such file or directory": (
        "there is no device {device!r}: take one of those that aplay -L lists"
    ),
    "Device or resource busy": (
        "{device!r} is in use by another program: end that, or take a device that "
        "several may use, such as default"
    ),
    "No such device": "{device!r} is gone: is the loudspeaker plugged in?",
    "Input/output error": (
        "{device!r} takes no more: its sound server has ended, or the loudspeaker is "
        "unplugged"
    ),
    "Connection refused": (
        "{device!r} cannot be played to, for its sound server does not run"
    ),
    "Permission denied": (
        "this user may not use {device!r}: make it a member of the group audio"
    ),
    _WRONG_RATE: _NO_CONVERSION,
    "non available": _NO_CONVERSION,
    "Host is down": "{device!r} cannot be played to, for its sound server is gone",
}
"""What is told, by the words of the system's errors, in English."""
