"""How a program is looked after where there is no systemd: as its unit would have it.

| while it starts | behind that |
|---|---|
| READY=1: it has started | WATCHDOG=1: a sign of life |
| EXTEND_TIMEOUT_USEC: it may take so much longer from now on | |
| `starting` is over, and what it asked for: it hangs | `silence` without a sign: it hangs |

Times are seconds of any clock that nobody sets.
"""  # noqa: E501  # a table's row

import os
import re
from dataclasses import dataclass

from auricle.app.exit_codes import EX_CANTCREAT, EX_NOINPUT, EX_OPTIONS


@dataclass(frozen=True, slots=True)
class UnitLimits:
    """Says how long a program may take, in seconds, and what ends it for good."""

    starting: float
    """The time until it has started; TimeoutStartSec."""
    silence: float | None
    """The time from one sign of life to the next; None: it gives none. WatchdogSec."""
    restart: float
    """The time from its end to its next start; RestartSec."""
    stopping: float
    """The time to its end, once it was told to stop; TimeoutStopSec."""
    for_a_person: frozenset[int]
    """The exit codes that only a person can mend; RestartPreventExitStatus."""


SATELLITE = UnitLimits(
    starting=90.0,
    silence=20.0,
    restart=5.0,
    stopping=10.0,
    for_a_person=frozenset({EX_OPTIONS, EX_NOINPUT, EX_CANTCREAT, os.EX_CONFIG}),
)
"""The limits of systemd/auricle.service; a test holds them together."""
RECOGNIZER = UnitLimits(
    starting=180.0,
    silence=None,
    restart=5.0,
    stopping=10.0,
    for_a_person=frozenset({EX_OPTIONS, os.EX_CONFIG}),
)
"""The limits of systemd/auricle-recognizer.service; a test holds them together."""


class LifeSigns:
    """Knows when a program hangs, by what it tells systemd."""

    def __init__(self, limits: UnitLimits, now: float) -> None:
        """Begin with a program that is started `now`."""
        self._silence = limits.silence
        self._ready = False
        self.due: float | None = now + limits.starting
        """The moment when it hangs, unless it tells something before; None: never."""

    def heard(self, told: str, now: float) -> None:
        """Take a message of the program's: assignments, one a line."""
        for line in told.splitlines():
            self._heard(line, now)

    def _heard(self, assignment: str, now: float) -> None:
        if self._ready:
            if assignment == "WATCHDOG=1":
                self._lives(now)
        elif assignment == "READY=1":
            self._ready = True
            self._lives(now)
        elif asked := re.fullmatch(r"EXTEND_TIMEOUT_USEC=(\d{1,15})", assignment):
            assert self.due is not None
            self.due = max(self.due, now + int(asked[1]) / 1e6)

    def _lives(self, now: float) -> None:
        self.due = None if self._silence is None else now + self._silence
