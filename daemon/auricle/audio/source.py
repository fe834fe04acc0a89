"""Where frames come from: a microphone, or a recording that behaves like one."""

from collections.abc import Sequence
from typing import Protocol

from auricle.audio.frame import Frame
from auricle.audio.source_health import SourceHealth


class AudioSource(Protocol):
    """One capture device. Used by one thread at a time."""

    @property
    def description(self) -> str:
        """What a person would call it, for logs and `auricle devices`."""

    @property
    def health(self) -> SourceHealth:
        """As of the latest frame; readable from any thread."""

    @property
    def remarks(self) -> Sequence[str]:
        """What differs from what was promised, as far as known: whole sentences, of
        which none is taken back while it is open.
        """

    @property
    def dropped(self) -> int:
        """Samples lost since it was opened because nobody read them in time."""

    @property
    def pace(self) -> float:
        """Seconds that a second of its sound takes; 1 where nobody can tell."""

    @property
    def caught_up(self) -> bool:
        """Whether the latest frames were all that had been captured by then, but for a
        moment's; False where that cannot be known.
        """

    def advice(self, health: SourceHealth) -> str:
        """What a person can do about it; nothing where it is good."""

    def open(self) -> None:
        """Start capturing; sample positions begin at 0. Raises MicrophoneError."""

    def read(self, timeout: float, together: int = 1) -> Sequence[Frame]:
        """The next frames, as soon as there are `together` of them; fewer, or none,
        where no more came within `timeout` seconds.

        Raises MicrophoneError when the device is gone; the caller closes, waits and
        opens again.
        """

    def close(self) -> None:
        """Release the device; closing twice is fine. Raises AuricleError where it does
        not let go: then only the end of this process releases it.
        """
