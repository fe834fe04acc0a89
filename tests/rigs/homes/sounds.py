"""Sounds that the house sends to a satellite, and what it is told of them."""

import json
from typing import Any

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from rigs.mqtt.subscriber import HouseClient

# Bytes, as Home Assistant sends them.
CHUNK = 16_000


class Sounds:
    """Sends sounds to one satellite, as 16 kHz mono."""

    def __init__(self, house: HouseClient, node: str) -> None:
        self._house = house
        self._node = node

    def send(
        self,
        sound_id: str,
        pcm: bytes,
        *,
        kind: str = "announcement",
        then: str = "idle",
        whole: bool = True,
        size: int = CHUNK,
    ) -> None:
        """All of a sound, in chunks of `size` bytes; if not `whole`, the last one does
        not come.
        """
        chunks = [pcm[at : at + size] for at in range(0, len(pcm), size)]
        if not whole:
            del chunks[-1]
        for seq, chunk in enumerate(chunks):
            facts: dict[str, Any] = {"id": sound_id, "seq": seq}
            if seq == 0:
                facts |= {"kind": kind, "rate": SAMPLE_RATE, "width": 2, "channels": 1}
            if whole and seq == len(chunks) - 1:
                facts |= {"last": True, "then": then}
            self.order(facts, chunk)

    def order(self, facts: dict[str, Any], pcm: bytes = b"") -> None:
        payload = json.dumps(facts).encode() + b"\n" + pcm
        self._house.say(f"{self._node}/play/set", payload)

    def told_of(self, sound_id: str) -> list[tuple[str, str | None]]:
        """What became of it: states and reasons, in their order."""
        reports = map(json.loads, self._house.on(f"{self._node}/play"))
        return [
            (report["state"], report.get("reason"))
            for report in reports
            if report["id"] == sound_id
        ]

    async def hears(self, sound_id: str, state: str) -> None:
        """Wait until this has become of it."""
        await self._house.until(
            lambda: any(told == state for told, _ in self.told_of(sound_id))
        )


def tone(seconds: float) -> bytes:
    """A quiet buzz: any sound that is not silence."""
    period = b"".join(
        (800 if at < 40 else -800).to_bytes(SAMPLE_BYTES, "little", signed=True)
        for at in range(80)
    )
    size = round(seconds * SAMPLE_RATE) * SAMPLE_BYTES
    return (period * (size // len(period) + 1))[:size]
