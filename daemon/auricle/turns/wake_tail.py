"""The end of the wake phrase, where the recognizer takes it for an utterance.

The sound that is sent begins with it. Whoever pauses behind the wake word makes it an
utterance of its own to the server's VAD, with "boo" for a transcript, say. It must not
end the turn: the command is still to come.
"""

from auricle.audio.frame import SAMPLE_RATE, Frame
from auricle.qwen_asr.events import SpeechStarted, SpeechStopped


class WakeTail:
    """Tells which of the server's utterances are but the end of the wake phrase."""

    def __init__(self, silence: float) -> None:
        """`silence`: seconds behind a voice in which the server ends an utterance."""
        self._silence = silence
        self._start: int | None = None
        self._end_ms = 0.0
        self._started: SpeechStarted | None = None

    def sent(self, pre_roll: tuple[Frame, ...]) -> None:
        """This was sent first; the wake phrase ends with it, or a moment later."""
        if pre_roll:
            self._start = pre_roll[0].start
            self._end_ms = self._milliseconds(pre_roll[-1].end)

    def started(self, event: SpeechStarted) -> None:
        """Note the beginning of an utterance, which may be the wake phrase's end."""
        self._started = event

    def stopped(self, event: SpeechStopped, start_of_speech: int | None) -> bool:
        """Whether that was it; `start_of_speech` is the sample position behind the wake
        word where a voice was heard here, None while there was none.

        Both have to agree that nothing else was said: a command that we are deaf to
        ends later than a tail does, and one that follows without a pause begins before
        the server's end. A server that tells no times says neither.
        """
        started, self._started = self._started, None
        return (
            started is not None
            and started.audio_start_ms is not None
            and event.audio_end_ms is not None
            and started.audio_start_ms < self._end_ms
            and event.audio_end_ms <= self._end_ms + 1000 * self._silence
            and (
                start_of_speech is None
                or self._milliseconds(start_of_speech) >= event.audio_end_ms
            )
        )

    def again(self) -> None:
        """It may be heard again, on another link."""
        self._started = None

    def overlaps(self, start_ms: int | None) -> bool:
        """Whether what begins there may hold the wake phrase's end, or a part of it."""
        return (start_ms or 0) < self._end_ms

    def _milliseconds(self, position: int) -> float:
        """Tell it by the session's clock, its audio (protocol: `audio_start_ms`)."""
        assert self._start is not None
        return (position - self._start) * 1000 / SAMPLE_RATE
