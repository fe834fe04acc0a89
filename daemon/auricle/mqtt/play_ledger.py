"""Which sounds are still to come to an end, and what is still to be told of them.

```
a sound   event                                    next       what follows
------------------------------------------------------------------------------------
-         it is accepted                           open       kept
open      it started                               open       told
-, open   its end                                  ended      told; kept, if accepted
ended     acknowledged, refused or too large       -          kept no more
          heard by nobody                          -          kept no more
          the same, but listeners may be late      waiting
          the connection was lost, no room,
          or the broker failed                     waiting
waiting   listeners came                           ended      told again
open      another run takes it up                  ended      told: failed, restarted
```

What is kept outlives the process, as text. That a sound started is told as its end is,
but not kept.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.turns.sounds import PlayReason, PlayReport, PlayState

MOST_REPORTS = 1_024
"""Reports that are untold at once. Of more, the first are forgotten, and the ends of
sounds that were accepted last of all: whoever floods us costs nobody else an end."""


@dataclass(slots=True, eq=False)
class _Untold:
    report: PlayReport
    kept: bool
    message_id: int | None = None
    waiting: bool = False


class PlayLedger:
    """Keeps account of sounds, so that each is told to end once."""

    def __init__(self) -> None:
        self._open: dict[str, None] = {}
        self._untold: list[_Untold] = []

    @property
    def text(self) -> str:
        """What is kept, for the run that comes next; empty where that is nothing."""
        ended = [untold.report for untold in self._untold if untold.kept]
        if not self._open and not ended:
            return ""
        return json.dumps(
            {"open": list(self._open), "ended": [_to_json(end) for end in ended]}
        )

    def take_up(self, text: str) -> None:
        """Account for what the run before left, which is over. Raises ValueError."""
        if not text:
            return
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("it holds no JSON object")
        interrupted = [
            PlayReport(_text(sound_id), PlayState.FAILED, PlayReason.RESTARTED)
            for sound_id in _list(found.get("open"))
        ]
        ended = [_from_json(end) for end in _list(found.get("ended"))]
        for report in (*ended, *interrupted):
            self._add(report, kept=True)

    def accept(self, sound_id: str) -> None:
        """Note that the sound of this id is to come to an end."""
        self._open[sound_id] = None

    def add(self, report: PlayReport) -> None:
        """Note what became of a sound, accepted or not; it is to be told."""
        if report.state is PlayState.STARTED:
            self._add(report, kept=False)
            return
        accepted = report.id in self._open
        self._open.pop(report.id, None)
        # Nobody has use for its beginning behind its end.
        self._untold = [
            untold
            for untold in self._untold
            if untold.report.id != report.id or not untold.waiting
        ]
        self._add(report, kept=accepted)

    @property
    def waits(self) -> bool:
        """Whether something is to be told again when somebody listens."""
        return any(untold.waiting for untold in self._untold)

    @property
    def due(self) -> Sequence[PlayReport]:
        """What is to be told now, in its order."""
        return [
            untold.report
            for untold in self._untold
            if untold.message_id is None and not untold.waiting
        ]

    def sent(self, report: PlayReport, message_id: int) -> None:
        """Note that it is on its way, in a message with this id."""
        for untold in self._untold:
            if untold.report is report:
                untold.message_id = message_id

    def settle(self, delivered: Delivered, *, listeners_are_late: bool) -> None:
        """Take what became of any message; whether nobody is there to listen yet is for
        whoever knows the connection.
        """
        told = next((u for u in self._untold if u.message_id == delivered.id), None)
        if told is None:
            return
        told.message_id = None
        match delivered.result:
            case (
                DeliveryResult.LOST | DeliveryResult.OVER_QUOTA | DeliveryResult.FAILED
            ):
                told.waiting = True
            case DeliveryResult.NO_LISTENER if listeners_are_late:
                told.waiting = True
            case _:
                self._untold.remove(told)

    def listeners_came(self) -> None:
        """Have everything told again that nobody has heard."""
        for untold in self._untold:
            untold.waiting = False

    def _add(self, report: PlayReport, *, kept: bool) -> None:
        self._untold.append(_Untold(report, kept))
        if len(self._untold) > MOST_REPORTS:
            spare = (untold for untold in self._untold if not untold.kept)
            self._untold.remove(next(spare, self._untold[0]))


def _to_json(report: PlayReport) -> dict[str, str | None]:
    return {"id": report.id, "state": report.state, "reason": report.reason}


def _from_json(end: Any) -> PlayReport:
    if not isinstance(end, dict):
        raise ValueError("an end is no JSON object")
    reason = end.get("reason")
    return PlayReport(
        _text(end.get("id")),
        PlayState(_text(end.get("state"))),
        None if reason is None else PlayReason(reason),
    )


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("it holds no lists")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("an id is no text")
    # JSON can spell half a character, which no packet can hold.
    value.encode()
    return value
