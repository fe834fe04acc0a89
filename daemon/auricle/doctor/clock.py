"""The clock of this machine: without the right time, no certificate is valid."""

from datetime import UTC, datetime, timedelta

from auricle.doctor.results import Result, Status
from auricle.system.clock import BUILT

NAME = "clock"
_ADVICE = "set it: sudo timedatectl set-ntp true; a Pi has no clock that runs while off"
# A certificate becomes valid a few minutes before it is given out, and lasts months.
_SLOPPY, _WRONG = timedelta(minutes=1), timedelta(hours=1)


def judge(
    now: datetime, server: datetime | None, *, mistrusted: bool = False
) -> Result:
    """Judge the clock that says `now`.

    `server` is what the recognizer's clock said at that moment, if it was asked;
    `mistrusted` says that its certificate is not valid yet by ours.
    """
    told = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now.year < BUILT:
        return Result(
            NAME,
            Status.FAILED,
            f"it says {told}, which is before this program was made: TLS will fail",
            _ADVICE,
        )
    if mistrusted:
        return Result(
            NAME,
            Status.FAILED,
            f"it says {told}, when the recognizer's certificate is not valid yet",
            _ADVICE,
        )
    if server is None:
        return Result(NAME, Status.OK, f"it says {told}, which nobody contradicts")
    off = abs(now - server)
    if off < _SLOPPY:
        return Result(NAME, Status.OK, f"it says {told}, and so does the recognizer")
    wrong = off >= _WRONG
    theirs = server.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Result(
        NAME,
        Status.FAILED if wrong else Status.WARNING,
        f"it says {told}, and the recognizer's says {theirs}: "
        + ("TLS may fail" if wrong else "the times of what is published are off"),
        _ADVICE,
    )
