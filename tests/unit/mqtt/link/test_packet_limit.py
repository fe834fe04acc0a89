import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.mqtt.link.broker import Version
from auricle.mqtt.link.message import Message
from auricle.mqtt.link.packet_limit import PacketLimit, packet_size


@pytest.mark.parametrize(
    ("message", "v311", "v5"),
    [
        (Message("a/b", "", qos=0), 2 + 2 + 3, 2 + 2 + 3 + 1),
        (Message("a/b", "", qos=1), 2 + 2 + 3 + 2, 2 + 2 + 3 + 2 + 1),
        (Message("a/b", "ä", qos=1, expiry=9.5), 2 + 2 + 3 + 2 + 2, 2 + 7 + 6 + 2),
        (Message("a/b", "x" * 119, qos=1), 2 + 126, 2 + 127),
        (Message("a/b", "x" * 120, qos=1), 2 + 127, 3 + 128),
        (Message("a/b", "x" * 9000, qos=1), 3 + 9007, 3 + 9008),
    ],
)
def test_a_packet_has_as_many_bytes_as_the_specification_says(
    message: Message, v311: int, v5: int
) -> None:
    assert packet_size(message, Version.V311) == v311
    assert packet_size(message, Version.V5) == v5


def test_a_broker_that_says_nothing_takes_everything() -> None:
    limit = PacketLimit()
    limit.told(None)

    assert limit.fits(1_000_000)


def test_a_broker_is_taken_at_its_word() -> None:
    limit = PacketLimit()
    limit.told(4000)

    assert limit.fits(4000)
    assert not limit.fits(4001)


def test_a_packet_that_was_refused_is_the_limit_at_once() -> None:
    limit = PacketLimit()

    assert limit.refused([100, 9000, 300]) == 9000
    assert (limit.fits(8999), limit.fits(9000)) == (True, False)


def test_the_first_drop_is_an_accident_and_the_second_is_none() -> None:
    limit = PacketLimit()

    assert limit.dropped([100, 9000]) is None
    assert limit.fits(9000)
    assert limit.dropped([9000]) == 9000
    assert not limit.fits(9000)


def test_a_connection_that_ends_between_two_packets_blames_none() -> None:
    limit = PacketLimit()
    limit.dropped([9000])

    assert limit.dropped([]) is None
    assert limit.dropped([9000]) is None


def test_what_was_taken_before_is_beyond_suspicion() -> None:
    limit = PacketLimit()
    limit.accepted(9000)

    assert [limit.dropped([9000]) for _ in range(5)] == [None] * 5


def test_what_may_be_too_much_is_doubtful_until_as_much_was_taken() -> None:
    limit = PacketLimit()
    assert [limit.is_doubtful(size) for size in (400, 9000)] == [False, True]
    limit.accepted(9000)
    assert not limit.is_doubtful(9000)

    limit = PacketLimit()
    limit.told(10_000)
    assert not limit.is_doubtful(9000)


def test_a_small_packet_is_beyond_suspicion() -> None:
    limit = PacketLimit()

    assert [limit.dropped([400]) for _ in range(5)] == [None] * 5


def test_a_broker_that_was_set_up_anew_has_another_chance() -> None:
    limit = PacketLimit()
    limit.told(4000)
    limit.refused([3000])
    limit.told(None)

    assert limit.fits(1_000_000)


@given(
    real=st.integers(600, 20_000), sizes=st.lists(st.integers(20, 30_000), min_size=1)
)
def test_a_broker_that_only_drops_soon_gets_all_that_it_takes_and_nothing_else(
    real: int, sizes: list[int]
) -> None:
    limit, drops, arrived = PacketLimit(), 0, set[int]()
    waiting = sorted(set(sizes))
    while waiting:
        if not limit.fits(waiting[0]):
            waiting.pop(0)
        elif waiting[0] <= real:
            limit.accepted(waiting[0])
            arrived.add(waiting.pop(0))
        else:
            limit.dropped([waiting[0]])
            drops += 1

    assert arrived == {size for size in sizes if size <= real}
    assert drops in (0, 2)
