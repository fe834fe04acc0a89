from pathlib import Path

from auricle.cli.app_unit import SATELLITE
from auricle.doctor import service
from auricle.doctor.results import Status
from auricle.doctor.service import Service

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


def test_whatever_ends_it_for_good_is_told_with_what_to_do() -> None:
    advices = {
        service.judge(unit("failed", "failed", result="exit-code", code=code)).advice
        for code in SATELLITE.for_a_person
    }
    assert len(advices) == len(SATELLITE.for_a_person)
    assert not any("journalctl" in advice for advice in advices)


def test_exit_code_73_is_another_satellite() -> None:
    failed = unit("failed", "failed", result="exit-code", code=73)
    found = service.judge(failed)
    assert found.status is Status.FAILED
    assert "another satellite has" in found.advice


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
