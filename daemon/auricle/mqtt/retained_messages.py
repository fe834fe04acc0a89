"""What the broker is to know: kept here, so that it can be told again."""

from dataclasses import dataclass, replace

from auricle.mqtt.link.message import Message


@dataclass(frozen=True, slots=True)
class _Kept:
    message: Message
    since: float


class RetainedMessages:
    """Holds the latest message of every retained topic, and which are still untold.

    Times are seconds of any clock that nobody sets.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._untold: set[str] = set()

    def put(self, message: Message, now: float) -> bool:
        """Keep `message`; return False where the broker was told the same before."""
        kept = self._kept.get(message.topic)
        self._kept[message.topic] = _Kept(message, now)
        return (
            kept is None
            or kept.message != message
            # What expires is told again: its time starts anew.
            or message.expiry is not None
            or message.topic in self._untold
        )

    def get(self, topic: str) -> Message | None:
        """Return what `topic` holds; None where nothing was put."""
        kept = self._kept.get(topic)
        return kept.message if kept else None

    def untold(self, topic: str) -> None:
        """Note that the broker did not take this topic's message."""
        self._untold.add(topic)

    def take_untold(self, now: float) -> list[Message]:
        """Return what the broker has yet to be told; it counts as told from now on."""
        untold, self._untold = self._untold, set()
        return [message for message in self._true(now) if message.topic in untold]

    def take_all(self, now: float) -> list[Message]:
        """Return everything that is still true; it counts as told from now on."""
        self._untold.clear()
        return self._true(now)

    def _true(self, now: float) -> list[Message]:
        messages = []
        for kept in self._kept.values():
            expiry = kept.message.expiry
            if expiry is None:
                messages.append(kept.message)
            elif (rest := kept.since + expiry - now) > 0:
                messages.append(replace(kept.message, expiry=rest))
        return messages
