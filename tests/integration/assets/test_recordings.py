"""The synthetic recordings say what their names say, to the engine that hears them."""

from importlib.resources import files
from pathlib import Path

import pytest

from auricle.audio.files.recording import read_recording
from auricle.wake.detector import Refractory, WakeWordModel
from auricle.wake.microwakeword import BUNDLED, MicroWakeWordEngine
from rigs.audio.speech import frames

TESTS = Path(__file__).parents[2] / "data/recordings"
RECORDINGS = Path(str(files("auricle.assets.recordings")))


@pytest.mark.parametrize(
    ("recording", "heard"),
    [
        (RECORDINGS / "okay_nabu_turn_on_the_kitchen_light.flac", ["okay_nabu"]),
        (TESTS / "hey_jarvis_turn_off_the_fan.flac", ["hey_jarvis"]),
        (TESTS / "no_pause.flac", ["okay_nabu"]),
        (TESTS / "plain_speech.flac", []),
        (TESTS / "two_turns.flac", ["okay_nabu", "okay_nabu"]),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else None,
)
def test_a_recording_wakes_who_is_called(recording: Path, heard: list[str]) -> None:
    engine = MicroWakeWordEngine([WakeWordModel(name) for name in BUNDLED])
    refractory = Refractory(2.0)
    detections = (engine.detect(frame) for frame in frames(read_recording(recording)))
    assert [
        detection.wake_word
        for detection in detections
        if detection and refractory.admits(detection)
    ] == heard


@pytest.mark.parametrize("seconds", [0.0, 0.1, 2.0])
def test_a_wake_word_is_one_however_soon_it_may_be_said_again(seconds: float) -> None:
    engine = MicroWakeWordEngine([WakeWordModel("okay_nabu")])
    refractory = Refractory(seconds)
    room = read_recording(RECORDINGS / "okay_nabu_turn_on_the_kitchen_light.flac")
    detections = [engine.detect(frame) for frame in frames(room)]
    admitted = [bool(each and refractory.admits(each)) for each in detections]
    assert sum(admitted) == 1


def test_the_bundled_recording_is_small() -> None:
    (recording,) = RECORDINGS.glob("*.flac")
    assert recording.stat().st_size < 100_000
