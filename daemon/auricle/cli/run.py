"""`auricle run`: be a satellite."""

import argparse
import logging

from auricle import app, assembly, event_loop, journal, state_lock
from auricle.config import Settings
from auricle.config_loading import default_file, doubts, load

logger = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> int:
    options = {
        "microphone.recording": args.recording,
        "microphone.speed": args.speed,
    }

    def read() -> Settings:
        return load(args.config or default_file(), options)

    settings = read()
    journal.start(settings.log.level)
    for doubt in doubts(settings):
        logger.warning("%s", doubt)
    with state_lock.locked(assembly.state_directory(settings)):
        return event_loop.run(app.run(settings, read))
