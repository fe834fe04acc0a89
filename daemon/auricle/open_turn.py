"""A turn under way: listening, then processing, until its one outcome.

```
phase        event                                      next         orders
------------------------------------------------------------------------------------
listening    Heard                                      listening    send
             Heard, the endpointer says: over           processing   send, end utterance
             Heard, the endpointer says: no speech      -            outcome no_speech
             stop                                       processing   end utterance
             SpeechStopped                              processing   await the final
             SpeechStopped, of the wake phrase's end    listening
processing   Heard, the server ended the utterance      processing   hold
             FinalTranscript, empty; server ended it    listening    send what was held
             SessionFinished                            -            outcome no_speech
either       FinalTranscript                            -            outcome transcript
             FinalTranscript, empty, nothing to follow  -            outcome no_speech
             RecognizerFailed, transient, first time    the same     replay
             RecognizerFailed, no network               the same     replay
             RecognizerFailed otherwise                 -            outcome error
```
"""

from typing import assert_never

from auricle.asr.events import (
    FinalTranscript,
    InterimTranscript,
    SessionFinished,
    SpeechStarted,
    SpeechStopped,
)
from auricle.audio.frame import FRAME_SECONDS, Frame
from auricle.events import (
    AwaitFinal,
    CloseSession,
    Effect,
    EndUtterance,
    Heard,
    KeepListening,
    PublishInterim,
    PublishOutcome,
    Recognition,
    ReplayUtterance,
    SendAudio,
)
from auricle.speech.endpointing import Endpoint, Endpointer, EndpointingSettings
from auricle.speech.wake_phrase import WHOLE_PHRASE, Command, WakePhrase
from auricle.turn import (
    EndedBy,
    Mode,
    Outcome,
    OutcomeKind,
    Phase,
    Reason,
    Transcript,
    Turn,
)
from auricle.wake_tail import WakeTail


