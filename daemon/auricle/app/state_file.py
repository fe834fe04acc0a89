"""The file in which settings, and what was spent, outlive a restart."""

import asyncio
import contextlib
import json
import logging
import math
import re
from collections.abc import Iterable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from auricle.app.remembered import Remembered
from auricle.mqtt.settings import (
    DESCRIPTIONS,
    Choice,
    Number,
    Setting,
    Switch,
    Text,
    Value,
    Word,
)
from auricle.mqtt.topics import LONGEST_NAME
from auricle.system import whole_file
from auricle.system.threads import start_call
from auricle.turns.budget import Usage

logger = logging.getLogger(__name__)

# An hour may have 3600 turns, each of which takes a line.
_LARGEST = 128 * 1024
# Seconds between two saves: each costs 20 KB of a card's life, and anybody on the
# network may change their mind a thousand times a second.
PAUSE = 0.5
# Seconds until the disk is asked again that did not take what is to be kept.
RETRY = 30.0
# Seconds at the end. A card may take its time, and systemd waits for 10.
PATIENCE = 2.0


class StateFile:
    """Keeps local state, which is the truth: what the broker retained is not asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Remembered:
        """Return what was saved last; never raises.

        A file that cannot be read means muted: somebody may have muted the room, and
        an open microphone is the worse mistake.
        """
        try:
            with self._path.open("rb") as file:
                return _from_json(json.loads(file.read(_LARGEST)))
        except FileNotFoundError:
            return Remembered()
        except (OSError, ValueError, RecursionError, OverflowError) as error:
            logger.warning(
                "%s cannot be read (%s): muted; unmute, and it is written anew",
                self._path,
                error,
            )
            return Remembered(muted=True, name=None)

    def save(self, remembered: Remembered) -> None:
        """Write all of it or nothing, even when the power fails meanwhile. Raises
        OSError.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_to_json(remembered), ensure_ascii=False, indent=2)
        whole_file.replace(self._path, f"{text}\n".encode())


class Memory:
    """Saves in the background: an SD card may take its time, the loop may not.

    Of states that follow each other quickly few are written, the last among them, and
    what can wait is written with others. That the room is muted waits for none. What
    the disk did not take is tried again.
    """

    def __init__(
        self,
        file: StateFile,
        *,
        pause: float = PAUSE,
        retry: float = RETRY,
        patience: float = PATIENCE,
    ) -> None:
        self._file = file
        self._pause = pause
        self._retry = retry
        self._patience = patience
        self._wanted: Remembered | None = None
        self._writing: asyncio.Task[None] | None = None
        self._due: asyncio.TimerHandle | None = None
        self._flushing = asyncio.Event()
        self._hurried = asyncio.Event()
        self._muted = False
        """What the latest attempt to save said of the microphone."""
        self.failed = False
        """Whether the last attempt to save failed."""

    def remember(self, remembered: Remembered, *, within: float = 0.0) -> None:
        """Have it saved now, or within so many seconds."""
        self._wanted = remembered
        if remembered.muted and not self._muted:
            # Killed before it is saved, we would listen again to who has muted us.
            self._hurried.set()
        if not within:
            self._save()
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + within
        if self._due is None or due < self._due.when():
            if self._due is not None:
                self._due.cancel()
            self._due = loop.call_at(due, self._save)

    async def flush(self) -> None:
        """Return when everything is saved, as well as it can be; a disk that hangs is
        not waited for.
        """
        self._flushing.set()
        self._hurried.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                # A save that was under way may fail, and leave it to another one.
                for _ in range(2):
                    self._save()
                    if self._writing is not None:
                        await asyncio.wait([self._writing])
        self._flushing.clear()

    def _save(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._wanted is None:
            return
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="state file")

    async def _write(self) -> None:
        ends_pause = self._hurried
        while self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self._muted = wanted.muted
            if not self._flushing.is_set():
                self._hurried.clear()
            try:
                await self._save_in_passing(wanted)
            except OSError as error:
                logger.log(
                    logging.DEBUG if self.failed else logging.WARNING,
                    "settings will not outlive a restart: %s",
                    error,
                )
                self.failed = True
            else:
                self.failed = False
            try:
                await asyncio.wait_for(ends_pause.wait(), self._pause)
            except TimeoutError:
                ends_pause = self._hurried
            else:
                # Anybody on the network may mute us as often, too.
                ends_pause = self._flushing
            if self.failed and self._wanted is None:
                # The disk may have room again long before anything changes.
                self.remember(wanted, within=self._retry)
                return

    async def _save_in_passing(self, remembered: Remembered) -> None:
        """Save in a thread that ends: one of asyncio's own would stay for good."""
        saving = start_call(partial(self._file.save, remembered), name="state file")
        await asyncio.wrap_future(saving)


