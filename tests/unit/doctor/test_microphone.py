from pathlib import Path

import pytest

from auricle.doctor import microphone
from auricle.doctor.checks import Status
from auricle.doctor.microphone import Measurement
from auricle.errors import MicrophoneError


def measured(**facts: float | bool) -> Measurement:
    sound = {"floor": -62.0, "loudest": -20.0, "clipped": 0.0, "zeros": False, **facts}
    return Measurement("microphone 'USB'", 3.0, **sound)  # type: ignore[arg-type]  # by name


def test_a_good_microphone_is_told_with_its_levels() -> None:
    found = microphone.judge(measured())
    assert found.status is Status.OK
    assert "noise floor -62 dBFS, loudest -20 dBFS" in found.meaning


def test_zeros_are_a_mute_switch() -> None:
    found = microphone.judge(measured(zeros=True))
    assert found.status is Status.FAILED
    assert "unmute" in found.advice


def test_clipping_is_too_much_gain() -> None:
    found = microphone.judge(measured(clipped=0.4))
    assert found.status is Status.WARNING
    assert "40% of it is clipped" in found.meaning
    assert "gain" in found.advice


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
