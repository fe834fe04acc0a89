"""Which loudspeakers there are, as ALSA's own player lists them."""

import os
import subprocess
from dataclasses import dataclass

from auricle.errors import PlaybackError

_LONGEST = 5.0
# What is no loudspeaker, or plays sounds of its own rate and channels alone.
_OF_NO_USE = (
    *("null", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix"),
    *("oss", "jack", "usbstream", "modem", "phoneline", "dmix", "dsnoop"),
    *("hw", "front", "rear", "center_lfe", "side", "iec958", "spdif", "hdmi"),
)
_SURROUND = "surround"


@dataclass(frozen=True, slots=True)
class PlaybackDevice:
    """One that `loudspeaker.device` can name, with what ALSA says of it."""

    name: str
    description: str


def list_loudspeakers() -> list[PlaybackDevice]:
    """List those that play every sound.

    Raises PlaybackError where aplay cannot tell.
    """
    try:
        told = subprocess.run(
            ["aplay", "-L"],
            capture_output=True,
            check=True,
            timeout=_LONGEST,
            env=os.environ | {"LC_ALL": "C"},
        )
    except OSError as error:
        raise PlaybackError(
            f"aplay cannot be run (install alsa-utils): {error.strerror}"
        ) from error
    except subprocess.SubprocessError as error:
        raise PlaybackError(f"aplay does not tell its devices: {error}") from error
    return listed(told.stdout.decode(errors="replace"))


def listed(text: str) -> list[PlaybackDevice]:
    """Read what `aplay -L` writes: a name a line, and indented under it what it is."""
    found: list[PlaybackDevice] = []
    for line in filter(str.strip, text.splitlines()):
        if not line[0].isspace():
            found.append(PlaybackDevice(line.strip(), ""))
        elif found and not found[-1].description:
            found[-1] = PlaybackDevice(found[-1].name, line.strip())
    return [each for each in found if _plays_everything(each.name)]


def _plays_everything(name: str) -> bool:
    kind = name.partition(":")[0]
    return kind not in _OF_NO_USE and not kind.startswith(_SURROUND)
