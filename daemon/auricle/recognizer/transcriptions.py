"""What a session wants recognized, one piece at a time, and how the results read.

Finals go first in, first out. An interim is wanted only while nothing else is: it is
worth nothing late. So is a final of an utterance that may be over: where it is, its
transcript is there sooner, and where somebody speaks on, it was an interim.
"""

import math
from collections import deque
from dataclasses import dataclass, field, replace

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.qwen_asr.events import (
    THROTTLED,
    FinalTranscript,
    InterimTranscript,
    TranscriptionFailed,
)

_BYTES_PER_SECOND = SAMPLE_RATE * SAMPLE_BYTES


@dataclass(frozen=True, slots=True)
class RecognizedText:
    """The engine found these words in an order's audio, and nothing besides."""

    text: str
    """The words; empty where nothing is said."""
    language: str | None = None
    """The code of the language of the words; None where the engine cannot tell."""
    emotion: str | None = None
    """What was heard of one, in the protocol's labels; None: the engine cannot tell."""
    unfinished: bool | None = None
    """Whether it is no whole sentence, as far as it goes; None: the engine cannot tell,
    or was in the midst of it."""


@dataclass(frozen=True, slots=True)
class TooBusy:
    """The engine has too much to do to recognize an order's audio in time."""

    retry_after: int
    """Seconds after which it may have less."""


Answer = RecognizedText | TooBusy | None
"""What became of an order; None: the engine failed, or made no draft."""


@dataclass(frozen=True, slots=True)
class Transcribe:
    """The engine is to recognize this, for an interim of the item, or for its final."""

    item_id: str
    pcm: bytes
    """Mono s16le at 16 kHz."""
    final: bool
    language: str | None
    """The code of the language that the client named; None where it named none."""
    corpus: str | None
    """Words to expect."""
    end: int = field(default=0, compare=False)
    """The position in the session's audio up to which this tells what is said."""
    behind_its_own: bool = False
    """Whether its session's finals before it are not done: who uploads a recording has
    said more than is answered, and hears meanwhile how that goes on."""
    ahead: bool = False
    """Whether it is the final of an utterance that is not over yet, and may go on."""

    @property
    def seconds(self) -> float:
        """How long the audio is."""
        return len(self.pcm) / _BYTES_PER_SECOND


@dataclass(frozen=True, slots=True)
class ConfirmOrder:
    """The utterance is over whose final was ordered ahead: it is waited for now."""

    work: Transcribe


@dataclass(frozen=True, slots=True)
class WithdrawOrder:
    """Somebody speaks on: what was ordered ahead need not be begun any more."""

    work: Transcribe


class Transcriptions:
    """One session's orders wait here; at most one of them is with the engine."""

    def __init__(self) -> None:
        self._finals: deque[Transcribe] = deque()
        self._with_engine: Transcribe | None = None
        self._ahead: Transcribe | None = None
        """The final of the utterance that may be over: wanted, begun, or done."""
        self._found: RecognizedText | None = None
        """What it says, once it is done."""
        self._confirmed: Transcribe | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is wanted, and the engine is at nothing."""
        return self._with_engine is None and not self._finals and not self._ahead_waits

    @property
    def foreseen(self) -> bool:
        """Whether the final of the utterance under way is there, or on its way."""
        return self._ahead is not None

    @property
    def backlog(self) -> float:
        """Seconds of audio that wait for the engine."""
        return sum(final.seconds for final in self._finals)

    @property
    def final_under_way(self) -> bool:
        """Whether an utterance is over whose final is not there yet."""
        current = self._with_engine
        waited_for = current is not None and current.final and not current.ahead
        return bool(self._finals) or waited_for or self._confirmed is not None

    def want(self, work: Transcribe) -> None:
        """Queue an order; an interim only while idle."""
        assert work.final or self.idle
        self._finals.append(replace(work, behind_its_own=self.final_under_way))

    def foresee(self, work: Transcribe) -> None:
        """Want the final of an utterance that may be over, unless others wait: who has
        said more than is answered is not served sooner by that.
        """
        if not self.final_under_way:
            self._ahead, self._found = replace(work, ahead=True), None

    def resume(self) -> WithdrawOrder | None:
        """Forget what was foreseen; tell the engine, where it has the order."""
        ahead, self._ahead, self._found = self._ahead, None, None
        if ahead is None or ahead is not self._with_engine:
            return None
        return WithdrawOrder(ahead)

    def settle(
        self, work: Transcribe
    ) -> RecognizedText | ConfirmOrder | WithdrawOrder | None:
        """Want the final of an utterance that is over.

        Return it, where it was foreseen and is there; else what to tell the engine.
        """
        found = self._found
        if self._ahead == replace(work, ahead=True):
            if found is not None:
                self._ahead = self._found = None
                return found
            if self._ahead is self._with_engine:
                self._confirmed, self._ahead = self._ahead, None
                return ConfirmOrder(self._confirmed)
        withdraw = self.resume()
        self.want(work)
        return withdraw

    def next(self) -> Transcribe | None:
        """Return the order that the engine is to carry out now, if there is one."""
        if self._with_engine is not None:
            return None
        if self._finals:
            self._with_engine = self._finals.popleft()
        elif self._ahead_waits:
            self._with_engine = self._ahead
        return self._with_engine

    def done(self, work: Transcribe, answer: Answer) -> bool:
        """Take note that the engine is free of the order it had.

        Return whether `answer` is the last word of its item: not of an interim, and not
        of a final whose utterance goes on, or may do so.
        """
        assert work is self._with_engine
        self._with_engine = None
        if not work.ahead:
            return work.final
        confirmed = work is self._confirmed
        if confirmed:
            self._confirmed = None
            if answer is None:
                # It may not have been begun: it was of no importance.
                self._finals.appendleft(replace(work, ahead=False))
        elif work is self._ahead and isinstance(answer, RecognizedText):
            self._found = answer
        elif work is self._ahead:
            self._ahead = None
        return confirmed and answer is not None

    @property
    def _ahead_waits(self) -> bool:
        ahead = self._ahead
        return (
            ahead is not None and self._found is None and ahead is not self._with_engine
        )


def interim_transcript(
    work: Transcribe, confirmed: str, draft: str, transcript: RecognizedText
) -> InterimTranscript:
    """Return the item's interim, in the language that was named or heard."""
    return InterimTranscript(
        work.item_id,
        confirmed,
        draft,
        work.language or transcript.language,
        transcript.emotion,
        work.end * 1000 // SAMPLE_RATE,
        transcript.unfinished,
    )


def result(
    work: Transcribe, transcript: Answer
) -> FinalTranscript | TranscriptionFailed:
    """Return the item's last word.

    It reads as the service would say it, and says nothing that was not found.
    """
    if transcript is None:
        message = "the speech engine could not recognize this item"
        return TranscriptionFailed(work.item_id, "internal_error", message)
    if isinstance(transcript, TooBusy):
        message = (
            "the recognizer has too much to do to recognize this item in time, please "
            f"try again in {transcript.retry_after} s"
        )
        return TranscriptionFailed(work.item_id, THROTTLED, message)
    # Where nothing was said, it was said in no language, and in no mood.
    heard = transcript if transcript.text else RecognizedText("")
    return FinalTranscript(
        work.item_id,
        heard.text,
        work.language or heard.language,
        heard.emotion,
        math.ceil(work.seconds),
        heard.unfinished,
    )
