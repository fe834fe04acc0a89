"""What the capture thread is doing, as a state and as a sentence."""

from enum import StrEnum
from typing import assert_never


class HearingState(StrEnum):
    """What the capture thread is doing."""

    CLOSED = "closed"
    """The microphone is closed on purpose; no sound is captured."""
    OPENING = "opening"
    LISTENING = "listening"
    LOST = "lost"
    """The microphone failed and is tried again and again."""
    FAILED = "failed"
    """The thread has ended and cannot go on; the process must be replaced."""


def in_words(state: HearingState, *, problem: str | None, listening: str) -> str:
    """Tell a person how it is with a microphone that is to be open.

    `problem` says why it is lost, where that is known; `listening` is what is told
    while all is well.
    """
    match state:
        case HearingState.LISTENING:
            return listening
        case HearingState.LOST | HearingState.FAILED:
            return f"microphone lost: {problem or 'no sound'}"
        case HearingState.CLOSED | HearingState.OPENING:
            return "opening the microphone"
        case _:
            assert_never(state)
