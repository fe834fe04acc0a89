"""The command line as a whole, and the help that teaches it."""

import argparse
import sys
from typing import Any

from auricle import __version__
from auricle.cli.commands import add_commands

_INTRODUCTION = """\
A voice satellite for Home Assistant: hears a wake word on this machine, sends what is
said next to a Qwen-ASR-Realtime recognizer, and publishes the final transcript and the
speaker's emotion on MQTT. Nothing leaves the house before the wake word.
"""

_FIRST_STEPS = """\
first steps:
  auricle demo                          the whole path on a recording, nothing needed
  auricle devices                       which microphones there are
  auricle listen                        what it hears, while it hears it
  auricle config                        what is configured, and where it comes from
  auricle run --config config.toml      be a satellite
  auricle doctor                        what is wrong, and what to do about it

without an API key for the cloud, run the recognizer at home:
  auricle recognizer                    then set asr.url = "ws://127.0.0.1:8778"
"""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        # Line ends in descriptions are ours.
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**options)

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse's own keeps to itself that nothing could be written.
        print(message or "", end="", file=file or sys.stderr)


def build_parser() -> argparse.ArgumentParser:
    """Each command's module is in `args.module`."""
    parser = _Parser(prog="auricle", description=_INTRODUCTION, epilog=_FIRST_STEPS)
    parser.add_argument("--version", action="version", version=__version__)
    add_commands(
        parser.add_subparsers(
            title="commands", metavar="COMMAND", required=True, parser_class=_Parser
        )
    )
    return parser
