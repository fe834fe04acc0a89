"""A broker as its client sees it: where it is, and what became of things."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

LARGEST_PACKET = 64 * 1024
"""Bytes. A command is a word, hints are a few kilobytes, a chunk of sound is less: no
broker need send us more."""
LARGEST_WITH_SOUND = 4 * 1024 * 1024
"""The same where a sound comes as a whole."""


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where a broker is, and who we are to it."""

    host: str
    port: int
    client_id: str
    """The same at every start, and no other client's."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: Path | None = None
    """Replaces the system's certificate authorities."""
    cert_file: Path | None = None
    key_file: Path | None = None
    keepalive: int = 15
    """Seconds between signs of life."""
    largest_packet: int = LARGEST_PACKET
    """Bytes that the broker may send us at once; it keeps larger messages from us,
    where it speaks MQTT 5."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Problem(StrEnum):
    """Why there is no connection, by what a person would do about it."""

    UNREACHABLE = "unreachable"
    TLS = "tls"
    AUTH_FAILED = "auth_failed"
    VERSION = "version"
    """The broker does not speak this version of MQTT."""
    REFUSED = "refused"
    TAKEN_OVER = "taken_over"
    """Another client uses our client id."""
    TOO_LARGE = "too_large"
    """It drops us for the size of what we send, which we then do not send again."""
    CLOSED = "closed"
    """The broker said why."""
    LOST = "lost"

    @property
    def lasts(self) -> bool:
        """Whether nothing but a person can mend it."""
        return self is Problem.AUTH_FAILED


class Version(StrEnum):
    """The version of MQTT that is spoken."""

    V5 = "5"
    V311 = "3.1.1"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic, or a filter, of which messages are taken."""

    topic: str
    no_local: bool = False
    """Take none that we published ourselves; a broker from before MQTT 5 passes on
    those as well."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker took us."""

    version: Version
    largest_packet: int | None = None
    """Bytes that the broker takes at once; None where it does not say."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is over, or never was."""

    problem: Problem
    detail: str
    """A sentence for the log."""
    unexplained: bool = False
    """The connection just ended: whoever finds out why may say so."""
    silent: bool = False
    """The broker let us wait: it may hang, and let the next attempt wait as well."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The broker lets us connect, but not subscribe to `topic`."""

    topic: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message came on a topic that we are subscribed to."""

    topic: str
    payload: bytes
    retain: bool
    """Kept by the broker from before we subscribed."""


@dataclass(frozen=True, slots=True)
class Oversized:
    """A message came that has more bytes than we take, and was thrown away."""

    topic: str
    size: int


class DeliveryResult(StrEnum):
    """What became of a message that was published."""

    ACKED = "acked"
    NO_LISTENER = "no_listener"
    """Nobody is subscribed; only MQTT 5 says so."""
    REJECTED = "rejected"
    """The broker's access rules forbid it, or it is not to the broker's liking."""
    OVER_QUOTA = "over_quota"
    """The broker takes no more: a limit of its own is reached."""
    FAILED = "failed"
    """The broker could not pass it on just now, for a reason of its own: of a cluster,
    a node is lost. It may have passed it on to some."""
    TOO_LARGE = "too_large"
    """It was not sent: it is more than the broker takes at once."""
    LOST = "lost"
    """The connection ended before the acknowledgment: it may have arrived."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message's fate is known; `id` is what publishing it returned."""

    id: int
    result: DeliveryResult


ConnectionFact = Connected | Disconnected | Denied
"""What becomes of the connection itself."""
Report = ConnectionFact | Received | Delivered
"""All that is told of a connection, and of what goes over it."""
