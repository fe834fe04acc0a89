"""How `scripts/bench rooms` counts what satellites said on MQTT."""

from benchmarks.rooms.rounds import Bid, Final, Round, Rounds, Tally

EACH = 7.0
KITCHEN, HALL = Bid("kitchen", "k1", 180), Bid("hall", "h1", 90)


def two_heard(*finals: tuple[Final, float]) -> Round:
    """A house where the second word was heard by two, and what followed."""
    rounds = Rounds(100.0, 3, EACH)
    rounds.bid(HALL, 108.0)
    rounds.bid(KITCHEN, 108.2)
    for final, moment in finals:
        rounds.final(final, moment)
    assert [each.heard for each in rounds.all] == [False, True, False]
    return rounds.all[1]


def test_the_best_bid_is_the_loudest_and_of_equal_ones_the_last_by_name() -> None:
    ours = Final("kitchen", "k1", None)
    assert two_heard((ours, 111.0)).best_answered
    assert not two_heard((Final("hall", "h1", None), 111.0)).best_answered
    even = Round({bid.member: bid for bid in (Bid("a", "1", 90), Bid("b", "2", 90))})
    even.finals = [Final("b", "2", None)]
    assert even.best_answered


def test_a_word_that_nobody_answered_is_lost() -> None:
    tally = Tally([two_heard()])
    assert (tally.wakes, tally.once, tally.lost, tally.more) == (1, 0, 1, 0)


def test_a_word_that_nobody_heard_does_not_count() -> None:
    assert Tally.of([Round(), two_heard()]).wakes == 1


def test_a_stand_ins_final_is_known_to_those_who_had_the_first() -> None:
    first = Final("kitchen", "k1", None)
    stand_in, stranger = Final("hall", "h1", "k1"), Final("hall", "h1", None)
    known = Tally([two_heard((first, 110.0), (stand_in, 112.0))])
    assert (known.more, known.executed_twice) == (1, 0)
    unknown = Tally([two_heard((first, 110.0), (stranger, 112.0))])
    assert (unknown.more, unknown.executed_twice) == (1, 1)


def test_a_stand_in_answers_but_is_not_the_best_that_answered() -> None:
    one = two_heard((Final("hall", "h1", "k1"), 112.0))
    assert one.once
    assert not one.best_answered


def test_what_is_told_again_after_a_restart_belongs_to_its_own_word() -> None:
    final = Final("kitchen", "k1", None)
    # By then, somebody has said the third word.
    assert two_heard((final, 110.0), (final, 115.0)).finals == [final, final]


def test_the_story_of_a_word_is_told_in_order_from_its_first_moment_on() -> None:
    rounds = Rounds(0.0, 2, EACH)
    rounds.bid(KITCHEN, 1.5)
    rounds.note("k1", 3.0, "kitchen sends its final")
    rounds.note("k1", 1.5, "kitchen says bid")
    # Told again after a restart, while the second word is said.
    rounds.note("k1", 8.0, "kitchen sends its final")
    rounds.note(None, 7.5, "a door")
    assert rounds.all[0].told() == [
        "  0.000 kitchen says bid",
        "  1.500 kitchen sends its final",
        "  6.500 kitchen sends its final",
    ]


def test_a_bid_that_is_said_twice_is_one() -> None:
    rounds = Rounds(0.0, 1, EACH)
    assert rounds.bid(HALL, 1.0) is rounds.bid(HALL, 1.1)
    assert not rounds.all[0].contested


def test_what_comes_before_and_behind_all_words_is_of_none() -> None:
    rounds = Rounds(100.0, 1, EACH)
    assert rounds.bid(HALL, 99.0) is None
    assert rounds.take("h1", 107.5) is None


def test_what_comes_of_a_false_wake_is_no_second_answer() -> None:
    rounds = Rounds(0.0, 1, EACH)
    rounds.bid(KITCHEN, 1.0)
    rounds.false_wake("h1")
    assert rounds.take("h1", 3.5) is None
    rounds.final(Final("kitchen", "k1", None), 4.0)
    rounds.final(Final("hall", "h1", None), 6.0)
    assert rounds.all[0].once
