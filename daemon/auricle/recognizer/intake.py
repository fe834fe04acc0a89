"""A session's audio on its way in: decoded, and cut into utterances.

All sound here is mono s16le PCM at 16 kHz, all positions are samples of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, assert_never

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.errors import AuricleError
from auricle.qwen_asr.events import LONGEST_UTTERANCE, ServerVad, SessionSettings

# The service's limit in manual mode, ours for a segment as well.
_MOST_SAMPLES = round(LONGEST_UTTERANCE * SAMPLE_RATE)
# It hears pauses where the client decides: what is less surely a voice counts as well,
# and no silence ends anything.
_UNTIL_COMMIT = ServerVad(-0.6, silence_duration_ms=round(2000 * LONGEST_UTTERANCE))
# A satellite that is patient commits within this behind a sentence. What comes later is
# a recording with silence at its end, for whose final nobody is waiting.
_PROMPT_SAMPLES = round(1.6 * SAMPLE_RATE)
# What is pushed at once is small enough for the limit to be met in time.
_PIECE = SAMPLE_RATE * SAMPLE_BYTES


class CodecError(AuricleError):
    """Audio of this format cannot be decoded; the message is for the client."""


class Decoder(Protocol):
    """One session's audio, as it was sent and cut anywhere, is turned into PCM."""

    def decode(self, audio: bytes) -> bytes:
        """Return the samples that are complete by now. Raises CodecError."""

    def flush(self) -> bytes:
        """Return the samples held back, at the end of an utterance; more may follow."""


@dataclass(frozen=True, slots=True)
class SegmentStarted:
    """An utterance began."""

    start: int
    """The sample position where it begins, counted from the segmenter's first sample.
    """


@dataclass(frozen=True, slots=True)
class SegmentPaused:
    """The utterance that began last may be over: there is silence, but not enough."""

    end: int
    """The sample position behind what is said, counted like `start`. Where the silence
    goes on, it is the end of SegmentEnded."""


@dataclass(frozen=True, slots=True)
class SegmentResumed:
    """It was not over: somebody goes on speaking."""


@dataclass(frozen=True, slots=True)
class SegmentEnded:
    """The utterance that began last is over."""

    end: int
    """The sample position behind what is said, counted like `start`."""
    noticed: int
    """The sample position behind all that was heard to know it."""


SegmentEvent = SegmentStarted | SegmentPaused | SegmentResumed | SegmentEnded

LOOK_BACK = 2.0
"""Seconds: when a start is reported, it is no further back than this."""


class Segmenter(Protocol):
    """The server's VAD finds the utterances in one session's audio."""

    def push(self, pcm: bytes) -> list[SegmentEvent]:
        """Return what `pcm` tells, whole samples of any length.

        Starts and ends alternate; between them, so do pauses and what resumes.
        """

    def flush(self) -> list[SegmentEvent]:
        """End an open segment here; more audio may follow, and its positions go on."""

    @property
    def missed(self) -> bool:
        """Whether something was louder than the room that may have been a voice, though
        no segment tells of any.
        """

    @property
    def quiet(self) -> bool:
        """Whether nobody speaks in the last of what was pushed."""

    @property
    def about_to_pause(self) -> bool:
        """Whether nobody speaks any more in the segment that is open, though for too
        short a while to tell of a pause.
        """


MakeSegmenter = Callable[[ServerVad], Segmenter]
MakeDecoder = Callable[[str, int], Decoder]
"""Makes a session's decoder of its input_audio_format and its sample_rate in hertz;
raises CodecError."""


@dataclass(frozen=True, slots=True)
class UtteranceStarted:
    """The server heard an utterance begin."""

    start: int
    """The sample position in the session's audio where it begins."""


@dataclass(frozen=True, slots=True)
class UtterancePaused:
    """The utterance that began last may be over, and this would be all of it."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class UtteranceResumed:
    """It is not over."""


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """The server heard the utterance end that began last, and here it is, whole."""

    end: int
    """The sample position in the session's audio behind the silence that ended it."""
    pcm: bytes
    """Without most of that silence."""


@dataclass(frozen=True, slots=True)
class UtteranceLeft:
    """The client said this and did not commit it, or nobody was heard in it."""

    pcm: bytes
    start: int | None = None
    """The sample position where it begins, where the server decides what an utterance
    is."""


class UtteranceTooLongError(AuricleError):
    """The client commits too late; the message is for it."""


UtteranceEvent = (
    UtteranceStarted
    | UtterancePaused
    | UtteranceResumed
    | UtteranceEnded
    | UtteranceLeft
)


