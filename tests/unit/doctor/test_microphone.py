from collections.abc import Sequence
from pathlib import Path

import pytest

from auricle.audio.source_health import SourceHealth
from auricle.doctor import microphone
from auricle.doctor.microphone import Measurement
from auricle.doctor.results import Status
from auricle.errors import MicrophoneError


def measured(
    health: SourceHealth = SourceHealth.GOOD,
    *,
    floor: float = -62.0,
    clipped: float = 0.0,
    remarks: Sequence[str] = (),
    drift: float | None = None,
) -> Measurement:
    source = "microphone 'USB'"
    advice = "ask the source" if health is not SourceHealth.GOOD else ""
    return Measurement(
        source, 3.0, floor, -20.0, clipped, health, advice, remarks, drift
    )


def test_a_good_microphone_is_told_with_its_levels() -> None:
    found = microphone.judge(measured())
    assert found.status is Status.OK
    assert "noise floor -62 dBFS, loudest -20 dBFS" in found.meaning


def test_zeros_are_a_fault_and_the_source_knows_the_remedy() -> None:
    found = microphone.judge(measured(SourceHealth.ZEROS))
    assert found.status is Status.FAILED
    assert found.meaning == "microphone 'USB' delivers nothing but zeros"
    assert found.advice == "ask the source"


def test_channels_in_opposite_phase_are_a_fault() -> None:
    found = microphone.judge(measured(SourceHealth.CANCELLING))
    assert found.status is Status.FAILED
    assert "opposite phase" in found.meaning
    assert found.advice == "ask the source"


def test_clipping_is_told_with_its_share() -> None:
    found = microphone.judge(measured(SourceHealth.CLIPPING, clipped=0.4))
    assert found.status is Status.WARNING
    assert "40% of it is clipped" in found.meaning
    assert found.advice == "ask the source"


def test_what_is_odd_about_a_source_is_worth_a_warning() -> None:
    found = microphone.judge(measured(remarks=["recording a.wav is cut short"]))
    assert found.status is Status.WARNING
    assert found.meaning.endswith("; recording a.wav is cut short")


def arriving(pace: float, seconds: float = 3.0) -> list[tuple[float, float]]:
    """Sound whose second takes `pace` seconds, in blocks that are late now and then."""
    blocks = range(1, round(seconds / 0.03))
    return [(n * 0.03, 7 + n * 0.03 * pace + (n % 4) * 0.011) for n in blocks]


@pytest.mark.parametrize("pace", [0.9, 1.0, 1.004, 1.05, 1.1])
def test_how_fast_a_device_is_is_told_whatever_its_blocks_wait_for(
    pace: float,
) -> None:
    drift = microphone.drift(arriving(pace))
    assert drift is not None
    assert abs(drift - (1 - 1 / pace)) < 0.005


def test_too_little_sound_tells_no_pace() -> None:
    assert microphone.drift([]) is None
    assert microphone.drift(arriving(1.0, seconds=1.5)) is None


def test_a_burst_at_the_beginning_is_no_pace() -> None:
    burst = [(n * 0.03, 7.0) for n in range(10)]
    later = [(n * 0.03, 7 + (n - 9) * 0.03) for n in range(10, 110)]
    drift = microphone.drift(burst + later)
    assert drift is not None
    assert abs(drift) < 0.005


def test_sound_that_is_slower_than_time_is_worth_a_warning() -> None:
    found = microphone.judge(measured(drift=0.08))
    assert found.status is Status.WARNING
    assert "8% slower" in found.meaning
    assert "7% faster" in microphone.judge(measured(drift=-0.07)).meaning
    assert microphone.judge(measured(drift=0.004)).status is Status.OK


def test_noise_as_loud_as_a_voice_is_worth_a_warning() -> None:
    assert microphone.judge(measured(floor=-20.0)).status is Status.WARNING


def test_a_microphone_that_is_not_there_is_looked_for_with_devices() -> None:
    found = microphone.refused(MicrophoneError("no device"), service_runs=True)
    assert found.status is Status.FAILED
    assert "auricle devices" in found.advice


BUSY = MicrophoneError("'USB' cannot be captured from: device unavailable")


def test_the_running_service_may_have_the_microphone() -> None:
    found = microphone.refused(BUSY, service_runs=True)
    assert found.status is Status.SKIPPED
    assert "the running service has it" in found.meaning
    assert "systemctl stop" in found.advice


def process(proc: Path, number: int, *command: str) -> None:
    """A process as /proc shows it, with a capture device open."""
    folder = proc / str(number)
    (folder / "fd").mkdir(parents=True)
    (folder / "fd" / "0").symlink_to("/dev/null")
    (folder / "fd" / "7").symlink_to("/dev/snd/pcmC1D0c")
    (folder / "cmdline").write_text("\0".join(command) + "\0")
    (folder / "comm").write_text(Path(command[0]).name + "\n")


def test_whoever_else_has_the_microphone_is_named(tmp_path: Path) -> None:
    process(tmp_path, 321, "/usr/bin/arecord", "-f", "cd")
    found = microphone.refused(BUSY, service_runs=False, proc=tmp_path)
    assert found.status is Status.FAILED
    assert "arecord (process 321)" in found.meaning


@pytest.mark.parametrize(
    "command",
    [
        ("/opt/auricle/bin/python", "/opt/auricle/bin/auricle", "run"),
        ("/usr/bin/python3", "-m", "auricle", "run"),
    ],
)
def test_a_satellite_that_systemd_does_not_know_is_recognized(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    process(tmp_path, 321, *command)
    found = microphone.refused(BUSY, service_runs=False, proc=tmp_path)
    assert found.status is Status.SKIPPED
