"""What the engine found, as the service would say it."""

import math

from auricle.asr.events import (
    FinalTranscript,
    InterimTranscript,
    TranscriptionFailed,
)
from auricle.recognizer.transcriptions import Transcribe
from auricle.turn import Transcript

# The service always names an emotion. An engine that cannot tell does not mean this.
_EMOTION_UNKNOWN = "neutral"


def interim_transcript(
    work: Transcribe, confirmed: str, draft: str, transcript: Transcript
) -> InterimTranscript:
    return InterimTranscript(
        work.item_id,
        confirmed,
        draft,
        transcript.language or work.language,
        transcript.emotion or _EMOTION_UNKNOWN,
    )


def result(
    work: Transcribe, transcript: Transcript | None
) -> FinalTranscript | TranscriptionFailed:
    """The item's last word; `transcript` is None where the engine failed."""
    if transcript is None:
        message = "the speech engine could not recognize this item"
        return TranscriptionFailed(work.item_id, "internal_error", message)
    return FinalTranscript(
        work.item_id,
        transcript.text,
        transcript.language or work.language,
        transcript.emotion or _EMOTION_UNKNOWN,
        math.ceil(work.seconds),
    )
