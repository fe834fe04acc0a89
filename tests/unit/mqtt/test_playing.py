"""What the house says of sounds and timers, which may be anything."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.playing import SoundFormat
from auricle.mqtt.playing import (
    LONGEST_HEADER,
    LONGEST_ID,
    UnusableError,
    parse_play,
    parse_timer,
)
from auricle.turns.sounds import (
    AnswerFailed,
    PlayOrder,
    SoundArrived,
    SoundCancelRequested,
    SoundKind,
    SoundOpening,
    SoundUnusable,
    Then,
    TimerChange,
    TimerChanged,
)
from rigs.mqtt.schemas import fits_first_line

FIRST = {"id": "a1", "seq": 0, "kind": "answer", "rate": 22050, "width": 2}
RINGS = {
    "event": "finished",
    "id": "t1",
    "name": "pizza",
    "seconds": 600,
    "seconds_left": 0,
    "active": False,
}


def payload(header: dict[str, Any], pcm: bytes | None = None) -> bytes:
    line = json.dumps(header).encode()
    return line if pcm is None else line + b"\n" + pcm


def test_the_first_chunk_says_what_the_sound_is() -> None:
    assert parse_play(payload({**FIRST, "channels": 1, "turn": "8c1f"}, b"\1\0")) == (
        SoundArrived(
            "a1",
            0,
            b"\1\0",
            SoundOpening(SoundKind.ANSWER, SoundFormat(22_050, 1), turn="8c1f"),
        )
    )


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.sampled_from(["a1", "x" * 64, "x" * 65, "a b", "", None, 7]),
            "seq": st.sampled_from([0, 1, 1_000_000, 1_000_001, -1, "0", True]),
            "kind": st.sampled_from([*SoundKind, "song", None]),
            "rate": st.sampled_from([8_000, 22_050, 192_000, 7_999, 192_001, "16000"]),
            "width": st.sampled_from([2, 1, "2"]),
            "channels": st.sampled_from([1, 2, 3, 0, None]),
            "turn": st.sampled_from(["8c1f", None, "", 7]),
            "last": st.sampled_from([True, False, None, "yes"]),
            "then": st.sampled_from([*Then, "sing"]),
            "cancel": st.sampled_from([True, False]),
            "error": st.sampled_from(["no_pipeline", None]),
        },
    )
)
def test_the_schema_of_the_first_line_takes_what_the_satellite_takes(
    header: dict[str, Any],
) -> None:
    try:
        taken = not isinstance(parse_play(payload(header)), SoundUnusable)
    except UnusableError:
        taken = False

    assert fits_first_line(header) is taken


def test_the_bytes_behind_the_line_are_the_sound_whatever_they_are() -> None:
    pcm = b'\n\n{"id":"b"}\n\xff\xfe\r\n\0'

    chunk = parse_play(payload({"id": "a1", "seq": 7}, pcm))

    assert chunk == SoundArrived("a1", 7, pcm)


@pytest.mark.parametrize("pcm", [None, b"", b"\1\0"])
def test_the_last_chunk_may_hold_sound_or_none(pcm: bytes | None) -> None:
    last = {"id": "a1", "seq": 3, "last": True, "then": "listen"}

    assert parse_play(payload(last, pcm)) == SoundArrived(
        "a1", 3, pcm or b"", then=Then.LISTEN
    )


def test_a_sound_of_one_chunk_is_first_and_last_at_once() -> None:
    opening = SoundOpening(SoundKind.ANNOUNCEMENT, SoundFormat(48_000, 2))
    header = {**FIRST, "kind": "announcement", "rate": 48000, "channels": 2}

    assert parse_play(payload({**header, "last": True}, b"\0" * 4)) == SoundArrived(
        "a1", 0, b"\0" * 4, opening, Then.IDLE
    )


@pytest.mark.parametrize(
    ("header", "order"),
    [
        ({"id": "a1", "cancel": True}, SoundCancelRequested("a1")),
        ({"cancel": True}, SoundCancelRequested(None)),
        ({"id": None, "cancel": True}, SoundCancelRequested(None)),
        ({"id": None, "error": "no_pipeline"}, AnswerFailed("no_pipeline")),
        ({"id": None, "error": "no\n\x1b[31mroute" * 99}, AnswerFailed),
        ({"id": None, "error": 7}, AnswerFailed("")),
        (
            {"id": "a1", "seq": 2, "cancel": False, "new": []},
            SoundArrived("a1", 2, b""),
        ),
    ],
)
def test_a_message_may_be_an_order_without_sound(
    header: dict[str, Any], order: PlayOrder | type[AnswerFailed]
) -> None:
    found = parse_play(payload(header))

    if isinstance(order, type):
        assert isinstance(found, AnswerFailed)
        assert len(found.error) <= 64
        assert found.error.isprintable()
    else:
        assert found == order


@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": -1},
        {"seq": True},
        {"seq": 1.0},
        {"seq": None},
        {"seq": 10**30},
        {"kind": "music"},
        {"kind": ["answer"]},
        {"rate": 7999},
        {"rate": 192_001},
        {"rate": "22050"},
        {"rate": None},
        {"width": 3},
        {"channels": 0},
        {"channels": 3},
        {"turn": ""},
        {"last": "yes"},
        {"last": True, "then": "sing"},
    ],
)
def test_a_sound_that_cannot_be_played_is_known_by_its_id(
    wrong: dict[str, Any],
) -> None:
    assert parse_play(payload({**FIRST, **wrong}, b"\0\0")) == SoundUnusable("a1")


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\n\0\0",
        b"PRESS",
        b"[]",
        b"7",
        b"null",
        b"\xff\xfe\n",
        b"{",
        b"[" * 4_000,
        b'{"id":' + b"9" * 4_000 + b"}",
        payload({"id": "a1", "seq": 0, "x": "x" * LONGEST_HEADER}),
        b"\0" * 10_000_000,
        payload({"seq": 0}),
        payload({"id": "", "seq": 0}),
        payload({"id": 7, "seq": 0}),
        payload({"id": "a b", "seq": 0}),
        payload({"id": "a\u202eb", "seq": 0}),
        payload({"id": "\ud800", "seq": 0}),
        payload({"id": "x" * (LONGEST_ID + 1), "cancel": True}),
    ],
    ids=lambda garbage: repr(garbage[:24]),
)
def test_what_is_about_no_sound_is_refused(garbage: bytes) -> None:
    with pytest.raises(UnusableError):
        parse_play(garbage)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(
    (
        *("id", "seq", "kind", "rate", "width", "channels", "turn", "last", "then"),
        *("cancel", "error", "event", "name", "seconds", "seconds_left", "active"),
    )
)


@given(
    st.binary(max_size=300)
    | st.builds(
        lambda facts, pcm: json.dumps(facts).encode() + pcm,
        st.dictionaries(KEYS, JSON_VALUES)
        | st.dictionaries(KEYS, JSON_VALUES).map(lambda facts: {**FIRST, **facts}),
        st.binary(max_size=8),
    )
)
def test_anything_is_either_understood_within_bounds_or_refused(said: bytes) -> None:
    try:
        order = parse_play(said)
    except UnusableError:
        return
    match order:
        case SoundArrived(sound_id, seq, pcm, opening):
            assert 1 <= len(sound_id) <= LONGEST_ID
            assert seq >= 0
            assert (opening is not None) == (seq == 0)
            assert len(pcm) < len(said)
            sound_id.encode()
        case SoundUnusable(sound_id):
            sound_id.encode()
        case SoundCancelRequested(named):
            assert named is None or named
        case AnswerFailed(error_word):
            assert len(error_word) <= 64


def test_a_timer_that_is_over_is_understood() -> None:
    assert parse_timer(payload(RINGS)) == TimerChanged(
        TimerChange.FINISHED, "t1", "pizza", 600.0, 0.0, active=False
    )


def test_a_timer_need_have_no_name() -> None:
    assert parse_timer(payload({**RINGS, "name": None})).name == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"event": "exploded"},
        {"event": None},
        {"id": None},
        {"name": 7},
        {"seconds": "ten"},
        {"seconds": True},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds_left": -1},
        {"seconds_left": 10**400},
        {"active": "yes"},
    ],
)
def test_what_is_no_timer_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnusableError):
        parse_timer(payload({**RINGS, **wrong}))


@given(
    st.binary(max_size=300)
    | st.dictionaries(KEYS, JSON_VALUES).map(
        lambda facts: json.dumps({**RINGS, **facts}).encode()
    )
)
def test_anything_said_of_a_timer_is_understood_or_refused(said: bytes) -> None:
    try:
        timer = parse_timer(said)
    except UnusableError:
        return
    assert 0 <= timer.seconds_left < float("inf")
    assert len(timer.name) <= 255
