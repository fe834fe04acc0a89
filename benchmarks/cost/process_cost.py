"""What a process costs, as the kernel counts it: processor time and memory."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

_MB = 1024.0
# The scheduler's clock of a whole process, as clock_getcpuclockid(3) makes it: to the
# nanosecond, threads that have ended included.
_CPUCLOCK_SCHED = 2


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes (of 1024 kB)."""

    pss: float
    """What is shared counts in parts, by how many processes share it now."""
    alone: float
    """As if no other Python program ran: what only those share counts whole."""
    anonymous: float
    """What no file backs: heap and stacks, which nobody shares."""
    rss: float


def cpu_seconds(pid: int) -> float:
    """Processor time of all threads so far."""
    return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)


def children_seconds(pid: int) -> float:
    """Processor time of its child processes that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int | str = "self") -> Memory:
    totals = dict.fromkeys(("Pss:", "Rss:", "Anonymous:"), 0.0)
    alone = 0.0
    name = ""
    part: dict[str, float] = {}
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        key, *values = line.split()
        if not key.endswith(":"):
            name = values[-1] if len(values) == 5 else ""
            continue
        if key in totals:
            part[key] = int(values[0]) / _MB
            totals[key] += part[key]
        if key == "VmFlags:":
            alone += part["Rss:"] if "python" in name else part["Pss:"]
    return Memory(totals["Pss:"], alone, totals["Anonymous:"], totals["Rss:"])


@dataclass(frozen=True, slots=True)
class Busyness:
    """How much of the machine others took while we measured."""

    cores: int
    load: float
    """Load average of the last minute, at the end."""
    others: float
    """Cores that were at work for somebody else, on average."""

    @property
    def busy(self) -> bool:
        return self.others > 0.1

    def __str__(self) -> str:
        warning = (
            " **The machine was loaded: take these figures as upper bounds.**"
            if self.busy
            else ""
        )
        nice = os.nice(0)
        side = "ahead of" if nice < 0 else "behind"
        turn = f" We ran {side} them, at nice {nice}." if nice else ""
        return (
            f"{self.cores} cores, load average {self.load:.1f} at the end, "
            f"{self.others:.2f} cores at work for others meanwhile.{turn}{warning}"
        )


class Bystanders:
    """Watches from its making on what the machine does beside us."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._theirs = _all_work() - _our_work()

    def so_far(self) -> Busyness:
        """Our child processes count as ours once they have ended."""
        seconds = time.monotonic() - self._began
        others = max(0.0, _all_work() - _our_work() - self._theirs) / seconds
        return Busyness(os.cpu_count() or 1, os.getloadavg()[0], others)


def _all_work() -> float:
    first = Path("/proc/stat").read_text().splitlines()[0].split()
    # Of user, nice, system, idle, iowait, irq, softirq, steal: what is no idling.
    ticks = [int(value) for value in first[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def _our_work() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
