"""A recording of any length, cut in pauses into utterances the recognizer takes."""

from collections.abc import Iterable, Iterator

from auricle.audio.frame import Frame

# Manual mode takes 60 s of audio; the pause is looked for before that.
LONGEST = 55.0
_LOOK_FOR_PAUSE = 40.0
_PAUSE = 0.3


def cut(frames: Iterable[tuple[Frame, bool]]) -> Iterator[list[Frame]]:
    """Cut (frame, is speech): in a pause after 40 s, or else at 55 s."""
    utterance: list[Frame] = []
    seconds = silence = 0.0
    for frame, speech in frames:
        utterance.append(frame)
        seconds += frame.seconds
        silence = 0.0 if speech else silence + frame.seconds
        in_pause = seconds >= _LOOK_FOR_PAUSE and silence >= _PAUSE
        if in_pause or seconds >= LONGEST:
            yield utterance
            utterance, seconds, silence = [], 0.0, 0.0
    if utterance:
        yield utterance
