"""A client of Qwen-ASR-Realtime, for any program: docs/library.md.

It stands on `qwen_asr`, the protocol's messages, and knows nothing of satellites. How
its parts work together:

* `session` is for who waits: `async with connect(url, key, settings) as session`.
* `live_session` is one session for who does not wait, and is called back; the satellite
  uses it. What is sent when, and what an answer means, decides `protocol`, with the
  utterances in `items`.
* `connection` is a WebSocket, perhaps through a `proxy`; all of a process together open
  no more than `request_rate` allows. `opus` encodes.
* `errors` are what can go wrong, one class per reaction; `refusals` says which of them
  a status, an event or a close is.

`errors`, `items`, `protocol`, `refusals` and `request_rate` are pure: they neither wait
nor touch the outside.
"""

from auricle.qwen_asr.events import (
    Committed,
    FinalTranscript,
    InterimTranscript,
    ItemCreated,
    ServerError,
    ServerEvent,
    ServerVad,
    SessionCreated,
    SessionFinished,
    SessionSettings,
    SessionUpdated,
    SpeechStarted,
    SpeechStopped,
    TranscriptionFailed,
)
from auricle.qwen_asr_client.errors import (
    AuthenticationError,
    ClockError,
    ConnectionLostError,
    FormatError,
    InternalError,
    InvalidRequestError,
    ItemFailedError,
    NotOpenedError,
    NotServedError,
    OfflineError,
    ProxyError,
    QuotaError,
    RateLimitedError,
    RecognizerError,
    ServerFaultError,
    SessionOverError,
    UnreachableError,
    UntrustedError,
    ViolationError,
)
from auricle.qwen_asr_client.refusals import failed_item
from auricle.qwen_asr_client.session import Session, connect

__all__ = [
    "AuthenticationError",
    "ClockError",
    "Committed",
    "ConnectionLostError",
    "FinalTranscript",
    "FormatError",
    "InterimTranscript",
    "InternalError",
    "InvalidRequestError",
    "ItemCreated",
    "ItemFailedError",
    "NotOpenedError",
    "NotServedError",
    "OfflineError",
    "ProxyError",
    "QuotaError",
    "RateLimitedError",
    "RecognizerError",
    "ServerError",
    "ServerEvent",
    "ServerFaultError",
    "ServerVad",
    "Session",
    "SessionCreated",
    "SessionFinished",
    "SessionOverError",
    "SessionSettings",
    "SessionUpdated",
    "SpeechStarted",
    "SpeechStopped",
    "TranscriptionFailed",
    "UnreachableError",
    "UntrustedError",
    "ViolationError",
    "connect",
    "failed_item",
]
