"""The client's side of a recognizer session, without the network.

`receive_message` takes what the server sent and returns what it means;
`messages_to_send` hands over what is due. In between, the session goes

```
opening    until the server has accepted our settings; what is said meanwhile waits
ready      audio leaves: in small pieces while live, in large ones to catch up, and
           no faster than the server answers
finishing  session.finish is on its way: the server completes what it has
finished   nothing more comes or goes
```
"""

from collections import deque
from enum import StrEnum
from typing import Protocol

from auricle.qwen_asr.decoding import InterimDelta, decode_server_event
from auricle.qwen_asr.encoding import encode_client_event
from auricle.qwen_asr.events import (
    EMPTY_COMMIT,
    AppendAudio,
    Commit,
    Committed,
    FinalTranscript,
    Finish,
    InterimTranscript,
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
    TranscriptionFailed,
)
from auricle.qwen_asr_client.errors import ViolationError
from auricle.qwen_asr_client.items import Items

LIVE_APPEND = 0.06
"""Seconds of audio in a message while live.

Two frames: half the messages, and no word is later than a blink.
"""
# What waited for the connection goes in pieces that a slow uplink still interleaves
# with pings.
_BACKLOG_APPEND = 1.0
MOST_AT_ONCE = 10.0
"""Seconds of audio to hand over before the server has read what went before."""
MOST_UNANSWERED = 30.0
"""Seconds of ended utterances that may wait for their finals before more is sent.

A server that has enough to do reads no more, pings included, and the connection would
be taken for dead.
"""
# Less than this is no word; the service answers an empty buffer with an error.
_SHORTEST_COMMIT = 0.1
_SAMPLE_BYTES = 2


class ProtocolState(StrEnum):
    """A session goes through these in their order, as the module says at its top."""

    OPENING = "opening"
    READY = "ready"
    FINISHING = "finishing"
    FINISHED = "finished"


class AudioEncoder(Protocol):
    """PCM is put into another format, as one stream, on its way out."""

    def encode(self, pcm: bytes) -> bytes:
        """Return what `pcm` completes of the stream."""

    def complete(self) -> bytes:
        """Return the rest of what was said so far; the stream goes on behind."""


