"""Whether another satellite has our name at a broker, asked before we take it there.

Of two clients with one name a broker throws out the first. That one comes back and
throws out the other, and what both hear meanwhile is obeyed twice. So whoever comes
asks first, under another name, and whoever has the name replies.

| what the asker learns | the name is |
|---|---|
| the last run there was ours: this one, or one before it that is over | free |
| no run was ever there | free |
| nobody is there to hear the question (only MQTT 5 tells) | free |
| a reply, by another run | taken: the asker gives way |
| nothing, for as long as a reply may take | free |

Who has the name never gives way, and who gives way never had it while it asked: of two,
one always stays.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from auricle.mqtt.link.broker import Delivered, DeliveryResult, Received
from auricle.mqtt.link.message import Message, compact_json
from auricle.mqtt.topics import Topics
from auricle.text import presentable

# Seconds. A broker may keep a question for whoever comes back later.
_EXPIRY = 1.0
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Namesake:
    """Another satellite with our name, as it says of itself."""

    run_id: str
    host: str
    since: str
    """The time at which it started, by its own clock."""


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Somebody who wants to use our name asks who has it."""

    query: str
    """The id of the question."""
    run_id: str
    """The run that asks."""


class NameCheck:
    """Asks who has our name, and knows what the answers mean."""

    def __init__(
        self,
        topics: Topics,
        run_id: str,
        over: Collection[str],
        new_id: Callable[[], str],
    ) -> None:
        """`over` are earlier runs of this satellite that are certain to be over."""
        self.subscriptions = (topics.run, topics.run_reply)
        self.namesake: Namesake | None = None
        """Who has the name, once that is known."""
        self._topics = topics
        self._run_id = run_id
        self._ours = {run_id, *over}
        self._new_id = new_id
        self._query = ""
        self._acknowledged = False
        self._last_run: str | None = None

    @property
    def may_be_used(self) -> bool:
        """Whether there is a sign that somebody has the name, or may be one yet."""
        return self._last_run is not None or not self._acknowledged

    def ask(self) -> Message:
        """Begin anew, and return the question."""
        self._query = self._new_id()
        self._acknowledged = False
        self._last_run = None
        question = {"query": self._query, "run_id": self._run_id}
        return Message(self._topics.run_query, compact_json(question), expiry=_EXPIRY)

    def take(self, report: Received | Delivered) -> bool | None:
        """Return whether the name is free, as soon as that is known."""
        match report:
            case Delivered(_, DeliveryResult.FAILED):
                # Whoever has the name may not have heard the question.
                return None
            case Delivered(_, result):
                self._acknowledged = True
                return True if result is DeliveryResult.NO_LISTENER else None
            case Received(self._topics.run, payload, True):
                self._last_run = payload.decode(errors="replace")
                return True if self._last_run in self._ours else None
            case Received(self._topics.run_reply, payload, False):
                self.namesake = self._read_reply(payload)
                return None if self.namesake is None else False
        return None

    def _read_reply(self, payload: bytes) -> Namesake | None:
        said = _read(payload, "query", "run_id", "host", "since")
        if said is None or said["query"] != self._query or said["run_id"] in self._ours:
            return None
        return Namesake(said["run_id"], said["host"], said["since"])


def read_query(payload: bytes) -> RunQuery | None:
    """Return the question in `payload`, which may be anything."""
    said = _read(payload, "query", "run_id")
    return None if said is None else RunQuery(said["query"], said["run_id"])


def reply(topics: Topics, query: RunQuery, us: Namesake) -> Message:
    """Return what we, who have the name, reply to `query`."""
    payload = {
        "query": query.query,
        "run_id": us.run_id,
        "host": us.host,
        "since": us.since,
    }
    return Message(topics.run_reply, compact_json(payload), expiry=_EXPIRY)


def _read(payload: bytes, *keys: str) -> dict[str, str] | None:
    try:
        said: Any = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    values = {key: said.get(key) for key in keys}
    texts = {
        key: presentable(value, _LONGEST)
        for key, value in values.items()
        if isinstance(value, str)
    }
    return texts if len(texts) == len(keys) else None
