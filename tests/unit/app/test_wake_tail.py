"""What the recognizer hears of the wake word's end, by the settings of both."""

from pathlib import Path

import pytest

from auricle.app import build
from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.config.loading import load
from auricle.qwen_asr.events import FinalTranscript, SpeechStarted, SpeechStopped
from auricle.turns.events import (
    Event,
    Heard,
    MicrophoneFound,
    PublishOutcome,
    RecognizerSaid,
    WakeWordHeard,
)
from auricle.turns.turn import Outcome
from auricle.wake.detector import Detection
from rigs.homes.program import write_settings

PRE_ROLL = 400


def heard_by_the_recognizer_alone(
    config: Path, silence_ms: int, *, stopped_ms: int
) -> list[Outcome]:
    """How the turn ends where the recognizer ends an utterance, and understands it,
    that began with the pre-roll and that our own detector took for no voice.
    """
    asr = {"url": "ws://127.0.0.1:9", "silence_duration_ms": silence_ms}
    utterance = {"mode": "server_vad", "least_silence": 0.0}
    write_settings(config, {"asr": asr, "utterance": utterance})
    satellite = build.satellite(load(config), ["alexa"], muted=False)
    count = round(PRE_ROLL / 1000 / FRAME_SECONDS) + 1
    pre_roll = tuple(
        Frame(bytes(FRAME_BYTES), number * FRAME_SAMPLES) for number in range(count)
    )
    detection = Detection("alexa", 0.9, pre_roll[-1].end)
    events: list[Event] = [MicrophoneFound(), WakeWordHeard(detection, pre_roll)]
    for number in range(count, round(stopped_ms / 1000 / FRAME_SECONDS)):
        frame = Frame(bytes(FRAME_BYTES), number * FRAME_SAMPLES)
        events.append(Heard(frame, speech=False))
    for effect in [effect for event in events for effect in satellite.step(event)]:
        assert not isinstance(effect, PublishOutcome)
    turn = satellite.turn
    assert turn is not None
    effects = [
        effect
        for said in (
            SpeechStarted("item", 0),
            SpeechStopped("item", stopped_ms),
            FinalTranscript("item", "So make me a latte."),
        )
        for effect in satellite.step(RecognizerSaid(turn.id, said))
    ]
    return [each.outcome for each in effects if isinstance(each, PublishOutcome)]


@pytest.mark.parametrize("silence_ms", [200, 400, 1500])
def test_what_goes_on_behind_the_wake_word_is_a_command(
    tmp_path: Path, silence_ms: int
) -> None:
    [outcome] = heard_by_the_recognizer_alone(
        tmp_path / "auricle.toml", silence_ms, stopped_ms=PRE_ROLL + silence_ms + 100
    )
    assert outcome.transcript is not None
    assert outcome.transcript.text == "So make me a latte."


@pytest.mark.parametrize("silence_ms", [200, 400, 1500])
def test_what_ends_with_the_wake_word_is_none(tmp_path: Path, silence_ms: int) -> None:
    assert not heard_by_the_recognizer_alone(
        tmp_path / "auricle.toml", silence_ms, stopped_ms=PRE_ROLL + silence_ms
    )
