"""`auricle panel`: a satellite's lights, button and hooks."""

import argparse
import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING

from auricle.config.apart import Reading
from auricle.errors import DeviceError
from auricle.panel.build import build, button_trial, lights_trial
from auricle.panel.trial import COLORS, PATIENCE, is_pressed
from auricle.system import event_loop, heap, log

if TYPE_CHECKING:
    from auricle.config.settings import Settings

logger = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> int:
    """Serve them until stopped, or try one; return the exit code. Raises
    ConfigError.
    """
    heap.keep_small()
    read = Reading(args.config, {}).result()
    settings = read.settings
    if args.attempt:
        logging.getLogger().addHandler(logging.NullHandler())
        attempt = _try_lights if args.attempt == "lights" else _try_button
        return asyncio.run(attempt(settings))
    log.start(settings.log.level)
    for doubt in read.doubts:
        logger.warning("%s", doubt)
    return event_loop.run(_serve(settings))


async def _serve(settings: "Settings") -> int:
    return await build(settings).run()


async def _try_lights(settings: "Settings") -> int:
    trial = lights_trial(settings.lights)
    print(f"{', '.join(COLORS)} …", flush=True)
    try:
        await trial.show_colors()
    except DeviceError as error:
        print(f"auricle panel: {error}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    return os.EX_OK


async def _try_button(settings: "Settings") -> int:
    open_pin = button_trial(settings.button)
    print(f"press the button, within {PATIENCE:.0f} s …", flush=True)
    if await is_pressed(open_pin):
        print("pressed")
        return os.EX_OK
    print(
        f"auricle panel: GPIO {settings.button.pin} did not change: is it the "
        "number of the GPIO, not of the pin, and does the button go to "
        f"{settings.button.pressed} (button.pressed)?",
        file=sys.stderr,
    )
    return os.EX_UNAVAILABLE
