"""The server's VAD: where the utterances of a session begin and end."""

from math import inf

from auricle.audio.frame import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE, Frame
from auricle.qwen_asr.events import ServerVad
from auricle.recognizer.intake import (
    SegmentEnded,
    Segmenter,
    SegmentEvent,
    SegmentStarted,
)
from auricle.turns.endpointing import Endpointer, EndpointingSettings
from auricle.vad.detectors import make_unannounced_detector

# The first sound of a word may be too soft to be told from the room: the segment
# begins this much earlier. The official SDK asks for 300 ms of `prefix_padding_ms`.
_PREFIX_SAMPLES = round(0.3 * SAMPLE_RATE)


class VadSegmenter(Segmenter):
    """Utterances, found by the two parameters of a client.

    `threshold` moves what counts as speech, as `make_unannounced_detector` says.
    `silence_duration_ms` is the silence that ends a segment, which includes it.
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
        self._last_end = 0
        self._position = 0
        self._rest = b""

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
        if self._start is None:
            return []
        return [self._end_at(self._position + len(self._rest) // SAMPLE_BYTES)]

    def _listen(self, frame: Frame) -> list[SegmentEvent]:
        speech = self._detector.is_speech(frame)
        over = self._endpointer.push(frame, speech=speech) is not None
        if self._start is not None:
            return [self._end_at(frame.end)] if over else []
        onset = self._endpointer.start_of_speech
        if onset is None:
            return []
        self._start = max(self._last_end, onset - _PREFIX_SAMPLES)
        return [SegmentStarted(self._start)]

    def _end_at(self, end: int) -> SegmentEnded:
        self._start = None
        self._last_end = end
        self._endpointer = Endpointer(self._settings)
        return SegmentEnded(end)
