"""Whether the house has a command already that its satellite comes back with.

A satellite that was killed, or lost its broker, may not know what became of its
command: the broker may have it, and another satellite may have stood in. So it asks
those that heard the word before it publishes the command again.

| those that heard the word | what becomes of the command |
|---|---|
| one says that it is told | dropped |
| all say that it is not | published |
| are not all heard, for PATIENCE | published |
| stand in for it just then | say nothing until they have told it |

Commands are never dropped for a silence. Times are seconds of any clock that nobody
sets.
"""

from collections.abc import Iterable
from enum import Enum, auto

from auricle.arbitration.messages import Alive, Bid, Done, GroupMessage, Take
from auricle.arbitration.round import TRANSCRIPT

PATIENCE = 0.6
"""Seconds: there and back takes less, on the worst of networks that answer in time."""
LEFT_BEHIND = 0.2
"""Seconds in which a command is published in time, once nobody has answered."""
MOST_KNOWN = 256
"""Commands are asked for within seconds, and no house speaks as many in that time."""


def is_worth_asking(others: Iterable[str], rest: float) -> bool:
    """Whether `others` can be asked for a command that is in time for `rest` seconds
    yet, and is to be published in time whatever they say.
    """
    return bool(set(others)) and rest > PATIENCE + LEFT_BEHIND


class ToldTurns:
    """The turns whose commands the broker is known to have, by what the group says.

    Whoever says that a turn with a transcript is done has given the final to the broker
    before, on the same connection: who hears that knows. Who says it does not, as long
    as the broker has not confirmed the final.
    """

    def __init__(self) -> None:
        self._turns: dict[str, None] = {}
        self._about_to: str | None = None

    def heard(self, message: GroupMessage) -> None:
        """Take what another one says."""
        if isinstance(message, Done) and message.outcome == TRANSCRIPT:
            self.note(message.claim.turn, message.stands_in_for)

    def said(self, message: GroupMessage) -> None:
        """Take what we say ourselves."""
        match message:
            case Take() | Alive() | Done(_, "transcript"):
                self._about_to = message.stands_in_for
            case Done():
                self._about_to = None
            case Bid():
                pass

    def note(self, *turns: str | None) -> None:
        """The broker has the command of these, which are of one word."""
        for turn in turns:
            if turn is not None:
                self._turns[turn] = None
        while len(self._turns) > MOST_KNOWN:
            del self._turns[next(iter(self._turns))]

    def knows(self, *turns: str | None) -> bool | None:
        """Whether it has the command of one of these; None where we are about to tell
        it.
        """
        if any(turn in self._turns for turn in turns):
            return True
        about_to = self._about_to
        return None if about_to is not None and about_to in turns else False


class Verdict(Enum):
    """What is to be done with a command."""

    WAIT = auto()
    PUBLISH = auto()
    DROP = auto()


class Inquiry:
    """One question after one command, and what is answered."""

    def __init__(self, others: Iterable[str], now: float) -> None:
        """`others` are the names of those that heard the word; they are asked `now`."""
        self.until = now + PATIENCE
        """The time when nobody is waited for any more."""
        self._open = set(others)
        self._told = False

    def answered(self, member: str, *, told: bool) -> None:
        """Take the answer of one of the group, whether it heard the word or not."""
        self._told |= told
        self._open.discard(member)

    def verdict(self, now: float) -> Verdict:
        """Return what follows from the answers until `now`."""
        if self._told:
            return Verdict.DROP
        if self._open and now < self.until:
            return Verdict.WAIT
        return Verdict.PUBLISH
