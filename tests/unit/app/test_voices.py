"""What of a voice the satellite tells the others of its group."""

from pathlib import Path

import pytest

from auricle.app import build
from auricle.arbitration.messages import Bid, Claim, GroupMessage
from auricle.arbitration.voice_print import COMMAND, WORD
from auricle.audio.frame import Frame
from auricle.config.loading import load
from auricle.turns.events import (
    Event,
    GroupChanged,
    GroupSaid,
    Heard,
    MicrophoneFound,
    TellGroup,
    WakeWordHeard,
)
from auricle.wake.detector import Detection
from rigs.audio.speech import frames, noise, say
from rigs.homes.program import write_settings


def told(config: Path, *, publish_text: bool) -> list[GroupMessage]:
    """All that a satellite says of a word that another one has heard as well."""
    asr = {"url": "ws://127.0.0.1:9/api-ws/v1/realtime"}
    mqtt = {"host": "127.0.0.1", "publish_text": publish_text}
    write_settings(config, {"asr": asr, "mqtt": mqtt})
    satellite = build.satellite(load(config), ["alexa"], muted=False)
    sound = frames(noise(WORD + COMMAND + 1, dbfs=-50) + say("turn on the lamp"))
    word = [frame for frame in sound if frame.end <= 16_000 * WORD]
    detection = Detection("alexa", 0.9, word[-1].end)
    far = Claim("study", "their turn", "alexa", 3.0, 0.0)
    events: list[Event] = [
        MicrophoneFound(),
        GroupChanged(frozenset({"study"})),
        WakeWordHeard(detection, tuple(word), level=12.0, word=tuple(word)),
        GroupSaid(Bid(far), detection.end),
        *(Heard(frame, speech=True) for frame in behind(word, sound)),
    ]
    effects = [effect for event in events for effect in satellite.step(event)]
    return [effect.message for effect in effects if isinstance(effect, TellGroup)]


def behind(word: list[Frame], sound: list[Frame]) -> list[Frame]:
    return sound[len(word) :]


def prints(messages: list[GroupMessage]) -> list[bytes]:
    return [
        printed
        for message in messages
        if (printed := getattr(message, "print", None)) is not None
    ]


def test_two_people_are_told_apart_by_prints_of_what_was_heard(tmp_path: Path) -> None:
    messages = told(tmp_path / "auricle.toml", publish_text=True)
    assert {len(printed) for printed in prints(messages)} == {480}


@pytest.mark.parametrize("publish_text", [True, False])
def test_a_word_is_bid_for_whatever_is_published(
    tmp_path: Path, publish_text: bool
) -> None:
    messages = told(tmp_path / "auricle.toml", publish_text=publish_text)
    assert any(isinstance(message, Bid) for message in messages)


def test_where_no_words_are_published_no_print_is_either(tmp_path: Path) -> None:
    assert prints(told(tmp_path / "auricle.toml", publish_text=False)) == []
