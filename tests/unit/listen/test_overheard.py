"""What the satellites of a group say, for somebody who looks at it."""

from auricle.arbitration.messages import Alive, Bid, Claim, Done, Take
from auricle.listen.overheard import Overheard


def claim(member: str, level: float, turn: str = "1") -> Claim:
    return Claim(member, f"{member}{turn}", "okay_nabu", level, 0.1)


def two_bids() -> Overheard:
    overheard = Overheard()
    overheard.hear(Bid(claim("kitchen", 9.04)), 10.0)
    overheard.hear(Bid(claim("hall", 14.3)), 10.1)
    return overheard


def test_the_best_bid_stands_first() -> None:
    overheard = two_bids()
    overheard.hear(Bid(claim("kitchen", 9.04)), 10.2)

    assert overheard.bids == "hall 14.3 dB, kitchen 9.0 dB"
    assert overheard.others == "hall, kitchen"


def test_who_answers_is_told_and_how_it_ended() -> None:
    overheard = two_bids()
    told = []
    for message in (
        Take(claim("hall", 14.3)),
        Alive(claim("hall", 14.3)),
        Done(claim("hall", 14.3), "transcript"),
    ):
        overheard.hear(message, 11.0)
        told.append(overheard.bids.rpartition(": ")[2])
        told.append(overheard.bids.partition(": ")[2])

    assert told[1] == told[3] == "hall answers"
    assert told[5] == "hall answered: transcript"


def test_one_that_stands_in_is_told_apart() -> None:
    overheard = two_bids()
    overheard.hear(Take(claim("kitchen", 9.0), stands_in_for="hall1"), 12.0)

    assert overheard.bids.endswith(": kitchen answers instead")


def test_the_next_word_is_another_one() -> None:
    for next_bid, at in (
        (Bid(claim("kitchen", 7.0, turn="2")), 10.5),
        (Bid(claim("attic", 7.0)), 20.0),
    ):
        overheard = two_bids()
        overheard.hear(Take(claim("hall", 14.3)), 10.3)
        overheard.hear(next_bid, at)

        assert overheard.bids == f"{next_bid.claim.member} 7.0 dB"


def test_who_says_that_it_leaves_is_no_longer_of_the_group() -> None:
    overheard = Overheard()
    overheard.meet("hall")
    overheard.meet("attic")
    overheard.part("hall")

    assert overheard.others == "attic"
    assert overheard.bids == ""
