"""What the broker does not let us do, until it does; and what we do not take of it."""

from collections.abc import Iterable
from enum import StrEnum

from auricle.mqtt.link.broker import DeliveryResult
from auricle.retry import Outages

# Seconds. While a broker fails it is told everything again, twice as often at least.
_QUIET = 70.0
# Whoever may write below a wildcard of ours makes up as many topics as he likes.
_MOST_NAMED = 20


class BrokerRefusal(StrEnum):
    """What a person has to mend at the broker."""

    DENIED = "mqtt_denied"
    """The broker's access rules forbid something."""
    OVER_QUOTA = "mqtt_quota"
    """The broker takes no more: a limit of its own is reached."""
    TOO_LARGE = "mqtt_packet_size"
    """The broker takes less at once than something has."""


class BrokerRefusals:
    """Remembers what the broker refused.

    Each call returns what is news, as a sentence for the log, or None.
    """

    def __init__(self) -> None:
        self._denied: set[str] = set()
        self._warned: set[str] = set()
        self._over_quota: float | None = None
        self._outages = Outages(_QUIET)
        self._too_large: set[str] = set()
        self._left_out: set[str] = set()
        self._thrown_away: set[str] = set()

    @property
    def standing(self) -> BrokerRefusal | None:
        """What the broker refused last and has not allowed since."""
        if self._over_quota is not None:
            return BrokerRefusal.OVER_QUOTA
        if self._denied:
            return BrokerRefusal.DENIED
        return BrokerRefusal.TOO_LARGE if self._too_large else None

    def connected(self) -> None:
        """Forget what may have been mended meanwhile: rules, and limits of size."""
        self._denied.clear()
        self._too_large.clear()
        self._outages.over()

    def too_large(self, topics: Iterable[str], largest: int | None) -> str | None:
        """Note that what is to be told on `topics` is more than the broker takes."""
        topics = list(topics)
        self._too_large.update(topics)
        news = [topic for topic in topics if topic not in self._left_out]
        self._left_out.update(news)
        if not news:
            return None
        return f"the broker takes {largest} bytes at once; left out: {', '.join(news)}"

    def thrown_away(self, topic: str, size: int) -> str | None:
        """Note that a message on `topic` came that we do not take."""
        known = topic in self._thrown_away or len(self._thrown_away) == _MOST_NAMED
        if known:
            return None
        self._thrown_away.add(topic)
        return (
            f"somebody sent {size} bytes at once on {topic}, which are more than we "
            "take: they are ignored; if the broker keeps them, clear that topic"
        )

    def may_not_read(self, topic: str) -> str | None:
        """Note that the broker does not let us subscribe to `topic`."""
        return self._deny("read", topic)

    def settled(
        self, topic: str, result: DeliveryResult, sent: float, now: float
    ) -> str | None:
        """Note how a message on `topic` was answered, which had been `sent` at that
        time.

        What had been sent before a refusal says nothing about it. Times are seconds of
        any clock.
        """
        match result:
            case DeliveryResult.REJECTED:
                return self._deny("write", topic)
            case DeliveryResult.OVER_QUOTA:
                known, self._over_quota = self._over_quota, now
                if known is None:
                    return "the broker takes no more: quota exceeded"
            case DeliveryResult.FAILED:
                if self._outages.failed(now):
                    return (
                        f"the broker could not pass on {topic}, for a reason of its "
                        "own; it is sent again"
                    )
            case DeliveryResult.ACKED | DeliveryResult.NO_LISTENER:
                if self._over_quota is not None and sent > self._over_quota:
                    self._over_quota = None
                self._denied.discard(topic)
                self._too_large.discard(topic)
            case DeliveryResult.TOO_LARGE | DeliveryResult.LOST:
                pass
        return None

    def _deny(self, verb: str, topic: str) -> str | None:
        self._denied.add(topic)
        if topic in self._warned:
            return None
        self._warned.add(topic)
        return f"the broker's access rules do not let us {verb} {topic}"
