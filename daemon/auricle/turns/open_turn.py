"""A turn under way: listening, then processing, until its one outcome.

```
phase        event                                      next         orders
------------------------------------------------------------------------------------
listening    Heard                                      listening    send
             Heard, the endpointer says: over           processing   send, end utterance
             Heard, the endpointer says: no speech      -            outcome no_speech
             the same, a final is awaited again         processing   await the final
             stop                                       processing   end utterance
             SpeechStopped                              processing   await the final
             SpeechStopped, of the wake phrase's end    listening
             nothing follows                            processing   await the final
processing   Heard, the server ended the utterance      processing   send
             Heard, the endpointer ended it             processing   hold
             the person goes on                         listening    keep listening,
                                                                     send what was held
             finals without a word; more may follow     listening    keep listening,
                                                                     send what was held
             finals; the person may be going on         processing   keep listening, for
                                                                     0.3 s at most
             finals that are no whole sentence          processing   keep listening, for
                                                                     1.2 s of silence
                                                                     at most
             finals that are there sooner than others   processing   keep listening, for
                                                                     0.75 s of silence
                                                                     at most
             finals without a word otherwise            -            outcome no_speech
             finals that only say to stop               -            outcome cancelled
             finals otherwise                           -            outcome transcript
either       SessionFinished                            -            the same
             RecognizerFailed, transient, first time    the same     replay
             RecognizerFailed, no network               the same     replay
             RecognizerFailed otherwise                 -            outcome transcript,
                                                                     without words error
```

*Finals*: that of every utterance that is over is there. Their transcripts are joined,
in the order in which they were spoken.

*The person goes on*: a voice is heard behind the end of the utterance, before its final
is there, for as long as a word takes and about as loud as before: a television is not.
In server VAD the server has to have begun another utterance as well, and where our
detector heard nothing of what it took for the first one, its ear is enough.

*More may follow*: the server ended the utterance, or our endpointer, with a commit. It
was a cough, or the end of the wake word, and the command is still to come: within the
time for which silence behind the wake word is listened to, counted from there.

*May be going on*: when the last final comes, our detector hears a voice that is too
young to be told from a click or from a softer voice, or that the server has not told of
yet. Nobody else waits: who is done is answered at once.

*No whole sentence*: they end with "turn on the", or break off by the recognizer's ear,
as an interim may tell before: then the endpointer, too, says "over" later. What was
said behind it counts.

*Only say to stop*: the turn interrupted a sound, and nothing but stop words was said.

*Nothing follows*: the microphone is gone, push to talk was released, or what was heard
was the wake word of the next turn. What is not over then is none of this turn's.
"""

