"""`auricle`, and `python -m auricle`."""

import gc
import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from auricle.cli.parser import build_parser
from auricle.errors import ConfigError, RecordingError, StateInUseError
from auricle.system.redaction import OURS, RedactedStream, secrets_of

logger = logging.getLogger(__name__)

# What a shell says of a program that a signal ended: 128 and its number.
ENDED_BY_SIGINT = 130
ENDED_BY_SIGPIPE = 141


def main() -> int:
    """Run the command that was typed; its exit code."""
    _open_what_is_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Not every terminal knows every character.
        sys.stdout.reconfigure(errors="replace")
    OURS.keep(*secrets_of(os.environ))
    sys.stderr = RedactedStream(sys.stderr, OURS)
    try:
        code = _run_command()
        # What cannot be written can still be told here, and no longer behind the end.
        sys.stdout.flush()
    except ConfigError as error:
        _tell(str(error).splitlines())
        code = os.EX_CONFIG
    except StateInUseError as error:
        _tell([str(error)])
        code = os.EX_CANTCREAT
    except RecordingError as error:
        _tell([str(error)])
        code = os.EX_NOINPUT
    except BrokenPipeError:
        # Whoever reads has read enough, as `| head` does: nobody needs to be told.
        code = ENDED_BY_SIGPIPE
    except OSError as error:
        logger.debug("this ended the command:", exc_info=True)
        told = error.strerror or str(error)
        _tell([told if error.filename is None else f"{error.filename}: {told}"])
        code = os.EX_IOERR
    except KeyboardInterrupt:
        code = ENDED_BY_SIGINT
    _let_go_of_output()
    return code


def _open_what_is_closed() -> None:
    # Started with `>&-`, the first socket would become standard output. In this order
    # each stream gets the number that is its own.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  # for good


def _run_command() -> int:
    try:
        args = build_parser().parse_args()
    except SystemExit as end:  # of --help, or of options that are none
        return end.code if isinstance(end.code, int) else 0
    # What is loaded stays: to look for garbage in it takes a tenth of the start.
    gc.disable()
    try:
        command = importlib.import_module(args.module)
    finally:
        gc.enable()
    code: int = command.main(args)
    return code


def _tell(lines: Sequence[str]) -> None:
    with suppress(OSError):
        for line in lines:
            print(f"auricle: {line}", file=sys.stderr)


def _let_go_of_output() -> None:
    """What could not be written would be tried again, and complained about, when Python
    ends.
    """
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
