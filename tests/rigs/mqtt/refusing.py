"""A broker that answers messages and subscriptions with a reason code of MQTT 5.

Such as "quota exceeded", or an error of its own, as a cluster has that loses a node:
mosquitto never says so.
"""

from collections.abc import Callable

QUOTA_EXCEEDED = 0x97
UNSPECIFIED_ERROR = 0x80
IMPLEMENTATION_SPECIFIC_ERROR = 0x83

_PUBLISH_QOS_1 = 0x32
_TYPE_AND_QOS = 0xF6
_PUBACK = 0x40
_SUBSCRIBE = 0x82
_SUBACK = 0x90


class Refusing:
    """Stands before a broker; to be put there between two packets."""

    def __init__(
        self,
        code: int,
        wanted: Callable[[bytes], bool] = lambda packet: (
            packet[0] & _TYPE_AND_QOS == _PUBLISH_QOS_1
        ),
    ) -> None:
        """`wanted`: which packets it refuses, by default all messages of QoS 1."""
        self._code = code
        self._wanted = wanted
        self.refused = 0
        """Packets, so far."""
        self._waiting = b""

    def screen(self, data: bytes) -> tuple[bytes, bytes]:
        """What of it goes on to the broker, and what is answered at once."""
        self._waiting += data
        passed, answers = b"", b""
        while (length := _packet(self._waiting)) is not None:
            packet, self._waiting = self._waiting[:length], self._waiting[length:]
            if not self._wanted(packet):
                passed += packet
                continue
            self.refused += 1
            if packet[0] == _SUBSCRIBE:
                codes = bytes([self._code]) * _topics_in(packet)
                body = bytes([*_pair_at(packet, 0), 0]) + codes
                answers += bytes([_SUBACK, len(body)]) + body
            else:
                answers += bytes([_PUBACK, 3, *_id_of(packet), self._code])
        return passed, answers


def _packet(data: bytes) -> int | None:
    """The length of the first one; None where it is not complete."""
    body = _body(data)
    if body is None:
        return None
    start, length = body
    return start + length if len(data) >= start + length else None


def _body(data: bytes) -> tuple[int, int] | None:
    """Where the first packet's body starts, and its length."""
    length = 0
    for i, byte in enumerate(data[1:5]):
        length |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            return i + 2, length
    return None


def is_subscription(packet: bytes) -> bool:
    return packet[0] == _SUBSCRIBE


def _topics_in(subscribe: bytes) -> int:
    body = _body(subscribe)
    assert body is not None
    # Behind its id, and properties of which there are none.
    at, topics = body[0] + 3, 0
    while at < len(subscribe):
        at += 2 + int.from_bytes(subscribe[at : at + 2]) + 1
        topics += 1
    return topics


def _pair_at(packet: bytes, offset: int) -> bytes:
    body = _body(packet)
    assert body is not None
    return packet[body[0] + offset : body[0] + offset + 2]


def _id_of(publish: bytes) -> bytes:
    topic_length = int.from_bytes(_pair_at(publish, 0))
    return _pair_at(publish, 2 + topic_length)
