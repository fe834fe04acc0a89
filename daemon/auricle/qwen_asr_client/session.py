"""One session with a recognizer, for who waits for each step with `await`.

```python
async with connect(url, key, SessionSettings(language="en")) as session:
    await session.append(pcm)
    await session.finish()
    async for event in session:
        if isinstance(event, FinalTranscript):
            print(event.text)
```
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Literal, NoReturn, Self
from urllib.parse import urlsplit

from auricle.qwen_asr.address import (
    RecognizerAddress,
    complete_url,
    fits_header,
    require_secure_url,
)
from auricle.qwen_asr.events import (
    FORMATS,
    SAMPLE_RATES,
    SILENCE_MS_RANGE,
    THRESHOLD_RANGE,
    InterimTranscript,
    ServerError,
    ServerEvent,
    SessionCreated,
    SessionFinished,
    SessionSettings,
    SessionUpdated,
)
from auricle.qwen_asr_client.connection import Connection
from auricle.qwen_asr_client.errors import (
    ConnectionLostError,
    InvalidRequestError,
    NotOpenedError,
    RecognizerError,
    SessionOverError,
    ViolationError,
)
from auricle.qwen_asr_client.live_session import LiveSession, Traffic
from auricle.qwen_asr_client.refusals import reported

MODEL = "qwen3-asr-flash-realtime"
"""The model that is asked for where the URL names none."""
OPEN_WITHIN = 10.0
"""Seconds for connection, handshake and settings, where nobody says otherwise."""
# Seconds of audio that `append` takes before it waits: a file is read as it is sent.
_MOST_UNSENT = 10.0
# Of an item wait six at most, as newer interims replace older ones; and of items there
# are no more than `items` allows for. More come of no voice.
_EVENTS_OF_ITEM = 6
_NORMAL = 1000  # RFC 6455, 7.4.1

OnClose = Callable[[int | None, str], None]
"""Takes the close frame's code, None where none came, and its text."""


@dataclass(frozen=True, slots=True)
class _Update:
    """Settings that were asked for, until the server says what became of them."""

    event_id: str
    before: SessionSettings
    """Those that stay where it refuses."""
    answered: asyncio.Future[None]
    """Whoever asked may be gone."""


