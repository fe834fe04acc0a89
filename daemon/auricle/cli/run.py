"""`auricle run`: be a satellite."""

import argparse
import logging
from dataclasses import replace

from auricle.app import app, build, state_lock
from auricle.config.loading import default_file, doubts, load
from auricle.config.settings import Settings
from auricle.mqtt.publisher import Run
from auricle.system import event_loop, heap, log

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

    def read() -> Settings:
        return load(args.config or default_file(), options)

    heap.share()
    settings = read()
    log.start(settings.log.level)
    for doubt in doubts(settings):
        logger.warning("%s", doubt)
    run = Run()
    with state_lock.locked(build.state_directory(settings), run.id) as earlier:
        this_run = replace(run, earlier=earlier)
        return event_loop.run(app.run(settings, read, this_run))
