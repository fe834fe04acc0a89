"""Where frames come from: a microphone, or a recording that behaves like one."""

from collections.abc import Sequence
from typing import Protocol

from auricle.audio.frame import Frame
from auricle.audio.source_health import SourceHealth


class AudioSource(Protocol):
    """Delivers sound as one capture device does; it is used by one thread at a time."""

    @property
    def description(self) -> str:
        """The name that a person would give it, for logs and `auricle devices`."""

    @property
    def health(self) -> SourceHealth:
        """What the sound says, as of the latest frame; readable from any thread."""

    @property
    def remarks(self) -> Sequence[str]:
        """What differs from what was promised, as far as known: whole sentences, of
        which none is taken back while the source is open.
        """

    @property
    def dropped(self) -> int:
        """The number of samples lost since it was opened because nobody read them in
        time.
        """

    @property
    def pace(self) -> float:
        """How many seconds a second of its sound takes; 1 where nobody can tell."""

    @property
    def caught_up(self) -> bool:
        """Whether the latest frames were all that had been captured by then, but for a
        moment's; False where that cannot be known.
        """

    def advice(self, health: SourceHealth) -> str:
        """Say what a person can do about this state of the sound; nothing where it is
        good.
        """

    def open(self) -> None:
        """Start capturing; sample positions begin at 0.

        Raises MicrophoneError.
        """

    def read(self, timeout: float, together: int = 1) -> Sequence[Frame]:
        """Return the next frames, as soon as there are `together` of them; fewer, or
        none, where no more came within `timeout` seconds.

        Raises MicrophoneError when the device is gone; the caller closes, waits and
        opens again.
        """

    def close(self) -> None:
        """Release the device; closing twice is fine.

        Raises AuricleError where it does not let go: then only the end of this process
        releases it.
        """
