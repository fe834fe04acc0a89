"""What findings mean, and what is to be done about them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auricle.doctor import (
    broker,
    clock,
    configuration,
    machine,
    microphone,
    recognizer,
    report,
    service,
    wake_words,
)
from auricle.doctor.broker import Answers
from auricle.doctor.checks import Result, Status, all_well
from auricle.doctor.machine import Disk
from auricle.doctor.microphone import Measurement
from auricle.doctor.service import Service
from auricle.doctor.wake_words import Trial
from auricle.errors import AsrError, MicrophoneError
from auricle.mqtt.broker import (
    Connected,
    DeliveryResult,
    Disconnected,
    Problem,
    Version,
)
from auricle.mqtt.topics import Topics
from auricle.remembered import Remembered
from auricle.turn import Reason

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
TOPICS = Topics("auricle", "study")


# --- the report ---


def test_what_to_do_stands_under_what_is_wrong() -> None:
    found = Result("broker", Status.FAILED, "nothing listens", "start it")
    first, second = report.lines(found)
    assert first.startswith("✘ broker")
    assert second.strip() == "start it"
    assert first.index("nothing") == second.index("start")


def test_every_mistake_has_its_own_line() -> None:
    found = Result("configuration", Status.FAILED, "one\ntwo")
    assert [line.split()[-1] for line in report.lines(found)] == ["one", "two"]


def test_all_is_well_where_every_check_passes_or_does_not_apply() -> None:
    kinds = [Status.OK, Status.SKIPPED]
    results = [Result("x", kind, "") for kind in kinds]
    assert all_well(results)
    assert not all_well([*results, Result("x", Status.WARNING, "")])
    assert not all_well([*results, Result("x", Status.FAILED, "")])
    assert report.tally(results) == "2 checks: 1 passed, 1 skipped"


def test_programs_get_everything_as_json() -> None:
    results = [Result("disk", Status.FAILED, "it is full", "make room")]
    assert json.loads(report.as_json(results)) == {
        "healthy": False,
        "checks": [
            {
                "name": "disk",
                "status": "failed",
                "meaning": "it is full",
                "advice": "make room",
            }
        ],
    }


def test_a_secret_that_somebody_quotes_is_not_repeated() -> None:
    found = Result("recognizer", Status.FAILED, "key sk-1 is bad", "replace sk-1")
    told = found.without(["sk-1"])
    assert (told.meaning, told.advice) == ("key *** is bad", "replace ***")


# --- the configuration ---


def test_what_overrides_the_file_is_named() -> None:
    found = configuration.accepted(Path("c.toml"), ["AURICLE_ASR__URL"])
    assert found.meaning == "c.toml; overridden by AURICLE_ASR__URL"


def test_the_origin_of_each_secret_is_told() -> None:
    found = configuration.secrets({"mqtt.password": "credential mqtt.password"}, ())
    assert found.status is Status.OK
    assert found.meaning == "mqtt.password: credential mqtt.password"


def test_what_only_the_service_knows_is_a_warning_and_root_is_asked_for() -> None:
    found = configuration.secrets({}, {"asr.api_key", service.STATE})
    assert found.status is Status.WARNING
    assert found.meaning == "asr.api_key: known to the service alone"
    assert "sudo" in found.advice


def test_a_file_that_may_not_be_read_needs_root_and_no_correction() -> None:
    found = configuration.refused("/etc/auricle/config.toml: Permission denied")
    assert "sudo" in found.advice


# --- the clock ---


def test_a_clock_that_was_never_set_is_known_without_any_network() -> None:
    found = clock.judge(datetime(1970, 1, 1, tzinfo=UTC), None)
    assert found.status is Status.FAILED
    assert "timedatectl" in found.advice


@pytest.mark.parametrize(
    ("off", "status"),
    [
        (timedelta(seconds=2), Status.OK),
        (timedelta(minutes=-5), Status.WARNING),
        (timedelta(days=3), Status.FAILED),
    ],
)
def test_a_clock_is_compared_with_the_recognizers(
    off: timedelta, status: Status
) -> None:
    assert clock.judge(NOW, NOW + off).status is status


def test_a_certificate_of_the_future_is_a_clock_of_the_past() -> None:
    found = clock.judge(NOW, None, mistrusted=True)
    assert found.status is Status.FAILED


# --- the microphone ---


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


# --- wake words ---


def test_a_wake_word_without_a_recording_is_only_loaded() -> None:
    found = wake_words.judge(["alexa"], None)
    assert found.status is Status.OK
    assert "no recording" in found.meaning


def test_a_threshold_that_the_bundled_recording_does_not_reach_is_too_high() -> None:
    found = wake_words.judge(["okay_nabu"], Trial(False, 0.97, 0.99))
    assert found.status is Status.FAILED
    assert "score 0.97, threshold 0.99" in found.meaning
    assert "wake_word.thresholds.okay_nabu" in found.advice


def test_who_has_no_wake_words_pushes_to_talk() -> None:
    assert wake_words.judge([], None).status is Status.SKIPPED


# --- the recognizer ---


def visited(reason: Reason, host: str = "asr.example.org") -> recognizer.Visit:
    failure = AsrError("it failed", reason=reason, transient=False)
    return recognizer.Visit(host, 0.2, NOW, failure)


def test_a_refused_key_may_belong_to_the_other_region() -> None:
    found = recognizer.judge(visited(Reason.AUTH_FAILED))
    assert found.status is Status.FAILED
    assert "region" in found.advice


def test_a_recognizer_of_this_machine_has_to_be_started() -> None:
    found = recognizer.judge(visited(Reason.ASR_UNREACHABLE, "127.0.0.1"))
    assert "auricle recognizer" in found.advice


def test_a_wrong_clock_is_told_of_at_the_clock_alone() -> None:
    found = recognizer.judge(visited(Reason.CLOCK_UNSYNCED))
    assert found.status is Status.SKIPPED


# --- the broker ---


def asked(
    *,
    probe: DeliveryResult = DeliveryResult.NO_LISTENER,
    echoed: bool = True,
    announcement: DeliveryResult | None = DeliveryResult.ACKED,
    birth: str | None = None,
    version: Version = Version.V5,
) -> broker.Visit:
    answers = Answers(probe, echoed, announcement, birth)
    return broker.Visit("b:1883", Connected(version), TOPICS, (), answers)


@pytest.mark.parametrize("problem", Problem)
def test_every_trouble_with_the_broker_has_its_remedy(problem: Problem) -> None:
    visit = broker.Visit("b:1883", Disconnected(problem, "no"), TOPICS)
    assert broker.judge_broker(visit).advice
    assert broker.judge_topics(visit).status is Status.SKIPPED
    assert broker.judge_home_assistant(visit).status is Status.SKIPPED


def test_a_forbidden_announcement_names_its_topic() -> None:
    found = broker.judge_topics(asked(announcement=DeliveryResult.REJECTED))
    assert found.status is Status.FAILED
    assert "write homeassistant/device/auricle_study/config" in found.meaning
    assert "acl.example" in found.advice


def test_commands_that_do_not_arrive_may_not_be_read() -> None:
    found = broker.judge_topics(asked(echoed=False))
    assert "read auricle/study/+/set" in found.meaning


def test_where_we_may_not_write_reading_is_not_blamed() -> None:
    found = broker.judge_topics(asked(echoed=False, probe=DeliveryResult.REJECTED))
    assert "write auricle/study/#" in found.meaning
    assert "read" not in found.meaning


def test_a_broker_over_its_quota_is_no_matter_of_access_rules() -> None:
    visit = asked(echoed=False, probe=DeliveryResult.OVER_QUOTA)

    assert "quota" in broker.judge_topics(visit).meaning


def test_home_assistant_waits_for_devices() -> None:
    assert broker.judge_home_assistant(asked()).status is Status.OK


def test_home_assistant_that_says_so_is_believed() -> None:
    visit = asked(birth="online", probe=DeliveryResult.ACKED)
    assert broker.judge_home_assistant(visit).status is Status.OK


def test_nobody_who_waits_for_devices_is_no_home_assistant() -> None:
    visit = asked(announcement=DeliveryResult.NO_LISTENER)
    found = broker.judge_home_assistant(visit)
    assert found.status is Status.WARNING
    assert "not seen" in found.meaning


def test_who_listens_to_everything_is_not_taken_for_home_assistant() -> None:
    visit = asked(probe=DeliveryResult.ACKED)
    assert broker.judge_home_assistant(visit).status is Status.SKIPPED


def test_an_old_broker_does_not_tell_who_listens() -> None:
    visit = asked(version=Version.V311, probe=DeliveryResult.ACKED)
    assert broker.judge_home_assistant(visit).status is Status.SKIPPED


# --- the service ---

SHOWN = """\
LoadState=loaded
ActiveState={active}
SubState={sub}
UnitFileState={file}
StatusText=listening for okay_nabu
Result={result}
ExecMainStatus={code}
NRestarts={restarts}
"""


def unit(
    active: str = "active",
    sub: str = "running",
    file: str = "enabled",
    result: str = "success",
    code: int = 0,
    restarts: int = 0,
) -> Service:
    shown = SHOWN.format(
        active=active,
        sub=sub,
        file=file,
        result=result,
        code=code,
        restarts=restarts,
    )
    return service.describe(service.parse_properties(shown), "")


def test_a_running_service_is_told_in_its_own_words() -> None:
    found = service.judge(unit())
    assert found.status is Status.OK
    assert "listening for okay_nabu" in found.meaning


def test_a_service_that_does_not_start_at_boot_is_worth_a_warning() -> None:
    found = service.judge(unit(file="disabled"))
    assert found.status is Status.WARNING
    assert "systemctl enable" in found.advice


def test_exit_code_78_is_the_configuration() -> None:
    failed = unit("failed", "failed", result="exit-code", code=78)
    found = service.judge(failed)
    assert found.status is Status.FAILED
    assert "auricle config" in found.advice


def test_a_service_that_is_started_again_and_again_has_failed() -> None:
    assert service.judge(unit("activating", "auto-restart")).status is Status.FAILED
    assert service.judge(unit("activating", "start")).status is Status.WARNING


def test_a_stopped_service_is_started() -> None:
    found = service.judge(unit("inactive", "dead"))
    assert found.status is Status.WARNING
    assert "systemctl enable --now" in found.advice


def test_without_a_service_nothing_is_wrong() -> None:
    assert service.judge(None).status is Status.SKIPPED


def test_the_unit_tells_where_secrets_and_state_are() -> None:
    text = """\
