from auricle.mqtt.interims import InterimLimit


def test_partials_are_numbered_within_their_turn() -> None:
    limit = InterimLimit()

    assert [limit.admit(t, i) for i, t in enumerate(["a", "a", "b"])] == [1, 2, 1]


def test_at_most_four_a_second_are_published() -> None:
    limit = InterimLimit()

    admitted = [limit.admit("a", i / 100) for i in range(100)]

    assert sum(seq is not None for seq in admitted) == 4
