"""What the README tells other subscribers to do works, word for word."""

import asyncio
import contextlib
import json
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from paho.mqtt.client import topic_matches_sub

from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import House
from rigs.waiting import eventually

README = (Path(__file__).parents[3] / "README.md").read_text()
FINAL = json.dumps({"text": "turn on the light", "emotion": "happy"})
TOPIC = "auricle/study/transcript/final"


@contextlib.asynccontextmanager
async def running(*command: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def first_line(process: Process, broker: Broker) -> str:
    """What it prints of a final that is published once it has subscribed."""
    assert process.stdout is not None
    await eventually(lambda: broker.log.count("Received SUBSCRIBE") > 0, timeout=30)
    async with House(broker.port) as house:
        house.say(TOPIC, FINAL)
        line = await asyncio.wait_for(process.stdout.readline(), 30)
    return line.decode().strip()


async def test_the_subscriber_in_python_prints_words_and_mood(broker: Broker) -> None:
    [program] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    here = f'client.connect("127.0.0.1", {broker.port})'
    assert program.count('client.connect("broker")') == 1
    program = program.replace('client.connect("broker")', here)

    async with running(sys.executable, "-u", "-c", program) as process:
        assert await first_line(process, broker) == "turn on the light happy"


def test_the_flow_for_node_red_listens_to_finals_and_is_wired() -> None:
    [flow] = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    nodes = {node["id"]: node for node in json.loads(flow)}
    [listener] = [node for node in nodes.values() if node["type"] == "mqtt in"]

    assert topic_matches_sub(listener["topic"], TOPIC)
    assert nodes[listener["broker"]]["type"] == "mqtt-broker"
    [[reader]] = listener["wires"]
    assert nodes[reader]["complete"] == "payload.text"


async def test_the_subscriber_on_the_command_line_prints_finals(broker: Broker) -> None:
    [topic] = re.findall(r"mosquitto_sub -h broker -t '(.*?final)'", README)

    async with running(
        *("mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", topic)
    ) as process:
        assert json.loads(await first_line(process, broker)) == json.loads(FINAL)
