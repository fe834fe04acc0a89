"""`auricle panel`: a satellite's lights, button and hooks."""

import argparse
import logging
from typing import TYPE_CHECKING

from auricle.config.apart import Reading
from auricle.panel.build import build
from auricle.system import event_loop, log

if TYPE_CHECKING:
    from auricle.config.settings import Settings

logger = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> int:
    """Serve them until stopped; return the exit code. Raises ConfigError."""
    read = Reading(args.config, {}).result()
    settings = read.settings
    log.start(settings.log.level)
    for doubt in read.doubts:
        logger.warning("%s", doubt)
    return event_loop.run(_serve(settings))


async def _serve(settings: "Settings") -> int:
    return await build(settings).run()
