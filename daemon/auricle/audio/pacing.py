"""How much of a sound is handed to the loudspeaker, and when silence is.

A sound that comes in chunks has gaps where none is there in time: they are filled, for
a device that runs dry clicks, and from then on nobody knows what is in the air when.
"""

from auricle.audio.playing import SoundFormat

LEAD = 0.3
"""Seconds of sound that are handed over ahead: what is cancelled costs no more, and a
busy machine is not heard."""
LEAST_LEAD = 0.15
"""Seconds of sound left to play from which on a missing chunk is silence."""


class Pacing:
    """Keeps one sound a little ahead of the loudspeaker, and never much.

    Times are seconds of any clock that runs evenly.
    """

    def __init__(self, sound_format: SoundFormat) -> None:
        self._format = sound_format
        self._handed_over = 0
        self._begun: float | None = None

    @property
    def over_at(self) -> float | None:
        """When all that was handed over has been played; None while nothing plays."""
        if self._begun is None:
            return None
        return self._begun + self._format.seconds(self._handed_over)

    def begin(self, now: float) -> None:
        """Note that the loudspeaker plays from now on."""
        self._begun = now

    def due(self, now: float, available: int, *, more: bool) -> tuple[int, int]:
        """Return how many bytes of the sound to hand over now, and how many of silence
        behind them, both in whole frames.

        `available` bytes of the sound are here; `more` says whether others follow.
        """
        ahead = self._ahead(now)
        whole = available - available % self._format.frame_bytes
        sound = min(whole, self._format.size(max(0.0, LEAD - ahead)))
        ahead += self._format.seconds(sound)
        silence = 0
        playing = self._begun is not None
        if playing and more and sound == whole and ahead < LEAST_LEAD:
            silence = self._format.size(LEAST_LEAD - ahead)
        self._handed_over += sound + silence
        return sound, silence

    def _ahead(self, now: float) -> float:
        over_at = self.over_at
        if over_at is None or self._begun is None:
            return self._format.seconds(self._handed_over)
        if over_at < now:
            # It ran dry: what comes next is played later than was thought.
            self._begun += now - over_at
            return 0.0
        return over_at - now
