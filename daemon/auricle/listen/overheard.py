"""What the satellites of a group say of a wake word, for somebody who looks at it."""

from auricle.arbitration.messages import Alive, Bid, Done, GroupMessage, Take

# Seconds. Bids for one word come closer together than that, and those for the next one
# later.
_ONE_WORD = 1.5


class Overheard:
    """Keeps the latest round: who bid, and who answers.

    Times are seconds of any clock that nobody sets.
    """

    def __init__(self) -> None:
        self._others: set[str] = set()
        self._levels: dict[str, float] = {}
        self._turns: dict[str, str] = {}
        self._begun_at = 0.0
        self._answer = ""

    def meet(self, member: str) -> None:
        """Note that `member` is one of the group."""
        self._others.add(member)

    def part(self, member: str) -> None:
        """Note that it is no more."""
        self._others.discard(member)

    def hear(self, message: GroupMessage, now: float) -> None:
        """Note what a member said just now."""
        claim = message.claim
        self.meet(claim.member)
        match message:
            case Bid():
                if self._is_of_another_word(message, now):
                    self._levels.clear()
                    self._turns.clear()
                    self._begun_at = now
                    self._answer = ""
                self._levels[claim.member] = claim.level
                self._turns[claim.member] = claim.turn
            case Take(_, stands_in_for):
                instead = "" if stands_in_for is None else " instead"
                self._answer = f"{claim.member} answers{instead}"
            case Done(_, outcome):
                self._answer = f"{claim.member} answered: {outcome}"
            case Alive():
                pass

    @property
    def others(self) -> str:
        """The names of all that are known; empty where none is."""
        return ", ".join(sorted(self._others))

    @property
    def bids(self) -> str:
        """What was bid for the latest word, the best first, and who answers; empty
        where there was none.
        """
        ranked = sorted(
            ((round(level, 1), member) for member, level in self._levels.items()),
            reverse=True,
        )
        bids = ", ".join(f"{member} {level:.1f} dB" for level, member in ranked)
        return ": ".join(filter(None, (bids, self._answer)))

    def _is_of_another_word(self, bid: Bid, now: float) -> bool:
        known = self._turns.get(bid.claim.member)
        another_turn = known is not None and known != bid.claim.turn
        return another_turn or now - self._begun_at > _ONE_WORD