class SegmentedInput:
    """The server decides: an utterance is what its segmenter takes for one."""

    def __init__(self, segmenter: Segmenter, position: int) -> None:
        """`position` is how many samples of the session came before."""
        self._segmenter = segmenter
        self._origin = position
        self._kept = bytearray()
        self._kept_from = position
        self._open: int | None = None
        self._heard = False

    def push(self, pcm: bytes) -> list[UtteranceEvent]:
        """Take what was said, and return which utterances begin and end in it."""
        events: list[UtteranceEvent] = []
        for at in range(0, len(pcm), _PIECE):
            piece = pcm[at : at + _PIECE]
            self._kept += piece
            events += map(self._taken, self._segmenter.push(piece))
            if self._open is not None and self._position - self._open >= _MOST_SAMPLES:
                events += self.flush()
            self._forget()
        return events

    def flush(self) -> list[UtteranceEvent]:
        """End the utterance that is open, if one is."""
        return [self._taken(event) for event in self._segmenter.flush()]

    def finish(self) -> list[UtteranceEvent]:
        """End the utterance that is open; where there was none, hand out all that may
        have been one.
        """
        if self._heard or not self._segmenter.missed:
            return self.flush()
        return [UtteranceLeft(bytes(self._kept), self._kept_from)]

    @property
    def open_audio(self) -> bytes:
        """What has been said of the utterance that is open; empty where none is."""
        return b"" if self._open is None else self._cut(self._open, self._position)

    @property
    def open_samples(self) -> int:
        """How much that is."""
        start = self._open
        return 0 if start is None else self._position - start

    @property
    def quiet(self) -> bool:
        """Whether nobody speaks at the end of it."""
        return self._segmenter.quiet

    @property
    def about_to_pause(self) -> bool:
        """Whether that is so since a moment ago, and it may be over in another."""
        return self._segmenter.about_to_pause

    @property
    def _position(self) -> int:
        return self._kept_from + len(self._kept) // SAMPLE_BYTES

    def _taken(self, event: SegmentEvent) -> UtteranceEvent:
        match event:
            case SegmentStarted(start):
                assert self._open is None
                self._heard = True
                self._open = max(self._origin + start, self._kept_from)
                return UtteranceStarted(self._open)
            case SegmentPaused(end):
                return UtterancePaused(self._said(end))
            case SegmentResumed():
                return UtteranceResumed()
            case SegmentEnded(end, noticed):
                pcm = self._said(end)
                self._open = None
                return UtteranceEnded(min(self._origin + noticed, self._position), pcm)
            case _:
                assert_never(event)

    def _said(self, end: int) -> bytes:
        assert self._open is not None
        end = max(self._open, min(self._origin + end, self._position))
        return self._cut(self._open, end)

    def _cut(self, start: int, end: int) -> bytes:
        first = (start - self._kept_from) * SAMPLE_BYTES
        return bytes(self._kept[first : (end - self._kept_from) * SAMPLE_BYTES])

    def _forget(self) -> None:
        if self._open is not None:
            return
        # Voice detectors are deaf to some voices that a speech model understands.
        wanted = round(LOOK_BACK * SAMPLE_RATE) if self._heard else _MOST_SAMPLES
        spare = len(self._kept) // SAMPLE_BYTES - wanted
        # Seldom, and much at once: each time moves what stays.
        if spare > SAMPLE_RATE:
            del self._kept[: spare * SAMPLE_BYTES]
            self._kept_from += spare


