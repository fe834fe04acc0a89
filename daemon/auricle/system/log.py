"""The log: one line an event, with its priority where systemd's journal reads it.

https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html
"""

import logging
import os
import sys
import time
from collections.abc import Mapping

from auricle.system.log_rate import LogRate
from auricle.system.redaction import OURS

# syslog's, by the lowest level that has it.
_PRIORITIES = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
)
_DEBUG = 7


class LineFormatter(logging.Formatter):
    """Whatever an event holds, a traceback or a server's words: one line, no secret."""

    def __init__(self, *, for_journal: bool) -> None:
        """`for_journal`: the priority instead of the level's name."""
        super().__init__("%(name)s: %(message)s")
        self._for_journal = for_journal

    def format(self, record: logging.LogRecord) -> str:
        line = one_line(OURS.redacted(super().format(record)))
        if self._for_journal:
            return f"<{priority(record.levelno)}>{line}"
        return f"{record.levelname} {line}"


def priority(level: int) -> int:
    """Syslog's, of a level of `logging`."""
    return next((number for least, number in _PRIORITIES if level >= least), _DEBUG)


def one_line(text: str) -> str:
    """`text` without line breaks, nor what would move a terminal's cursor."""
    joined = " | ".join(filter(None, (line.strip() for line in text.splitlines())))
    return "".join(c if c.isprintable() else "�" for c in joined)


def start(level: str) -> None:
    """Log to standard error from now on; `level` is one of logging's names."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(for_journal=_is_journal(os.environ)))
    handler.addFilter(LogRate(time.monotonic))
    logging.basicConfig(level=level.upper(), handlers=[handler])


def _is_journal(environ: Mapping[str, str]) -> bool:
    # Set for a service; inherited by what it starts, whose output may go elsewhere.
    try:
        here = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{here.st_dev}:{here.st_ino}"
