"""`auricle`, and `python -m auricle`."""

import importlib
import os
import sys

from auricle.cli.parser import build_parser
from auricle.errors import ConfigError, RecordingError, StateInUseError
from auricle.redaction import OURS, RedactedStream, secrets_of

# sysexits.h
EX_NOINPUT = 66
EX_CANTCREAT = 73
EX_CONFIG = 78


def main() -> int:
    """Run the command that was typed; its exit code."""
    OURS.keep(*secrets_of(os.environ))
    if sys.stderr is not None:
        sys.stderr = RedactedStream(sys.stderr, OURS)
    args = build_parser().parse_args()
    command = importlib.import_module(args.module)
    try:
        code: int = command.main(args)
    except ConfigError as error:
        for line in str(error).splitlines():
            print(f"auricle: {line}", file=sys.stderr)
        return EX_CONFIG
    except StateInUseError as error:
        print(f"auricle: {error}", file=sys.stderr)
        return EX_CANTCREAT
    except RecordingError as error:
        print(f"auricle: {error}", file=sys.stderr)
        return EX_NOINPUT
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
