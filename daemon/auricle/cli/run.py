"""`auricle run`: be a satellite."""

import argparse
import asyncio

from auricle import app, journal
from auricle.config_loading import load_with_options


def main(args: argparse.Namespace) -> int:
    options = {
        "microphone.recording": args.recording,
        "microphone.speed": args.speed,
    }
    settings = load_with_options(args.config, options)
    journal.start(settings.log.level)
    return asyncio.run(app.run(settings))
