"""Hours of talk that is none of its business: nothing of it may leave the house."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from rigs.audio.babble import babble, is_of_people, seconds_of_pieces
from rigs.faults.fault_proxy import Way
from rigs.homes.scene import WOKEN, Scene

_TOLD_EVERY = 3600.0


@dataclass
class NoWake:
    seconds: float = 0.0
    """Of speech that it heard."""
    pieces_seconds: float = 0.0
    """Of speech that is no repetition."""
    of_people: bool = False
    false_alarms: int = 0
    """Turns that were opened."""
    connections: int = 0
    """To the recognizer."""
    sent: int = 0
    """Bytes to the recognizer."""

    async def run(
        self, scene: Scene, hours: float, random: Random, *, talking: float
    ) -> None:
        """`talking`: the speed of the command that comes last."""
        started = time.monotonic()
        self.of_people = is_of_people()
        self.pieces_seconds = seconds_of_pieces()
        for piece in babble(random):
            await scene.room.say(piece)
            before = self.seconds
            self.seconds += len(piece) / SAMPLE_BYTES / SAMPLE_RATE
            if self.seconds // _TOLD_EVERY > before // _TOLD_EVERY:
                took = time.monotonic() - started
                print(f"  {self.seconds / 3600:.0f} h, {took:.0f} s", file=sys.stderr)
            if self.seconds >= hours * 3600:
                break
        await scene.room.is_heard()
        self.false_alarms = scene.log.counts[WOKEN]
        self.connections = scene.asr.connections
        self.sent = scene.asr.bytes[Way.UP]
        # Who is deaf keeps silent as well.
        scene.room.speed = talking
        await scene.recovery()
        scene.check()

    def complaints(self) -> list[str]:
        """What is out of bounds."""
        strays = self._strays
        if strays or (self.sent and not self.false_alarms):
            return [f"no-wake: {strays} connections beyond turns, {self.sent} bytes"]
        return []

    def summary(self) -> Iterator[str]:
        if self.seconds:
            hours = self.seconds / 3600
            whose = "people's" if self.of_people else "synthetic"
            alarms = f"{self.false_alarms} false alarms"
            yield (
                f"no-wake: {hours:.1f} h of {whose} speech "
                f"({self.pieces_seconds / 3600:.2f} h without repetition), "
                f"{alarms} ({self.false_alarms / hours:.2f}/h), "
                f"{self.sent} bytes to the recognizer in their turns, "
                f"{self._strays} connections beyond them"
            )

    @property
    def _strays(self) -> int:
        """Connections to the recognizer that no false alarm accounts for."""
        return max(0, self.connections - self.false_alarms)