class AsrProtocol:
    """The client's side of one session, of one utterance or more."""

    def __init__(
        self,
        settings: SessionSettings,
        event_prefix: str,
        encoder: AudioEncoder | None = None,
    ) -> None:
        """`event_prefix` makes our event ids unique; letters, digits and _ only.

        `encoder` makes the session's format of PCM; None where that is PCM.
        """
        self.state = ProtocolState.OPENING
        self.settings = settings
        """What the session is to have, behind the audio said so far."""
        self._first_settings = settings
        self._encoder = encoder
        self._event_prefix = event_prefix
        self._event_count = 0
        self._update_due = False
        self._update_sent = False
        self._updates_unanswered = 0
        self._orders: deque[bytes | SessionUpdate | Commit | Finish] = deque()
        self._audio = bytearray()
        self._uncommitted = 0
        self._handed_over = 0
        self._items = Items()

    def send_audio(self, pcm: bytes) -> None:
        """Take mono s16le PCM in the session's rate; it waits until it can be sent."""
        assert not self.finish_requested
        self._audio += pcm
        self._uncommitted += len(pcm)

    def send_commit(self) -> list[ServerEvent]:
        """End the utterance, in manual mode.

        Return the answer, an empty final, where it is too short to hold a word.
        """
        assert not self.finish_requested
        # Half a sample at its end would make noise of the next utterance.
        self._audio += bytes(self._uncommitted % _SAMPLE_BYTES)
        uncommitted, self._uncommitted = self._uncommitted, 0
        if uncommitted < self._bytes(_SHORTEST_COMMIT):
            return [FinalTranscript(self._items.skip(), "")]
        self._items.commit_sent(uncommitted / self._bytes(1))
        self._flush_audio()
        self._orders.append(Commit(self._next_event_id()))
        return []

    def send_update(self, settings: SessionSettings) -> str:
        """Ask for other settings, for what is said from now on; return the event's id.

        Rate and format of the audio stay what they were when the session was opened.
        """
        assert not self.finish_requested
        assert _sound(settings) == _sound(self.settings)
        if settings.turn_detection is None and self.settings.turn_detection is not None:
            # What came before, the server's VAD ends; half a sample goes on.
            self._uncommitted %= _SAMPLE_BYTES
        self.settings = settings
        self._flush_audio()
        event_id = self._next_event_id()
        self._orders.append(SessionUpdate(event_id, settings))
        return event_id

    def send_finish(self) -> None:
        """Say, once or twice, that no audio follows; the server completes the rest."""
        if not self.finish_requested:
            self._flush_audio()
            self._orders.append(Finish(self._next_event_id()))

    def drop_unsent(self) -> None:
        """Forget the audio that still waits: nobody needs its transcript any more."""
        self._audio.clear()
        finishing = self.finish_requested
        self._orders.clear()
        if finishing:
            self._orders.append(Finish(self._next_event_id()))

    def messages_to_send(self, most: float = MOST_AT_ONCE) -> list[str]:
        """Return the text frames that are due, in order, with `most` seconds of audio
        at most; each is handed over once.

        Ask again once they are sent, until there are none.
        """
        events: list[SessionUpdate | AppendAudio | Commit | Finish] = []
        if self._update_due:
            self._update_due = False
            self._update_sent = True
            events.append(SessionUpdate(self._next_event_id(), self._first_settings))
        if (
            self.state is ProtocolState.READY
            and self._items.unanswered_seconds < MOST_UNANSWERED
        ):
            room = self._bytes(most)
            while self._orders and room > 0:
                order = self._orders.popleft()
                if isinstance(order, bytes):
                    if len(order) > room:
                        self._orders.appendleft(order[room:])
                    order = order[:room]
                    room -= len(order)
                    events += self._appends(order)
                    continue
                if not isinstance(order, SessionUpdate):
                    events += self._completed_sound()
                events.append(order)
                if isinstance(order, SessionUpdate):
                    self._updates_unanswered += 1
                elif isinstance(order, Finish):
                    self.state = ProtocolState.FINISHING
            if not self._orders and len(self._audio) >= self._bytes(LIVE_APPEND):
                events += self._appends(self._take_audio(room))
        return [encode_client_event(event) for event in events]

    @property
    def answered_seconds(self) -> float:
        """How far into the audio sent every utterance has had its final.

        It counts only what the server tells.
        """
        return self._items.answered_seconds

    @property
    def most_items(self) -> float:
        """How many items there can be in what was sent."""
        return self._items.most

    @property
    def update_unsent(self) -> bool:
        """Whether an update waits here until it can be sent."""
        return any(isinstance(order, SessionUpdate) for order in self._orders)

    @property
    def unsent_seconds(self) -> float:
        """How much audio waits here until it can be sent."""
        orders = sum(len(order) for order in self._orders if isinstance(order, bytes))
        return (orders + len(self._audio)) / self._bytes(1)

    @property
    def sent_seconds(self) -> float:
        """How much audio the messages hold that were handed over so far."""
        return self._handed_over / self._bytes(1)

    def receive_message(self, message: str | bytes) -> list[ServerEvent]:
        """Return what the message tells: nothing, if it is unknown or says it again.

        Raises ViolationError for what no server of this protocol can mean.
        """
        if self.state is ProtocolState.FINISHED:
            return []
        event = decode_server_event(message)
        match event:
            case None:
                return []
            case SessionCreated():
                self._settings_wanted()
                return [event]
            case SessionUpdated():
                return self._updated(event)
            case SessionFinished():
                if self.state is not ProtocolState.FINISHING:
                    raise ViolationError("session.finished came unasked")
                self.state = ProtocolState.FINISHED
                return [event]
            case ServerError():
                return self._error(event)
            case _:
                return self._of_item(event)

    def _updated(self, event: SessionUpdated) -> list[ServerEvent]:
        if self._update_sent and self.state is ProtocolState.OPENING:
            self.state = ProtocolState.READY
            return [event]
        if self._updates_unanswered:
            self._updates_unanswered -= 1
            return [event]
        # A server may send its defaults this way, before it has heard of ours.
        self._settings_wanted()
        return []

    def _settings_wanted(self) -> None:
        self._update_due = not self._update_sent

    def _error(self, error: ServerError) -> list[ServerEvent]:
        if EMPTY_COMMIT.lower() not in error.message.lower():
            return [error]
        if not self._items.commits_unanswered:
            return []
        return [FinalTranscript(self._items.end_oldest(), "")]

    def _of_item(
        self,
        event: SpeechStarted
        | SpeechStopped
        | Committed
        | ItemCreated
        | InterimTranscript
        | InterimDelta
        | FinalTranscript
        | TranscriptionFailed,
    ) -> list[ServerEvent]:
        named = self._items.take(event)
        return [named] if named is not None else []

    @property
    def finish_requested(self) -> bool:
        """Whether it is said that no audio follows."""
        if self.state in (ProtocolState.FINISHING, ProtocolState.FINISHED):
            return True
        return bool(self._orders) and isinstance(self._orders[-1], Finish)

    def _bytes(self, seconds: float) -> int:
        return round(seconds * self.settings.sample_rate) * _SAMPLE_BYTES

    def _flush_audio(self) -> None:
        if len(self._audio) >= _SAMPLE_BYTES:
            self._orders.append(self._take_audio(len(self._audio)))

    def _take_audio(self, most: int) -> bytes:
        # Half a sample waits for its other half.
        whole = min(most, len(self._audio)) // _SAMPLE_BYTES * _SAMPLE_BYTES
        audio = bytes(self._audio[:whole])
        del self._audio[:whole]
        return audio

    def _appends(self, audio: bytes) -> list[AppendAudio]:
        self._handed_over += len(audio)
        self._items.audio_sent(len(audio) / self._bytes(1))
        longest = self._bytes(_BACKLOG_APPEND)
        pieces = (audio[at : at + longest] for at in range(0, len(audio), longest))
        if self._encoder is not None:
            pieces = (piece for each in pieces if (piece := self._encoder.encode(each)))
        return [AppendAudio(self._next_event_id(), piece) for piece in pieces]

    def _completed_sound(self) -> list[AppendAudio]:
        rest = self._encoder.complete() if self._encoder is not None else b""
        return [AppendAudio(self._next_event_id(), rest)] if rest else []

    def _next_event_id(self) -> str:
        self._event_count += 1
        return f"{self._event_prefix}_{self._event_count}"


def _sound(settings: SessionSettings) -> tuple[str, int]:
    return settings.input_audio_format, settings.sample_rate
