"""Which of the house's brokers to try next, and when.

The first is where the satellite belongs; the others stand in for it, in their order.
After every connection, however it ended, the first has its chance again: but one that
did not answer comes last, for it would let a command wait once more, for longer than it
lives. A broker that refuses our password, or has another client with our name, is left
alone for long, whatever the others do, and however urgent what waits for it is.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from random import SystemRandom

from auricle.mqtt.link.broker import BrokerSettings, Disconnected, Problem
from auricle.retry import full_jitter

# Two clients with one id throw each other out at once, for ever: only a connection
# that lasted makes the next attempt quick again.
SETTLED = 10.0
# Once may be somebody's mistake. After so many times in a row, none of which lasted,
# one of the two has to leave the broker to the other one.
TAKEOVERS = 3


def reconnect_delays() -> Iterator[float]:
    """Yield the seconds to wait between rounds through all brokers: 1 to 30."""
    return full_jitter(1.0, 30.0, SystemRandom().random)


def refusal_delays() -> Iterator[float]:
    """Yield the seconds to leave a broker alone that refuses us.

    At most three attempts an hour, the second one soon: a broker that asks somebody
    else for passwords refuses everybody while that one restarts.
    """
    yield 120.0
    while True:
        yield 1800.0


class Route:
    """Goes from broker to broker, and says how long to wait for each.

    Times are seconds of any clock that nobody sets.
    """

    def __init__(
        self,
        brokers: Sequence[BrokerSettings],
        delays: Callable[[], Iterator[float]],
        refusal_delays: Callable[[], Iterator[float]],
    ) -> None:
        """`delays` are those between rounds through all brokers, `refusal_delays` those
        of one that refuses us.
        """
        self._stops = [_Stop(broker, refusal_delays) for broker in brokers]
        self._new_delays = delays
        self._delays = delays()
        self._current = -1
        self._tried: set[int] = set()
        """The indices of those that were tried in this round."""
        self._due = -math.inf

    @property
    def current(self) -> BrokerSettings:
        """The broker that `next` chose."""
        return self._stops[self._current].broker

    @property
    def stands_in(self) -> bool:
        """Whether the current one is not the first."""
        return self._current > 0

    def next(self, now: float) -> float:
        """Go on to the next broker; return the seconds to wait before it is tried."""
        untried = self._untried(now)
        if untried:
            self._current = min(untried, key=lambda i: (self._stops[i].silent, i))
        else:
            ends = [stop.refuses_until for stop in self._stops]
            self._current = ends.index(min(ends))
        self._tried.add(self._current)
        return self.wait(now)

    def wait(self, now: float) -> float:
        """Return the seconds that are left before the current broker is tried."""
        refuses_until = self._stops[self._current].refuses_until
        return max(0.0, refuses_until - now, self._due - now)

    def hurry(self, now: float) -> None:
        """Let the delays begin anew, for something that cannot wait for a long one."""
        self._delays = self._new_delays()
        self._due = min(self._due, now + next(self._delays))

    def ended(self, end: Disconnected, lasted: float | None, now: float) -> float:
        """Note that the current broker's connection ended after `lasted` seconds, or
        never was (None).

        Return the seconds for which that broker is left alone.
        """
        stop = self._stops[self._current]
        stop.silent = end.silent
        if end.problem.lasts or stop.is_fought_over(end, lasted):
            stop.refused(now)
        elif lasted is not None:
            stop.accepted()
        if lasted is not None and lasted >= SETTLED:
            self._delays = self._new_delays()
        if lasted is not None:
            self._tried = {self._current} if end.silent else set()
        if not self._tried or not self._untried(now):
            self._tried = set()
            self._due = now + next(self._delays)
        return max(0.0, stop.refuses_until - now)

    def probed(
        self, broker: BrokerSettings, end: Disconnected | None, now: float
    ) -> None:
        """Note why an earlier broker than the current one would not take us; None: it
        would.
        """
        stop = next(stop for stop in self._stops if stop.broker == broker)
        stop.silent = end is not None and end.silent
        if end is not None and end.problem.lasts:
            stop.refused(now)

    def start_over(self) -> None:
        """Try the first again, at once."""
        self._tried.clear()
        self._due = -math.inf

    def before_current(self, now: float) -> list[BrokerSettings]:
        """Return those that should rather be used, as far as they may be tried now."""
        earlier = self._stops[: max(0, self._current)]
        return [stop.broker for stop in earlier if stop.refuses_until <= now]

    def _untried(self, now: float) -> list[int]:
        """The indices of those that were not tried in this round and do not refuse us;
        one that refuses us is for a later round.
        """
        return [
            index
            for index, stop in enumerate(self._stops)
            if index not in self._tried and stop.refuses_until <= now
        ]


class _Stop:
    def __init__(
        self, broker: BrokerSettings, refusal_delays: Callable[[], Iterator[float]]
    ) -> None:
        self.broker = broker
        self.refuses_until = -math.inf
        self.silent = False
        """It did not answer when it was tried last."""
        self._new_delays = refusal_delays
        self._delays = refusal_delays()
        self._takeovers = 0

    def is_fought_over(self, end: Disconnected, lasted: float | None) -> bool:
        """Whether another client with our name has thrown us out again and again."""
        if lasted is not None and lasted >= SETTLED:
            self._takeovers = 0
        if end.problem is not Problem.TAKEN_OVER:
            return False
        self._takeovers += 1
        return self._takeovers >= TAKEOVERS

    def refused(self, now: float) -> None:
        self.refuses_until = now + next(self._delays)

    def accepted(self) -> None:
        self._delays = self._new_delays()
