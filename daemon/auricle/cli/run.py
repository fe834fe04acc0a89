"""`auricle run`: be a satellite."""

import argparse
import asyncio

from auricle import app, journal
from auricle.config import Settings
from auricle.config_loading import load_with_options
from auricle.event_loop import EventLoop


def main(args: argparse.Namespace) -> int:
    options = {
        "microphone.recording": args.recording,
        "microphone.speed": args.speed,
    }

    def read() -> Settings:
        return load_with_options(args.config, options)

    settings = read()
    journal.start(settings.log.level)
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        return runner.run(app.run(settings, read))
