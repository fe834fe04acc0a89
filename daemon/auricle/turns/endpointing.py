"""When an utterance is over, told from which of its frames are speech.

No clock: seconds are counted in audio, so that a slow machine hears the same utterance
as a fast one.

What counts as speech is enough of it: a click is not a command. A little speech may be
a cough, or the tail of the wake word, and the command is still to come; or it was "no".
So a short one has to be followed by more silence than a long one, but ends all the
same: waiting for more would leave "stop" to run into a time limit. Who stops behind
"turn on the" is not done either, and has as long; nobody waits for it where the words
came to a whole sentence, nor where more was said behind the latest that are known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auricle.audio.frame import FRAME_SECONDS, Frame

LONGEST_TURN = 55.0
"""Seconds that are listened to at most, waiting included. A recognizer takes 60 in one
utterance; the sound from before the turn is in them."""

# Words are understood late. Of what is said behind them for longer than this, they do
# not tell how it ends.
_ANOTHER_WORD = 0.15
# Where it is told up to where they go, nothing is hidden in their delay: less than this
# is one more word, and behind "turn on the" that is seldom the last.
_ONE_WORD = 0.45
# Sums of 0.03 fall short of a limit by rounding; frames are too coarse to notice.
_TOLERANCE = FRAME_SECONDS / 2


class Endpoint(StrEnum):
    """Why listening may stop."""

    END_OF_SPEECH = "end_of_speech"
    NO_SPEECH = "no_speech"
    LONGEST = "longest"


@dataclass(frozen=True, slots=True)
class EndpointingSettings:
    """When an utterance ends, in seconds of audio."""

    silence: float = 0.4
    """Silence after speech that ends the utterance. Less cuts pauses for thought;
    more delays every answer by as much."""
    silence_after_short: float = 0.8
    """Silence that ends the utterance after less than `short` of speech."""
    silence_unfinished: float = 1.2
    """Silence that ends an utterance whose words are no whole sentence so far."""
    least_silence: float = 0.0
    """Silence before there is an outcome: a recognizer may be quicker than people are
    who go on."""
    short: float = 0.4
    """Less speech than this may be a false start."""
    min_speech: float = 0.15
    """Less than this is not speech at all."""
    forget: float = 0.3
    """Silence after which a sound shorter than `min_speech` no longer counts."""
    no_speech_timeout: float = 5.0
    """Seconds to wait for speech to begin."""
    longest: float = 15.0
    """Seconds behind its first word where the utterance ends even if it goes on."""


class Preset(StrEnum):
    """How much patience to have with the speaker."""

    FAST = "fast"
    BALANCED = "balanced"
    PATIENT = "patient"


PRESETS: Mapping[Preset, EndpointingSettings] = {
    Preset.FAST: EndpointingSettings(
        silence=0.3,
        silence_after_short=0.6,
        silence_unfinished=0.8,
    ),
    Preset.BALANCED: EndpointingSettings(least_silence=0.75),
    Preset.PATIENT: EndpointingSettings(
        silence=1.1,
        silence_after_short=1.4,
        silence_unfinished=1.6,
        least_silence=1.5,
        no_speech_timeout=8.0,
        longest=30.0,
    ),
}
"""What each of them costs is measured: benchmarks/results/turns.md."""


class Endpointer:
    """Follows one utterance from the moment of listening."""

    def __init__(self, settings: EndpointingSettings) -> None:
        self._settings = settings
        self._elapsed = 0.0
        self._speech_at = 0.0
        """What had elapsed when the latest speech began."""
        # Where it begins later, only the recognizer heard it in time, or sounds that
        # were no words came before it.
        self._began = settings.no_speech_timeout
        """What had elapsed when the utterance began, of which this may be the rest."""
        self._speech = 0.0
        self._silence = 0.0
        self._voiced = 0.0
        self._unfinished = False
        self._spoken_since = 0.0
        """Seconds of speech since the latest words were understood."""
        self._most_since = _ANOTHER_WORD
        self._timed_out = False
        """NO_SPEECH is said, or is none of its business."""
        self._first_speech: int | None = None
        self._last_speech: int | None = None

    @property
    def speech_heard(self) -> bool:
        """Whether enough was heard to be a command."""
        return self._speech >= self._settings.min_speech - _TOLERANCE

    @property
    def start_of_speech(self) -> int | None:
        """Sample position of the first frame of speech; None before any."""
        return self._first_speech if self.speech_heard else None

    @property
    def end_of_speech(self) -> int | None:
        """Sample position behind the last frame of speech; None before any."""
        return self._last_speech if self.speech_heard else None

    @property
    def voice_now(self) -> bool:
        """Whether a voice may be under way, as far as a moment can tell."""
        return self._speech > 0.0 and not self._reached(
            self._silence, self._settings.forget
        )

    @property
    def voiced(self) -> float:
        """Seconds of all that was speech, sounds too short to be a command included."""
        return self._voiced

    def following(self, *, again: float = 0.0) -> "Endpointer":
        """Make one for what may be said behind this utterance: nothing, for as long as
        one likes, or more; `longest` is for both together, of which `again` seconds
        come again.
        """
        endpointer = Endpointer(self._settings)
        endpointer._elapsed = self._elapsed - again
        endpointer._began = self._began
        endpointer._timed_out = True
        return endpointer

    def instead(self) -> "Endpointer":
        """Make one for the utterance that is still to come, where this was none: it
        waits for no longer than this one would have.
        """
        endpointer = Endpointer(self._settings)
        endpointer._elapsed = self._elapsed
        return endpointer

    def understood(self, *, unfinished: bool, spoken_since: float | None) -> None:
        """Take whether the words so far are no whole sentence; `spoken_since` is how
        many seconds of voice they do not tell of, as far as that is known.
        """
        self._unfinished = unfinished
        self._spoken_since = spoken_since or 0.0
        self._most_since = _ANOTHER_WORD if spoken_since is None else _ONE_WORD

    def push(self, frame: Frame, *, speech: bool) -> Endpoint | None:
        """Take the next frame; the endpoint that it completes.

        NO_SPEECH is said once; the others are said again, END_OF_SPEECH until a voice
        is heard. Whoever knows better, such as a server that hears speech, may go on.
        """
        if speech:
            if self._speech == 0.0:
                self._first_speech = frame.start
                self._speech_at = self._elapsed
            self._last_speech = frame.end
            self._speech += frame.seconds
            self._voiced += frame.seconds
            self._spoken_since += frame.seconds
            self._silence = 0.0
        else:
            self._silence += frame.seconds
        self._elapsed += frame.seconds
        return self._endpoint()

    def _endpoint(self) -> Endpoint | None:
        settings = self._settings
        if self.speech_heard:
            self._began = min(self._began, self._speech_at)
        most = max(settings.longest, LONGEST_TURN)
        if self._reached(self._elapsed, min(self._began + settings.longest, most)):
            return Endpoint.LONGEST
        if self.speech_heard:
            over = self._reached(self._silence, self._needed_silence)
            return Endpoint.END_OF_SPEECH if over else None
        if self._reached(self._silence, settings.forget):
            self._speech = 0.0
        waited = self._reached(self._elapsed, settings.no_speech_timeout)
        # Who begins to speak at the last moment is heard out.
        if waited and self._speech == 0.0 and not self._timed_out:
            self._timed_out = True
            return Endpoint.NO_SPEECH
        return None

    @property
    def _needed_silence(self) -> float:
        settings = self._settings
        short = not self._reached(self._speech, settings.short)
        needed = settings.silence_after_short if short else settings.silence
        if self._unfinished and not self._reached(self._spoken_since, self._most_since):
            return max(needed, settings.silence_unfinished)
        return needed

    @staticmethod
    def _reached(seconds: float, limit: float) -> bool:
        return seconds >= limit - _TOLERANCE
