"""Whether a command that its satellite comes back with is told already."""

from hypothesis import given
from hypothesis import strategies as st

from auricle.arbitration.messages import Alive, Bid, Claim, Done, GroupMessage, Take
from auricle.arbitration.told import (
    MOST_KNOWN,
    PATIENCE,
    Inquiry,
    ToldTurns,
    Verdict,
    is_worth_asking,
)

names = st.sampled_from(["attic", "bath", "cellar", "den"])
answers = st.lists(
    st.tuples(names, st.booleans(), st.floats(0.0, 2 * PATIENCE)), max_size=12
)


def claim(turn: str) -> Claim:
    return Claim("attic", turn, "okay_nabu", 12.0, 1.0)


def done(turn: str, outcome: str = "transcript", instead: str | None = None) -> Done:
    return Done(claim(turn), outcome, instead)


@given(st.sets(names, min_size=1), answers, st.floats(0.0, 100.0))
def test_a_command_is_dropped_only_where_somebody_has_told_it(
    others: set[str], answered: list[tuple[str, bool, float]], start: float
) -> None:
    inquiry = Inquiry(others, start)
    for member, told, after in sorted(answered, key=lambda each: each[2]):
        verdict = inquiry.verdict(start + after)
        inquiry.answered(member, told=told)
        assert verdict is not Verdict.DROP or any(
            t for _, t, at in answered if at <= after
        )

    verdict = inquiry.verdict(start + 2 * PATIENCE)
    told_by_any = any(told for _, told, _ in answered)
    assert verdict is (Verdict.DROP if told_by_any else Verdict.PUBLISH)


@given(st.sets(names, min_size=1), st.sets(names))
def test_it_waits_for_all_who_heard_the_word_and_for_nobody_else(
    others: set[str], answered: set[str]
) -> None:
    inquiry = Inquiry(others, 0.0)
    for member in answered:
        inquiry.answered(member, told=False)

    waits = inquiry.verdict(PATIENCE / 2) is Verdict.WAIT
    assert waits is bool(others - answered)
    assert inquiry.verdict(PATIENCE) is Verdict.PUBLISH


def test_a_command_is_asked_for_where_others_heard_it_and_there_is_time() -> None:
    assert is_worth_asking({"attic"}, 5.0)
    # A slow machine is back with it late, and needs to know all the more.
    assert is_worth_asking({"attic"}, 1.0)
    assert not is_worth_asking({"attic"}, PATIENCE)
    assert not is_worth_asking((), 5.0)


def test_a_turn_that_is_done_with_a_transcript_is_told_and_so_is_what_it_stood_in_for() -> (  # noqa: E501
    None
):
    known = ToldTurns()
    known.heard(done("t2", instead="t1"))
    known.heard(done("t3", "error"))

    assert known.knows("t1")
    assert known.knows("t2")
    assert known.knows("new", "t1")
    assert known.knows("t3") is False


def test_our_own_word_proves_nothing_until_the_broker_confirms_it() -> None:
    known = ToldTurns()
    known.said(done("t2", instead="t1"))
    assert known.knows("t2") is False
    assert known.knows("t1") is None

    known.note("t2", "t1")
    assert known.knows("t1")


def test_who_stands_in_says_nothing_until_it_knows() -> None:
    said: list[GroupMessage] = [
        Bid(claim("t2")),
        Take(claim("t2"), "t1"),
        Alive(claim("t2"), "t1"),
    ]
    known = ToldTurns()
    for message in said:
        known.said(message)
    assert known.knows("t1") is None

    known.said(done("t2", "error", "t1"))
    assert known.knows("t1") is False


def test_what_is_known_is_bounded() -> None:
    known = ToldTurns()
    for number in range(MOST_KNOWN + 1):
        known.note(f"t{number}")

    assert known.knows("t0") is False
    assert known.knows("t1")