class OpenTurn:
    """Takes what concerns the turn, returns the orders; `phase` is None once over."""

    def __init__(
        self,
        turn: Turn,
        endpointing: EndpointingSettings,
        wake_phrase: WakePhrase | None = None,
        *,
        drop_unconfirmed: bool = False,
    ) -> None:
        """`wake_phrase` is taken from the front of what the recognizer heard; with
        `drop_unconfirmed`, nothing is published where it should be there and is not.
        """
        self.turn = turn
        self._wake_phrase = wake_phrase
        self._drop_unconfirmed = drop_unconfirmed
        self._phrase_sent = False
        self.phase: Phase | None = Phase.LISTENING
        self.outcome: Outcome | None = None
        self._endpointer = Endpointer(endpointing)
        self._wake_tail = WakeTail(endpointing.silence)
        self._ended_by: EndedBy | None = None
        self._server_hears_speech = False
        self._replayed = False
        self._interim = ""
        self._sent_seconds = 0.0
        self._billed_seconds: float | None = None
        self._held: list[Heard] = []

    def begin(self, pre_roll: tuple[Frame, ...]) -> list[Effect]:
        """Send the past; it holds the wake word's end, so it is not endpointed."""
        effects: list[Effect] = [self._send(frame) for frame in pre_roll]
        self._wake_tail.sent(pre_roll)
        self._phrase_sent = self._sent_seconds > WHOLE_PHRASE - FRAME_SECONDS
        return effects

    def heard(self, event: Heard) -> list[Effect]:
        if self.phase is Phase.LISTENING:
            return self._listen(event)
        if self._ended_by is EndedBy.SERVER:
            self._held.append(event)
        return []

    def stop(self) -> list[Effect]:
        """Push to talk was released."""
        if self.phase is not Phase.LISTENING:
            return []
        return self._end_utterance(EndedBy.STOP)

    def recognized(self, said: Recognition) -> list[Effect]:
        match said:
            case SpeechStarted():
                self._server_hears_speech = True
                self._wake_tail.started(said)
                return []
            case SpeechStopped():
                return self._stopped_by_server(said)
            case InterimTranscript():
                text = self._command(said.text).text
                if not text or text == self._interim or said.item_id in self._wake_tail:
                    return []
                self._interim = text
                return [PublishInterim(self.turn.id, text)]
            case FinalTranscript():
                return self._final(said)
            case SessionFinished():
                return self.end(OutcomeKind.NO_SPEECH)
            case _:
                assert_never(said)

    @property
    def end_of_speech(self) -> int | None:
        """Sample position behind the last word so far; None before any was heard."""
        return self._endpointer.end_of_speech

    def failed(
        self, reason: Reason, *, transient: bool, no_network: bool = False
    ) -> list[Effect]:
        """`no_network`: no attempt so far; how long to wait for one is for whoever
        carries the replay out.
        """
        if not no_network:
            if not transient or self._replayed:
                return self.end(OutcomeKind.ERROR, reason=reason)
            self._replayed = True
        effects: list[Effect] = [ReplayUtterance(self.turn.id)]
        if self._ended_by is EndedBy.SERVER:
            # The new session has to find the end again, and may want the silence
            # that came after it.
            effects += self._resume()
        return effects

    def end(
        self,
        kind: OutcomeKind,
        *,
        transcript: Transcript | None = None,
        reason: Reason | None = None,
    ) -> list[Effect]:
        """The turn is over; the outcome is its last word."""
        assert self.phase is not None
        self.phase = None
        self.outcome = Outcome(
            self.turn,
            kind,
            transcript=transcript,
            reason=reason,
            ended_by=self._ended_by,
            sent_seconds=self._sent_seconds,
            billed_seconds=self._billed(),
            end_of_speech=self.end_of_speech,
        )
        return [PublishOutcome(self.outcome), CloseSession(self.turn.id)]

    def _billed(self) -> float:
        if self._billed_seconds is not None:
            return self._billed_seconds
        return self._sent_seconds * (2 if self._replayed else 1)

    def _listen(self, event: Heard) -> list[Effect]:
        effects: list[Effect] = [self._send(event.frame)]
        match self._endpointer.push(event.frame, speech=event.speech):
            case Endpoint.END_OF_SPEECH:
                effects += self._end_utterance(EndedBy.ENDPOINTER)
            case Endpoint.LONGEST:
                effects += self._end_utterance(EndedBy.LONGEST)
            case Endpoint.NO_SPEECH:
                if not self._server_hears_speech:
                    effects += self.end(OutcomeKind.NO_SPEECH)
            case None:
                pass
        return effects

    def _send(self, frame: Frame) -> SendAudio:
        self._sent_seconds += frame.seconds
        return SendAudio(self.turn.id, frame)

    def _stopped_by_server(self, event: SpeechStopped) -> list[Effect]:
        if self.phase is not Phase.LISTENING:
            return []
        if self._wake_tail.stopped(event, self._endpointer.start_of_speech):
            self._server_hears_speech = False
            return []
        self._ended_by = EndedBy.SERVER
        self.phase = Phase.PROCESSING
        return [AwaitFinal(self.turn.id)]

    def _end_utterance(self, by: EndedBy) -> list[Effect]:
        self._ended_by = by
        self.phase = Phase.PROCESSING
        return [EndUtterance(self.turn.id)]

    def _final(self, final: FinalTranscript) -> list[Effect]:
        if final.billed_seconds is not None:
            self._billed_seconds = (self._billed_seconds or 0.0) + final.billed_seconds
        if final.item_id in self._wake_tail:
            return []
        command = self._command(final.text)
        if command.text:
            return self._transcribed(command, final)
        if self.turn.mode is Mode.MANUAL or (
            self._ended_by not in (None, EndedBy.SERVER)
        ):
            return self.end(OutcomeKind.NO_SPEECH)
        # Noise, or the tail of the wake word, that the server took for an utterance:
        # the person has yet to speak, or spoke while we waited.
        self._server_hears_speech = False
        return self._resume()

    def _command(self, text: str) -> Command:
        text = text.strip()
        if self._wake_phrase is None:
            return Command(text, text, confirmed=False)
        return self._wake_phrase.remove_from(text)

    def _transcribed(self, command: Command, final: FinalTranscript) -> list[Effect]:
        if self._wake_phrase is None:
            transcript = Transcript(command.text, final.language, final.emotion)
            return self.end(OutcomeKind.TRANSCRIPT, transcript=transcript)
        confirmed = True if command.confirmed else False if self._phrase_sent else None
        if self._drop_unconfirmed and confirmed is False:
            return self.end(OutcomeKind.NO_SPEECH)
        transcript = Transcript(
            command.text,
            final.language,
            final.emotion,
            raw_text=command.raw_text if command.confirmed else None,
            wake_confirmed=confirmed,
        )
        return self.end(OutcomeKind.TRANSCRIPT, transcript=transcript)

    def _resume(self) -> list[Effect]:
        effects: list[Effect] = [KeepListening(self.turn.id)]
        self.phase = Phase.LISTENING
        self._ended_by = None
        held, self._held = self._held, []
        for event in held:
            if self.phase is not None:
                effects += self.heard(event)
        return effects
