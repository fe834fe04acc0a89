"""What is heard, as a picture of a few lines: why does it not hear me?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.level import QUIETEST_DBFS
from auricle.wake.detector import Detection

# Seconds of sound. A score lasts for a frame or two, too short for an eye.
_HELD = 1.5
_COLUMN = 12
_BAR = 40
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVEL_RANGE = -QUIETEST_DBFS


@dataclass(frozen=True, slots=True)
class Moment:
    """Holds what was made of one frame."""

    end: int
    """The sample position behind the frame."""
    level: float
    """The level of the frame, in dBFS."""
    floor: float
    """The level of the room's own noise, in dBFS."""
    speech: bool
    scores: Mapping[str, float]
    """How sure the engine is of each wake word, 0 to 1."""


class LiveView:
    """Is told what happens, and draws it."""

    def __init__(
        self,
        thresholds: Mapping[str, float],
        *,
        recognizer: str | None,
        kept: str = "",
    ) -> None:
        """Draw the scores beside `thresholds`; `recognizer` is the host to which speech
        is sent behind a wake word, None where it is sent to nobody; `kept` says what of
        the sound is kept, and where, and is empty where none is.
        """
        self._recognizer = recognizer
        self._kept = kept
        self._keeping = ""
        self._keys = ""
        self._thresholds = dict(thresholds)
        self._listened_for = tuple(thresholds)
        self._source = "the microphone"
        self._remarks: tuple[str, ...] = ()
        self._remarked = 0
        self._state = "opening the microphone"
        self._moment: Moment | None = None
        self._held: dict[str, tuple[float, int]] = {}
        self._best: dict[str, float] = {}
        self._detections: dict[str, int] = {}
        self._last_wake = ""
        self._said = ""
        self._group = ""
        self._bids = ""

    # --- what happens ---

    def listen_for(self, wake_words: tuple[str, ...]) -> None:
        """Mark all other wake words as not listened for."""
        self._listened_for = wake_words

    def hear_with(self, source: str, remarks: Sequence[str] = ()) -> None:
        """Name the source; `remarks` are what differs from what it promised, each a
        sentence.
        """
        self._source = source
        self._remarks = tuple(remarks)

    def be(self, state: str) -> None:
        """Say what the satellite is doing, in a word or a sentence."""
        self._state = state

    def hear(self, moment: Moment) -> None:
        """Take the next frame's levels and scores."""
        self._moment = moment
        for name, score in moment.scores.items():
            self._best[name] = max(score, self._best.get(name, 0.0))
            held, until = self._held.get(name, (0.0, 0))
            # Positions begin anew with a microphone that was opened again.
            expired = moment.end > until or until > moment.end + _HELD * SAMPLE_RATE
            if score >= held or expired:
                self._held[name] = score, moment.end + round(_HELD * SAMPLE_RATE)

    def wake(self, detection: Detection, at: datetime) -> None:
        """Count a detection, heard at this time of day."""
        name = detection.wake_word
        self._detections[name] = self._detections.get(name, 0) + 1
        self._last_wake = f"{name}, score {detection.score:.2f}, at {at:%H:%M:%S}"
        self._said = ""

    def say(self, what: str, text: str) -> None:
        """Show what was understood, or how the turn ended."""
        self._said = f"{what:{_COLUMN}}{text}"

    def overhear(self, others: str, bids: str) -> None:
        """Show who else is in the group, and what was bid for the latest wake word."""
        self._group, self._bids = others, bids

    def keep(self, what: str, keys: str) -> None:
        """Show what was kept, or is asked for; and what may be pressed."""
        self._keeping, self._keys = what, keys

    # --- the picture ---

    def lines(self, width: int) -> list[str]:
        """Draw the whole picture, no line wider than `width` characters."""
        lines = [
            f"auricle listen: {self._source}",
            self.promise,
            *self._remarks,
            "",
            self._level_line(),
            _row("speech", self._speech),
            *(self._score_line(name) for name in self._thresholds),
            _row("state", self._state),
            _row("last wake", self._last_wake or "none yet"),
            *([_row("group", self._group)] if self._group else ()),
            *([_row("bids", self._bids)] if self._bids else ()),
            *([_row("record", self._keeping)] if self._keeping else ()),
            self._said,
            "",
            "; ".join(filter(None, (self._keys, "Ctrl-C ends it"))),
        ]
        return [line[: max(1, width)] for line in lines]

    def line(self) -> str:
        """Draw the same in one line, where there is no screen to draw on."""
        moment = self._moment
        level = "no sound" if moment is None else f"{moment.level:.0f} dBFS"
        floor = "" if moment is None else f", floor {moment.floor:.0f}"
        scores = ", ".join(
            f"{name} {self._held.get(name, (0.0, 0))[0]:.2f}/{threshold:g}"
            for name, threshold in self._thresholds.items()
        )
        parts = [f"{level}{floor}", f"speech {self._speech}", scores, self._state]
        if self._last_wake:
            parts.append(f"last wake {self._last_wake}")
        if self._bids:
            parts.append(f"bids {self._bids}")
        if self._keeping:
            parts.append(self._keeping)
        if self._said:
            parts.append(" ".join(self._said.split()))
        return "; ".join(part for part in parts if part)

    def new_remarks(self) -> list[str]:
        """Return the remarks that were not handed over before, where there is no
        screen.
        """
        new = self._remarks[self._remarked :]
        self._remarked = len(self._remarks)
        return list(new)

    def summary(self) -> list[str]:
        """Return a line for each wake word: how often it was heard, and how nearly."""
        return [
            f"{name}: detections {self._detections.get(name, 0)}, "
            f"best score {self._best.get(name, 0.0):.2f}, threshold {threshold:g}"
            for name, threshold in self._thresholds.items()
        ]

    @property
    def promise(self) -> str:
        """What leaves this machine, and what is kept, in a sentence."""
        if self._recognizer is not None:
            sent = f"what is said behind a wake word is sent to {self._recognizer}"
        elif self._kept:
            sent = "nothing that is heard leaves this machine"
        else:
            sent = (
                "nothing that is heard leaves this machine; --transcribe would send "
                "what is said"
            )
        return "; ".join(filter(None, (sent, self._kept)))

    @property
    def _speech(self) -> str:
        return "yes" if self._moment is not None and self._moment.speech else "no"

    def _level_line(self) -> str:
        if self._moment is None:
            return _row("level", "no sound yet")
        level, floor = self._moment.level, self._moment.floor
        picture = bar(level, mark=floor)
        return _row("level", f"{picture} {level:4.0f} dBFS, noise floor {floor:.0f}")

    def _score_line(self, name: str) -> str:
        threshold = self._thresholds[name]
        if name not in self._listened_for:
            return _row(name, "not listened for")
        score, _ = self._held.get(name, (0.0, 0))
        picture = gauge(score, mark=threshold)
        return _row(name, f"{picture} {score:.2f}, threshold {threshold:g}")


def _row(name: str, text: str) -> str:
    return f"{name:{_COLUMN - 1}} {text}"


def bar(level: float, *, width: int = _BAR, mark: float | None = None) -> str:
    """Draw a level in dBFS; `mark` is another one, drawn as a line in it."""
    marked = None if mark is None else mark / _LEVEL_RANGE + 1
    return gauge(level / _LEVEL_RANGE + 1, width=width, mark=marked)


def gauge(share: float, *, width: int = _BAR, mark: float | None = None) -> str:
    """Draw a share of 1, to an eighth of a character; `mark` is another one, drawn as a
    line in it.
    """
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    cells = ["█"] * full + ([_EIGHTHS[rest]] if rest else [])
    cells += ["·"] * (width - len(cells))
    if mark is not None:
        cells[max(0, min(int(mark * width), width - 1))] = "|"
    return "".join(cells)
