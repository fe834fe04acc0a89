"""A server VAD that any test can predict: loud is speech, quiet is none."""

import numpy as np

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.qwen_asr.events import ServerVad
from auricle.recognizer.intake import (
    SegmentEnded,
    SegmentEvent,
    SegmentPaused,
    SegmentResumed,
    SegmentStarted,
)

_STEP = SAMPLE_RATE // 100
_LOUD = 500
_FAINT = 50
_ONSET_STEPS = 3
_FAINT_STEPS = 15
_TAIL_STEPS = 10


class EnergySegmenter:
    """Speech is 30 ms in which every 10 ms reach an amplitude of 500; what is said ends
    with the silence behind it. What is faint, from 50 on, may have been missed.
    """

    foresees = False

    def __init__(self, vad: ServerVad) -> None:
        self._silence_steps = vad.silence_duration_ms // 10
        self._rest = b""
        self._position = 0
        self._open = False
        self._loud = 0
        self._quiet = 0
        self._faint = 0

    def push(self, pcm: bytes) -> list[SegmentEvent]:
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % (_STEP * SAMPLE_BYTES)
        self._rest = pcm[whole:]
        steps = np.frombuffer(pcm[:whole], "<i2").reshape(-1, _STEP)
        events: list[SegmentEvent] = []
        for peak in np.abs(steps.astype(np.int32)).max(axis=1, initial=0):
            self._position += _STEP
            self._faint += _FAINT <= peak < _LOUD
            events += self._step(loud=peak >= _LOUD)
        return events

    def flush(self) -> list[SegmentEvent]:
        if not self._open:
            return []
        self._loud = 0
        return [self._ended(self._position + len(self._rest) // SAMPLE_BYTES)]

    @property
    def missed(self) -> bool:
        return self._faint >= _FAINT_STEPS

    @property
    def quiet(self) -> bool:
        # As long as the frames that a voice detector judges: less is within a word.
        return self._quiet >= _ONSET_STEPS

    @property
    def about_to_pause(self) -> bool:
        return self._open and self.foresees and 0 < self._quiet < _TAIL_STEPS

    def _step(self, *, loud: bool) -> list[SegmentEvent]:
        resumed = loud and self._quiet >= _TAIL_STEPS
        self._loud = self._loud + 1 if loud else 0
        self._quiet = 0 if loud else self._quiet + 1
        if not self._open and self._loud == _ONSET_STEPS:
            self._open = True
            return [SegmentStarted(self._position - _ONSET_STEPS * _STEP)]
        if self._open and self._quiet == self._silence_steps:
            return [self._ended(self._position)]
        if self._open and self.foresees and self._quiet == _TAIL_STEPS:
            return [SegmentPaused(self._position)]
        return [SegmentResumed()] if self._open and self.foresees and resumed else []

    def _ended(self, position: int) -> SegmentEnded:
        self._open = False
        tail = self._quiet
        if self.foresees:
            tail = min(_TAIL_STEPS, tail)
        return SegmentEnded(position - (self._quiet - tail) * _STEP, position)


class ForesightedSegmenter(EnergySegmenter):
    """What is said ends 100 ms behind the speech, which is known before it is over."""

    foresees = True
