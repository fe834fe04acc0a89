"""What the engine found, as the service would say it, and nothing besides."""

import math

from auricle.qwen_asr.events import (
    FinalTranscript,
    InterimTranscript,
    TranscriptionFailed,
)
from auricle.recognizer.transcriptions import Transcribe
from auricle.turns.turn import Transcript


def interim_transcript(
    work: Transcribe, confirmed: str, draft: str, transcript: Transcript
) -> InterimTranscript:
    return InterimTranscript(
        work.item_id,
        confirmed,
        draft,
        work.language or transcript.language,
        transcript.emotion,
    )


def result(
    work: Transcribe, transcript: Transcript | None
) -> FinalTranscript | TranscriptionFailed:
    """The item's last word; `transcript` is None where the engine failed."""
    if transcript is None:
        message = "the speech engine could not recognize this item"
        return TranscriptionFailed(work.item_id, "internal_error", message)
    # Where nothing was said, it was said in no language, and in no mood.
    heard = transcript if transcript.text else Transcript("")
    return FinalTranscript(
        work.item_id,
        heard.text,
        work.language or heard.language,
        heard.emotion,
        math.ceil(work.seconds),
    )