class CommittedInput:
    """The client decides: all audio up to a commit is one utterance.

    Where nobody has spoken any more before a prompt commit, it ends with the pause; so
    it is known before the client decides.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        """`segmenter` tells where somebody pauses, and ends nothing by itself."""
        self._segmenter = segmenter
        self._origin = 0
        """How many samples the segmenter had heard when what is kept began."""
        self._kept = bytearray()
        self._paused: int | None = None
        self._overflowing = False

    def push(self, pcm: bytes) -> list[UtteranceEvent]:
        """Take what was said, and return where somebody pauses and speaks on.

        Raises UtteranceTooLongError, once, where that is more than a minute.
        """
        room = _MOST_SAMPLES * SAMPLE_BYTES - len(self._kept)
        taken = pcm[:room]
        self._kept += taken
        events = self._taken(self._segmenter.push(taken))
        before, self._overflowing = self._overflowing, len(pcm) > room
        if self._overflowing and not before:
            raise UtteranceTooLongError(
                f"audio beyond {LONGEST_UTTERANCE:g} seconds is not taken before "
                "what there is has been committed"
            )
        return events

    def commit(self) -> bytes:
        """Return the utterance that ends here; it is empty where nothing was said."""
        pcm = self._said
        self._segmenter.flush()
        self._origin += self.open_samples
        self._kept.clear()
        self._paused = None
        self._overflowing = False
        return pcm

    def finish(self) -> list[UtteranceEvent]:
        """Hand out what was not committed."""
        return self.flush()

    def flush(self) -> list[UtteranceEvent]:
        """Hand out what was not committed."""
        pcm = self.commit()
        return [UtteranceLeft(pcm)] if pcm else []

    @property
    def open_audio(self) -> bytes:
        """What has been said since the last commit."""
        return bytes(self._kept)

    @property
    def open_samples(self) -> int:
        """How much that is."""
        return len(self._kept) // SAMPLE_BYTES

    @property
    def quiet(self) -> bool:
        """Whether nobody speaks at the end of it."""
        return self._segmenter.quiet

    @property
    def about_to_pause(self) -> bool:
        """Whether that is so since a moment ago, and it may be over in another."""
        return self._segmenter.about_to_pause

    @property
    def _said(self) -> bytes:
        if self._paused is None:
            return bytes(self._kept)
        said = self._paused - self._origin
        if self.open_samples - said > _PROMPT_SAMPLES:
            return bytes(self._kept)
        return bytes(self._kept[: said * SAMPLE_BYTES])

    def _taken(self, events: list[SegmentEvent]) -> list[UtteranceEvent]:
        taken: list[UtteranceEvent] = []
        for event in events:
            match event:
                case SegmentPaused(end):
                    self._paused = end
                    said = (end - self._origin) * SAMPLE_BYTES
                    taken.append(UtterancePaused(bytes(self._kept[:said])))
                case SegmentResumed():
                    self._paused = None
                    taken.append(UtteranceResumed())
                case SegmentStarted() | SegmentEnded():
                    pass
                case _:
                    assert_never(event)
        return taken


class Intake:
    """A session's audio is decoded, and cut into utterances, as its settings say."""

    def __init__(
        self,
        settings: SessionSettings,
        make_segmenter: MakeSegmenter,
        make_decoder: MakeDecoder,
    ) -> None:
        self.position = 0
        """How many samples came so far."""
        self._settings = settings
        self._make_segmenter = make_segmenter
        self._make_decoder = make_decoder
        self._decoder: Decoder | None = None
        self._input: SegmentedInput | CommittedInput | None = None

    def change(self, settings: SessionSettings) -> list[UtteranceEvent]:
        """Go on with other settings, and return what ends for it.

        Raises CodecError, and changes nothing, where the format cannot be decoded.
        """
        before = self._settings
        events: list[UtteranceEvent] = []
        if _codec(settings) != _codec(before):
            decoder = self._make_decoder(*_codec(settings))
            events += self._hear_the_rest()
            self._decoder = decoder
        if settings.turn_detection != before.turn_detection:
            events += self._hear_the_rest() + self._end_utterance()
            self._input = None
        self._settings = settings
        return events

    def push(self, audio: bytes) -> list[UtteranceEvent]:
        """Take audio as the client sent it, and return what it brings about.

        Raises CodecError, and UtteranceTooLongError for what is not taken.
        """
        if self._decoder is None:
            self._decoder = self._make_decoder(*_codec(self._settings))
        return self._hear(self._decoder.decode(audio))

    def commit(self) -> bytes:
        """Return the utterance that ends here; it is empty where none can."""
        if not isinstance(self._input, CommittedInput):
            return b""
        self._hear_the_rest()
        return self._input.commit()

    def finish(self) -> list[UtteranceEvent]:
        """End what is under way: no audio follows."""
        return self._hear_the_rest() + (self._input.finish() if self._input else [])

    @property
    def open_audio(self) -> bytes:
        """What has been said of the utterance under way."""
        return self._input.open_audio if self._input else b""

    @property
    def open_seconds(self) -> float:
        """How much that is."""
        return self._input.open_samples / SAMPLE_RATE if self._input else 0.0

    @property
    def quiet(self) -> bool:
        """Whether nobody speaks at the end of it."""
        return self._input is not None and self._input.quiet

    @property
    def about_to_pause(self) -> bool:
        """Whether that is so since a moment ago, and it may be over in another."""
        return self._input is not None and self._input.about_to_pause

    def _hear(self, pcm: bytes) -> list[UtteranceEvent]:
        if self._input is None:
            self._input = self._new_input()
        self.position += len(pcm) // SAMPLE_BYTES
        return self._input.push(pcm)

    def _hear_the_rest(self) -> list[UtteranceEvent]:
        try:
            return self._hear(self._decoder.flush()) if self._decoder else []
        except UtteranceTooLongError:
            # By milliseconds, and the utterance ends here.
            return []

    def _end_utterance(self) -> list[UtteranceEvent]:
        return self._input.flush() if self._input else []

    def _new_input(self) -> SegmentedInput | CommittedInput:
        vad = self._settings.turn_detection
        if vad is None:
            return CommittedInput(self._make_segmenter(_UNTIL_COMMIT))
        return SegmentedInput(self._make_segmenter(vad), self.position)


def _codec(settings: SessionSettings) -> tuple[str, int]:
    return settings.input_audio_format, settings.sample_rate
