"""`auricle devices`: what there is to hear with, and to speak with."""

import argparse
import os
import sys

from auricle.audio.devices.loudspeakers import list_loudspeakers
from auricle.audio.devices.portaudio import bounded, list_devices
from auricle.errors import AuricleError, PlaybackError
from auricle.wake.microwakeword import BUNDLED


def main(_args: argparse.Namespace) -> int:
    """List microphones, loudspeakers and the bundled wake words; return the exit code,
    69 where PortAudio does not answer.
    """
    print("microphones (microphone.device: a part of the name, or the index)")
    try:
        devices = bounded(list_devices)
    except AuricleError as error:
        print(f"auricle devices: {error}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    for device in devices:
        default = ", the default" if device.is_default else ""
        print(
            f"  {device.index:3}  {device.name} "
            f"({device.channels} channels, {device.rate} Hz{default})"
        )
    if not devices:
        print("       none: is one plugged in, and is this user in the group audio?")
    print("\nloudspeakers (loudspeaker.device; all of ALSA's devices: aplay -L)")
    _print_loudspeakers()
    print("\nwake words (wake_word.models)")
    for name in BUNDLED:
        print(f"       {name}")
    return 0


def _print_loudspeakers() -> None:
    try:
        loudspeakers = list_loudspeakers()
    except PlaybackError as error:
        print(f"       none: {error}")
        return
    for each in loudspeakers:
        print(f"       {each.name}  {each.description}".rstrip())
    if not loudspeakers:
        print('       none: without one, set loudspeaker.device = ""')
