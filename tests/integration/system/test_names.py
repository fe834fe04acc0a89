"""A name server that does not answer holds nobody up."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from rigs.audio.recordings import save
from rigs.audio.speech import silence
from rigs.faults.certificates import Authority
from rigs.faults.slow_names import HANGS, NOBODY, slow_names
from rigs.homes.program import Program
from rigs.homes.study import NODE
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient


@pytest.mark.parametrize("name", [HANGS, NOBODY])
async def test_a_recognizer_without_an_address_is_reported_and_holds_nobody_up(
    broker: Broker, tmp_path: Path, name: str
) -> None:
    authority = Authority(tmp_path, "house")
    settings: dict[str, dict[str, Any]] = {
        "satellite": {"name": "study"},
        "microphone": {"recording": str(save(tmp_path / "quiet.wav", silence(900)))},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
        "asr": {"url": f"wss://{name}", "ca_file": str(authority.certificate.file)},
        "utterance": {"mode": "manual"},
    }
    async with (
        HouseClient(broker.port, f"{NODE}/#") as house,
        Program(tmp_path, settings, environment=slow_names(tmp_path)) as program,
    ):
        await house.hears(f"{NODE}/availability", "online", timeout=60)
        outcomes = f"{NODE}/event/utterance"
        house.say(f"{NODE}/listen/set", "START")
        await house.hears(outcomes)

        assert json.loads(house.on(outcomes)[0])["event_type"] != "transcript"
        started = time.monotonic()
        assert await program.stop() == 0
        assert time.monotonic() - started < 5.0
