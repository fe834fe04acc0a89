"""Whole packets of MQTT, out of the bytes of a connection."""

from collections.abc import Iterator
from dataclasses import dataclass

PUBLISH, PUBACK = 3, 4
"""Kinds of packets."""
_QOS = 0b0110


@dataclass(frozen=True, slots=True)
class Packet:
    """A byte of kind and flags, the length in groups of 7 bits, the body."""

    whole: bytes
    body: bytes

    @property
    def kind(self) -> int:
        return self.whole[0] >> 4

    @property
    def topic(self) -> str | None:
        """Of a message; None of any other packet."""
        if self.kind != PUBLISH:
            return None
        return self.body[2 : self._topic_end].decode()

    @property
    def may_be_lost(self) -> bool:
        """Whether it is a message that nobody acknowledges."""
        return self.kind == PUBLISH and not self.whole[0] & _QOS

    @property
    def number(self) -> bytes:
        """Of a message that is acknowledged, or of the packet that does so."""
        at = self._topic_end if self.kind == PUBLISH else 0
        return self.body[at : at + 2]

    def payload(self, *, version_5: bool = True) -> bytes:
        """Of a message: what is behind its properties, which version 3 has not."""
        at = self._topic_end + (0 if self.may_be_lost else 2)
        if version_5:
            length, at = _length(self.body, at) or (0, at)
            at += length
        return self.body[at:]

    @property
    def _topic_end(self) -> int:
        return 2 + int.from_bytes(self.body[:2])


def take_packets(held: bytearray) -> Iterator[Packet]:
    """The whole ones; what is left of `held` is the beginning of the next."""
    while (told := _length(held, 1)) is not None:
        length, at = told
        if len(held) < at + length:
            return
        whole = bytes(held[: at + length])
        del held[: at + length]
        yield Packet(whole, whole[at:])


def _length(data: bytes | bytearray, start: int) -> tuple[int, int] | None:
    """A length in groups of 7 bits, and where it ends; None where it does not."""
    length = 0
    for at in range(start, min(start + 4, len(data))):
        length |= (data[at] & 0x7F) << 7 * (at - start)
        if data[at] < 0x80:
            return length, at + 1
    return None
