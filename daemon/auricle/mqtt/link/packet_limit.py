"""The largest packet that a broker takes: as it says, or as far as it can be told.

One of MQTT 5 says so when we connect. One of MQTT 3.1.1 only drops who sends more, and
so does one whose limit is on the payload: what was on its way then is under suspicion,
and convicted when it happens again.
"""

import math
from collections.abc import Collection

from auricle.mqtt.link.broker import Version
from auricle.mqtt.link.message import Message

# Bytes. There is no broker with a smaller limit, and many a reason to be dropped.
_BEYOND_SUSPICION = 512
_CONVICTED_BY = 2
"""Connections that were dropped with it on its way, one after the other."""

# MQTT 5, 2.1 and 3.3: type and flags, lengths, identifiers.
_TYPE = _LENGTH_OF_PROPERTIES = 1
_PACKET_ID = _LENGTH_OF_TOPIC = 2
_MESSAGE_EXPIRY_INTERVAL = 5
_BITS_A_LENGTH_BYTE = 7


def packet_size(message: Message, version: Version) -> int:
    """Return how many bytes the PUBLISH packet has that carries `message`."""
    topic, payload = message.topic.encode(), message.payload.encode(errors="replace")
    rest = _LENGTH_OF_TOPIC + len(topic) + len(payload)
    if message.qos > 0:
        rest += _PACKET_ID
    if version is Version.V5:
        rest += _LENGTH_OF_PROPERTIES
        rest += 0 if message.expiry is None else _MESSAGE_EXPIRY_INTERVAL
    return _TYPE + max(1, math.ceil(rest.bit_length() / _BITS_A_LENGTH_BYTE)) + rest


class PacketLimit:
    """Finds out how large a packet one broker takes; sizes are in bytes."""

    def __init__(self) -> None:
        self._told: int | None = None
        self._found: int | None = None
        self._accepted = 0
        self._suspect: int | None = None
        self._drops = 0

    @property
    def largest(self) -> int | None:
        """The most that the broker takes; None: anything, as far as we know."""
        return min(
            (x for x in (self._told, self._found) if x is not None), default=None
        )

    def told(self, largest: int | None) -> None:
        """Take what the broker says of itself, at every connection."""
        if largest != self._told:
            # It was set up anew.
            self._found = None
        self._told = largest

    def fits(self, size: int) -> bool:
        """Return whether the broker takes as much at once, as far as we know."""
        return self.largest is None or size <= self.largest

    def is_doubtful(self, size: int) -> bool:
        """Return whether we may be dropped for it: none as large was ever accepted."""
        return self._told is None and size > max(self._accepted, _BEYOND_SUSPICION)

    def accepted(self, size: int) -> None:
        """Note that the broker acknowledged a packet of this size."""
        self._accepted = max(self._accepted, size)

    def refused(self, under_way: Collection[int]) -> int | None:
        """Note that the broker ended the connection for a packet's size.

        Return the size of the one that it was, of those that were `under_way`.
        """
        self._found = max(under_way) - 1 if under_way else self._found
        return max(under_way, default=None)

    def dropped(self, under_way: Collection[int]) -> int | None:
        """Note that the broker ended the connection without a word.

        Return the size of the packet that must have been why, of those that were
        `under_way`; None if that cannot be told.
        """
        suspect = max(under_way, default=0)
        if suspect <= max(self._accepted, _BEYOND_SUSPICION):
            self._suspect = None
            return None
        self._drops = self._drops + 1 if suspect == self._suspect else 1
        self._suspect = suspect
        return self.refused([suspect]) if self._drops >= _CONVICTED_BY else None
