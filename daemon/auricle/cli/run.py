"""`auricle run`: be a satellite."""

import argparse

from auricle import app, assembly, event_loop, journal, state_lock
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
    with state_lock.locked(assembly.state_directory(settings)):
        return event_loop.run(app.run(settings, read))
