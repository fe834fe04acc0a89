"""A program that is stopped while a real sound server goes on hearing for it."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

from rigs.audio.speech import say, silence
from rigs.audio.virtual_microphone import VirtualMicrophone
from rigs.homes.program import Program
from rigs.mqtt.broker import running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.faults import SlowFinal
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import elapse, eventually

NODE = "auricle/study"
LIFE = 2.0
COMMAND = say("okay nabu") + silence(0.3) + say("turn on the kitchen light")


async def test_what_a_sound_server_kept_for_a_stopped_program_is_too_old(
    room: VirtualMicrophone, tmp_path: Path
) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    with running_broker(folder) as broker:
        async with (
            # The machine is busy, and the voice detector waits for silence.
            ScriptedRecognizer(faults=[SlowFinal(0.3)] * 10) as server,
            HouseClient(broker.port, f"{NODE}/#") as house,
            Program(
                tmp_path,
                settings(broker.port, server.url),
                environment=room.environment,
            ) as program,
        ):
            await eventually(lambda: "listening to" in program.log)
            await asyncio.to_thread(room.play, silence(1.5))

            told: list[str | None] = []
            for stopped_before in (False, True):
                if stopped_before:
                    program.send(signal.SIGSTOP)
                await asyncio.to_thread(room.play, COMMAND)
                program.send(signal.SIGSTOP)
                await elapse(LIFE + 1.0)
                program.send(signal.SIGCONT)
                told.append((await next_outcome(house, len(told))).get("reason"))

            assert told == ["expired", "expired"]
            # Whoever is not stopped is obeyed, and what is claimed is true.
            await asyncio.to_thread(room.play, COMMAND)
            outcome = await next_outcome(house, 2)
            assert outcome["event_type"] == "transcript"
            assert 300 < outcome["age_ms"] < LIFE * 1000
            assert len(house.on(f"{NODE}/transcript/final")) == 1


def settings(port: int, url: str) -> dict[str, dict[str, Any]]:
    return {
        "satellite": {"name": "study"},
        "mqtt": {"host": "127.0.0.1", "port": port, "time_to_live": LIFE},
        "asr": {"url": url, "language": "en"},
        "utterance": {"mode": "manual"},
    }


async def next_outcome(house: HouseClient, before: int) -> dict[str, Any]:
    topic = f"{NODE}/event/utterance"
    await eventually(lambda: len(house.on(topic)) > before)
    outcome: dict[str, Any] = json.loads(house.on(topic)[before])
    return outcome
