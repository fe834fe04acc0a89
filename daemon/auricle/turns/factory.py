"""What a turn begins with: its id, its limits, the wake phrase to take out of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from auricle.turns.endpointing import Endpointer, EndpointingSettings
from auricle.turns.open_turn import OpenTurn
from auricle.turns.stop_words import StopWords
from auricle.turns.turn import Mode, Turn
from auricle.turns.unfinished import Punctuation, UnfinishedWords
from auricle.turns.wake_phrase import WakePhrase
from auricle.wake.detector import Detection


class TurnFactory:
    """Each turn is a new one; whether it is opened is for the satellite to decide."""

    def __init__(
        self,
        *,
        mode: Mode,
        endpointing: EndpointingSettings,
        new_turn_id: Callable[[], str],
        server_silence: float = 0.4,
        wake_phrases: Mapping[str, WakePhrase] | None = None,
        drop_unconfirmed: bool = False,
        stop_words: StopWords | None = None,
        unfinished_words: UnfinishedWords | None = None,
    ) -> None:
        """`server_silence` is how many seconds of silence end an utterance where the
        recognizer decides. `wake_phrases`, by wake word, are taken from the front of
        transcripts; with `drop_unconfirmed`, one without it is a false alarm, and not
        published. One of `stop_words` is no command where a sound was interrupted for
        it, and one that ends with one of `unfinished_words` is likely to go on.
        """
        self._mode = mode
        self._endpointing = endpointing
        self._new_turn_id = new_turn_id
        self._server_silence = server_silence
        self._wake_phrases = wake_phrases or {}
        self._drop_unconfirmed = drop_unconfirmed
        self._stop_words = stop_words
        self._unfinished_words = unfinished_words
        self.punctuation = Punctuation()
        """What all its turns learn of the recognizer."""

    def name(self, detection: Detection) -> Turn:
        """Return what a turn of this wake word is known by, opened or not."""
        return Turn(self._new_turn_id(), self._mode, detection)

    def listener(self) -> Endpointer:
        """Make one that hears what a turn would take for somebody who speaks."""
        return Endpointer(self._endpointing)

    def by_wake_word(
        self,
        detection: Detection,
        *,
        turn_id: str | None = None,
        interrupting: bool = False,
    ) -> OpenTurn:
        """Open a turn whose transcript is to begin with the wake phrase; `interrupting`
        a sound, which may be all that is wanted. Its id is `turn_id`, where it has one.
        """
        return OpenTurn(
            Turn(turn_id or self._new_turn_id(), self._mode, detection),
            self._endpointing,
            self._wake_phrases.get(detection.wake_word),
            server_silence=self._server_silence,
            drop_unconfirmed=self._drop_unconfirmed,
            stop_words=self._stop_words if interrupting else None,
            unfinished_words=self._unfinished_words,
            punctuation=self.punctuation,
        )

    def by_push_to_talk(self, *, interrupting: bool = False) -> OpenTurn:
        """Open a turn in which no wake phrase was said; `interrupting` likewise."""
        turn = Turn(self._new_turn_id(), self._mode, None)
        stop_words = self._stop_words if interrupting else None
        return OpenTurn(
            turn,
            self._endpointing,
            server_silence=self._server_silence,
            stop_words=stop_words,
            unfinished_words=self._unfinished_words,
            punctuation=self.punctuation,
        )

    def by_afterthought(self, continues: str) -> OpenTurn:
        """Open a turn in which somebody speaks already, behind the transcript of the
        turn with the id `continues`.
        """
        turn = Turn(
            self._new_turn_id(),
            self._mode,
            None,
            follow_up=True,
            continues=continues,
        )
        return OpenTurn(
            turn,
            self._endpointing,
            server_silence=self._server_silence,
            unfinished_words=self._unfinished_words,
            punctuation=self.punctuation,
        )

    def by_follow_up(self, seconds: float | None = None) -> OpenTurn:
        """Open a turn that waits so many seconds for speech; None: as long as behind a
        wake word.
        """
        turn = Turn(self._new_turn_id(), self._mode, None, follow_up=True)
        waits = self._endpointing
        if seconds is not None:
            waits = replace(waits, no_speech_timeout=seconds)
        return OpenTurn(
            turn,
            waits,
            server_silence=self._server_silence,
            unfinished_words=self._unfinished_words,
            punctuation=self.punctuation,
        )
