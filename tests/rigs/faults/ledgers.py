"""Two ledgers, kept apart from the daemon: what was spoken, and what the house got.

```
spoken = executed + reported + dropped + lost
```

Executed: the house got the command. Reported: it was told, on MQTT or by the daemon's
log, why it got none. Dropped: the daemon was killed before it had accepted anything.
Nothing may be lost, nothing executed late, and nothing twice under different ids.
"""

import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

_COMMAND = re.compile(r"Command (\d+)\.")
_OUTCOME = re.compile(r"turn ([0-9a-zA-Z]+): ([a-z_]+)$")
_ACCEPTED = re.compile(r"the final of turn ([0-9a-zA-Z]+) is accepted$")
_FATE = re.compile(
    r"the final of turn ([0-9a-zA-Z]+) is (no_listener|expired|rejected)$"
)
_TOLD_BEFORE = re.compile(r"the final of turn ([0-9a-zA-Z]+) was told before$")


class End(StrEnum):
    EXECUTED = "executed"
    REPORTED = "reported"
    DROPPED = "dropped"
    LOST = "lost"


@dataclass
class Spoken:
    at: float
    """When its last word was said."""
    outcomes_before: int
    """How many turns had ended when it was begun."""
    killed: bool = False
    """The daemon was killed before the turn had an end."""
    had_outcome: bool = True
    """False: it was killed even before that."""


@dataclass(frozen=True)
class Executed:
    number: int
    turn: str
    key: str
    """By which whoever obeys knows it again: the first turn of the word."""
    at: float


@dataclass
class Ledgers:
    time_to_live: float
    spoken: dict[int, Spoken] = field(default_factory=dict)
    """By number."""
    executed: list[Executed] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    """What the house was told of turns without a command: the reason or kind."""
    outcomes: list[tuple[str, str]] = field(default_factory=list)
    """Of every turn that ended, by the daemon's log: its id and what became of it."""
    accepted: set[str] = field(default_factory=set)
    fates: dict[str, str] = field(default_factory=dict)
    """Of finals that were not executed, by the daemon's log."""
    told_before: set[str] = field(default_factory=set)
    """The turns whose command another satellite had told, by the daemon's log."""
    _obeyed: set[int] = field(default_factory=set)
    """The numbers of what was executed."""

    # --- entries ---

    def speak(self, number: int) -> None:
        self.spoken[number] = Spoken(time.monotonic(), len(self.outcomes))

    def final(self, payload: str) -> None:
        """A command reached the house, which obeys at once."""
        final = json.loads(payload)
        command = _COMMAND.fullmatch(final["text"])
        assert command is not None, final["text"]
        turn = final["turn"]
        key = final.get("stands_in_for") or turn
        executed = Executed(int(command[1]), turn, key, time.monotonic())
        self.executed.append(executed)
        self._obeyed.add(executed.number)

    def event(self, payload: str) -> None:
        """An outcome reached the house."""
        event = json.loads(payload)
        if event["event_type"] != "transcript":
            self.told[event["turn"]] = event.get("reason") or event["event_type"]

    def logged(self, line: str) -> None:
        if outcome := _OUTCOME.search(line):
            self.outcomes.append((outcome[1], outcome[2]))
        elif accepted := _ACCEPTED.search(line):
            self.accepted.add(accepted[1])
        elif fate := _FATE.search(line):
            self.fates[fate[1]] = fate[2]
        elif before := _TOLD_BEFORE.search(line):
            self.told_before.add(before[1])

    def kill(self) -> None:
        """The daemon is about to be killed."""
        for number, spoken in self.spoken.items():
            if not spoken.killed and self.end(number) is End.LOST:
                spoken.killed = True
                spoken.had_outcome = self._outcome(number) != (None, None)

    # --- the sum ---

    def end(self, number: int) -> End:
        """`lost` is also what may end otherwise yet."""
        if number in self._obeyed:
            return End.EXECUTED
        if self.reason(number) is not None:
            return End.REPORTED
        if self.spoken[number].killed:
            turn, _ = self._outcome(number)
            if turn not in self.accepted:
                return End.DROPPED
        return End.LOST

    def reason(self, number: int) -> str | None:
        """Why there was no command; None where nobody said so."""
        turn, outcome = self._outcome(number)
        if turn is None:
            return None
        if outcome != "transcript":
            return self.told.get(turn, outcome)
        return self.told.get(turn) or self.fates.get(turn)

    def delay(self, number: int) -> float | None:
        """From the last word to the command in the house."""
        for executed in reversed(self.executed):
            if executed.number == number:
                return executed.at - self.spoken[number].at
        return None

    def ends(self) -> Counter[End]:
        return Counter(self.end(number) for number in self.spoken)

    def lost(self) -> list[int]:
        return [number for number in self.spoken if self.end(number) is End.LOST]

    def unaccounted(self) -> set[str]:
        """Turns whose final was accepted and then never heard of again."""
        known = {executed.turn for executed in self.executed} | self.told_before
        return self.accepted - known - set(self.told) - set(self.fates)

    def late(self, tolerance: float) -> list[Executed]:
        """What was executed although it was too old."""
        longest = self.time_to_live + tolerance
        return [e for e in self.executed if e.at - self.spoken[e.number].at > longest]

    def duplicates(self) -> list[int]:
        """What was executed under more than one id: nobody could tell."""
        keys = {(executed.number, executed.key) for executed in self.executed}
        counts = Counter(number for number, _ in keys)
        return [number for number, count in counts.items() if count > 1]

    def repeated(self) -> int:
        """What came again under the same id, as at-least-once delivery may."""
        return len(self.executed) - len({e.turn for e in self.executed})

    def _outcome(self, number: int) -> tuple[str | None, str | None]:
        spoken = self.spoken[number]
        if not spoken.had_outcome or spoken.outcomes_before >= len(self.outcomes):
            return None, None
        return self.outcomes[spoken.outcomes_before]
