"""What runs in the process that reads the settings for another one.

`python -m auricle.config.apart_process REQUEST` reads and checks them, and writes them,
or what is wrong with them, to standard output, for `auricle.config.apart` only.
"""

import json
import os
import pickle
import signal
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from auricle.config.apart import Plain, PlainSecret, Read
from auricle.config.loading import default_file, doubts, load
from auricle.errors import ConfigError
from auricle.system.redaction import OURS, RedactedStream, secrets_of


def main(request: str) -> None:
    """Read them, and hand them over."""
    # Whoever asked tells of an interruption, or is gone by then.
    for number in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    OURS.keep(*secrets_of(os.environ))
    sys.stderr = RedactedStream(sys.stderr, OURS)
    path, options = json.loads(request)
    answer: Read | ConfigError | OSError
    try:
        settings = load(Path(path) if path else default_file(), options)
        answer = Read(plain(settings), doubts(settings))
    except ConfigError as error:
        # Only here is it known which secrets are in the file.
        answer = ConfigError(OURS.redacted(str(error)))
    except OSError as error:
        answer = error
    pickle.dump(answer, sys.stdout.buffer)


def plain(value: Any) -> Any:
    """Return what was checked without what checks it."""
    match value:
        case BaseModel():
            kind = type(value)
            made = [name for name, kept in vars(kind).items() if type(kept) is property]
            names = [*kind.model_fields, *made]
            return Plain(**{name: plain(getattr(value, name)) for name in names})
        case SecretStr():
            return PlainSecret(value.get_secret_value())
        case _:
            return value


if __name__ == "__main__":
    main(sys.argv[1])
