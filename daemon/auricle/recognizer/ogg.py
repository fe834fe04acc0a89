"""Packets out of an Ogg stream that arrives in pieces (RFC 3533)."""

from typing import NoReturn

_CAPTURE = b"OggS"
_HEADER_BYTES = 27
# Of a microphone's encoder, none is longer than some kB.
_LONGEST_PACKET = 1024 * 1024


class OggError(ValueError):
    """This is no Ogg stream; the message says where it stops being one."""


class OggReader:
    """One logical stream is read, as the encoders of microphones write it."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._packet = bytearray()

    def push(self, data: bytes) -> list[bytes]:
        """Return the packets that `data` completes.

        Raises OggError, and starts afresh, where that is no page.
        """
        self._held += data
        packets: list[bytes] = []
        at = 0
        while len(self._held) - at >= _HEADER_BYTES:
            if self._held[at : at + 4] != _CAPTURE:
                self._fail("an Ogg page was expected here")
            lacing_at = at + _HEADER_BYTES
            body_at = lacing_at + self._held[at + 26]
            lacing = self._held[lacing_at:body_at]
            end = body_at + sum(lacing)
            if len(lacing) < self._held[at + 26] or len(self._held) < end:
                break
            for length in lacing:
                self._packet += self._held[body_at : body_at + length]
                body_at += length
                # A lacing value of 255 says that the packet goes on.
                if length < 255:
                    packets.append(bytes(self._packet))
                    self._packet.clear()
            at = end
            if len(self._packet) > _LONGEST_PACKET:
                self._fail("a packet has no end")
        del self._held[:at]
        return packets

    def _fail(self, why: str) -> NoReturn:
        self._held.clear()
        self._packet.clear()
        raise OggError(why)
