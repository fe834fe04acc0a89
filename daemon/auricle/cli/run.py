"""`auricle run`: be a satellite."""

import argparse
import logging

from auricle.app import app, build, state_lock
from auricle.config.loading import default_file, doubts, load
from auricle.config.settings import Settings
from auricle.system import event_loop, log

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

    settings = read()
    log.start(settings.log.level)
    for doubt in doubts(settings):
        logger.warning("%s", doubt)
    with state_lock.locked(build.state_directory(settings)):
        return event_loop.run(app.run(settings, read))
