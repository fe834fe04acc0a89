"""So many seconds of a quiet room through one part of the satellite, and nothing else.

    listen.py PART SECONDS

Run by ../cost/instructions.py under an emulator that counts; what is the same for any
number of seconds, such as imports, falls out of the difference of two runs.
"""

import random
import sys
from array import array
from collections.abc import Callable

from auricle.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame

_DIFFERENT_FRAMES = 100
_LOUDEST = 300


def main() -> None:
    part, seconds = sys.argv[1], float(sys.argv[2])
    hear = PARTS[part]()
    source = random.Random(1)
    room = [
        array(
            "h",
            (source.randint(-_LOUDEST, _LOUDEST) for _ in range(FRAME_SAMPLES)),
        ).tobytes()
        for _ in range(_DIFFERENT_FRAMES)
    ]
    for number in range(round(seconds / FRAME_SECONDS)):
        hear(Frame(room[number % _DIFFERENT_FRAMES], number * FRAME_SAMPLES))


def _auricle() -> Callable[[Frame], object]:
    from auricle.capture.attention import Attention
    from auricle.vad.webrtc import WebrtcVoiceDetector
    from auricle.wake.detector import WakeWordModel
    from auricle.wake.microwakeword import MicroWakeWordEngine

    engine = MicroWakeWordEngine([WakeWordModel("okay_nabu")])
    attention = Attention([engine], WebrtcVoiceDetector(), pre_roll=0.0, refractory=2.0)
    return attention.hear


def _pymicro_wakeword() -> Callable[[Frame], object]:
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

    word = MicroWakeWord.from_builtin(Model.OKAY_NABU)
    features = MicroWakeWordFeatures()
    return lambda frame: [
        word.process_streaming(feature)
        for feature in features.process_streaming(frame.pcm)
    ]


def _silero() -> Callable[[Frame], object]:
    from auricle.vad.silero import SileroVoiceDetector

    return SileroVoiceDetector().is_speech


def _webrtc() -> Callable[[Frame], object]:
    from auricle.vad.webrtc import WebrtcVoiceDetector

    return WebrtcVoiceDetector().is_speech


PARTS: dict[str, Callable[[], Callable[[Frame], object]]] = {
    "auricle": _auricle,
    "pymicro-wakeword": _pymicro_wakeword,
    "silero": _silero,
    "webrtc": _webrtc,
}

if __name__ == "__main__":
    main()
