"""Which of the user's commands are run, for what, and how many of them.

| on MQTT | hook | its data |
|---|---|---|
| a turn begins (`event/wake`) | ON_WAKE | the message |
| a final (`transcript/final`), unless it or what it stands in for was told | ON_FINAL | the message |
| a turn ends (`event/utterance`) | ON_OUTCOME | the message |
| another scene, but for the first one | ON_STATE | `state`, and `before` |

What the broker kept from before is no event. Times are seconds of any clock that nobody
sets.
"""  # noqa: E501  # a table's row

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from auricle.mqtt.link.message import compact_json
from auricle.mqtt.topics import Topics
from auricle.panel.scene import Scene

# Two finals of one word come within a minute.
_REMEMBERED = 64
_MINUTE = 60.0


class Hook(StrEnum):
    """Names what a command is run for, as the configuration does."""

    ON_WAKE = "on_wake"
    ON_FINAL = "on_final"
    ON_OUTCOME = "on_outcome"
    ON_STATE = "on_state"


Commands = Mapping[Hook, Sequence[str]]
"""The program and its arguments, of those hooks that have one."""


@dataclass(frozen=True, slots=True)
class HookEvent:
    """Something that a command is run for."""

    hook: Hook
    given: bytes
    """What the command reads: one line of JSON."""


class HookEvents:
    """Makes events of what a satellite says."""

    def __init__(self, topics: Topics, hooks: Sequence[Hook]) -> None:
        """Heed no more than `hooks` need."""
        self._node = topics.node
        known = {
            topics.wake: Hook.ON_WAKE,
            topics.final: Hook.ON_FINAL,
            topics.utterance: Hook.ON_OUTCOME,
        }
        self._by_topic = {t: hook for t, hook in known.items() if hook in hooks}
        self._of_state = Hook.ON_STATE in hooks
        self._scene: Scene | None = None
        self._told: deque[str] = deque(maxlen=_REMEMBERED)

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The topics that are heeded."""
        return tuple(self._by_topic)

    def heard(self, topic: str, payload: bytes, *, retained: bool) -> HookEvent | None:
        """Take a message of the satellite's."""
        hook = self._by_topic.get(topic)
        data = None if retained or hook is None else _object(payload)
        if hook is None or data is None:
            return None
        if hook is Hook.ON_FINAL and self._was_told(data):
            return None
        return self._event(hook, data)

    def saw(self, scene: Scene) -> HookEvent | None:
        """Take what is to be seen of the satellite now."""
        before, self._scene = self._scene, scene
        if not self._of_state or before is None or before is scene:
            return None
        return self._event(Hook.ON_STATE, {"state": scene, "before": before})

    def _was_told(self, final: Mapping[str, Any]) -> bool:
        """Whether a command of the same word was run for already."""
        names = {
            name
            for name in (final.get("turn"), final.get("stands_in_for"))
            if isinstance(name, str)
        }
        told = not names.isdisjoint(self._told)
        self._told.extend(names - set(self._told))
        return told

    def _event(self, hook: Hook, data: Mapping[str, Any]) -> HookEvent:
        event = hook.removeprefix("on_")
        told = {"event": event, "satellite": self._node, "data": data}
        return HookEvent(hook, f"{compact_json(told)}\n".encode())


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


@dataclass(frozen=True, slots=True)
class HookLimits:
    """How much may be run."""

    at_once: int = 4
    """Commands that run at the same time."""
    per_minute: int = 60
    """Commands that are started within any minute."""


class HookGate:
    """Counts what runs, and lets no more in than the limits allow."""

    def __init__(self, limits: HookLimits) -> None:
        self._limits = limits
        self._running = 0
        self._started: deque[float] = deque()

    def enter(self, now: float) -> str | None:
        """Count a command that is to start now; return why it may not, else None."""
        while self._started and self._started[0] <= now - _MINUTE:
            self._started.popleft()
        if self._running >= self._limits.at_once:
            return f"{self._running} run already (hooks.at_once)"
        if len(self._started) >= self._limits.per_minute:
            return f"{len(self._started)} ran within a minute (hooks.per_minute)"
        self._running += 1
        self._started.append(now)
        return None

    def leave(self) -> None:
        """Note that one of those that were let in has ended."""
        self._running -= 1
