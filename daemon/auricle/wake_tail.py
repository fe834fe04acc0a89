"""The end of the wake phrase, where the recognizer takes it for an utterance.

The sound that is sent begins with it. Whoever pauses behind the wake word makes it an
utterance of its own to the server's VAD, with "boo" for a transcript, say. It must not
end the turn: the command is still to come.
"""

from auricle.asr.events import SpeechStarted, SpeechStopped
from auricle.audio.frame import SAMPLE_RATE, Frame


class WakeTail:
    """Which of the server's utterances are nothing but the wake phrase's end."""

    def __init__(self, silence: float) -> None:
        """`silence`: seconds behind a voice in which the server ends an utterance."""
        self._silence = silence
        self._start: int | None = None
        self._end_ms = 0.0
        self._started: SpeechStarted | None = None
        self._items: set[str] = set()

    def sent(self, pre_roll: tuple[Frame, ...]) -> None:
        """This was sent first; the wake phrase ends with it, or a moment later."""
        if pre_roll:
            self._start = pre_roll[0].start
            self._end_ms = self._milliseconds(pre_roll[-1].end)

    def started(self, event: SpeechStarted) -> None:
        self._started = event

    def stopped(self, event: SpeechStopped, start_of_speech: int | None) -> bool:
        """Whether that was it; `start_of_speech` is the sample position behind the wake
        word where a voice was heard here, None while there was none.

        Both have to agree that nothing else was said: a command that we are deaf to
        ends later than a tail does, and one that follows without a pause begins before
        the server's end. A server that tells no times says neither.
        """
        started, self._started = self._started, None
        if (
            started is None
            or started.audio_start_ms is None
            or event.audio_end_ms is None
            or started.audio_start_ms >= self._end_ms
            or event.audio_end_ms > self._end_ms + 1000 * self._silence
            or (
                start_of_speech is not None
                and self._milliseconds(start_of_speech) < event.audio_end_ms
            )
        ):
            return False
        self._items.add(event.item_id)
        return True

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def _milliseconds(self, position: int) -> float:
        """In the session, whose clock is its audio (protocol: `audio_start_ms`)."""
        assert self._start is not None
        return (position - self._start) * 1000 / SAMPLE_RATE
