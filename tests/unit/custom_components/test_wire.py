import json
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
READERS = (wire.satellite, wire.wake, wire.utterance, wire.report)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*SATELLITE, "turn", "id", "state", "event_type", "text"]),
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


@given(JSON)
def test_no_message_is_more_than_unreadable(said: Any) -> None:
    for read in READERS:
        try:
            read(json.dumps(said))
        except ValueError:
            continue
