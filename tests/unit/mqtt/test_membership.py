"""Who else is in the group."""

from auricle.mqtt.membership import FORGOTTEN, MOST_MEMBERS, SAYS_AGAIN, Membership


def test_whoever_says_anything_is_known() -> None:
    group = Membership()

    group.heard("kitchen", 0)
    group.heard("study", 1)

    assert group.members == {"kitchen", "study"}


def test_who_leaves_is_known_no_more() -> None:
    group = Membership()
    group.heard("kitchen", 0)

    group.left("kitchen")
    group.left("nobody")

    assert group.members == set()


def test_one_lost_sign_of_life_makes_nobody_unknown() -> None:
    group = Membership()
    group.heard("kitchen", 0)

    group.expire(3 * SAYS_AGAIN)

    assert group.members == {"kitchen"}


def test_who_says_nothing_for_long_is_forgotten() -> None:
    group = Membership()
    group.heard("kitchen", 0)
    group.heard("study", 1)

    group.expire(FORGOTTEN)

    assert group.members == {"study"}


def test_without_a_connection_nobody_is_known() -> None:
    group = Membership()
    group.heard("kitchen", 0)

    group.clear()

    assert group.members == set()


def test_a_thousand_names_fill_no_memory_and_push_nobody_out() -> None:
    group = Membership()
    group.heard("kitchen", 0)

    for number in range(1000):
        group.heard(f"stranger_{number}", 1)

    assert len(group.members) == MOST_MEMBERS
    assert "kitchen" in group.members
    group.heard("kitchen", 3 * SAYS_AGAIN)
    group.expire(FORGOTTEN + 1)
    assert group.members == {"kitchen"}
