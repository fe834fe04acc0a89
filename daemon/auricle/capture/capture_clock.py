"""When sound was made, told from when it arrived.

Sound may arrive late, for a stopped process or a busy machine finds it waiting, but
never early: of all that came, the least late tells best when the device was opened.
From there its samples count the time.

Except where sound was lost: a device that nobody listens to for long drops some, and
does not always say so. What comes from then on is later than all before, and stays so,
at the pace at which it is made, and with nothing more that waits. Then, and only then,
time is counted anew from there. So is the time of a device whose own clock is slow.

Nor does a device make sound while the machine sleeps. How long that was is known; that
what comes behind it was not made before it, the pace tells there, too, but on a machine
as busy as most are when they wake.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import NamedTuple

from auricle.audio.frame import SAMPLE_RATE

# Seconds of sound that have to be later than before, and equally late all along.
_STEADY = 1.0
# What has waited comes faster than it was made, each frame of 0.03 s less late by as
# much: so much is a busy machine's wavering, from one half of them to the other, and
# from one piece to the next.
_HALVES, _PIECES = 0.03, 0.01
# Less is a busy machine's delay; a slow clock comes to more within minutes.
_DRIFT = 0.02
# Seconds that the machine has slept, and not merely been slow to look at its clocks.
_NAP = 0.5
# What waited since before it slept comes at twice the pace and more: once it makes no
# more difference than this, it is twice as much at most.
_WAKING = 0.15
# More than a turn takes, however often it had to be corrected.
_MOST_STRETCHES = 300


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Sound without a loss."""

    behind: int
    """The sample position where it begins."""
    opened: float
    """The time when its device would have been opened, had nothing been lost before."""


class _Arrival(NamedTuple):
    end: int
    lateness: float
    """The time when the device would have been opened, had this frame come at once."""


class CaptureClock:
    """Tells the time of each sample since the device was opened.

    It is filled by one thread, and read by any. Its times are those of any clock that
    runs while the process is stopped and while the machine sleeps.
    """

    def __init__(self, pace: float = 1.0) -> None:
        """Start with a device that was just opened; `pace` is how many seconds a second
        of its sound takes.
        """
        self._seconds_a_sample = pace / SAMPLE_RATE
        self._second = round(_STEADY / self._seconds_a_sample)
        self._stretches: tuple[_Stretch, ...] = ()
        self._lately: deque[_Arrival] = deque()
        """The last second of sound that did not wait, as far as anybody knew."""
        self._slept: float | None = None
        self._waking = False
        """The machine slept, and no sound is known yet that was made since."""
        self._awake: list[_Arrival] = []
        """Sound since then that came no faster than it is made."""

    def arrived(
        self, end: int, at: float, *, all_of_it: bool, slept: float = 0.0
    ) -> float:
        """Note that sound came at `at`, up to the sample position `end`; return by how
        many seconds all that comes from now on is later than before, where that is
        found out: so much was lost.

        `all_of_it` tells whether, as far as anybody knows, nothing more waits; `slept`
        is how long the machine has slept, of all the time that there was.
        """
        lateness = at - end * self._seconds_a_sample
        if not self._stretches:
            self._stretches = (_Stretch(0, lateness),)
        elif lateness < self._stretches[-1].opened:
            latest = replace(self._stretches[-1], opened=lateness)
            self._stretches = (*self._stretches[:-1], latest)
        if self._slept is not None and slept > self._slept + _NAP:
            self._waking = True
            self._awake.clear()
            self._lately.clear()
        self._slept = slept
        arrival = _Arrival(end, lateness)
        if self._waking:
            self._note_waking(arrival, all_of_it=all_of_it)
            return 0.0
        return self._note_pace(arrival, all_of_it=all_of_it)

    def time_of(self, position: int) -> float | None:
        """Return when the sound in front of this sample position was made, or somewhat
        before; None where nothing has come.
        """
        opened = None
        for stretch in self._stretches:
            if opened is None or stretch.behind < position:
                opened = stretch.opened
        return None if opened is None else opened + position * self._seconds_a_sample

    def position_of(self, time: float) -> int | None:
        """Return how far the device's sound was at this time; None where nothing has
        come.
        """
        position = None
        for stretch in self._stretches:
            there = round((time - stretch.opened) / self._seconds_a_sample)
            if position is None or there > stretch.behind:
                position = there
        return position

    def _note_waking(self, arrival: _Arrival, *, all_of_it: bool) -> None:
        awake = self._awake
        if awake and arrival.lateness < awake[0].lateness - _WAKING:
            awake.clear()
        if awake or all_of_it:
            awake.append(arrival)
        if awake and arrival.end - awake[0].end >= self._second:
            self._waking = False
            waited = round(2 * _WAKING / self._seconds_a_sample)
            least = min(each.lateness for each in awake)
            self._count_anew(awake[0].end + waited, least)
            awake.clear()

    def _count_anew(self, behind: int, opened: float) -> float:
        """How much later that is."""
        later = opened - self._stretches[-1].opened
        if later <= _DRIFT:
            return 0.0
        anew = _Stretch(behind, opened)
        self._stretches = (*self._stretches, anew)[-_MOST_STRETCHES:]
        return later

    def _note_pace(self, arrival: _Arrival, *, all_of_it: bool) -> float:
        lately = self._lately
        if not all_of_it:
            lately.clear()
            return 0.0
        lately.append(arrival)
        while len(lately) > 1 and arrival.end - lately[1].end >= self._second:
            lately.popleft()
        if arrival.end - lately[0].end < self._second or not self._is_steady():
            return 0.0
        least = min(each.lateness for each in lately)
        # Of what came together, some may have been made long before the rest.
        behind = next(a.end for a in lately if a.lateness <= least + _PIECES)
        return self._count_anew(behind, least)

    def _is_steady(self) -> bool:
        middle = self._lately[-1].end - self._second // 2
        first = min(a.lateness for a in self._lately if a.end <= middle)
        then = min(a.lateness for a in self._lately if a.end > middle)
        return first - then <= _HALVES