from collections.abc import Iterable
from typing import assert_never

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE, Frame
from auricle.errors import Reason
from auricle.qwen_asr.events import (
    Committed,
    FinalTranscript,
    InterimTranscript,
    SessionFinished,
    SpeechStarted,
    SpeechStopped,
)
from auricle.qwen_asr.wording import has_words, joined, repeats_hints
from auricle.turns.afterthought import Afterthought
from auricle.turns.endpointing import Endpoint, Endpointer, EndpointingSettings
from auricle.turns.events import (
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
from auricle.turns.going_on import GoingOn
from auricle.turns.items import TurnItems
from auricle.turns.stop_words import StopWords
from auricle.turns.turn import (
    EndedBy,
    Mode,
    Outcome,
    OutcomeKind,
    Phase,
    Transcript,
    Turn,
)
from auricle.turns.unfinished import Punctuation, UnfinishedWords, may_break_off
from auricle.turns.wake_phrase import WHOLE_PHRASE, Command, WakePhrase
from auricle.turns.wake_tail import WakeTail

LINGER = 0.3
"""Seconds behind the finals within which somebody who may be going on has gone on."""

# What is sent of the silence before somebody goes on: the first sound of a word may be
# too soft to be heard.
_LEAD_IN = round(0.3 * SAMPLE_RATE)
# Our detector holds on to a voice; so much behind the server's end belongs to it.
_HANGOVER = round(0.2 * SAMPLE_RATE)
# A command may begin before the wake word is detected, and nobody listens for it there.
_DETECTION = 0.35


class OpenTurn:
    """Takes what concerns the turn, returns the orders; `phase` is None once over."""

    def __init__(
        self,
        turn: Turn,
        endpointing: EndpointingSettings,
        wake_phrase: WakePhrase | None = None,
        *,
        server_silence: float = 0.4,
        drop_unconfirmed: bool = False,
        stop_words: StopWords | None = None,
        unfinished_words: UnfinishedWords | None = None,
        punctuation: Punctuation | None = None,
    ) -> None:
        """`wake_phrase` is taken from the front of what the recognizer heard; with
        `drop_unconfirmed`, nothing is published where it should be there and is not.
        What is said in nothing but `stop_words` is no command. Who ends with one of
        `unfinished_words`, or without the usual `punctuation`, has more time to go on.
        `server_silence` is how many seconds
        of silence end an utterance where the recognizer decides.
        """
        self.turn = turn
        self._wake_phrase = wake_phrase
        self._drop_unconfirmed = drop_unconfirmed
        self._stop_words = stop_words
        self._unfinished_words = unfinished_words or UnfinishedWords({})
        self._punctuation = punctuation or Punctuation()
        self._server_silence = server_silence
        self._phrase_sent = False
        self.phase: Phase | None = Phase.LISTENING
        self.outcome: Outcome | None = None
        self._wake_tail = WakeTail(server_silence)
        self._items = TurnItems()
        self._interim = ""
        self._replayed = False
        self._catching_up = False
        """The recognizer hears all of it later and faster than it was said."""
        self._nothing_follows = False
        self._without_words: tuple[OutcomeKind, Reason | None]
        self._without_words = OutcomeKind.NO_SPEECH, None

        self._endpointer = Endpointer(endpointing)
        self._silence_unfinished = endpointing.silence_unfinished
        self._least_silence = endpointing.least_silence
        self._behind: GoingOn | None = None
        """Listens for who goes on; None while listening, and where nobody can."""
        self._ended_by: EndedBy | None = None
        self._heard: list[Heard] = []
        self._until_end = 0
        """How many frames of `_heard` there were when the utterance ended."""
        self._lingered = 0.0
        self._start_of_speech: int | None = None
        self._end_of_speech: int | None = None
        """The sample position behind the speech of the utterances before the latest, as
        `_start_of_speech` in front of it."""
        self._first_sent: int | None = None
        self._stretches: list[tuple[int, int]] = []
        """Each unbroken stretch that was sent: its first sample among all that were,
        and the position of that one."""
        self._sent_seconds = 0.0
        self._told_seconds: float | None = None
        self._all_told = True
        """Whether the recognizer told what it counts of all that was sent."""

    @property
    def has_utterance(self) -> bool:
        """Whether one is over: words are there, or awaited, whatever follows."""
        return self._items.awaited or has_words(self._command().text)

    @property
    def awaits_final(self) -> bool:
        """Whether it goes no further without one."""
        return self.phase is Phase.PROCESSING and self._items.awaited

    @property
    def unused(self) -> bool:
        """Whether nobody has spoken yet, nor may be about to."""
        endpointer = self._endpointer
        heard = endpointer.voice_now or endpointer.speech_heard
        waits = self.phase is Phase.LISTENING and not self._items.under_way
        return waits and not heard and not self.has_utterance

    @property
    def end_of_speech(self) -> int | None:
        """Sample position behind the last word so far; None before any was heard."""
        latest = self._endpointer.end_of_speech
        return self._end_of_speech if latest is None else latest

    def afterthought(self, seconds: float) -> Afterthought | None:
        """Return what listens for who goes on behind the transcript; None where that
        cannot be, or where this turn continues another one itself.
        """
        ended = self.outcome is not None and self._may_follow(self._ended_by)
        if not ended or self.turn.continues is not None:
            return None
        said, behind = self._heard[: self._until_end], self._heard[self._until_end :]
        voice = [heard.frame for heard in said if heard.speech]
        going_on = GoingOn(self._endpointer.following(), voice)
        for heard in behind:
            going_on.push(heard.frame, speech=heard.speech)
        return Afterthought(self.turn.id, going_on, behind, seconds)

    def begin(self, pre_roll: tuple[Frame, ...]) -> list[Effect]:
        """Send the past; it holds the wake word's end, so it is not endpointed."""
        effects: list[Effect] = [self._send(frame) for frame in pre_roll]
        self._wake_tail.sent(pre_roll)
        self._phrase_sent = self._sent_seconds > WHOLE_PHRASE - FRAME_SECONDS
        return effects

    def heard(self, event: Heard) -> list[Effect]:
        """Take the next frame: it is sent where the turn goes on, and tells when the
        utterance is over, and when nobody goes on behind it.
        """
        return self._hear(event, sent=False)

    def stop(self) -> list[Effect]:
        """Push to talk was released."""
        if self.phase is Phase.LISTENING:
            return self._end_utterance(EndedBy.STOP)
        return self.nothing_follows()

    def nothing_follows(
        self, kind: OutcomeKind = OutcomeKind.NO_SPEECH, reason: Reason | None = None
    ) -> list[Effect]:
        """What is not over is none of the turn's: without a word until then, the turn
        ends like this.
        """
        self._nothing_follows = True
        self._behind = None
        self._items.close()
        self._without_words = kind, reason
        if self.phase is Phase.LISTENING:
            self.phase = Phase.PROCESSING
            self._all_told = False
            if self._items.awaited:
                return [AwaitFinal(self.turn.id, audible=False)]
        return self._settle()

    def recognized(self, said: Recognition, hints: str) -> list[Effect]:
        """`hints` are what the recognizer was told to expect."""
        match said:
            case SpeechStarted():
                self._items.started(said)
                self._wake_tail.started(said)
                return self._settle()
            case SpeechStopped():
                return self._stopped_by_server(said)
            case Committed():
                self._items.known(said.item_id)
                return []
            case InterimTranscript():
                if self._repeats_hints(said, hints):
                    return []
                self._items.interim(said)
                text = self._items.text(drafts=True)
                self._endpointer.understood(
                    unfinished=self._is_unfinished(
                        text, said.language, told=said.unfinished
                    ),
                    spoken_since=self._spoken_behind(said.audio_end_ms),
                )
                return self._publish_interim()
            case FinalTranscript():
                return self._final(said, hints)
            case SessionFinished():
                return self._conclude()
            case _:
                assert_never(said)

    def failed(
        self, reason: Reason, *, transient: bool, no_network: bool = False
    ) -> list[Effect]:
        """`no_network`: that was no attempt; how long to wait for one is for whoever
        carries the replay out.
        """
        if not no_network:
            if not transient or self._replayed:
                self._without_words = OutcomeKind.ERROR, reason
                self._all_told = False
                return self._conclude()
            self._replayed = True
        self._catching_up = True
        self._wake_tail.again()
        self._items.again(committed=self.turn.mode is Mode.MANUAL)
        effects: list[Effect] = [ReplayUtterance(self.turn.id)]
        if self.phase is Phase.LISTENING:
            return effects
        if self._ended_by is EndedBy.SERVER and not self._nothing_follows:
            # The new session has to find the end again, and may want the silence
            # that came after it.
            return effects + self._listen_again()
        if self.turn.mode is Mode.SERVER_VAD and not self._nothing_follows:
            self._items.finishing(voiced=self._voiced())
        return [*effects, AwaitFinal(self.turn.id, audible=False)]

    def end(
        self,
        kind: OutcomeKind,
        *,
        transcript: Transcript | None = None,
        reason: Reason | None = None,
        told_to_stop: bool = False,
        false_alarm: bool = False,
    ) -> list[Effect]:
        """The turn is over; the outcome is its last word."""
        assert self.phase is not None
        under_way = self.phase is Phase.LISTENING or self._items.under_way
        if under_way or self._items.awaited:
            self._all_told = False
        self.phase = None
        self._behind = None
        self.outcome = Outcome(
            self.turn,
            kind,
            transcript=transcript,
            reason=reason,
            ended_by=self._ended_by,
            sent_seconds=self._sent_seconds,
            billed_seconds=self._billed(),
            end_of_speech=self.end_of_speech,
            told_to_stop=told_to_stop,
            false_alarm=false_alarm,
        )
        return [PublishOutcome(self.outcome), CloseSession(self.turn.id)]

    def _billed(self) -> float:
        if self._told_seconds is not None and self._all_told:
            return self._told_seconds
        # Rather too much of what nobody tells than a limit that is passed.
        sent = self._sent_seconds * (2 if self._replayed else 1)
        return max(sent, self._told_seconds or 0.0)

    def _send(self, frame: Frame) -> SendAudio:
        if self._first_sent is None:
            self._first_sent = frame.start
        at = round(self._sent_seconds * SAMPLE_RATE)
        if self._position_of(at) != frame.start:
            self._stretches.append((at, frame.start))
        self._sent_seconds += frame.seconds
        return SendAudio(self.turn.id, frame)

    def _position_of(self, sent: int) -> int | None:
        """The sample position of so many samples behind the first that was sent."""
        for at, start in reversed(self._stretches):
            if at <= sent:
                return start + sent - at
        return None

    def _spoken_behind(self, sent_ms: int | None) -> float | None:
        """Seconds of voice behind so many milliseconds of what was sent; None where
        they are not told.
        """
        end = self._position_of((sent_ms or 0) * SAMPLE_RATE // 1000)
        if sent_ms is None or end is None:
            return None
        voice = [heard.frame for heard in self._heard if heard.speech]
        return sum(frame.seconds for frame in voice if frame.start >= end)

    def _hear(self, event: Heard, *, sent: bool) -> list[Effect]:
        """Whether it was `sent` when it was heard first."""
        if self.phase is Phase.LISTENING:
            self._heard.append(event)
            effects = [] if sent else [self._send(event.frame)]
            return [*effects, *self._follow(event)]
        if self._behind is None:
            return []
        self._heard.append(event)
        effects = []
        if self.turn.mode is Mode.SERVER_VAD and not sent:
            effects.append(self._send(event.frame))
        if self._behind.push(event.frame, speech=event.speech) is Endpoint.LONGEST:
            self._behind = None
        if not (self._items.awaited or self._hesitates()):
            self._lingered += event.frame.seconds
        return [*effects, *self._settle()]

    # --- listening ---

    def _follow(self, event: Heard) -> list[Effect]:
        match self._endpointer.push(event.frame, speech=event.speech):
            case Endpoint.END_OF_SPEECH:
                return self._end_utterance(EndedBy.ENDPOINTER)
            case Endpoint.LONGEST:
                return self._end_utterance(EndedBy.LONGEST)
            # In manual mode nobody but us says where speech is: a recognizer that
            # makes words of a quiet room would keep the turn open.
            case Endpoint.NO_SPEECH if (
                self.turn.mode is Mode.MANUAL or not self._items.under_way
            ):
                return self.nothing_follows()
            case Endpoint.NO_SPEECH | None:
                return []
            case endpoint:
                assert_never(endpoint)

    def _end_utterance(self, by: EndedBy) -> list[Effect]:
        if self.turn.mode is Mode.MANUAL:
            self._items.committed(voiced=self._voiced())
        else:
            self._items.finishing(voiced=self._voiced())
        self._ended(by, self._going_on() if self._may_follow(by) else None)
        return [EndUtterance(self.turn.id)]

    def _may_follow(self, by: EndedBy | None) -> bool:
        """Whether anything counts that is said behind the end of this utterance."""
        # Who has let go of the button is done, and no session takes more than the
        # longest utterance, nor anything behind a finish.
        committed = self.turn.mode is Mode.MANUAL and by is EndedBy.ENDPOINTER
        return (committed or by is EndedBy.SERVER) and not self._nothing_follows

    def _stopped_by_server(self, event: SpeechStopped) -> list[Effect]:
        if self.phase is not Phase.LISTENING:
            self._items.stopped(event, voiced=None)
            return []
        start = self._start_of_speech
        if start is None:
            start = self._endpointer.start_of_speech
        if self._wake_tail.stopped(event, start):
            self._items.drop(event.item_id)
            return []
        self._items.stopped(event, voiced=self._voiced())
        self._ended(EndedBy.SERVER, self._going_on(event.audio_end_ms))
        if not self._items.awaited:
            return self._settle()
        return [AwaitFinal(self.turn.id)]

    def _going_on(self, end_ms: int | None = None) -> GoingOn:
        """Nothing was heard behind the end yet, unless the server, which tells when
        that was, hears it all again, faster than it was said.
        """
        voice = [h.frame for h in self._heard[self._until_end :] if h.speech]
        if not self._catching_up or self._first_sent is None or end_ms is None:
            return GoingOn(self._endpointer.following(), voice)
        end = self._first_sent + end_ms * SAMPLE_RATE // 1000
        behind = [heard for heard in self._heard if heard.frame.start >= end]
        while behind and behind[0].speech and behind[0].frame.start < end + _HANGOVER:
            del behind[0]
        seconds = sum(heard.frame.seconds for heard in behind)
        going_on = GoingOn(self._endpointer.following(again=seconds), voice)
        for heard in behind:
            going_on.push(heard.frame, speech=heard.speech)
        return going_on

    def _ended(self, by: EndedBy, behind: GoingOn | None) -> None:
        self.phase = Phase.PROCESSING
        self._ended_by = by
        self._behind = behind
        self._until_end = len(self._heard)
        self._lingered = 0.0

    # --- processing ---

    def _settle(self) -> list[Effect]:
        """Go on, wait, or come to an end: whatever has become possible."""
        if self.phase is not Phase.PROCESSING:
            return []
        if self._goes_on():
            return self._go_on()
        if self._items.awaited:
            return []
        if self._may_follow(self._ended_by) and not has_words(self._command().text):
            # Noise, or the tail of the wake word, that was taken for words: the person
            # has yet to speak, or spoke while we waited.
            return self._listen_for_the_command()
        if self._hesitates():
            return []
        if self._may_go_on() and self._lingered < LINGER - FRAME_SECONDS / 2:
            return []
        return self._conclude()

    def _hesitates(self) -> bool:
        """Whether it is not silent for long enough for what was said."""
        if self._behind is None:
            return False
        finals = self._items.finals
        text = joined(final.text for final in finals)
        if self._only_says_to_stop(self._command_in(text)):
            return False
        needed = self._least_silence
        language = _last(final.language for final in finals)
        told = finals[-1].unfinished if finals else None
        if told is None:
            told = self._punctuation.is_missing(self._command_in(text).text)
        if self._is_unfinished(text, language, told=told):
            needed = max(needed, self._silence_unfinished)
        return self._silence < needed - FRAME_SECONDS / 2

    @property
    def _silence(self) -> float:
        """Seconds without a voice by now, by the ear of whoever heard the end."""
        behind = sum(heard.frame.seconds for heard in self._heard[self._until_end :])
        by_server = self._ended_by is EndedBy.SERVER
        told = self._server_silence + behind if by_server else behind
        end = self.end_of_speech
        if end is None:
            return told
        return max(told, (self._heard[-1].frame.end - end) / SAMPLE_RATE)

    def _is_unfinished(
        self, text: str, language: str | None, *, told: bool | None
    ) -> bool:
        """`told`: whether the recognizer heard that it breaks off."""
        command = self._command_in(text).text
        breaks_off = bool(told) and may_break_off(command)
        return breaks_off or self._unfinished_words.end(command, language)

    def _goes_on(self) -> bool:
        if self._behind is None:
            return False
        if self.turn.mode is Mode.MANUAL:
            return self._behind.sure
        deaf = not self._endpointer.speech_heard
        return self._items.under_way and (self._behind.sure or deaf)

    def _may_go_on(self) -> bool:
        if self._behind is None:
            return False
        catching_up = self._catching_up and self.turn.mode is Mode.SERVER_VAD
        return self._behind.possible or (catching_up and self._behind.sure)

    def _go_on(self) -> list[Effect]:
        assert self._behind is not None
        if self._start_of_speech is None:
            self._start_of_speech = self._endpointer.start_of_speech
        if self._endpointer.end_of_speech is not None:
            self._end_of_speech = self._endpointer.end_of_speech
        self._endpointer, self._behind = self._behind.endpointer, None
        self.phase = Phase.LISTENING
        effects: list[Effect] = [KeepListening(self.turn.id)]
        if self.turn.mode is Mode.MANUAL:
            assert self._endpointer.start_of_speech is not None
            start = self._endpointer.start_of_speech - _LEAD_IN
            held = self._heard[self._until_end :]
            effects += [self._send(h.frame) for h in held if h.frame.end > start]
        return effects

    def _listen_for_the_command(self) -> list[Effect]:
        """Nothing was said so far."""
        self._endpointer = self._endpointer.instead()
        self._start_of_speech = self._end_of_speech = None
        return self._listen_again()

    def _listen_again(self) -> list[Effect]:
        """The utterance is not over, and goes on with what was heard behind its end."""
        self.phase = Phase.LISTENING
        self._ended_by = None
        self._behind = None
        held = self._heard[self._until_end :]
        del self._heard[self._until_end :]
        effects: list[Effect] = [KeepListening(self.turn.id)]
        for event in held:
            effects += self._hear(event, sent=self.turn.mode is Mode.SERVER_VAD)
        return effects

    # --- what was said ---

    def _publish_interim(self) -> list[Effect]:
        drafts = self.phase is Phase.LISTENING
        text = self._command_in(self._items.text(drafts=drafts)).text
        if not has_words(text) or text == self._interim:
            return []
        self._interim = text
        return [PublishInterim(self.turn.id, text)]

    def _final(self, final: FinalTranscript, hints: str) -> list[Effect]:
        if final.billed_seconds is None:
            self._all_told = False
        else:
            self._told_seconds = (self._told_seconds or 0.0) + final.billed_seconds
        if self._repeats_hints(final, hints):
            final = FinalTranscript(final.item_id, "")
        if not self._items.final(final):
            return []
        if self.phase is Phase.LISTENING:
            speaking = self.turn.mode is Mode.MANUAL or self._items.under_way
            if speaking or not self.has_utterance:
                return []
            # Its end was not told.
            self._ended(EndedBy.SERVER, self._going_on())
        effects = self._settle()
        if effects or self._items.awaited:
            return effects
        # The person may go on. None is late that is there.
        return [KeepListening(self.turn.id)]

    def _repeats_hints(
        self, said: InterimTranscript | FinalTranscript, hints: str
    ) -> bool:
        voiced = self._items.voiced(said.item_id)
        if voiced is None:
            endpointer = self._behind.endpointer if self._behind else self._endpointer
            voiced = endpointer.voiced
        # A voice that began before it was listened for is heard behind that, too.
        if voiced and self._wake_tail.overlaps(self._items.start_ms(said.item_id)):
            voiced += _DETECTION
        command = self._command_in(said.text)
        return repeats_hints(command.raw_text, hints, voiced) or repeats_hints(
            command.text, hints, voiced
        )

    def _voiced(self) -> float:
        """Seconds of the voice in the utterance; of all, where they are heard again."""
        if self._catching_up:
            return sum(heard.frame.seconds for heard in self._heard if heard.speech)
        return self._endpointer.voiced

    def _command(self) -> Command:
        return self._command_in(joined(final.text for final in self._items.finals))

    def _command_in(self, text: str) -> Command:
        text = text.strip()
        if self._wake_phrase is None:
            return Command(text, text, confirmed=False)
        return self._wake_phrase.remove_from(text)

    def _conclude(self) -> list[Effect]:
        """What was understood is the outcome, if it was anything."""
        command = self._command()
        confirmed = self._confirmed(command)
        if not has_words(command.text):
            kind, reason = self._without_words
            return self.end(kind, reason=reason)
        if self._only_says_to_stop(command):
            return self.end(OutcomeKind.CANCELLED, told_to_stop=True)
        if self._drop_unconfirmed and confirmed is False:
            return self.end(OutcomeKind.NO_SPEECH, false_alarm=True)
        finals = self._items.finals
        transcript = Transcript(
            command.text,
            _last(final.language for final in finals),
            finals[-1].emotion,
            raw_text=command.raw_text if command.confirmed else None,
            wake_confirmed=confirmed,
        )
        self._punctuation.learn(command.text)
        return self.end(OutcomeKind.TRANSCRIPT, transcript=transcript)

    def _only_says_to_stop(self, command: Command) -> bool:
        stop_words = self._stop_words
        return stop_words is not None and stop_words.are_all_of(command.text)

    def _confirmed(self, command: Command) -> bool | None:
        if self._wake_phrase is None:
            return None
        return True if command.confirmed else False if self._phrase_sent else None


def _last(labels: Iterable[str | None]) -> str | None:
    """The last one that was told."""
    told = [label for label in labels if label is not None]
    return told[-1] if told else None
