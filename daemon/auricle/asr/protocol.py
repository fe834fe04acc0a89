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

from auricle.asr.items import Items
from auricle.errors import AsrProtocolError
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

# Two frames a message: half the messages, and no word is later than a blink.
_LIVE_APPEND = 0.06
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


class ProtocolState(StrEnum):
    """A session goes through these in their order, as the module says at its top."""

    OPENING = "opening"
    READY = "ready"
    FINISHING = "finishing"
    FINISHED = "finished"


class AsrProtocol:
    """The client's side of one session, of one utterance or more."""

    def __init__(self, settings: SessionSettings, event_prefix: str) -> None:
        """`event_prefix` makes our event ids unique; letters, digits and _ only."""
        self.state = ProtocolState.OPENING
        self._settings = settings
        self._event_prefix = event_prefix
        self._event_count = 0
        self._update_due = False
        self._update_sent = False
        self._orders: deque[bytes | Commit | Finish] = deque()
        self._audio = bytearray()
        self._uncommitted = 0
        self._handed_over = 0
        self._items = Items()

    def send_audio(self, pcm: bytes) -> None:
        """Take mono s16le PCM in the session's rate; it waits until it can be sent."""
        assert not self._finish_requested
        self._audio += pcm
        self._uncommitted += len(pcm)

    def send_commit(self) -> list[ServerEvent]:
        """End the utterance, in manual mode.

        Return the answer, an empty final, where it is too short to hold a word.
        """
        assert not self._finish_requested
        uncommitted, self._uncommitted = self._uncommitted, 0
        if uncommitted < self._bytes(_SHORTEST_COMMIT):
            return [FinalTranscript(self._items.skip(), "")]
        self._items.commit_sent()
        self._flush_audio()
        self._orders.append(Commit(self._next_event_id()))
        return []

    def send_finish(self) -> None:
        """Say, once or twice, that no audio follows; the server completes the rest."""
        if not self._finish_requested:
            self._flush_audio()
            self._orders.append(Finish(self._next_event_id()))

    def drop_unsent(self) -> None:
        """Forget the audio that still waits: nobody needs its transcript any more."""
        self._audio.clear()
        finishing = self._finish_requested
        self._orders.clear()
        if finishing:
            self._orders.append(Finish(self._next_event_id()))

    def messages_to_send(self) -> list[str]:
        """Return the text frames that are due, in order; each is handed over once.

        Ask again once they are sent, until there are none.
        """
        events: list[SessionUpdate | AppendAudio | Commit | Finish] = []
        if self._update_due:
            self._update_due = False
            self._update_sent = True
            events.append(SessionUpdate(self._next_event_id(), self._settings))
        if (
            self.state is ProtocolState.READY
            and self._items.unanswered_seconds < MOST_UNANSWERED
        ):
            room = self._bytes(MOST_AT_ONCE)
            while self._orders and room > 0:
                order = self._orders.popleft()
                if isinstance(order, bytes):
                    if len(order) > room:
                        self._orders.appendleft(order[room:])
                    order = order[:room]
                    room -= len(order)
                    events += self._appends(order)
                else:
                    events.append(order)
                if isinstance(order, Finish):
                    self.state = ProtocolState.FINISHING
            if not self._orders and len(self._audio) >= self._bytes(_LIVE_APPEND):
                events += self._appends(self._take_audio(room))
        return [encode_client_event(event) for event in events]

    @property
    def answered_seconds(self) -> float:
        """How far into the audio sent every utterance has had its final.

        It counts only what the server tells.
        """
        return self._items.answered_seconds

    @property
    def sent_seconds(self) -> float:
        """How much audio the messages hold that were handed over so far."""
        return self._handed_over / self._bytes(1)

    def receive_message(self, message: str | bytes) -> list[ServerEvent]:
        """Return what the message tells: nothing, if it is unknown or says it again.

        Raises AsrProtocolError for what no server of this protocol can mean.
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
                    raise AsrProtocolError("session.finished came unasked")
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
    def _finish_requested(self) -> bool:
        if self.state in (ProtocolState.FINISHING, ProtocolState.FINISHED):
            return True
        return bool(self._orders) and isinstance(self._orders[-1], Finish)

    def _bytes(self, seconds: float) -> int:
        return round(seconds * self._settings.sample_rate) * 2

    def _flush_audio(self) -> None:
        if self._audio:
            self._orders.append(self._take_audio(len(self._audio)))

    def _take_audio(self, most: int) -> bytes:
        audio = bytes(self._audio[:most])
        del self._audio[:most]
        return audio

    def _appends(self, audio: bytes) -> list[AppendAudio]:
        self._handed_over += len(audio)
        self._items.audio_sent(len(audio) / self._bytes(1))
        longest = self._bytes(_BACKLOG_APPEND)
        return [
            AppendAudio(self._next_event_id(), audio[at : at + longest])
            for at in range(0, len(audio), longest)
        ]

    def _next_event_id(self) -> str:
        self._event_count += 1
        return f"{self._event_prefix}_{self._event_count}"
