"""Sound out, by ALSA's own player.

A process of its own: a device that hangs cannot hang us, and PortAudio, which the
microphone has to terminate to see a new device, is not kept alive by a loudspeaker.
"""

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.errors import PlaybackError

# Beyond the sound itself: for a Bluetooth loudspeaker that wakes up first.
_PATIENCE = 3.0
_FORMAT = ("-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(SAMPLE_RATE))


async def play(pcm: bytes, device: str) -> None:
    """Play 16 kHz mono s16le PCM to its end on an ALSA device (see `aplay -L`).

    Raises PlaybackError.
    """
    try:
        player = await asyncio.create_subprocess_exec(
            *("aplay", "-q", "-D", device, *_FORMAT),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
        )
    except OSError as error:
        raise PlaybackError(
            f"aplay cannot be run (package alsa-utils): {error.strerror}"
        ) from error
    seconds = len(pcm) / SAMPLE_BYTES / SAMPLE_RATE
    try:
        async with asyncio.timeout(seconds + _PATIENCE):
            _, complaint = await player.communicate(pcm)
    except TimeoutError as error:
        raise PlaybackError(f"{device!r} takes no sound") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            player.kill()
        await player.wait()
    if player.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else f"aplay ended with {player.returncode}"
        raise PlaybackError(f"{device!r} cannot be played to: {reason}")
