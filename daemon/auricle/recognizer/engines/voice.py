"""Whether there is a voice in an utterance, for models that make up words without."""

from auricle.audio.frame import FRAME_BYTES, FrameCutter
from auricle.vad.detectors import VoiceDetectorName, make_voice_detector


def has_voice(pcm: bytes) -> bool:
    """Tell whether `pcm` (mono s16le at 16 kHz) has a frame of speech."""
    frames = FrameCutter().push(pcm + bytes(-len(pcm) % FRAME_BYTES))
    return any(map(make_voice_detector(VoiceDetectorName.AUTO).is_speech, frames))
