"""The server's VAD: where the utterances of a session begin and end."""

from collections import deque
from collections.abc import Iterable
from math import inf

from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SAMPLES,
    FRAME_SECONDS,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Frame,
)
from auricle.audio.level import power
from auricle.qwen_asr.events import ServerVad
from auricle.recognizer.intake import (
    LOOK_BACK,
    SegmentEnded,
    Segmenter,
    SegmentEvent,
    SegmentPaused,
    SegmentResumed,
    SegmentStarted,
)
from auricle.turns.endpointing import Endpointer, EndpointingSettings
from auricle.vad.detectors import make_unannounced_detector
from auricle.vad.energy_gate import EnergyGate

# The first sound of a word may be too soft to be told from the room: the segment
# begins this much earlier. The official SDK asks for 300 ms of `prefix_padding_ms`.
_PREFIX_SAMPLES = round(0.3 * SAMPLE_RATE)
# A voice that echoes is heard late. What was loud before, without a pause as long as
# one between two words, is its beginning.
_LOUD = 10**1.5
_WORD_GAP = round(0.6 / FRAME_SECONDS)
_LOOK_BACK_FRAMES = round(LOOK_BACK / FRAME_SECONDS) - 1
# Nine pauses of ten that are that long end a command. What is behind it holds no word.
_TAIL_SAMPLES = round(0.15 * SAMPLE_RATE)
_SHORTEST_WORD = round(0.15 / FRAME_SECONDS)


class VadSegmenter(Segmenter):
    """Utterances, found by the two parameters of a client.

    `threshold` moves what counts as speech, as `make_unannounced_detector` says.
    `silence_duration_ms` is the silence that ends a segment. What is said ends 0.15 s
    behind the last speech, as soon as that is known.
    """

    def __init__(self, vad: ServerVad) -> None:
        self._detector = make_unannounced_detector(vad.threshold)
        silence = vad.silence_duration_ms / 1000
        self._settings = EndpointingSettings(
            silence=silence,
            silence_after_short=silence,
            no_speech_timeout=inf,
            longest=inf,
        )
        self._endpointer = Endpointer(self._settings)
        self._start: int | None = None
        self._pausing = False
        self._quiet = True
        self._last_end = 0
        self._position = 0
        self._rest = b""
        self._room = EnergyGate(margin_db=4.0)
        self._louder = 0
        self._powers: deque[float] = deque(maxlen=_LOOK_BACK_FRAMES)

    def push(self, pcm: bytes) -> list[SegmentEvent]:
        events: list[SegmentEvent] = []
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % FRAME_BYTES
        for at in range(0, whole, FRAME_BYTES):
            frame = Frame(pcm[at : at + FRAME_BYTES], self._position)
            self._position = frame.end
            events += self._listen(frame)
        self._rest = pcm[whole:]
        return events

    def flush(self) -> list[SegmentEvent]:
        # What nobody knows yet to be the room's may have been said to us.
        started = self._begin() if self._start is None else []
        if self._start is None:
            return []
        end = self._end_at(self._position + len(self._rest) // SAMPLE_BYTES)
        return [*started, end]

    @property
    def quiet(self) -> bool:
        return self._quiet

    @property
    def about_to_pause(self) -> bool:
        return self._start is not None and self._quiet and not self._pausing

    @property
    def missed(self) -> bool:
        return self._louder >= _SHORTEST_WORD

    def _listen(self, frame: Frame) -> list[SegmentEvent]:
        self._louder += self._room.passes(frame)
        self._powers.append(power(frame))
        speech = self._detector.is_speech(frame)
        self._quiet = not speech
        over = self._endpointer.push(frame, speech=speech) is not None
        if self._start is not None:
            return self._go_on(frame, speech=speech, over=over)
        if self._detector.speaker_since is None and not over:
            return []
        started = self._begin()
        return [*started, self._end_at(frame.end)] if started and over else started

    def _begin(self) -> list[SegmentEvent]:
        onset = self._endpointer.start_of_speech
        if onset is None:
            return []
        if onset < (self._detector.speaker_since or 0):
            self._endpointer = Endpointer(self._settings)
            return []
        oldest = self._position - len(self._powers) * FRAME_SAMPLES
        before = list(self._powers)[: max(0, onset - oldest) // FRAME_SAMPLES]
        loud = self._room.floor * _LOUD
        missed = _of_one_run(one > loud for one in reversed(before))
        onset -= missed * FRAME_SAMPLES
        self._start = max(self._last_end, oldest, onset - _PREFIX_SAMPLES)
        return [SegmentStarted(self._start)]

    def _go_on(self, frame: Frame, *, speech: bool, over: bool) -> list[SegmentEvent]:
        if over:
            return [self._end_at(frame.end)]
        paused, self._pausing = self._pausing, frame.end >= self._end_of_words
        if self._pausing and not paused:
            return [SegmentPaused(self._end_of_words)]
        return [SegmentResumed()] if paused and speech else []

    @property
    def _end_of_words(self) -> int:
        end_of_speech = self._endpointer.end_of_speech
        assert end_of_speech is not None
        return end_of_speech + _TAIL_SAMPLES

    def _end_at(self, noticed: int) -> SegmentEnded:
        ended = SegmentEnded(min(self._end_of_words, noticed), noticed)
        self._start = None
        self._pausing = False
        self._last_end = noticed
        self._endpointer = Endpointer(self._settings)
        return ended


def _of_one_run(loud: Iterable[bool]) -> int:
    """Count the frames up to the last that is loud, before any gap between words."""
    last = 0
    for number, one in enumerate(loud, 1):
        if one:
            last = number
        elif number - last > _WORD_GAP:
            break
    return last
