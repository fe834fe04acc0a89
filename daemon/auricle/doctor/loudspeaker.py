"""The loudspeaker: whether it takes sound."""

import asyncio

from auricle.audio.devices.player import try_device
from auricle.doctor.results import Result, Status
from auricle.errors import PlaybackError

NAME = "loudspeaker"
OVERDUE = "the sound system does not answer"
ADVICE = "restart the sound server, or the machine"


def examine(device: str) -> Result:
    """Play a moment of silence on `device`, which is empty where there is none."""
    if not device:
        return Result(NAME, Status.SKIPPED, "there is none (loudspeaker.device)")
    try:
        # In the thread of this check, which has no loop.
        asyncio.run(try_device(device))
    except PlaybackError as error:
        return Result(
            NAME,
            Status.WARNING,
            f"neither answers nor cues are heard: {error}",
            "set loudspeaker.device to one that auricle devices lists (all: aplay -L), "
            'or to "" where there is no loudspeaker',
        )
    return Result(NAME, Status.OK, f"{device!r} takes sound")
