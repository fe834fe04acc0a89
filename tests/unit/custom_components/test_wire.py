import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.auricle import wire

SATELLITE: dict[str, Any] = {
    "schema": 1,
    "device": "auricle_study",
    "name": "Study voice",
    "version": "1.0",
    "wake_words": [
        {"id": "okay_nabu", "wake_word": "Okay Nabu", "languages": ["en"]},
    ],
    "max_active_wake_words": 1,
    "rate": 16000,
    "features": ["play", "timers"],
}
MESSAGES: tuple[dict[str, Any], ...] = (
    SATELLITE,
    {"turn": "1", "wake_word": "okay_nabu"},
    {
        "event_type": "transcript",
        "turn": "1",
        "text": "Hi.",
        "language": "en",
        "emotion": "happy",
    },
    {"id": "1", "state": "failed", "reason": "order"},
    {"value": "upstairs"},
)
READERS = (wire.satellite, wire.wake, wire.utterance, wire.report, wire.group)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*SATELLITE, "turn", "id", "state", "event_type", "text", "value"]
            ),
            inner,
            max_size=9,
        )
    ),
)


def test_a_satellite_says_what_it_is_and_can() -> None:
    satellite = wire.satellite(json.dumps(SATELLITE))

    assert (satellite.device, satellite.name) == ("auricle_study", "Study voice")
    assert satellite.plays
    assert satellite.wake_words == (wire.WakeWord("okay_nabu", "Okay Nabu", ("en",)),)


def test_without_a_loudspeaker_it_does_not_play() -> None:
    assert not wire.satellite(json.dumps({**SATELLITE, "features": []})).plays


def test_a_wake_word_is_known_by_its_words() -> None:
    satellite = wire.satellite(json.dumps(SATELLITE))

    assert satellite.phrase("okay_nabu") == "Okay Nabu"
    assert satellite.phrase("computer") == "computer"


def test_a_newer_satellite_is_told_apart_from_nonsense() -> None:
    with pytest.raises(wire.NewerSatelliteError):
        wire.satellite(json.dumps({**SATELLITE, "schema": 2}))


@pytest.mark.parametrize(
    ("emotion", "sentence"),
    [
        ("angry", "The speaker sounds angry."),
        ("neutral", None),
        ("other", None),
        (None, None),
    ],
)
def test_a_mood_is_told_where_there_is_one(
    emotion: str | None, sentence: str | None
) -> None:
    said = {"event_type": "transcript", "turn": "1", "text": "Hi.", "emotion": emotion}

    assert wire.utterance(json.dumps(said)).mood == sentence


def test_what_is_no_transcript_has_no_words() -> None:
    said = {"event_type": "error", "turn": "1", "text": "Hi.", "reason": "budget"}

    assert wire.utterance(json.dumps(said)).text is None


def test_sound_stands_behind_the_line_that_says_what_it_is() -> None:
    message = wire.sound_message({"id": "1", "seq": 0}, b"\n\x00")

    assert message == b'{"id":"1","seq":0}\n\n\x00'
    assert (
        wire.sound_message({"id": "1", "cancel": True}) == b'{"id":"1","cancel":true}'
    )


@pytest.mark.parametrize("read", READERS)
@given(said=JSON)
def test_no_message_is_more_than_unreadable(
    read: Callable[[str], object], said: Any
) -> None:
    with suppress(ValueError):
        read(json.dumps(said))


@given(st.data(), JSON)
def test_nothing_in_place_of_a_value_is_more_than_unreadable(
    data: st.DataObject, value: Any
) -> None:
    for read, said in zip(READERS, MESSAGES, strict=True):
        key = data.draw(st.sampled_from(sorted(said)))
        with suppress(ValueError):
            read(json.dumps({**said, key: value}))


@pytest.mark.parametrize("read", READERS)
@given(payload=st.binary() | st.text())
def test_no_payload_is_more_than_unreadable(
    read: Callable[[str | bytes], object], payload: str | bytes
) -> None:
    with suppress(ValueError):
        read(payload)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("begin", ["[", '{"a":'])
def test_a_message_that_is_nested_too_deeply_is_unreadable(
    read: Callable[[str], object], begin: str
) -> None:
    with pytest.raises(ValueError, match=r"nested too deeply"):
        read(begin * 100_000)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", True),
        ("schema", 0),
        ("device", ""),
        ("name", 5),
        ("version", None),
        ("wake_words", {}),
        ("wake_words", ["okay_nabu"]),
        ("wake_words", [{"id": "a", "wake_word": "A", "languages": [1]}]),
        ("max_active_wake_words", None),
        ("max_active_wake_words", []),
        ("max_active_wake_words", float("inf")),
        ("max_active_wake_words", "1"),
        ("features", "play"),
        ("features", [None]),
    ],
)
def test_a_satellite_that_says_nonsense_is_told_where(key: str, value: Any) -> None:
    expected = "a wake word|languages" if value and key == "wake_words" else key
    with pytest.raises(ValueError, match=expected):
        wire.satellite(json.dumps({**SATELLITE, key: value}))


def test_what_a_satellite_need_not_say_is_taken_for_granted() -> None:
    optional = ("version", "wake_words", "max_active_wake_words", "features")
    said = {key: value for key, value in SATELLITE.items() if key not in optional}

    satellite = wire.satellite(json.dumps(said))

    assert (satellite.version, satellite.max_active_wake_words) == ("", 1)
    assert (satellite.wake_words, satellite.features) == ((), frozenset())
