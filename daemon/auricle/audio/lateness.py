"""How late a sound is heard that is played by one clock and captured by another.

Of both it is estimated what is likeliest, the lateness and how it grows, by a Kalman
filter: clocks are what they are for all sounds, and known better with each of them.
"""

# Of what is measured, in samples; and of the clocks of two devices, before anything is
# known: one in ten thousand.
_BLUR, _CLOCKS = 0.2, 1e-4
# What a device's clock wavers in a second, in samples.
_WAVER = 0.03
# A player that is held up makes all that follows late at once; clocks do not.
_JUMP = 80


class Lateness:
    """Says how many samples late a sound is, between its beginning and its end."""

    def __init__(self) -> None:
        self.samples: float | None = None
        """The lateness as of now; None where nobody knows."""
        self.latest: float | None = None
        """The same of the sound before, at its end."""
        self.growth = 0.0
        """How much later each sample comes than the one before."""
        # Variances, and their covariance.
        self._of_samples = self._of_both = 0.0
        self._of_growth = _CLOCKS**2

    def begin(self) -> None:
        """Expect another sound, of which nothing is known but the clocks."""
        self.latest = self.latest if self.samples is None else self.samples
        self.samples = None

    def pass_by(self, samples: int) -> None:
        """Let so many samples pass."""
        if self.samples is None:
            return
        self.samples += self.growth * samples
        self._of_samples += 2 * samples * self._of_both + samples**2 * self._of_growth
        self._of_samples += samples * _WAVER**2 / 16_000
        self._of_both += samples * self._of_growth

    def measure(self, late: float, ago: float) -> None:
        """Note how late it was, so many samples ago; or will be, where it is less than
        none.
        """
        if self.samples is None or abs(late - self._back(ago)) > _JUMP:
            self.samples = late + self.growth * ago
            self._of_samples = _BLUR**2 + ago**2 * self._of_growth
            self._of_both = ago * self._of_growth
            return
        wrong = late - self._back(ago)
        of_samples = self._of_samples - ago * self._of_both
        of_growth = self._of_both - ago * self._of_growth
        spread = of_samples - ago * of_growth + _BLUR**2
        self.samples += of_samples / spread * wrong
        self.growth += of_growth / spread * wrong
        self._of_samples -= of_samples**2 / spread
        self._of_both -= of_samples * of_growth / spread
        self._of_growth -= of_growth**2 / spread

    def _back(self, ago: float) -> float:
        assert self.samples is not None
        return self.samples - self.growth * ago
