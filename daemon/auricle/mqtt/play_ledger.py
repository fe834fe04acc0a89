"""Which sounds are still to come to an end, and what is still to be told of them.

```
a sound   event                                    next       what follows
------------------------------------------------------------------------------------
-         it is accepted                           open       kept
open      it started                               open       told, once it is kept
-, open   its end                                  ended      told; if accepted: kept,
                                                              and told behind that
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

The text is behind, and a process may be killed at any time. So nothing is told that the
next run would contradict, or know nothing of: whoever heard that a sound started hears
its end. Whether an end that was kept has arrived, the next run cannot know where the
acknowledgment was not noted: it tells that again, in the same words.
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
    behind: int
    """The change that must be in the text before it is told."""
    message_id: int | None = None
    waiting: bool = False


class PlayLedger:
    """Keeps account of sounds, so that each is told to end, and in one way."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        """The sounds that are to come to an end, and the changes that said so."""
        self._untold: list[_Untold] = []
        self.changes = 0
        """How many there were so far of what is kept."""
        self._noted = 0

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
            self._add(report, kept=True, behind=0)

    def accept(self, sound_id: str) -> None:
        """Note that the sound of this id is to come to an end."""
        if sound_id not in self._open:
            self.changes += 1
            self._open[sound_id] = self.changes

    def add(self, report: PlayReport) -> None:
        """Note what became of a sound, accepted or not; it is to be told."""
        if report.state is PlayState.STARTED:
            self._add(report, kept=False, behind=self._open.get(report.id, 0))
            return
        accepted = self._open.pop(report.id, None) is not None
        # Nobody has use for its beginning behind its end.
        self._untold = [
            untold
            for untold in self._untold
            if untold.report.id != report.id or not untold.waiting
        ]
        if accepted:
            self.changes += 1
        self._add(report, kept=accepted, behind=self.changes if accepted else 0)

    def noted(self, changes: int) -> None:
        """Note that the text with so many changes is safe, or is not waited for."""
        self._noted = max(self._noted, changes)

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
            if untold.message_id is None
            and not untold.waiting
            and untold.behind <= self._noted
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

    def _add(self, report: PlayReport, *, kept: bool, behind: int) -> None:
        self._untold.append(_Untold(report, kept, behind))
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
