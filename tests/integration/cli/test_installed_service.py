"""Commands beside the service, which has secrets and a state of its own."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from auricle.app import state_lock
from auricle.config.loading import SYSTEM_FILE
from rigs.audio.recordings import save
from rigs.audio.speech import say, silence
from rigs.homes.installed import InstalledService, can_be_seen
from rigs.mqtt.broker import Broker, password_file, running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer

PASSWORD, KEY = "pw-CANARY", "sk-CANARY"
COMMAND = silence(0.3) + say("turn on the kitchen light please") + silence(1.2)

pytestmark = pytest.mark.skipif(
    not can_be_seen(), reason="needs unshare, and the right to mount"
)


def settings(port: int, **mqtt: str) -> dict[str, dict[str, Any]]:
    return {
        "satellite": {"name": "study"},
        "mqtt": {"host": "127.0.0.1", "port": port, **mqtt},
    }


async def test_a_satellite_is_forgotten_at_a_broker_with_the_password_of_the_service(
    tmp_path: Path,
) -> None:
    passwords = password_file(tmp_path, {"pi": PASSWORD})
    closed = ("allow_anonymous false", f"password_file {passwords}")
    with running_broker(tmp_path, closed) as broker:
        ours = settings(broker.port, username="pi")
        service = InstalledService(tmp_path, ours, {"mqtt.password": f"{PASSWORD}\n"})
        code, out, err = await service.auricle("forget")

    assert (code, err) == (0, "")
    assert "the device removed" in out


async def test_a_satellite_is_not_forgotten_while_its_service_runs(
    broker: Broker, tmp_path: Path
) -> None:
    service = InstalledService(tmp_path, settings(broker.port), {})
    async with HouseClient(broker.port, "auricle/#") as house:
        house.say("auricle/study/state", "idle", retain=True)
        await house.hears("auricle/study/state", "idle")
        with state_lock.locked(service.state, "run"):
            code, out, err = await service.auricle("forget")

    assert (code, out) == (os.EX_UNAVAILABLE, "")
    assert f"process {os.getpid()} " in err
    assert "" not in house.on("auricle/study/state")


async def test_who_may_not_see_that_the_service_runs_is_told_to_be_root(
    broker: Broker, tmp_path: Path
) -> None:
    service = InstalledService(tmp_path, settings(broker.port), {})
    service.close_to_us(service.state.parent)
    code, out, err = await service.auricle("forget")

    assert (code, out) == (os.EX_NOPERM, "")
    assert "needs its state directory, which only the service may read" in err


async def test_who_may_not_read_the_password_is_told_to_be_root(
    broker: Broker, tmp_path: Path
) -> None:
    ours = settings(broker.port, username="pi")
    service = InstalledService(tmp_path, ours, {"mqtt.password": PASSWORD})
    service.close_to_us(service.store)
    code, _, err = await service.auricle("forget")

    assert code == os.EX_NOPERM
    assert "mqtt.password" in err
    assert err.endswith("sudo auricle forget\n")


async def test_a_recording_is_transcribed_with_the_key_of_the_service(
    tmp_path: Path,
) -> None:
    recording = save(tmp_path / "command.wav", COMMAND)
    async with ScriptedRecognizer(api_key=KEY) as recognizer:
        ours = {"asr": {"url": recognizer.url}}
        service = InstalledService(tmp_path, ours, {"asr.api_key": f"{KEY}\n"})
        seen = await service.auricle("transcribe", str(recording))
        service.close_to_us(service.store)
        unseen = await service.auricle("transcribe", str(recording))

    assert (seen[0], seen[2]) == (0, "")
    assert "language" in seen[1]
    assert unseen[0] == os.EX_NOPERM
    assert unseen[2].endswith("sudo auricle transcribe\n")


@pytest.mark.parametrize(
    "command", [("transcribe", "none.wav"), ("listen", "--transcribe")]
)
async def test_a_key_that_only_the_service_may_read_is_not_called_missing(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    service = InstalledService(tmp_path, {}, {"asr.api_key": KEY})
    service.close_to_us(service.store)
    code, _, err = await service.auricle(*command)

    assert code == os.EX_NOPERM
    assert "needs asr.api_key, which only the service may read" in err
    assert err.endswith(f"sudo auricle {command[0]}\n")


async def test_a_password_in_the_file_of_the_service_goes_where_that_finds_it(
    tmp_path: Path,
) -> None:
    ours = settings(1883, username="pi", password=PASSWORD)
    service = InstalledService(tmp_path, ours, {})
    code, _, err = await service.auricle("config")

    assert code == os.EX_CONFIG
    assert "sudo auricle setup" in err
    assert "chmod" not in err


async def test_files_that_the_service_may_not_read_are_told_to_root(
    broker: Broker, tmp_path: Path
) -> None:
    key, certificate = "/etc/auricle/key.pem", "/etc/auricle/cert.pem"
    files = {"cert_file": certificate, "key_file": key}
    ours = settings(broker.port)
    ours["mqtt"] |= {"tls": True, **files}
    ours["asr"] = {"url": "ws://127.0.0.1:9"}
    service = InstalledService(tmp_path, ours, {})
    for name in files.values():
        (service.config.parent / Path(name).name).touch(0o600)
    service.config.chmod(0o640)
    config = await service.auricle("config")
    _, out, _ = await service.auricle("doctor", "--json")

    assert config[0] == os.EX_CONFIG
    found = {each["name"]: each for each in json.loads(out)["checks"]}
    configuration = found["configuration"]
    assert configuration["status"] == "failed"
    for told in (config[2], configuration["meaning"]):
        assert f"auricle.service may not read {SYSTEM_FILE}" in told
        assert f"mqtt.key_file = {key}: auricle.service may not read {key}" in told
    for told in (config[2], configuration["advice"]):
        assert f"sudo chmod 0644 {SYSTEM_FILE}" in told
        assert f"sudo chmod 0644 {certificate}" in told
        assert f"sudo chgrp audio {key} && sudo chmod 0640 {key}" in told
