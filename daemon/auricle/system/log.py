"""The log: one line an event, with its priority where systemd's journal reads it.

https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html
"""

import logging
import math
import os
import sys
import time
from collections.abc import Callable, Mapping

from auricle.system.redaction import OURS
from auricle.text import log_line

# syslog's, by the lowest level that has it.
_PRIORITIES = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
)
_DEBUG = 7
# Of one kind of line, in a burst; and what that recovers in a second.
BURST = 600
PER_SECOND = 10.0
# Of kinds that are remembered. Their texts are in our source, and so are they counted.
_KINDS = 1000


class LineFormatter(logging.Formatter):
    """Makes one line without a secret of whatever an event holds, a traceback or a
    server's words.
    """

    def __init__(self, *, for_journal: bool) -> None:
        """Begin each line with the priority that systemd's journal reads, or with the
        level's name.
        """
        super().__init__("%(name)s: %(message)s")
        self._for_journal = for_journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the line that stands for the event, a traceback included."""
        line = log_line(OURS.redacted(super().format(record)))
        if self._for_journal:
            return f"<{priority(record.levelno)}>{line}"
        return f"{record.levelname} {line}"


def priority(level: int) -> int:
    """Return the priority that syslog gives to a level of `logging`."""
    return next((number for least, number in _PRIORITIES if level >= least), _DEBUG)


def silent_logger(name: str) -> logging.Logger:
    """Return a logger for a library that logs secrets: what it is told goes nowhere.

    At DEBUG, websockets logs keys and audio. This logger is outside of logging's tree,
    and so out of reach of whatever level anyone sets.
    """
    silent = logging.Logger(name, logging.CRITICAL)  # noqa: LOG001  # as said
    silent.addHandler(logging.NullHandler())
    return silent


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


class LogRate(logging.Filter):
    """Lets each kind of line through, but not without end; the next one counts them.

    A kind is what stands in the source: a logger, a level and a text with its gaps.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._kinds: dict[tuple[str, int, str], _Bucket] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line passes; one that does tells how many did not."""
        kind = (record.name, record.levelno, str(record.msg))
        bucket = self._kinds.get(kind)
        if bucket is None:
            if len(self._kinds) >= _KINDS:
                self._kinds.clear()
            bucket = self._kinds[kind] = _Bucket()
        passes, left_out = bucket.take(self._now())
        if passes and left_out:
            record.msg = f"{record.msg} (and {left_out} more like it)"
        return passes


class _Bucket:
    def __init__(self) -> None:
        self._tokens = float(BURST)
        self._at = -math.inf
        self._left_out = 0

    def take(self, now: float) -> tuple[bool, int]:
        """Whether one passes, and how many did not since the last that did."""
        refilled = self._tokens + (now - self._at) * PER_SECOND
        self._tokens, self._at = min(BURST, refilled), now
        if self._tokens < 1:
            self._left_out += 1
            return False, 0
        self._tokens -= 1
        left_out, self._left_out = self._left_out, 0
        return True, left_out
