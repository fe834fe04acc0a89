"""A broker that answers every message of QoS 1 with "quota exceeded" (MQTT 5, 0x97).

mosquitto never says so to a client that waits for its acknowledgments, as others do.
"""

_PUBLISH_QOS_1 = 0x32
_TYPE_AND_QOS = 0xF6
_PUBACK = 0x40
_QUOTA_EXCEEDED = 0x97


class OverQuota:
    """Stands before a broker; to be put there between two packets."""

    def __init__(self) -> None:
        self.refused = 0
        """Messages, so far."""
        self._waiting = b""

    def screen(self, data: bytes) -> tuple[bytes, bytes]:
        """What of it goes on to the broker, and what is answered at once."""
        self._waiting += data
        passed, answers = b"", b""
        while (length := _packet(self._waiting)) is not None:
            packet, self._waiting = self._waiting[:length], self._waiting[length:]
            if packet[0] & _TYPE_AND_QOS == _PUBLISH_QOS_1:
                self.refused += 1
                answers += bytes([_PUBACK, 3, *_id_of(packet), _QUOTA_EXCEEDED])
            else:
                passed += packet
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


def _id_of(publish: bytes) -> bytes:
    body = _body(publish)
    assert body is not None
    topic_end = body[0] + 2 + int.from_bytes(publish[body[0] : body[0] + 2])
    return publish[topic_end : topic_end + 2]
