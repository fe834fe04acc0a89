"""What the real program logs: nothing secret at any level, words at DEBUG alone."""

import asyncio
import os
import sys
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import pytest

from auricle.assets.recordings import OKAY_NABU
from rigs.homes.program import Program, clean_environment, write_settings
from rigs.mqtt.broker import Broker, password_file, running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

KEY, PASSWORD = "sk-CANARY-of-the-key", "CANARY-of-the-password"
WORDS = "Purple walruses juggle"


def settings(broker: Broker, url: str, level: str) -> dict[str, dict[str, Any]]:
    return {
        "satellite": {"name": "study"},
        "mqtt": {
            "host": "127.0.0.1",
            "port": broker.port,
            "username": "pi",
            "password": PASSWORD,
        },
        "asr": {"url": url, "api_key": KEY},
        "utterance": {"mode": "manual"},
        "log": {"level": level},
    }


@pytest.mark.parametrize("level", ["debug", "info"])
async def test_a_turn_leaves_no_secret_in_the_log_and_words_at_debug_alone(
    tmp_path: Path, level: str
) -> None:
    listener = (
        "allow_anonymous false",
        f"password_file {password_file(tmp_path, {'pi': PASSWORD})}",
    )
    with running_broker(tmp_path, listener) as broker, as_file(OKAY_NABU) as spoken:
        async with (
            HouseClient(
                broker.port,
                "auricle/study/event/utterance",
                username="pi",
                password=PASSWORD,
            ) as house,
            ScriptedRecognizer(WORDS, api_key=KEY) as recognizer,
            Program(
                tmp_path,
                settings(broker, recognizer.url, level),
                "--recording",
                str(spoken),
            ) as program,
        ):
            await house.hears("auricle/study/event/utterance", timeout=90)
            assert WORDS in house.on("auricle/study/event/utterance")[-1]
            assert await program.stop(timeout=30) == 0
            log = program.log

    assert "CANARY" not in log
    spoken_of = [line for line in log.splitlines() if WORDS in line]
    assert all(line.startswith("DEBUG ") for line in spoken_of)
    assert level == "debug" or not spoken_of


async def test_a_key_that_is_refused_is_not_repeated_at_debug(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker, as_file(OKAY_NABU) as spoken:
        async with (
            HouseClient(broker.port, "auricle/study/event/utterance") as house,
            ScriptedRecognizer(api_key="sk-another") as recognizer,
            Program(
                tmp_path,
                settings(broker, recognizer.url, "debug"),
                "--recording",
                str(spoken),
            ) as program,
        ):
            await house.hears("auricle/study/event/utterance", timeout=90)
            assert await program.stop(timeout=30) == 0

    assert "refuses the API key" in program.log
    assert "CANARY" not in program.log


async def test_the_journal_gets_priorities(tmp_path: Path, broker: Broker) -> None:
    config = tmp_path / "config.toml"
    write_settings(
        config,
        {
            "satellite": {"name": "study", "state_directory": str(tmp_path)},
            "microphone": {"device": "no such thing"},
            "mqtt": {"host": "127.0.0.1", "port": broker.port},
            "asr": {"url": "ws://127.0.0.1:9"},
        },
    )
    log = tmp_path / "log"
    with log.open("wb") as file:
        stream = os.fstat(file.fileno())
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "auricle", "run", "--config", str(config)),
            stderr=file,
            env=clean_environment()
            | {"JOURNAL_STREAM": f"{stream.st_dev}:{stream.st_ino}"},
        )
    try:
        await eventually(lambda: "is lost" in log.read_text(), timeout=60)
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)

    lines = log.read_text().splitlines()
    assert all(line[0] == "<" and line[2] == ">" for line in lines), lines
    [lost] = [line for line in lines if "is lost" in line]
    assert lost.startswith("<4>auricle.capture.hearing: ")
