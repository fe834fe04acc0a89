import ast
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from auricle.app.build import recognizer_address
from auricle.assets import requirements
from auricle.assets.requirements import how_to_install, missing, remedy
from auricle.cli.demo import main as demo
from auricle.cli.parser import build_parser
from auricle.config.sections import UtteranceSettings
from auricle.config.settings import Settings
from auricle.doctor.models import judge_voice_detector
from auricle.doctor.recognizer import RecognizerVisit, judge
from auricle.errors import ConfigError, NoNetworkError
from auricle.recognizer.engines.loading import load_engine
from auricle.vad.detectors import VoiceDetectorName, make_voice_detector
from auricle.wake.detector import WakeWordModel
from rigs.uninstalled import on_a_32_bit_system

PROGRAM = Path(__file__).parents[3] / "daemon" / "auricle"
EXTRAS = sorted(
    Path(str(lock)).stem
    for lock in files(requirements).iterdir()
    if lock.name.endswith(".txt")
)


@pytest.mark.parametrize("extra", EXTRAS)
def test_who_lacks_an_extra_is_told_how_to_install_it(extra: str) -> None:
    told = remedy(extra)
    assert told.startswith("run ")
    assert told.endswith(f"{extra}.txt")


@pytest.mark.parametrize("extra", ["recognizer", "panel"])
def test_of_the_debian_package_it_is_a_package_more(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pip", raising=False)
    monkeypatch.setattr(sys, "path", [])
    package = f"./auricle-{extra}_*.deb"
    assert how_to_install(extra) == f"sudo apt install {package}"
    again = how_to_install(extra, again=True)
    assert again == f"sudo apt install --reinstall {package}"


def test_a_damaged_one_is_installed_again_by_pip() -> None:
    assert " --force-reinstall " in how_to_install("recognizer-light", again=True)
    assert "reinstall" not in how_to_install("recognizer-light")


@pytest.mark.parametrize("extra", [one for one in EXTRAS if one != "panel"])
def test_nobody_on_a_32_bit_system_is_told_to_install_what_is_not_made_for_it(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_32_bit_system(monkeypatch)
    assert "64-bit" in remedy(extra)
    assert "install" not in remedy(extra)
    assert "install" not in missing("soxr")


def test_there_the_panel_is_a_package_and_who_drives_pins_comes_with_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_a_32_bit_system(monkeypatch)
    assert remedy("panel").startswith("run sudo apt install ./auricle-panel_*.deb")
    assert "python3-lgpio" in remedy("panel")


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(ConfigError) as error:
        act()
    return str(error.value)


def resampler() -> str:
    def act() -> object:
        from auricle.audio.resampler import StreamResampler

        return StreamResampler(48_000, 16_000)

    return refused(act)


def open_wake_word() -> str:
    from auricle.wake.openwakeword import OpenWakeWordEngine

    return refused(lambda: OpenWakeWordEngine([WakeWordModel("mine.tflite")]))


def service_at_home() -> str:
    failure = NoNetworkError("nobody listens")
    visit = RecognizerVisit("127.0.0.1", 0.1, datetime.now(UTC), failure)
    return judge(visit).advice


def voice_detector() -> str:
    found = judge_voice_detector(
        UtteranceSettings(voice_detector=VoiceDetectorName.SILERO)
    )
    return f"{found.meaning} {found.advice}"


ADVICE: dict[str, Callable[[], str]] = {
    "a recognizer": lambda: refused(lambda: recognizer_address(Settings().asr)),
    "one that does not run": service_at_home,
    "one's model": lambda: refused(lambda: load_engine("tiny.en", threads=1)),
    "a resampler": resampler,
    "openWakeWord": open_wake_word,
    "Silero": lambda: refused(lambda: make_voice_detector(VoiceDetectorName.SILERO)),
    "what the doctor says of Silero": voice_detector,
    "and of webrtc": lambda: judge_voice_detector(UtteranceSettings()).meaning,
}


@pytest.mark.parametrize("about", ADVICE)
def test_no_advice_on_a_32_bit_system_names_what_is_not_made_for_it(
    about: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_32_bit_system(monkeypatch)
    told = ADVICE[about]()
    assert told
    assert "install " not in told
    assert "start it: auricle recognizer" not in told
    assert "-bit system" in told


def test_the_demo_there_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_a_32_bit_system(monkeypatch)
    assert demo(build_parser().parse_args(["demo"])) == 69
    assert "it needs a 64-bit system" in capsys.readouterr().err


def test_whoever_names_an_installation_asks_what_can_be_installed_here() -> None:
    """Only of what is there, and damaged, is it sure that it can be."""
    names = {
        str(path.relative_to(PROGRAM))
        for path in PROGRAM.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module == "auricle.assets.requirements"
        and "how_to_install" in {name.name for name in node.names}
    }
    assert names == {"recognizer/engines/weights.py"}
