"""What the daemon's parts say of themselves, and what that amounts to."""

from collections.abc import Sequence
from dataclasses import dataclass

from auricle.capture.hearing_state import HearingState, in_words

# Seconds. A loop that comes so late has been blocked by something.
LONGEST_LAG = 1.0
CAPTURE_THREAD, MICROPHONE = "capture thread", "microphone"
WAKE_WORD_ENGINE = "wake word engine"
_OF_HEARING = frozenset({CAPTURE_THREAD, MICROPHONE, WAKE_WORD_ENGINE})
# Looks, one a second. The device keeps five seconds of sound while nobody reads: who
# goes on before has lost nothing, and need not be given up.
_PATIENCE = 4


@dataclass(frozen=True, slots=True)
class Vitals:
    """Holds the parts' own counts, at one moment."""

    hearing: HearingState
    rounds: int
    """Rounds of the capture thread, whatever it does."""
    frames: int
    inferences: int
    broker_rounds: int | None
    """Rounds of the broker's network thread; None while a connection is tried."""
    wanted: bool
    """Whether the microphone is to be open."""
    wishes: int
    """How often that was changed."""
    wake_words: Sequence[str]
    microphone_problem: str | None = None
    """A sentence: why there is no sound."""
    broker_problem: str | None = None
    """A sentence: why there is no connection."""

    @property
    def ready(self) -> bool:
        """Whether the satellite does what it is for."""
        if self.wanted:
            return self.hearing is HearingState.LISTENING
        return self.hearing is HearingState.CLOSED

    @property
    def status(self) -> str:
        """A sentence for whoever asks how the satellite is."""
        broker = f"; no broker: {self.broker_problem}" if self.broker_problem else ""
        return self._hearing_status + broker

    @property
    def _hearing_status(self) -> str:
        match self.hearing:
            case HearingState.CLOSED if not self.wanted:
                return "muted: the microphone is closed"
            case HearingState.LISTENING | HearingState.OPENING if not self.wanted:
                return "mute is ordered: closing the microphone"
        heard = ", ".join(self.wake_words) or "nothing: no wake word is chosen"
        problem = self.microphone_problem
        listening = f"listening for {heard}" + (f"; {problem}" if problem else "")
        return in_words(self.hearing, problem=problem, listening=listening)


class Pulse:
    """Tells from what the parts did since its last beat whether all of them live."""

    def __init__(self) -> None:
        self._last_beat: Vitals | None = None

    def beat(self, vitals: Vitals, *, lag: float) -> tuple[str, ...]:
        """Return the parts that did nothing since the last beat; none is a new beat.

        `lag` is how many seconds late the event loop was.
        """
        still = tuple(_still(vitals, self._last_beat))
        if lag >= LONGEST_LAG:
            still += ("event loop",)
        if not still:
            self._last_beat = vitals
        return still


class HearingWatch:
    """Tells from one look after the other whether the capture thread does its work."""

    def __init__(self) -> None:
        self._before: Vitals | None = None
        self._idle_looks = 0

    def fail(self, vitals: Vitals) -> bool:
        """Return whether, for seconds now, it is deaf, or open against orders."""
        idle = not _OF_HEARING.isdisjoint(_still(vitals, self._before))
        self._idle_looks = self._idle_looks + 1 if idle else 0
        self._before = vitals
        return self._idle_looks >= _PATIENCE


def _still(now: Vitals, before: Vitals | None) -> Sequence[str]:
    if now.hearing is HearingState.FAILED:
        return ["hearing"]
    if before is None:
        return []
    still = []
    if now.rounds == before.rounds:
        still.append(CAPTURE_THREAD)
    if _does_nothing(now, before):
        still.append(MICROPHONE)
    # A closed or lost microphone gives it nothing to do.
    listening = now.hearing is HearingState.LISTENING
    if listening and now.inferences == before.inferences:
        still.append(WAKE_WORD_ENGINE)
    # A new connection counts anew.
    if now.broker_rounds is not None and now.broker_rounds == before.broker_rounds:
        still.append("broker connection")
    return still


def _does_nothing(now: Vitals, before: Vitals) -> bool:
    """Whether the microphone neither hears nor comes nearer to what is wanted of it."""
    if now.hearing is HearingState.LISTENING and now.frames == before.frames:
        return True
    at_odds = all((v.hearing is HearingState.CLOSED) is v.wanted for v in (before, now))
    # Who changes their mind again and again leaves it no time.
    return at_odds and now.wishes == before.wishes
