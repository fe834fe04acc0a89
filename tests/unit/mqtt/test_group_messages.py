"""What the satellites of a group tell each other, written and read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.arbitration.messages import Alive, Bid, Claim, Done, GroupMessage, Take
from auricle.mqtt.group_messages import (
    LONGEST_PRINT,
    LONGEST_TEXT,
    Ask,
    Gone,
    Here,
    Presence,
    Remembrance,
    Told,
    UnreadableError,
    Untold,
    Who,
    decode,
    encode,
)
from auricle.turns.turn import OutcomeKind

CLAIM = Claim("study", "t1", "okay_nabu", 14.3, 0.1)
BID = {
    "kind": "bid",
    "turn": "t1",
    "wake_word": "okay_nabu",
    "level": 143,
    "after_ms": 100,
}

ids = st.text("0123456789abcdef", min_size=1, max_size=64)
claims = st.builds(
    Claim,
    member=st.just("study"),
    turn=ids,
    wake_word=st.text("abc_é", min_size=1, max_size=20),
    # As exact as they go over the wire.
    level=st.integers(-2000, 2000).map(lambda tenths: tenths / 10),
    after=st.integers(0, 60_000).map(lambda ms: ms / 1000),
    interrupting=st.booleans(),
    later=st.lists(ids, max_size=3).map(tuple),
)
prints = st.none() | st.binary(max_size=LONGEST_PRINT)
messages: st.SearchStrategy[GroupMessage | Presence | Remembrance] = st.one_of(
    st.builds(Bid, claims),
    st.builds(Take, claims, st.none() | ids, st.none() | ids, prints),
    st.builds(Alive, claims, st.none() | ids, st.none() | ids, prints),
    st.builds(
        Done,
        claims,
        st.sampled_from([kind.value for kind in OutcomeKind]),
        st.none() | ids,
        st.none() | ids,
        st.none() | st.sampled_from(["", "turn on the light", "Licht an, é"]),
        st.booleans(),
    ),
    st.sampled_from([Here("study"), Who(), Gone("study")]),
    st.builds(Ask, st.just("study"), ids, st.none() | ids),
    st.builds(Told, st.just("study"), ids, st.none() | ids),
    st.builds(Untold, st.just("study"), ids),
)


@given(messages)
def test_what_one_satellite_says_another_one_understands(
    message: GroupMessage | Presence | Remembrance,
) -> None:
    assert decode("study", encode(message).encode()) == message


def test_a_bid_is_short_and_names_nobody() -> None:
    assert json.loads(encode(Bid(CLAIM))) == BID


@given(st.binary(max_size=200))
def test_no_bytes_are_anything_but_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode("study", payload)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=5,
)


@given(
    st.sampled_from(["bid", "take", "alive", "done", "here", "who", "gone"]),
    st.dictionaries(
        st.sampled_from(
            [
                *("turn", "wake_word", "level", "after_ms", "print"),
                *("stands_in_for", "apart_from", "outcome", "text", "later"),
            ]
        ),
        json_values,
    ),
)
def test_whatever_is_in_its_fields_a_message_is_read_or_unreadable(
    kind: str, fields: dict[str, Any]
) -> None:
    payload = json.dumps({**BID, **fields, "kind": kind}).encode()
    try:
        message = decode("study", payload)
    except UnreadableError:
        return
    assert decode("study", encode(message).encode()) is not None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"kind": "boast"}, "kind"),
        ({"turn": "t" * 65}, "turn"),
        ({"turn": ""}, "turn"),
        ({"turn": "t\x00"}, "turn"),
        ({"turn": "\ud800"}, "turn"),
        ({"turn": None}, "turn"),
        ({"level": 2001}, "level"),
        ({"level": "loud"}, "level"),
        ({"level": True}, "level"),
        ({"level": float("nan")}, "level"),
        ({"level": float("inf")}, "level"),
        ({"level": 10**400}, "level"),
        ({"after_ms": -1}, "after_ms"),
        ({"later": "t1"}, "later"),
        ({"later": [1]}, "later"),
        ({"later": ["t1"] * 33}, "later"),
        ({"kind": "take", "print": "no base64!"}, "print"),
        ({"kind": "take", "print": "AAAA" * 200}, "print"),
        ({"kind": "alive", "stands_in_for": 7}, "stands_in_for"),
        ({"kind": "done", "outcome": "glory"}, "outcome"),
        ({"kind": "done", "outcome": ["error"]}, "outcome"),
        (
            {"kind": "done", "outcome": "error", "text": "x" * (LONGEST_TEXT + 1)},
            "text",
        ),
    ],
)
def test_what_cannot_be_is_not_taken(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        decode("study", json.dumps({**BID, **wrong}).encode())


def test_a_message_is_bounded() -> None:
    with pytest.raises(UnreadableError, match="too long"):
        decode("study", json.dumps({**BID, "more": "x" * 9000}).encode())


@pytest.mark.parametrize("member", ["", "the study", "study/kitchen", "+", "é"])
def test_a_sender_has_a_name_that_a_satellite_can_have(member: str) -> None:
    with pytest.raises(UnreadableError, match="name"):
        decode(member, b'{"kind":"here"}')


def test_a_long_text_is_cut_where_it_is_told() -> None:
    told = Done(CLAIM, "transcript", text="x " * LONGEST_TEXT)

    understood = decode("study", encode(told).encode())

    assert isinstance(understood, Done)
    assert understood.text is not None
    assert len(understood.text) <= LONGEST_TEXT
