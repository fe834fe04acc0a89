"""`auricle run`: be a satellite."""

import argparse

from auricle import app, event_loop, journal
from auricle.config import Settings
from auricle.config_loading import load_with_options


def main(args: argparse.Namespace) -> int:
    options = {
        "microphone.recording": args.recording,
        "microphone.speed": args.speed,
    }

    def read() -> Settings:
        return load_with_options(args.config, options)

    settings = read()
    journal.start(settings.log.level)
    return event_loop.run(app.run(settings, read))
