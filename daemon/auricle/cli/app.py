"""`auricle app`: one of our programs as a Home Assistant app."""

import argparse
import asyncio
import contextlib
import logging
import os
import sys
import urllib.error
import urllib.request
from http.client import HTTPException

from auricle.cli.app_keeper import ProgramKeeper, stopping
from auricle.cli.app_options import (
    HouseBroker,
    read_broker,
    read_options,
    recognizer,
    satellite,
    wants_house_broker,
)
from auricle.cli.app_unit import RECOGNIZER, SATELLITE
from auricle.errors import ConfigError
from auricle.system import heap, log

logger = logging.getLogger(__name__)

_TOKEN = "SUPERVISOR_TOKEN"  # noqa: S105  # the variable's name
# Seconds.
_PATIENCE = 10.0
_ASK_AGAIN = 5.0
_LARGEST_ANSWER = 64 * 1024


def main(args: argparse.Namespace) -> int:
    """Run the satellite or the recognizer until SIGTERM; return the exit code.

    Raises ConfigError for options that cannot be used.
    """
    heap.keep_small()
    log.start("info")
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    stopped = stopping()
    options = read_options(args.options.read_text(encoding="utf-8"))
    if args.program == "recognizer":
        program = recognizer(options)
    else:
        broker = None
        if wants_house_broker(options):
            broker = await _house_broker(args.supervisor, stopped)
            if broker is None:
                return os.EX_OK
        program = satellite(options, broker, str(args.options.parent))
    ours = {name: value for name, value in os.environ.items() if name != _TOKEN}
    keeper = ProgramKeeper(
        [sys.executable, "-Pm", "auricle", *program.arguments],
        {**ours, **program.environment},
        program.secrets,
        SATELLITE if args.program == "satellite" else RECOGNIZER,
    )
    return await keeper.run(stopped)


async def _house_broker(supervisor: str, stopped: asyncio.Event) -> HouseBroker | None:
    """Wait until the supervisor knows a broker; None where we are stopped meanwhile."""
    token = os.environ.get(_TOKEN, "")
    if not token:
        raise ConfigError(
            "mqtt_host: name the broker, for there is no supervisor here that knows it "
            f"({_TOKEN})"
        )
    told = False
    while not stopped.is_set():
        broker = await asyncio.to_thread(_ask_for_broker, supervisor, token)
        if broker is not None:
            logger.info("the broker is %s:%d", broker.host, broker.port)
            return broker
        if not told:
            told = True
            logger.warning(
                "the supervisor knows no broker: install and start the app Mosquitto "
                "broker, or set mqtt_host; waiting for it"
            )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _ASK_AGAIN)
    return None


def _ask_for_broker(supervisor: str, token: str) -> HouseBroker | None:
    request = urllib.request.Request(  # noqa: S310  # the supervisor's, or a test's
        f"{supervisor}/services/mqtt", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as response:  # noqa: S310
            return read_broker(response.read(_LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (401, 403):
            raise ConfigError(
                "the supervisor does not let this app ask for the broker: set mqtt_host"
            ) from None
        # It has none, until somebody starts one.
        return None
    except (OSError, HTTPException) as error:
        logger.debug("the supervisor does not answer: %s", error)
        return None
