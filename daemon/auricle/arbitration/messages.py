"""What the satellites of a group tell each other about a wake word.

A *round* is one spoken wake word, which one or more members of the group heard. Each
of them bids for it; the best bidder takes it, and tells that it is alive until it is
done. No wall clock is compared: each message says how long ago, by its sender's audio,
the sender heard the word.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """What every message says of the word that it is about, and of its sender."""

    member: str
    """The sender's node name."""
    turn: str
    """The id of the sender's turn."""
    wake_word: str
    level: float
    """How near the voice was: dB, the sender's bias included."""
    after: float
    """Seconds of the sender's audio since it heard the word."""
    interrupting: bool = False
    """Whether the sender was playing, or ringing, and the word has ended that."""
    later: tuple[str, ...] = ()
    """The turns of others whose words seem to the sender to be later than its own."""


@dataclass(frozen=True, slots=True)
class Bid:
    """The sender heard the word, and would answer."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Take:
    """The sender answers from now on."""

    claim: Claim
    stands_in_for: str | None = None
    """The first turn of the word, which went silent; None where ours is the first."""
    apart_from: str | None = None
    """The turn of another person's word at the same moment; None where there is none.
    """
    print: bytes | None = None
    """The print of the voice that the sender heard."""


@dataclass(frozen=True, slots=True)
class Alive:
    """The sender still answers."""

    claim: Claim
    stands_in_for: str | None = None
    apart_from: str | None = None
    print: bytes | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The sender's turn is over."""

    claim: Claim
    outcome: str
    """How it ended, as the outcome's own word for it."""
    stands_in_for: str | None = None
    apart_from: str | None = None
    text: str | None = None
    """What was said; only where another person's turn may hold the same."""
    told_to_stop: bool = False
    """Whether somebody only said to stop what the word had interrupted."""


GroupMessage = Bid | Take | Alive | Done
