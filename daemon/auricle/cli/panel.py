"""`auricle panel`: a satellite's lights, button and hooks."""

import argparse
import logging

from auricle.config.loading import default_file, doubts, load
from auricle.config.settings import Settings
from auricle.panel.build import build
from auricle.system import event_loop, log

logger = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> int:
    """Serve them until stopped; return the exit code. Raises ConfigError."""
    settings = load(args.config or default_file())
    log.start(settings.log.level)
    for doubt in doubts(settings):
        logger.warning("%s", doubt)
    return event_loop.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    return await build(settings).run()
