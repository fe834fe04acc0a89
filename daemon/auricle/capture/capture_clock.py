"""When sound was made, told from when it arrived.

Sound may arrive late, for a stopped process or a busy machine finds it waiting, but
never early: of all that came, the least late tells best when the device was opened.
From there its samples count the time.

Except where sound was lost: a device that nobody listens to for long drops some, and
does not always say so. What comes from then on is later than all before, and stays so,
at the pace at which it is made, and with nothing more that waits. Then, and only then,
time is counted anew from there. So is the time of a device whose own clock is slow.
"""

from dataclasses import dataclass, replace

from auricle.audio.frame import SAMPLE_RATE

# Seconds of sound that have to be later than before, and equally late all along: what
# has waited comes faster than it was made, each frame of 0.03 s less late by as much.
_STEADY = 1.0
_EARLIER, _LATER = 0.01, 0.25
# Less is a busy machine's delay; a slow clock comes to more within minutes.
_DRIFT = 0.02
# More than a turn takes, however often it had to be corrected.
_MOST_STRETCHES = 300


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Sound without a loss."""

    behind: int
    """The sample position where it begins."""
    opened: float
    """When its device would have been opened, had nothing been lost before."""


@dataclass(frozen=True, slots=True)
class _Steady:
    """Sound that came at its own pace, nothing of it having waited."""

    behind: int
    lateness: float
    """Of what came just before it; in the terms of `_Stretch.opened`."""
    least: float


class CaptureClock:
    """The time of each sample since the device was opened.

    Filled by one thread, read by any. Times are of any clock that runs while the
    process is stopped and while the machine sleeps.
    """

    def __init__(self, pace: float = 1.0) -> None:
        """`pace`: seconds that a second of its sound takes."""
        self._seconds_a_sample = pace / SAMPLE_RATE
        self._stretches: tuple[_Stretch, ...] = ()
        self._steady: _Steady | None = None

    def arrived(self, end: int, at: float, *, all_of_it: bool) -> None:
        """Sound came, up to the sample position `end`.

        `all_of_it`: as far as anybody knows, nothing more waits.
        """
        lateness = at - end * self._seconds_a_sample
        if not self._stretches:
            self._stretches = (_Stretch(0, lateness),)
        elif lateness < self._stretches[-1].opened:
            latest = replace(self._stretches[-1], opened=lateness)
            self._stretches = (*self._stretches[:-1], latest)
        self._note_pace(end, lateness, all_of_it=all_of_it)

    def time_of(self, position: int) -> float | None:
        """When the sound in front of this sample position was made, or somewhat before;
        None where nothing has come.
        """
        opened = None
        for stretch in self._stretches:
            if opened is None or stretch.behind < position:
                opened = stretch.opened
        return None if opened is None else opened + position * self._seconds_a_sample

    def _note_pace(self, end: int, lateness: float, *, all_of_it: bool) -> None:
        steady = self._steady
        if not all_of_it:
            self._steady = None
            return
        if steady is None or not -_EARLIER <= lateness - steady.lateness <= _LATER:
            # Of what came together, some may have been made long before the rest.
            self._steady = _Steady(end, lateness, lateness)
            return
        least = min(steady.least, lateness)
        self._steady = replace(steady, least=least)
        if (end - steady.behind) * self._seconds_a_sample < _STEADY:
            return
        self._steady = None
        if least > self._stretches[-1].opened + _DRIFT:
            anew = _Stretch(steady.behind, least)
            self._stretches = (*self._stretches, anew)[-_MOST_STRETCHES:]
