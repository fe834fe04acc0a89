"""Checks side by side, each with a bound: what hangs holds up nobody else."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from auricle.doctor.results import Result, Status
from auricle.errors import AuricleError
from auricle.system.threads import start_call

ANSWER = 5.0
"""Seconds for what waits for somebody else."""
WORK = 20.0
"""Seconds for what computes: a small machine with a slow card takes its time."""
_GLANCE = 0.1


@dataclass(frozen=True, slots=True)
class Check:
    """Says what is to be looked at, by what name, and for how long."""

    name: str
    examine: Callable[[], Result]
    """May raise AuricleError, which then is what is wrong."""
    overdue: str = "there is no answer"
    """What it means that it did not end in time."""
    advice: str = ""
    """What to do then."""
    within: float = ANSWER


def run_checks(
    checks: Sequence[Check], waiting: Callable[[str], None] = lambda _: None
) -> Iterator[Result]:
    """Run all checks at once; yield their results in order, each as soon as known.

    `waiting` is called ten times a second with the name of the check waited for.
    """
    started = time.monotonic()
    under_way = [
        (check, start_call(check.examine, name=check.name)) for check in checks
    ]
    for check, future in under_way:
        deadline = started + check.within
        while not _done_within(future, min(_GLANCE, deadline - time.monotonic())):
            if time.monotonic() >= deadline:
                break
            waiting(check.name)
        yield _result(check, future)


def _done_within(future: Future[Result], seconds: float) -> bool:
    try:
        future.exception(max(0.0, seconds))
    except TimeoutError:
        return False
    return True


def _result(check: Check, future: Future[Result]) -> Result:
    if not future.done():
        meaning = f"{check.overdue} (waited {check.within:g} s)"
        return Result(check.name, Status.FAILED, meaning, check.advice)
    match future.exception():
        case None:
            return future.result()
        case AuricleError() as error:
            return Result(check.name, Status.FAILED, str(error))
        case error:
            # One that stumbles must not keep the others from being heard.
            return Result(
                check.name,
                Status.FAILED,
                f"this check itself is broken: {type(error).__name__}: {error}",
                "please report it, with the line above",
            )
