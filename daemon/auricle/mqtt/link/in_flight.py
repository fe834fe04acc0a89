"""What was sent on one connection and is not yet acknowledged."""

from auricle.mqtt.link.message import Message


class InFlight:
    """By message id, in the order of sending."""

    def __init__(self) -> None:
        self._messages: dict[int, tuple[Message, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._messages)

    @property
    def ids(self) -> list[int]:
        return list(self._messages)

    @property
    def oldest(self) -> float | None:
        """When the longest unacknowledged message was sent."""
        return next((since for _, since in self._messages.values()), None)

    def sent(self, message_id: int, message: Message, now: float) -> None:
        self._messages[message_id] = (message, now)

    def acknowledged(self, message_id: int) -> tuple[Message, float] | None:
        """The message of this id, and when it was sent; None where not expected."""
        return self._messages.pop(message_id, None)
