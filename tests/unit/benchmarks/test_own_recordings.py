"""Recordings of one's own, measured in the place of those that others have."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.recordings import Recordings, Samples


def said(seconds: float) -> Samples:
    """As loud and as long as a word, in a quiet room."""
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    word = 0.3 * np.sin(2 * np.pi * 200 * at)
    quiet = np.random.default_rng(1).normal(0, 1e-4, SAMPLE_RATE // 2)
    return np.concatenate([quiet, word, quiet]).astype(np.float32)


def save(path: Path, samples: Samples, rate: int = SAMPLE_RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What others have: one "alexa" of 0.7 s, and a command of 1.5 s."""
    root = tmp_path / "recordings"
    save(root / "wake" / "alexa" / "1.flac", said(0.7))
    save(root / "commands" / "coffee" / "1.wav", said(1.5))
    monkeypatch.setenv("AURICLE_RECORDINGS", str(root))
    return root


@pytest.fixture
def own(tmp_path: Path) -> Path:
    own = tmp_path / "own"
    own.mkdir()
    return own


def lengths(clips: list[Samples]) -> list[float]:
    return [round(len(clip) / SAMPLE_RATE, 1) for clip in clips]


@pytest.mark.usefixtures("folder")
def test_ones_own_stand_in_for_those_of_their_kind(own: Path) -> None:
    save(own / "wake" / "okay_nabu" / "a.wav", said(0.9))
    save(own / "commands" / "lamp.wav", said(2.0))
    save(own / "commands" / "me" / "door.flac", said(3.0))
    recordings = Recordings.from_environment(
        wake=own / "wake", commands=own / "commands"
    )
    wake_words = recordings.wake_words()
    assert [word for word, clips in wake_words.items() if clips] == ["okay_nabu"]
    commands = [clip.samples for clip in recordings.commands()]
    assert lengths(commands) == [2.0, 3.0]


@pytest.mark.usefixtures("folder")
def test_a_wake_word_that_one_has_not_recorded_is_that_of_others(own: Path) -> None:
    save(own / "okay_nabu" / "a.wav", said(0.9))
    recordings = Recordings.from_environment(wake=own)
    assert len(recordings.wake_word("alexa")) == 1
    save(own / "alexa" / "1.wav", said(0.8))
    save(own / "alexa" / "2.wav", said(0.8))
    assert len(recordings.wake_word("alexa")) == 2


@pytest.mark.usefixtures("folder")
def test_wake_words_that_lie_in_no_folder_of_theirs_are_asked_for(own: Path) -> None:
    save(own / "alexa.wav", said(0.7))
    with pytest.raises(SystemExit, match=r"--wake .*own: nothing there.*alexa/1\.wav"):
        Recordings.from_environment(wake=own)


@pytest.mark.usefixtures("folder")
def test_wake_words_that_no_model_knows_are_told_with_those_that_are_known(
    own: Path,
) -> None:
    save(own / "computer" / "1.wav", said(0.7))
    with pytest.raises(SystemExit, match="known are alexa, hey_jarvis, hey_mycroft"):
        Recordings.from_environment(wake=own)


@pytest.mark.usefixtures("folder")
def test_a_folder_without_commands_is_told(own: Path) -> None:
    (own / "notes.txt").write_text("none yet")
    with pytest.raises(SystemExit, match=r"--commands .*own: nothing there"):
        Recordings.from_environment(commands=own)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("rate", "channels"), [(44_100, 1), (SAMPLE_RATE, 2)], ids=["rate", "stereo"]
)
def test_another_format_is_told_before_anything_is_measured(
    own: Path, rate: int, channels: int
) -> None:
    samples = np.repeat(said(0.7)[:, None], channels, axis=1)
    save(own / "alexa" / "1.wav", samples, rate)
    with pytest.raises(SystemExit, match=r"1\.wav is not 16 kHz mono: sox 1\.wav"):
        Recordings.from_environment(wake=own)


@pytest.mark.usefixtures("folder")
def test_a_file_that_holds_no_sound_is_told(own: Path) -> None:
    (own / "lamp.wav").write_text("turn on the lamp")
    with pytest.raises(SystemExit, match=r"lamp\.wav: .*[Ff]ormat not recogni"):
        Recordings.from_environment(commands=own)
