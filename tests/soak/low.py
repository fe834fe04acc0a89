"""A quiet house: a command every two minutes, for hours."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from rigs.faults.ledgers import End
from rigs.homes.scene import Scene
from rigs.waiting import elapse
from soak.samples import Sample, growth, holdings, mib_per_hour, sample

EVERY = 120.0
"""Seconds from one command to the next."""
# The bounds that fail the run; of fewer hours a slope says nothing.
_MIB_PER_HOUR = 1.0
_KB_PER_HOUR = 100.0
# A command is on the disk before it is published, and leaves no trace there.
_KIB_PER_COMMAND = 32.0
_JUDGED_HOURS = 1.0


@dataclass
class Low:
    name: str
    samples: list[Sample] = field(default_factory=list)
    """In the quiet after each command, by the clock of the room."""
    unexecuted: list[str] = field(default_factory=list)

    async def run(self, scene: Scene, hours: float, *, talking: float) -> None:
        """`talking`: the speed of speech; the quiet in between has the room's own."""
        quiet = scene.room.speed
        commands = round(hours * 3600 / EVERY)
        self.samples.append(sample(scene.program.pid, 0.0))
        for count in range(commands):
            scene.room.speed = talking
            number = await scene.speak()
            if await scene.end(number) is not End.EXECUTED:
                reason = scene.ledgers.reason(number)
                self.unexecuted.append(f"command {number}: {reason}")
            del scene.recognizer.heard[:-10]
            scene.room.speed = quiet
            await elapse(EVERY / quiet)
            await scene.room.is_heard()
            at = (count + 1) * EVERY
            self.samples.append(sample(scene.program.pid, at))
            if at % 3600 == 0:
                print(f"  {at / 3600:.0f} h", file=sys.stderr)
        scene.check()

    def complaints(self) -> list[str]:
        """What is out of bounds."""
        complaints = [*self.unexecuted, *growth(self.samples)]
        slope = mib_per_hour(self.samples)
        if self._hours >= _JUDGED_HOURS and slope >= _MIB_PER_HOUR:
            complaints.append(f"{slope:+.2f} MiB/h")
        due_to_commands = self._commands * _KIB_PER_COMMAND * 1.024
        if self._kb_written > due_to_commands + _KB_PER_HOUR * self._hours:
            complaints.append(f"{self._kb_written:.0f} KB written")
        return [f"{self.name}: {complaint}" for complaint in complaints]

    def summary(self) -> Iterator[str]:
        if self._commands:
            yield (
                f"{self.name}: {self._commands} commands in {self._hours:g} h; "
                f"{holdings(self.samples)} (first, least, most, last); "
                f"{mib_per_hour(self.samples):+.2f} MiB/h; "
                f"{self._kb_written / self._commands:.1f} KB written a command"
            )

    @property
    def _commands(self) -> int:
        return max(0, len(self.samples) - 1)

    @property
    def _kb_written(self) -> float:
        """What the disk had to write."""
        return (self.samples[-1].written - self.samples[0].written) / 1000

    @property
    def _hours(self) -> float:
        return (self.samples[-1].at - self.samples[0].at) / 3600
