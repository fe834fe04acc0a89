"""Keeps the moments that tell which threshold suits; `auricle listen --record`."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE, Frame
from auricle.listen.candidates import BEHIND, Candidate, Candidates
from auricle.listen.collection import MOST_CLIPS, Clip, Collection, Label
from auricle.listen.prompts import LONGEST, Prompts
from auricle.listen.view import Moment

# Seconds of a sound that is kept: the word, and so much before it as an engine has to
# have heard of a room to be as sure as it was.
_CLIP, _BEFORE_PROMPT = 4.0, 1.5
# Somebody who was not heard says so soon.
_JUST_NOW = 5.0
# Seconds after which the time that was listened to is written down.
_SAVE_EVERY = 300.0


def what_is_kept(folder: Path) -> str:
    """Say to a person what of the sound is kept, and where."""
    return (
        f"wake words and what resembles them are kept in {folder}: some seconds of "
        f"each, {MOST_CLIPS} sounds at most"
    )


class Recorder:
    """Is told what was heard; decides with the candidates or the prompts what is kept,
    and whether it was wanted.
    """

    def __init__(
        self,
        collection: Collection,
        thresholds: Mapping[str, float],
        wake_words: Sequence[str],
        prompts: Prompts | None,
        *,
        now: Callable[[], datetime],
    ) -> None:
        """Keep in `collection` what resembles any of `wake_words`, as nobody called, or
        with `prompts` what was asked for; `now` tells the time of day.
        """
        self._collection = collection
        self._thresholds = thresholds
        self._wake_words = tuple(wake_words)
        self._prompts = prompts
        self._now = now
        self._candidates = Candidates()
        self._frames: deque[Frame] = deque(
            maxlen=round((LONGEST + _BEFORE_PROMPT) / FRAME_SECONDS)
        )
        self._scores: deque[Mapping[str, float]] = deque(
            maxlen=round(_JUST_NOW / FRAME_SECONDS)
        )
        self._last: Clip | None = None
        self._last_end = 0
        """The sample position behind that one."""
        self._unsaved = 0.0
        self._problem = ""

    @property
    def finished(self) -> bool:
        """Whether nothing more will be kept."""
        asked_all = self._prompts is not None and self._prompts.finished
        return asked_all or self._collection.full or bool(self._problem)

    @property
    def status(self) -> str:
        """What is asked for, what was kept last, and how much there is."""
        parts = [] if self._prompts is None else [self._prompts.text]
        parts.append(self._problem)
        if self._last is not None:
            meant = "you" if self._last.label is Label.WANTED else "not you"
            heard = "detected" if self._last.detected else "not detected"
            parts.append(
                f"{self._last.wake_word} {self._last.score:.2f}, {heard}, {meant}"
            )
        parts.append(f"{self._collection.count} of {MOST_CLIPS} sounds kept")
        return "; ".join(filter(None, parts))

    @property
    def keys(self) -> str:
        """What may be pressed."""
        if self._prompts is not None:
            return ""
        return "y: that was me; n: it was not; m: I called, and was missed"

    def hear(self, frame: Frame, moment: Moment, detected: Mapping[str, float]) -> None:
        """Take the next frame, with what was made of it; `detected` are the scores of
        wake words that the satellite woke up for.
        """
        if self.finished:
            return
        if self._frames and frame.start != self._frames[-1].end:
            self._frames.clear()
        self._frames.append(frame)
        scores = {name: moment.scores.get(name, 0.0) for name in self._wake_words}
        self._scores.append(scores)
        if self._prompts is not None:
            said = self._prompts.hear(scores, detected, speech=moment.speech)
            if said is not None:
                candidate, seconds = said
                self._keep(candidate, Label.WANTED, seconds + _BEFORE_PROMPT)
            return
        self._listened(frame.seconds)
        for candidate in self._candidates.hear(moment.end, scores, detected):
            self._keep(candidate, Label.UNWANTED, _CLIP)

    def press(self, key: str) -> None:
        """Take a key: of what was kept last, or just missed."""
        if self._prompts is not None or self._problem:
            return
        match key:
            case "y":
                self._relabel(Label.WANTED)
            case "n":
                self._relabel(Label.UNWANTED)
            case "m":
                self._keep_missed()

    def stop(self) -> None:
        """Keep what was not over yet, and write down for how long was listened."""
        for candidate in self._candidates.end():
            self._keep(candidate, Label.UNWANTED, _CLIP)
        if not self._problem:
            self._try(self._collection.save)

    def _keep(self, candidate: Candidate, label: Label, seconds: float) -> None:
        if self._collection.full:
            return
        clip = Clip(
            "",
            candidate.wake_word,
            label,
            round(candidate.score, 4),
            self._thresholds[candidate.wake_word],
            candidate.detected,
            self._now().isoformat(timespec="seconds"),
        )
        frames = list(self._frames)[-round(seconds / FRAME_SECONDS) :]
        pcm = b"".join(frame.pcm for frame in frames)

        def keep() -> None:
            self._last = self._collection.keep(clip, pcm)
            self._last_end = frames[-1].end

        self._try(keep)

    def _relabel(self, label: Label) -> None:
        last = self._last
        if last is None:
            return

        def relabel() -> None:
            self._last = self._collection.relabel(last, label)

        self._try(relabel)

    def _keep_missed(self) -> None:
        best = max(
            (
                (score, name)
                for scores in self._scores
                for name, score in scores.items()
            ),
            default=None,
        )
        if best is None:
            return
        # It would else be kept once more, as one that nobody wanted.
        self._candidates.forget()
        score, name = best
        if self._last is not None and self._was_missed(self._last, name):
            self._relabel(Label.WANTED)
        else:
            self._keep(Candidate(name, score, detected=False), Label.WANTED, _JUST_NOW)

    def _was_missed(self, last: Clip, wake_word: str) -> bool:
        """Whether what was kept last is what somebody says was missed just now."""
        if last.wake_word != wake_word or last.detected or last.label is Label.WANTED:
            return False
        ago = self._frames[-1].end - self._last_end
        return 0 <= ago <= (_JUST_NOW - BEHIND) * SAMPLE_RATE

    def _listened(self, seconds: float) -> None:
        self._collection.listened(self._wake_words, seconds)
        self._unsaved += seconds
        if self._unsaved >= _SAVE_EVERY:
            self._unsaved = 0.0
            self._try(self._collection.save)

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self._problem = f"{self._collection.folder} cannot be written: {reason}"
