"""`auricle run`: be a satellite."""

import argparse
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from auricle.config.apart import Reading
from auricle.system import heap

if TYPE_CHECKING:
    from auricle.config.settings import Settings

logger = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> int:
    """Be a satellite until stopped; return the exit code.

    Raises ConfigError, and StateInUseError where another satellite has the state
    directory.
    """
    options = {
        "microphone.recording": args.recording,
        "microphone.speed": args.speed,
    }

    def read() -> "Settings":
        return Reading(args.config, options).result().settings

    heap.keep_small()
    reading = Reading(args.config, options)
    # To load these takes as long as to read the settings, which happens meanwhile.
    from auricle.app import app, build, state_lock
    from auricle.mqtt.publisher import Run
    from auricle.system import event_loop, log

    told = reading.result()
    log.start(told.settings.log.level)
    for doubt in told.doubts:
        logger.warning("%s", doubt)
    run = Run()
    directory = build.state_directory(told.settings)
    with state_lock.locked(directory, run.id) as earlier:
        this_run = replace(run, earlier=earlier)
        return event_loop.run(app.run(told.settings, read, this_run))
