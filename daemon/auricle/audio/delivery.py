"""When a device will have delivered so much sound, told from when it did before.

Whoever looks too early has to look again, and whoever looks too late keeps a wake word
waiting. A device does not say when it delivers, and does so in pieces of its own; nor
is its clock ours. So each look that finds enough makes the next one a little earlier,
and each that does not makes it later by more: one in nine is too early, whatever the
device does. Where many in a row find enough, as behind a device that stood still, they
become earlier by more and more.
"""

# Seconds by which a look is earlier than the one before, and later behind one that was
# too early, which is repeated after as long.
_EARLIER, _LATER = 0.0005, 0.004
# So many looks in a row find enough only where all of them are too late; by how much
# earlier each further one is than the one before at most, and how that grows.
_MANY, _EARLIEST, _GROWS = 14, 0.008, 1.5
# Devices deliver pieces of up to so many seconds. What is there beyond one has waited.
_PIECE = 0.1
# A device that keeps us waiting is asked less and less often.
_PATIENCE, _LONGEST = 0.5, 0.1


class Delivery:
    """Learns when sound comes; positions are in samples since the device was opened."""

    def __init__(self, rate: int, now: float) -> None:
        """Start at `now` with a device that was just opened, of `rate` samples a
        second.
        """
        self._rate = rate
        self._expected = now
        """The time when the device was opened, by when its sound is expected."""
        self._waits_since: float | None = None
        """The time when there was too little for the first time, while there is."""
        self._in_a_row = 0
        """How many looks have found enough since one was too early."""

    def enough(self, delivered: int, now: float) -> None:
        """Note that a look at `now` found as much as was waited for, or more:
        `delivered` samples in all.
        """
        if self._waits_since is None:
            self._in_a_row += 1
            growth = _GROWS ** max(0, min(self._in_a_row - _MANY, _MANY))
            self._expected -= min(_EARLIER * growth, _EARLIEST)
        self._waits_since = None
        backlog = now - delivered / self._rate + _PIECE
        self._expected = min(self._expected, backlog)

    def too_little(self, now: float) -> float:
        """Note that a look found too little; return in how many seconds to look
        again.
        """
        if self._waits_since is None:
            self._waits_since = now
            self._in_a_row = 0
        waited = now - self._waits_since
        again = min(max(_LATER, waited * _PATIENCE), _LONGEST)
        self._expected += again
        return again

    def due_in(self, wanted: int, now: float) -> float:
        """Return in how many seconds `wanted` samples in all will have come; none where
        they should have.
        """
        return max(0.0, self._expected + wanted / self._rate - now)