# /etc/systemd/system/auricle.service
[Service]
LoadCredential=asr.api_key:/etc/auricle/credentials/asr.api_key
StateDirectory=auricle
# /etc/systemd/system/auricle.service.d/override.conf
[Service]
LoadCredentialEncrypted=mqtt.password:/etc/auricle/credentials/mqtt.password
"""
    described = service.describe({}, text)
    assert described.credentials == {
        "asr.api_key": Path("/etc/auricle/credentials/asr.api_key"),
        "mqtt.password": Path("/etc/auricle/credentials/mqtt.password"),
    }
    assert described.state_directory == Path("/var/lib/auricle")


# --- the machine ---

ROOM = 10**10


def test_a_state_directory_that_cannot_be_written_to_is_a_failure() -> None:
    found = machine.judge_disk(Disk(Path("/state"), ROOM, "Read-only file system"))
    assert found.status is Status.FAILED
    assert "/state cannot be written to: read-only file system" in found.meaning


@pytest.mark.parametrize(
    ("free", "status"),
    [(ROOM, Status.OK), (10**8, Status.WARNING), (10**6, Status.FAILED)],
)
def test_a_disk_that_fills_up_is_told_in_time(free: int, status: Status) -> None:
    assert machine.judge_disk(Disk(Path("/state"), free)).status is status


def test_somebody_may_have_muted_it() -> None:
    found = machine.judge_mute(Remembered(muted=True))
    assert found.status is Status.WARNING
    assert "unmute" in found.advice


def test_a_cool_machine_is_fine() -> None:
    found = machine.judge_temperature(48.3, 0)
    assert (found.status, found.meaning) == (Status.OK, "48 °C")


def test_a_hot_one_needs_air() -> None:
    found = machine.judge_temperature(82.0, None)
    assert found.status is Status.WARNING
    assert "heat sink" in found.advice


def test_under_voltage_needs_another_power_supply() -> None:
    found = machine.judge_temperature(50.0, 0x50005)
    assert "under-voltage, throttling" in found.meaning
    assert "power supply" in found.advice


def test_what_happened_since_the_start_is_told_too() -> None:
    found = machine.judge_temperature(50.0, 0x40000)
    assert found.meaning == "50 °C; since the start there was: throttling"


def test_a_machine_without_a_thermometer_is_no_failure() -> None:
    assert machine.judge_temperature(None, None).status is Status.SKIPPED
