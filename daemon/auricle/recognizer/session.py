"""The server's side of a recognizer session, without network, clock or model.

What the client sends goes into `receive_message`, what the engine found into
`transcribed`; out come replies to send and orders for the engine, in sequence.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import assert_never

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.qwen_asr.encoding import Message, encode_server_event
from auricle.qwen_asr.events import (
    EMPTY_COMMIT,
    LANGUAGES,
    AppendAudio,
    Commit,
    Committed,
    Finish,
    ItemCreated,
    ServerError,
    ServerEvent,
    SessionCreated,
    SessionFinished,
    SessionSettings,
    SessionUpdate,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
)
from auricle.qwen_asr.validation import (
    PartialUpdate,
    invalid,
    read_client_message,
    refused_field,
)
from auricle.qwen_asr.wording import has_words, joined
from auricle.recognizer.intake import (
    CodecError,
    Intake,
    MakeDecoder,
    MakeSegmenter,
    UtteranceEnded,
    UtteranceEvent,
    UtteranceLeft,
    UtterancePaused,
    UtteranceResumed,
    UtteranceStarted,
    UtteranceTooLongError,
)
from auricle.recognizer.interim import InterimText
from auricle.recognizer.transcriptions import (
    Answer,
    ConfirmOrder,
    RecognizedText,
    Transcribe,
    Transcriptions,
    WithdrawOrder,
    interim_transcript,
    result,
)
from auricle.text import LONGEST_WHOLE

# The service sends an interim every second or two; more often costs more than it shows.
_INTERIM_EVERY = SAMPLE_RATE
# Less than this holds no word, and models answer it with an invention.
_SHORTEST = SAMPLE_RATE // 10 * SAMPLE_BYTES
_FORMAT = "input_audio_format"
# The rest of the text that clients of the live service know.
_NOTHING_TO_COMMIT = f"{EMPTY_COMMIT}, maybe no invalid audio stream."


@dataclass(frozen=True, slots=True)
class Reply:
    """This message is due to the client."""

    message: Message


Orders = list[Reply | Transcribe | ConfirmOrder | WithdrawOrder]
"""What is due: to the client, and to the engine, in this order."""


class RecognizerSession:
    """The server's side of one session, from its connection to `session.finished`."""

    def __init__(
        self,
        session_id: str,
        model: str,
        make_segmenter: MakeSegmenter,
        make_decoder: MakeDecoder,
        languages: Collection[str] = LANGUAGES,
        who_knows_others: str = "",
    ) -> None:
        """Start a session with the default settings.

        `session_id` makes its ids unique, `model` is the one that the client named, and
        `languages` are those that the engine knows, `who_knows_others` a sentence for
        who asks for another.
        """
        self.settings = SessionSettings()
        self.finished = False
        """Whether everything is said, and the client should close."""
        self._id = session_id
        self._model = model
        self._languages = languages
        self._who_knows_others = who_knows_others
        self._intake = Intake(self.settings, make_segmenter, make_decoder)
        self._item: str | None = None
        self._previous_item: str | None = None
        self._interim = InterimText("")
        self._interim_wanted_at = 0
        self._next_interim_at = 0
        self._transcriptions = Transcriptions()
        self._unannounced: str | None = None
        self._unheard: tuple[int, int] | None = None
        """The sample positions of what is unannounced where nobody was heard in it."""
        self._said: str | None = ""
        """All that was said; None where that is more than the end may carry."""
        self._finishing = False
        self._ids = 0
        self._due: Orders = []

    @property
    def backlog(self) -> float:
        """Seconds of audio that wait for the engine."""
        return self._transcriptions.backlog

    @property
    def waits_for_client(self) -> bool:
        """Whether nothing will happen any more unless the client does something."""
        return self._transcriptions.idle

    @property
    def compressed(self) -> bool:
        """Whether a few bytes may be minutes of sound."""
        return self.settings.input_audio_format != "pcm"

    @property
    def listening(self) -> float | None:
        """Seconds that have come of an utterance which is not over.

        None where the engine has all that is to come already.
        """
        heard = self._intake.open_seconds
        if self._finishing or (self._transcriptions.final_under_way and not heard):
            return None
        return heard

    @property
    def about_to_pause(self) -> bool:
        """Whether somebody stopped speaking a moment ago: in another, the final may be
        wanted of what was said.
        """
        return self._intake.about_to_pause

    def open(self) -> Orders:
        """Return what is said at once."""
        self._say(SessionCreated(self._id))
        return self._take_due()

    def receive_message(self, message: str | bytes) -> Orders:
        """Take a frame of the client's, whatever it holds, and return what is due."""
        if self._finishing:
            return []
        event = read_client_message(
            message, self.settings, self._languages, self._who_knows_others
        )
        match event:
            case ServerError():
                self._say(event)
            case SessionUpdate():
                if self._change(event):
                    self._say(SessionUpdated(self._id))
            case PartialUpdate(update, refused):
                for error in refused:
                    self._say(error)
                self._change(update)
            case AppendAudio():
                self._append(event)
            case Commit():
                self._commit(event)
            case Finish():
                self._finish()
            case _:
                assert_never(event)
        return self._take_due()

    def transcribed(self, work: Transcribe, transcript: Answer) -> Orders:
        """Take what the engine made of `work`, and return what is due for it."""
        if isinstance(transcript, RecognizedText) and not has_words(transcript.text):
            transcript = replace(transcript, text="")
        if self._transcriptions.done(work, transcript):
            self._complete(work, transcript)
        elif not work.final or work.ahead:
            self._rest_from_interims()
            if isinstance(transcript, RecognizedText):
                self._say_interim(work, transcript)
        return self._take_due()

    def _change(self, update: SessionUpdate) -> bool:
        """Whether all of it applies now."""
        wanted, refused = update.settings, False
        try:
            events = self._intake.change(wanted)
        except CodecError as error:
            field = "sample_rate" if wanted.input_audio_format == "pcm" else _FORMAT
            refused = True
            self._say(refused_field(f"session.{field}", str(error), update.event_id))
            wanted = replace(
                wanted,
                input_audio_format=self.settings.input_audio_format,
                sample_rate=self.settings.sample_rate,
            )
            events = self._intake.change(wanted)
        # What was said until now is recognized as it was asked for until now.
        self._take_utterances(events)
        self.settings = wanted
        return not refused

    def _append(self, append: AppendAudio) -> None:
        try:
            self._take_utterances(self._intake.push(append.audio))
        except (CodecError, UtteranceTooLongError) as error:
            self._say(invalid("audio", str(error), append.event_id))
        self._want_interim()

    def _commit(self, commit: Commit) -> None:
        pcm = self._intake.commit()
        if pcm:
            self._hand_over(self._item or self._new_item(), pcm)
        else:
            # VAD mode too: there, the server has emptied the buffer itself.
            self._say(invalid(None, _NOTHING_TO_COMMIT, commit.event_id))

    def _finish(self) -> None:
        self._finishing = True
        self._take_utterances(self._intake.finish())

    def _take_utterances(self, events: list[UtteranceEvent]) -> None:
        for event in events:
            match event:
                case UtteranceStarted(start):
                    item = self._new_item()
                    self._say(SpeechStarted(item, _milliseconds(start)))
                case UtterancePaused(pcm):
                    self._foresee(pcm)
                case UtteranceResumed():
                    self._tell_engine(self._transcriptions.resume())
                case UtteranceEnded(end, pcm):
                    assert self._item is not None
                    self._say(SpeechStopped(self._item, _milliseconds(end)))
                    self._hand_over(self._item, pcm)
                case UtteranceLeft(pcm, start) if self._finishing:
                    # Where nobody spoke, the service ends a session without an item.
                    self._unannounced = self._item or self._new_item()
                    if start is not None:
                        self._unheard = start, self._intake.position
                    self._recognize(self._unannounced, pcm)
                case UtteranceLeft(pcm):
                    self._hand_over(self._item or self._new_item(), pcm)
                case _:
                    assert_never(event)

    def _foresee(self, pcm: bytes) -> None:
        item = self._item or self._new_item()
        self._interim_wanted_at = self._intake.position
        self._transcriptions.foresee(self._order(item, pcm, final=True))

    def _new_item(self) -> str:
        self._item = self._new_id("item")
        self._interim = InterimText(self._item)
        self._next_interim_at = self._intake.position + _INTERIM_EVERY
        return self._item

    def _hand_over(self, item: str, pcm: bytes) -> None:
        self._announce(item)
        self._item = None
        self._recognize(item, pcm)

    def _recognize(self, item: str, pcm: bytes) -> None:
        work = self._order(item, pcm, final=True)
        foreseen = self._transcriptions.settle(work)
        if isinstance(foreseen, RecognizedText):
            self._complete(work, foreseen)
        else:
            self._tell_engine(foreseen)

    def _tell_engine(self, order: ConfirmOrder | WithdrawOrder | None) -> None:
        if order is not None:
            self._due.append(order)

    def _announce(self, item: str) -> None:
        self._say(Committed(item, self._previous_item))
        self._say(ItemCreated(item, self._previous_item))
        self._previous_item = item

    def _complete(self, work: Transcribe, transcript: Answer) -> None:
        text = transcript.text if isinstance(transcript, RecognizedText) else None
        if work.item_id == self._unannounced:
            silent = text == ""
            if silent and not self._interim.begun:
                return
            if self._unheard is not None:
                start, end = map(_milliseconds, self._unheard)
                self._say(SpeechStarted(work.item_id, start))
                self._say(SpeechStopped(work.item_id, end))
            self._announce(work.item_id)
        if text is not None:
            self._add_to_whole(text)
        self._say(result(work, transcript))

    def _add_to_whole(self, text: str) -> None:
        if self._said is not None:
            said = joined((self._said, text))
            self._said = said if len(said) <= LONGEST_WHOLE else None

    def _want_interim(self) -> None:
        if (
            self._intake.position < self._next_interim_at
            or not self._transcriptions.idle
            or self._transcriptions.foreseen
            # It may be over: an engine at work on a draft is not there for its final.
            or self._intake.quiet
        ):
            return
        pcm = self._intake.open_audio
        if len(pcm) < _INTERIM_EVERY * SAMPLE_BYTES:
            return
        item = self._item or self._new_item()
        self._interim_wanted_at = self._intake.position
        self._transcriptions.want(self._order(item, pcm, final=False))

    def _rest_from_interims(self) -> None:
        # An engine at work on a draft is not there for the final. Twice as long as it
        # took, measured in the audio that came meanwhile, it stays free.
        took = self._intake.position - self._interim_wanted_at
        rest = max(_INTERIM_EVERY, 2 * took)
        self._next_interim_at = self._intake.position + rest

    def _order(self, item: str, pcm: bytes, *, final: bool) -> Transcribe:
        settings = self.settings
        return Transcribe(
            item,
            pcm,
            final,
            settings.language,
            settings.corpus_text,
            end=self._intake.position,
        )

    def _say_interim(self, work: Transcribe, transcript: RecognizedText) -> None:
        if work.item_id != self._interim.item_id:
            return
        # Of a pause it matters that all of it was heard, and whether the sentence
        # breaks off there: words that came before it tell neither.
        news = self._interim.take(transcript.text, anyway=work.ahead)
        if news is None:
            return
        self._say(interim_transcript(work, *news, transcript))

    def _take_due(self) -> Orders:
        while work := self._transcriptions.next():
            if len(work.pcm) >= _SHORTEST:
                self._due.append(work)
            else:
                silence = RecognizedText("")
                if self._transcriptions.done(work, silence):
                    self._complete(work, silence)
        if self._finishing and self._transcriptions.idle and not self.finished:
            self.finished = True
            self._say(SessionFinished(self._said or ""))
        due, self._due = self._due, []
        return due

    def _say(self, event: ServerEvent) -> None:
        event_id = self._new_id("event")
        self._due.append(
            Reply(encode_server_event(event, event_id, self._model, self.settings))
        )

    def _new_id(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}_{self._id}_{self._ids}"


def _milliseconds(samples: int) -> int:
    return samples * 1000 // SAMPLE_RATE
