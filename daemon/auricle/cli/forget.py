"""`auricle forget`: take the satellite out of Home Assistant and of the broker."""

import argparse
import logging
import os
import sys
from dataclasses import replace

from auricle.app import build, state_lock
from auricle.cli.withheld import refused
from auricle.config.brokers import brokers, topics_of
from auricle.config.loading import default_file
from auricle.doctor import service
from auricle.doctor.configuration import PASSWORD
from auricle.mqtt.forgetting import ForgettingError, Forgotten, forget
from auricle.system import event_loop


def main(args: argparse.Namespace) -> int:
    """Clear every retained topic of this satellite, or of what it was called before, at
    each of its brokers; return the exit code, 69 where it runs or a broker is not
    reached, 77 where only the service may read what is needed.
    """
    # What goes wrong is told below, once.
    logging.getLogger().addHandler(logging.NullHandler())
    settings, withheld = service.settings_of(args.config or default_file())
    topics = topics_of(settings)
    another = args.name not in (None, topics.node)
    needed: set[str] = set() if another else {service.STATE}
    if settings.mqtt.username and settings.mqtt.password is None:
        needed.add(PASSWORD)
    if unseen := needed & withheld:
        return refused("forget", " and ".join(sorted(unseen)))
    if another:
        topics = replace(topics, node=args.name)
    elif running := state_lock.holder(build.state_directory(settings)):
        message = f"{running} would tell all again: stop it first"
        print(f"auricle forget: {message}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    code = os.EX_OK
    for broker in brokers(settings.mqtt, topics):
        try:
            forgotten = event_loop.run(forget(broker, topics, unless_online=another))
        except ForgettingError as error:
            print(f"auricle forget: {error}", file=sys.stderr)
            code = os.EX_UNAVAILABLE
        else:
            _tell(f"{topics.root} at {broker}", forgotten)
    return code


def _tell(satellite: str, forgotten: Forgotten) -> None:
    print(f"{satellite}: {len(forgotten.topics)} topics cleared, the device removed")
    if forgotten.was_online:
        print("it may still run, and would tell all again: stop it, and run this again")
