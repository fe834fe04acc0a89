"""Satellites that wake together, and a recognizer for fewer than these."""

import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from rigs.homes.many_satellites import Answer, ManySatellites
from rigs.recognizer.open_limit import Attempt
from rigs.waiting import elapse
from soak.samples import percentile

OPENS_PER_SECOND = 20
TIME_TO_LIVE = 10.0
# The bounds that fail the run.
_LEAST_PAUSE = 0.2
_MOST_TOGETHER = 1 / 3
_MOMENT = 0.1
# Later, it is another turn's.
_LONGEST_PAUSE = 2.0
_TOLERANCE = 1.0


@dataclass
class Burst:
    satellites: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    unanswered: int = 0
    duplicates: int = 0

    async def run(
        self, folder: Path, *, satellites: int, bursts: int, every: float
    ) -> None:
        self.satellites = satellites
        async with ManySatellites(
            folder, satellites, opens=OPENS_PER_SECOND
        ) as together:
            for burst in range(bursts):
                began = time.monotonic()
                answers = await together.wake_all(TIME_TO_LIVE + 2 * _TOLERANCE)
                self.answers += answers
                self.unanswered += satellites - len(answers)
                print(f"  burst {burst + 1}", file=sys.stderr)
                if burst + 1 < bursts:
                    await elapse(began + every - time.monotonic())
            self.attempts = together.recognizer.log
            self.duplicates = together.duplicates()

    @property
    def late(self) -> int:
        """Commands that came when it was too late for them."""
        longest = TIME_TO_LIVE + _TOLERANCE
        return sum(a.reason is None and a.seconds > longest for a in self.answers)

    def complaints(self) -> Iterator[str]:
        """What is out of bounds."""
        slowest = max((answer.seconds for answer in self.answers), default=0.0)
        if slowest > TIME_TO_LIVE + _TOLERANCE:
            yield f"burst: an answer after {slowest:.1f} s"
        admitted = [attempt.at for attempt in self.attempts if attempt.admitted]
        if most_within(admitted, 1.0) > OPENS_PER_SECOND:
            yield f"burst: {most_within(admitted, 1.0)} sessions opened in a second"
        pauses = pauses_after_refusal(self.attempts)
        if any(pause < _LEAST_PAUSE for pause in pauses):
            yield f"burst: tried again after {min(pauses):.3f} s"
        together = most_within(pauses, _MOMENT)
        if len(pauses) > OPENS_PER_SECOND and together > _MOST_TOGETHER * len(pauses):
            yield f"burst: {together} of {len(pauses)} tried again as one"

    def summary(self) -> Iterator[str]:
        if not self.answers:
            return
        served = [answer.seconds for answer in self.answers if answer.reason is None]
        reasons = Counter(answer.reason for answer in self.answers if answer.reason)
        reported = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common())
        pauses = pauses_after_refusal(self.attempts)
        admitted = [attempt.at for attempt in self.attempts if attempt.admitted]
        yield (
            f"burst: {self.satellites} satellites, "
            f"{len(self.answers) + self.unanswered} commands: {len(served)} served"
            + (f" (p50/p99 {_quantiles(served)} s)" if served else "")
            + f", reported: {reported or 'none'}, unanswered {self.unanswered}; "
            f"last answer after {max(a.seconds for a in self.answers):.1f} s"
        )
        yield (
            f"{len(self.attempts)} attempts to open a session, {len(admitted)} opened, "
            f"at most {most_within(admitted, 1.0)} in a second; "
            f"{len(pauses)} tried again"
            + (f" after {_spread(pauses)} s (least, median, most)" if pauses else "")
        )


def pauses_after_refusal(attempts: Sequence[Attempt]) -> list[float]:
    """From each refusal to the same client's next attempt in that turn."""
    pauses = []
    for client in {attempt.client for attempt in attempts}:
        of_client = [attempt for attempt in attempts if attempt.client == client]
        for one, next_one in pairwise(of_client):
            pause = next_one.at - one.at
            if not one.admitted and pause < _LONGEST_PAUSE:
                pauses.append(pause)
    return pauses


def most_within(moments: Sequence[float], seconds: float) -> int:
    """How many there are in the fullest stretch of so many seconds."""
    ordered = sorted(moments)
    first = most = 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _quantiles(seconds: Sequence[float]) -> str:
    return f"{percentile(seconds, 0.5):.2f}/{percentile(seconds, 0.99):.2f}"


def _spread(seconds: Sequence[float]) -> str:
    return f"{min(seconds):.2f} {statistics.median(seconds):.2f} {max(seconds):.2f}"