_PLAIN = [s for s in Setting if s not in (Setting.MUTE, Setting.THRESHOLD)]
"""The settings that are kept under their own names, as they are."""


def _to_json(remembered: Remembered) -> dict[str, Any]:
    return {
        "muted": remembered.muted,
        **{setting: remembered.changed.get(setting) for setting in _PLAIN},
        "thresholds": dict(remembered.thresholds),
        "spent": _usage_to_json(remembered.usage) if remembered.usage else None,
        "name": remembered.name,
    }


def _usage_to_json(usage: Usage) -> dict[str, Any]:
    return {
        "day": usage.day.isoformat(),
        "seconds": round(usage.seconds, 2),
        "boot_id": usage.boot_id,
        "turns": [round(at, 1) for at in usage.turns],
    }


def _from_json(state: Any) -> Remembered:
    """Raises ValueError. What is missing was never changed."""
    if not isinstance(state, dict):
        raise ValueError("it holds no JSON object")
    muted = state.get("muted", False)
    if not isinstance(muted, bool):
        raise ValueError("muted is neither true nor false")
    return Remembered(
        muted=muted,
        changed={
            setting: value
            for setting in _PLAIN
            if (value := _value(state, setting)) is not None
        },
        thresholds=_thresholds(state.get("thresholds", {})),
        usage=_usage(state.get("spent")),
        name=_word(state, "name", LONGEST_NAME) or "",
    )


def _text(state: dict[str, Any], key: str) -> str | None:
    value = state.get(key)
    if isinstance(value, str):
        # JSON can spell half a character, which no file and no packet can hold.
        value.encode()
    elif value is not None:
        raise ValueError(f"{key} is no text")
    return value


def _value(state: dict[str, Any], setting: Setting) -> Value | None:
    match DESCRIPTIONS[setting].values:
        case Switch():
            return _truth(state, setting)
        case Choice():
            # No word is no choice.
            return _text(state, setting) or None
        case Number(least, most):
            return _number(state, setting, least, most)
        case Text():
            return _text(state, setting)
        case Word(longest):
            return _word(state, setting, longest)


def _word(state: dict[str, Any], key: str, longest: int) -> str | None:
    value = _text(state, key)
    # It becomes a part of topics.
    if value and not re.fullmatch(rf"[a-z0-9_]{{1,{longest}}}", value):
        raise ValueError(f"{key} is no word")
    return value


def _truth(state: dict[str, Any], key: str) -> bool | None:
    value = state.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f"{key} is neither true nor false")


def _number(state: dict[str, Any], key: str, least: float, most: float) -> float | None:
    value = state.get(key)
    if value is None:
        return None
    if isinstance(value, int | float) and least <= value <= most:
        return float(value)
    raise ValueError(f"{key} is no number from {least:g} to {most:g}")


def _thresholds(thresholds: Any) -> dict[str, float]:
    if not isinstance(thresholds, dict) or not _are_numbers(thresholds.values()):
        raise ValueError("thresholds are not numbers by wake word")
    return {name: float(value) for name, value in thresholds.items()}


def _usage(spent: Any) -> Usage | None:
    if spent is None:
        return None
    if not isinstance(spent, dict):
        raise ValueError("spent is no JSON object")
    day, turns = _text(spent, "day"), spent.get("turns")
    if not isinstance(turns, list) or not _are_numbers([spent.get("seconds"), *turns]):
        raise ValueError("spent holds no numbers")
    return Usage(
        date.fromisoformat(day or ""),
        float(spent["seconds"]),
        _text(spent, "boot_id") or "",
        tuple(map(float, turns)),
    )


def _are_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(v, int | float) and math.isfinite(v) for v in values)
