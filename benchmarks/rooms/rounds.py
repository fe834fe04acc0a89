"""What became of each wake word: who bid for it, who answered, and how often.

Nothing of it waits or listens: it is told what was said on MQTT, and when.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bid:
    """What a satellite said of a wake word when it heard it."""

    member: str
    turn: str
    level: int
    """Tenths of a decibel."""

    @property
    def order(self) -> tuple[int, str]:
        """The greatest answers."""
        return self.level, self.member


@dataclass(frozen=True, slots=True)
class Final:
    """A command that the house was given."""

    member: str
    turn: str
    stands_in_for: str | None

    @property
    def names(self) -> set[str]:
        """What consumers may know a command by that they have executed already."""
        return {self.turn, self.stands_in_for or self.turn}


@dataclass(slots=True)
class Round:
    """One wake word that somebody spoke."""

    bids: dict[str, Bid] = field(default_factory=dict)
    """By member; also those that got lost on their way."""
    takes: int = 0
    finals: list[Final] = field(default_factory=list)
    killed: bool = False
    """Whether the first that took it was."""
    story: list[tuple[float, str]] = field(default_factory=list)
    """What was said of it and done to it, with the moment."""

    @property
    def heard(self) -> bool:
        return bool(self.bids or self.finals)

    @property
    def contested(self) -> bool:
        return len(self.bids) > 1

    @property
    def once(self) -> bool:
        """Whether exactly one final came, before any consumer dropped one."""
        return len(self.finals) == 1

    @property
    def lost(self) -> bool:
        return not self.finals

    def told(self) -> Sequence[str]:
        """Its story, line by line, in seconds since it began."""
        story = sorted(self.story)
        return [f"{moment - story[0][0]:7.3f} {what}" for moment, what in story]

    @property
    def commands(self) -> int:
        """How many a consumer executes that drops what it knows."""
        known: set[str] = set()
        executed = 0
        for final in self.finals:
            executed += not final.names & known
            known |= final.names
        return executed

    @property
    def best_answered(self) -> bool:
        best = max(self.bids.values(), key=lambda bid: bid.order, default=None)
        return (
            best is not None
            and self.once
            and self.finals[0].member == best.member
            and self.finals[0].stands_in_for is None
        )


class Rounds:
    """Those of one house, whose people speak at known moments."""

    def __init__(self, begins: float, wakes: int, seconds_each: float) -> None:
        self._begins = begins
        self._each = seconds_each
        self.all = [Round() for _ in range(wakes)]
        self.false_wakes: set[str] = set()
        """Turns that somebody began whom nobody had called."""
        self._of_turn: dict[str, Round] = {}

    def bid(self, bid: Bid, moment: float) -> Round | None:
        """Take note; the round that it is for. None: before or behind all of them."""
        known = self._of_turn.get(bid.turn) or self._at(moment)
        if known is not None:
            self._of_turn[bid.turn] = known
            known.bids[bid.member] = bid
        return known

    def note(self, turn: str | None, moment: float, what: str) -> None:
        """Keep what happened to a turn, or then."""
        known = self._of_turn.get(turn or "") or self._at(moment)
        if known is not None and turn not in self.false_wakes:
            known.story.append((moment, what))

    def false_wake(self, turn: str) -> None:
        """Take note that no wake word was said before that turn: what comes of it is
        the wake word engine's mistake, and none of those who agree.
        """
        self.false_wakes.add(turn)

    def take(self, turn: str, moment: float) -> Round | None:
        """Take note; the round that it is for."""
        if turn in self.false_wakes:
            return None
        known = self._of_turn.get(turn) or self._at(moment)
        if known is not None:
            known.takes += 1
        return known

    def final(self, final: Final, moment: float) -> None:
        """Take note; what is told again after a restart belongs to its own round."""
        if final.turn in self.false_wakes:
            return
        known = self._of_turn.get(final.turn) or self._at(moment)
        if known is not None:
            known.finals.append(final)

    def _at(self, moment: float) -> Round | None:
        number = int((moment - self._begins) // self._each)
        return self.all[number] if 0 <= number < len(self.all) else None


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of many."""

    rounds: Sequence[Round]

    @classmethod
    def of(cls, rounds: Iterable[Round]) -> "Tally":
        """Only what somebody heard counts."""
        return cls([each for each in rounds if each.heard])

    @property
    def wakes(self) -> int:
        return len(self.rounds)

    @property
    def once(self) -> int:
        return sum(each.once for each in self.rounds)

    @property
    def lost(self) -> int:
        return sum(each.lost for each in self.rounds)

    @property
    def more(self) -> int:
        """With more finals than one."""
        return sum(len(each.finals) > 1 for each in self.rounds)

    @property
    def executed_twice(self) -> int:
        """With more than one in spite of consumers that drop what they know."""
        return sum(each.commands > 1 for each in self.rounds)

    @property
    def contested(self) -> "Tally":
        return Tally([each for each in self.rounds if each.contested])

    @property
    def best_answered(self) -> int:
        return sum(each.best_answered for each in self.rounds)

    @property
    def killed(self) -> "Tally":
        return Tally([each for each in self.rounds if each.killed])

    @property
    def hearers(self) -> float:
        """By how many a wake word is heard, on average."""
        return sum(len(each.bids) for each in self.rounds) / max(1, self.wakes)
