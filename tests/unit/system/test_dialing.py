import socket

from hypothesis import given
from hypothesis import strategies as st

from auricle.system.dialing import in_turn

V4, V6 = socket.AF_INET, socket.AF_INET6


def of(family: int, host: str) -> tuple[int, int, int, tuple[object, ...]]:
    return family, socket.SOCK_STREAM, 0, (host, 1883)


def test_the_families_take_turns_and_the_preferred_one_is_first() -> None:
    a, b, c, d = of(V6, "a"), of(V6, "b"), of(V6, "c"), of(V4, "d")

    assert in_turn([a, b, c, d]) == [a, d, b, c]


@given(st.lists(st.builds(of, st.sampled_from([V4, V6]), st.sampled_from("abcdef"))))
def test_every_address_is_asked_and_the_order_within_a_family_is_kept(
    addresses: list[tuple[int, int, int, tuple[object, ...]]],
) -> None:
    turns = in_turn(addresses)

    assert sorted(turns, key=str) == sorted(set(addresses), key=str)
    for family in (V4, V6):
        kept = [a for a in dict.fromkeys(addresses) if a[0] == family]
        assert [a for a in turns if a[0] == family] == kept