class Session:
    """An open session with a recognizer; iterate over it for what the server says.

    The iteration ends behind SessionFinished and after `close`, and raises what ended
    the session otherwise. It yields every event of the protocol: what a server leaves
    out of one, such as an item's id, is filled in; a newer InterimTranscript of an item
    replaces one that still waits; a ServerError that is not raised behind it is a
    request that was refused, while the session goes on.

    One task may send while another iterates. `connect` makes it.
    """

    def __init__(
        self,
        address: RecognizerAddress,
        tls: ssl.SSLContext | Literal[True] | None,
        settings: SessionSettings,
        *,
        open_within: float,
        on_open: Callable[[], None] | None,
        on_event: Callable[[ServerEvent], None] | None,
        on_close: OnClose | None,
    ) -> None:
        """Start connecting; whoever made it waits for `opened`."""
        self.session_id: str | None = None
        """The id that the server gave the session; None where it gave none."""
        self.last_response_id: str | None = None
        """The id of the item that the server's latest event was about; None before the
        first one."""
        self._open_within = open_within
        self._callback = on_event
        self._on_close = on_close
        self._events: deque[ServerEvent] = deque()
        self._something_new = asyncio.Event()
        self._failure: RecognizerError | None = None
        self._opened = False
        self._finished = False
        self._updating = asyncio.Lock()
        self._updates: deque[_Update] = deque()
        self._live = LiveSession(
            settings,
            lambda: Connection.open(address, tls),
            self._take,
            self._fail,
            traffic=Traffic(),
            open_within=open_within,
            on_open=on_open,
        )
        self._live.task.add_done_callback(self._over)

    async def opened(self) -> None:
        """Wait until the server took the settings; raise what keeps it from that."""
        await self._until(lambda: self._opened)

    @property
    def settings(self) -> SessionSettings:
        """What was asked for last."""
        return self._live.settings

    @property
    def unsent_seconds(self) -> float:
        """How much audio waits here until it can be sent."""
        return self._live.unsent_seconds

    async def update(self, settings: SessionSettings) -> None:
        """Change the settings for what is said from now on, at any time.

        It waits for the server's answer, and raises InvalidRequestError where that is
        a refusal; a server may have applied what it did not refuse, so ask once more
        for what is to be. Raises NotOpenedError where none comes within `open_within`
        seconds, once what was said before is sent. Format and sample rate stay what
        they were at the start. Who does not wait to the end has asked for them all the
        same.
        """
        async with self._updating:
            self._require_open()
            _require_valid(settings)
            now = self._live.settings
            if (now.input_audio_format, now.sample_rate) != (
                settings.input_audio_format,
                settings.sample_rate,
            ):
                raise InvalidRequestError(
                    "input_audio_format and sample_rate are those of the whole "
                    "session: open another one for others"
                )
            answered = asyncio.get_running_loop().create_future()
            update = _Update(self._live.update(settings), now, answered)
            earlier = len(self._updates)
            self._updates.append(update)
            while self._live.update_unsent and not answered.done():
                await self._live.sent_more()
            try:
                async with asyncio.timeout(self._open_within):
                    await answered
            except TimeoutError:
                # Answers come in order, so that a late one is known for its own. But if
                # one was taken for an earlier update's, it may have been this one's: a
                # server may leave one out.
                if self._updates and len(self._updates) <= earlier:
                    self._updates.pop()
                raise NotOpenedError(
                    "the recognizer answered no session.update within "
                    f"{self._open_within:g} s",
                    connected=True,
                ) from None

    async def append(self, pcm: bytes) -> None:
        """Say more: mono PCM, signed 16 bits, little-endian, in the session's rate.

        There may be any amount of it, cut anywhere; it waits while more than 10 s wait
        to be sent. Where the format is opus it is encoded here. The server does not
        answer. In manual mode, the service takes 60 s in one utterance.
        """
        self._require_open()
        self._live.send_audio(pcm)
        while self._live.unsent_seconds > _MOST_UNSENT:
            await self._live.sent_more()
            self._require_open()

    async def commit(self) -> None:
        """End an utterance, in manual mode; its final comes as an event.

        There may be any number in a session. What is shorter than 0.1 s has an empty
        final at once, ahead of those still awaited, and no Committed. Raises
        InvalidRequestError where the server decides (server VAD).
        """
        self._require_open()
        if self._live.settings.turn_detection is not None:
            raise InvalidRequestError(
                "the server's VAD ends the utterances of this session: commit is for "
                "manual mode, turn_detection=None"
            )
        self._live.commit()

    async def finish(self) -> None:
        """Say that nothing follows, and wait until the server has answered everything.

        In server VAD, an utterance that is still open is completed. In manual mode,
        what was not committed is lost. Events wait for whoever iterates.
        """
        if not self._finished:
            self._require_connected()
            self._live.finish()
        await self._until(lambda: self._finished)

    async def close(self) -> None:
        """End now, whatever is still under way; a second time it does nothing."""
        self._live.abandon()
        await asyncio.wait([self._live.task])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ServerEvent:
        while not self._events:
            if self._failure is not None:
                raise self._failure
            if self._live.task.done() or self._finished:
                raise StopAsyncIteration
            self._something_new.clear()
            await self._something_new.wait()
        return self._events.popleft()

    def _take(self, event: ServerEvent) -> None:
        match event:
            case SessionCreated(session_id):
                self.session_id = session_id or self.session_id
            case SessionUpdated(session_id):
                self.session_id = session_id or self.session_id
                if self._opened and self._updates:
                    _answer(self._updates.popleft())
                self._opened = True
            case SessionFinished():
                self._finished = True
            case ServerError():
                error = reported(event)
                if not self._opened or not isinstance(error, InvalidRequestError):
                    self._fail(error)
                    self._live.abandon()
                elif refused := self._refused_update(event):
                    self._refuse(refused, error)
            case _:
                self.last_response_id = event.item_id
        self._deliver(event)
        self._something_new.set()

    def _refused_update(self, error: ServerError) -> _Update | None:
        if error.event_id is None:
            # Not every server says which event it refuses: it answers in order.
            about_it = error.param is None or error.param.startswith("session")
            return self._updates[0] if about_it and self._updates else None
        return next((u for u in self._updates if u.event_id == error.event_id), None)

    def _refuse(self, update: _Update, error: RecognizerError) -> None:
        later = self._updates.index(update) + 1
        if later == len(self._updates):
            self._live.keep(update.before)
        else:
            # That one holds all settings, and what stays if it is refused is older.
            self._updates[later] = replace(self._updates[later], before=update.before)
        self._updates.remove(update)
        _answer(update, error)

    def _deliver(self, event: ServerEvent) -> None:
        if self._callback is not None:
            self._callback(event)
            return
        if isinstance(event, InterimTranscript):
            self._drop_older(event)
        if len(self._events) >= _EVENTS_OF_ITEM * self._live.most_items:
            self._fail(ViolationError("more events wait than a voice can bring about"))
            self._live.abandon()
            return
        self._events.append(event)

    def _drop_older(self, newer: InterimTranscript) -> None:
        # It is the newest one of them, or there is none.
        if self._events:
            last = self._events[-1]
            if isinstance(last, InterimTranscript) and last.item_id == newer.item_id:
                self._events.pop()

    def _fail(self, error: RecognizerError) -> None:
        if self._failure is None:
            self._failure = error
        self._answer_updates(error)
        self._something_new.set()

    def _answer_updates(self, error: RecognizerError) -> None:
        while self._updates:
            _answer(self._updates.popleft(), error)

    def _over(self, _: asyncio.Task[None]) -> None:
        self._answer_updates(SessionOverError("the session is closed"))
        self._something_new.set()
        if self._on_close is not None:
            match self._failure:
                case ConnectionLostError(code=code, reason=reason):
                    self._on_close(code, reason)
                case None:
                    self._on_close(_NORMAL, "")
                case failure:
                    self._on_close(None, str(failure))

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._require_connected()
            self._something_new.clear()
            await self._something_new.wait()

    def _require_open(self) -> None:
        self._require_connected()
        if not self._live.takes_audio:
            raise SessionOverError("the session is finished: open another one")

    def _require_connected(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._live.task.done():
            raise SessionOverError("the session is closed: open another one")


def _answer(update: _Update, error: RecognizerError | None = None) -> None:
    if update.answered.done():
        return
    if error is None:
        update.answered.set_result(None)
    else:
        update.answered.set_exception(error)


def _require_valid(settings: SessionSettings) -> None:
    """Raises InvalidRequestError, as for what the server refuses."""
    vad = settings.turn_detection
    if settings.input_audio_format not in FORMATS:
        _refuse_value("input_audio_format", settings.input_audio_format, FORMATS)
    if settings.sample_rate not in SAMPLE_RATES:
        _refuse_value("sample_rate", settings.sample_rate, SAMPLE_RATES)
    if vad is not None:
        for name, value, (least, most) in (
            ("threshold", vad.threshold, THRESHOLD_RANGE),
            ("silence_duration_ms", vad.silence_duration_ms, SILENCE_MS_RANGE),
        ):
            # What is no number at all, too: JSON has no word for it.
            if not least <= value <= most:
                raise InvalidRequestError(
                    f"turn_detection.{name} is {value}: use {least:g} to {most:g}"
                )


def _refuse_value(name: str, value: object, allowed: Iterable[object]) -> NoReturn:
    values = " or ".join(map(repr, allowed))
    raise InvalidRequestError(f"{name} is {value!r}: use {values}")


def _require_word(name: str, value: str | None) -> None:
    """Raises ValueError, which does not repeat the value: it may be a secret."""
    if value is not None and not fits_header(value):
        raise ValueError(
            f"the {name} holds white space, a line break or letters that none has: is "
            "it whole, and nothing else with it?"
        )


@asynccontextmanager
async def connect(
    url: str,
    key: str | None = None,
    settings: SessionSettings | None = None,
    *,
    model: str = MODEL,
    workspace: str | None = None,
    data_inspection: bool = False,
    tls: ssl.SSLContext | None = None,
    open_within: float = OPEN_WITHIN,
    on_open: Callable[[], None] | None = None,
    on_event: Callable[[ServerEvent], None] | None = None,
    on_close: OnClose | None = None,
) -> AsyncIterator[Session]:
    """Open a session with the recognizer at `url`, and close it behind the block.

    `url` is that of a WebSocket; the path and the model may be left out. `key` is the
    bearer token, `workspace` the id of the workspace that is billed. `settings` are the
    service's where they are left out. `tls` verifies the server, by the authorities of
    the system where it is left out. The proxy is the environment's.

    `on_open` is called once there is a connection, `on_event` with each event, and
    `on_close` with the code and the text of its end, on the event loop. With
    `on_event`, the session has nothing to iterate over.

    Of all sessions of a process together, no more than 20 are opened in a second:
    others wait. Raises ValueError where the URL would send speech unencrypted through a
    network, or key or workspace cannot be one; and RecognizerError where no session
    opens within `open_within` seconds.
    """
    _require_word("key", key)
    _require_word("workspace", workspace)
    settings = settings or SessionSettings()
    _require_valid(settings)
    whole = complete_url(require_secure_url(url), model)
    address = RecognizerAddress(whole, key, workspace, data_inspection)
    secure = urlsplit(whole).scheme == "wss"
    session = Session(
        address,
        (tls or True) if secure else None,
        settings,
        open_within=open_within,
        on_open=on_open,
        on_event=on_event,
        on_close=on_close,
    )
    try:
        await session.opened()
        yield session
    finally:
        await session.close()
