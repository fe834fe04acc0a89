"""WebRTC's voice detector: light, and made to be kept in check by a gate."""

from collections.abc import Sequence

import webrtcvad

from auricle.audio.frame import SAMPLE_RATE, Frame
from auricle.vad.energy_gate import EnergyGate
from auricle.vad.leveler import Leveler
from auricle.vad.speaker_gate import SpeakerGate
from auricle.vad.voice_detector import VoiceDetector


class WebrtcVoiceDetector(VoiceDetector):
    """Asks WebRTC's voice activity detector, behind a gate that knows room and speaker.

    Alone it takes a loud kitchen for one long utterance; with the gate it does not.
    """

    name = "webrtc"
    speaker_since = 0
    """The first sample: it cannot tell one voice from many."""

    def __init__(self, *, mode: int = 3, gate: EnergyGate | None = None) -> None:
        """Set up WebRTC's detector; `mode` is its aggressiveness, of which 0 and 1 take
        faint hiss for speech.

        `gate` judges how far a voice has to stand out from the room's steady noise.
        """
        self._mode = mode
        self._speaker = SpeakerGate(gate)
        self._leveler = Leveler()
        self._vad = webrtcvad.Vad(mode)

    def attune(self, memory: Sequence[Frame], *, woken: bool) -> None:
        self._speaker.attune(memory, woken=woken)
        self._leveler.attune(memory)
        self._vad = webrtcvad.Vad(self._mode)
        for frame in memory:
            self._hears_voice(frame)

    def is_speech(self, frame: Frame) -> bool:
        return self._speaker.passes(frame, voice=self._hears_voice(frame))

    def reset(self) -> None:
        """Forget all audio heard so far, as after a gap in the stream."""
        self._speaker.reset()
        self._leveler.attune(())
        self._vad = webrtcvad.Vad(self._mode)

    def _hears_voice(self, frame: Frame) -> bool:
        return bool(self._vad.is_speech(self._leveler.level(frame).pcm, SAMPLE_RATE))
