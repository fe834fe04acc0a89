"""A session's audio on its way in: decoded, and cut into utterances."""

from collections.abc import Callable

from auricle.audio.frame import SAMPLE_BYTES
from auricle.qwen_asr.events import ServerVad, SessionSettings
from auricle.recognizer.engine import Decoder, Segmenter
from auricle.recognizer.utterances import (
    CommittedInput,
    SegmentedInput,
    UtteranceEvent,
    UtteranceTooLongError,
)

MakeSegmenter = Callable[[ServerVad], Segmenter]
MakeDecoder = Callable[[str, int], Decoder]
"""(input_audio_format, sample_rate); raises CodecError"""


class Intake:
    """Takes audio in the format, and ends utterances in the way, that is set."""

    def __init__(
        self,
        settings: SessionSettings,
        make_segmenter: MakeSegmenter,
        make_decoder: MakeDecoder,
    ) -> None:
        self.position = 0
        """Samples so far."""
        self._settings = settings
        self._make_segmenter = make_segmenter
        self._make_decoder = make_decoder
        self._decoder: Decoder | None = None
        self._input: SegmentedInput | CommittedInput | None = None

    def change(self, settings: SessionSettings) -> list[UtteranceEvent]:
        """From here on, other settings. Raises CodecError, and changes nothing."""
        before = self._settings
        events: list[UtteranceEvent] = []
        if _codec(settings) != _codec(before):
            decoder = self._make_decoder(*_codec(settings))
            events += self._hear_the_rest()
            self._decoder = decoder
        if settings.turn_detection != before.turn_detection:
            events += self._hear_the_rest() + self._end_utterance()
            self._input = None
        self._settings = settings
        return events

    def push(self, audio: bytes) -> list[UtteranceEvent]:
        """Raises CodecError, and UtteranceTooLongError for what is not taken."""
        if self._decoder is None:
            self._decoder = self._make_decoder(*_codec(self._settings))
        return self._hear(self._decoder.decode(audio))

    def commit(self) -> bytes:
        """The utterance that ends here; empty where the client cannot end any."""
        if not isinstance(self._input, CommittedInput):
            return b""
        self._hear_the_rest()
        return self._input.commit()

    def finish(self) -> list[UtteranceEvent]:
        """No audio follows."""
        return self._hear_the_rest() + self._end_utterance()

    @property
    def open_audio(self) -> bytes:
        """What has been said of the utterance under way."""
        return self._input.open_audio if self._input else b""

    def _hear(self, pcm: bytes) -> list[UtteranceEvent]:
        if self._input is None:
            self._input = self._new_input()
        self.position += len(pcm) // SAMPLE_BYTES
        return self._input.push(pcm)

    def _hear_the_rest(self) -> list[UtteranceEvent]:
        try:
            return self._hear(self._decoder.flush()) if self._decoder else []
        except UtteranceTooLongError:
            # By milliseconds, and the utterance ends here.
            return []

    def _end_utterance(self) -> list[UtteranceEvent]:
        return self._input.flush() if self._input else []

    def _new_input(self) -> SegmentedInput | CommittedInput:
        vad = self._settings.turn_detection
        if vad is None:
            return CommittedInput()
        return SegmentedInput(self._make_segmenter(vad), self.position)


def _codec(settings: SessionSettings) -> tuple[str, int]:
    return settings.input_audio_format, settings.sample_rate
