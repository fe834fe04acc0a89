"""What docs/mqtt.md tells of topics is so, and its subscribers work word for word."""

import asyncio
import contextlib
import json
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

from paho.mqtt.client import topic_matches_sub

from auricle.mqtt.settings import DESCRIPTIONS, Setting, Text, Word
from auricle.mqtt.topics import Action, Topics
from rigs.mqtt.broker import Broker
from rigs.mqtt.schemas import SCHEMA_OF, complaints
from rigs.mqtt.subscriber import HouseClient
from rigs.pages import ROOT, Page
from rigs.waiting import eventually

PAGE = Page(ROOT / "docs" / "mqtt.md")
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
    async with HouseClient(broker.port) as house:
        house.say(TOPIC, FINAL)
        line = await asyncio.wait_for(process.stdout.readline(), 30)
    return line.decode().strip()


async def test_the_subscriber_in_python_prints_words_and_mood(broker: Broker) -> None:
    [program] = PAGE.blocks("python")
    here = f'client.connect("127.0.0.1", {broker.port})'
    assert program.count('client.connect("broker")') == 1
    program = program.replace('client.connect("broker")', here)

    async with running(sys.executable, "-u", "-c", program) as process:
        assert await first_line(process, broker) == "turn on the light happy"


def test_the_flow_for_node_red_listens_to_finals_and_is_wired() -> None:
    [flow] = [json.loads(code) for code in PAGE.blocks("json") if code[0] == "["]
    nodes = {node["id"]: node for node in flow}
    [listener] = [node for node in nodes.values() if node["type"] == "mqtt in"]

    assert topic_matches_sub(listener["topic"], TOPIC)
    assert nodes[listener["broker"]]["type"] == "mqtt-broker"
    [[reader]] = listener["wires"]
    assert nodes[reader]["complete"] == "payload.text"


async def test_the_subscriber_on_the_command_line_prints_finals(broker: Broker) -> None:
    [topic] = re.findall(r"mosquitto_sub -h broker -t '(.*?final)'", PAGE.text)

    async with running(
        *("mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", topic)
    ) as process:
        assert json.loads(await first_line(process, broker)) == json.loads(FINAL)


def told_topics() -> dict[str, bool]:
    """Each topic of the table, and whether it is retained."""
    rows = re.findall(r"^\| (`.*?) \| ([^|]+) \|", PAGE.section("Topics"), re.MULTILINE)
    return {
        name: retained.startswith("yes")
        for names, retained in rows
        for name in re.findall(r"`([^`]+)`", names)
    }


def test_every_topic_of_a_satellite_is_told_and_no_other() -> None:
    topics = Topics("auricle", "kitchen")
    said = {
        getattr(topics, name)
        for name, attribute in vars(Topics).items()
        if isinstance(attribute, property) and isinstance(getattr(topics, name), str)
    }
    said |= {topics.setting(setting) for setting in Setting}
    said |= {topics.command(action) for action in Action}
    said.add(topics.bid("<group>"))
    root = f"{topics.root}/"

    assert told_topics().keys() == {
        topic.removeprefix(root)
        for topic in said
        if topic.startswith(root) and "+" not in topic
    }


def test_what_the_broker_keeps_is_told_to_be_retained() -> None:
    topics = Topics("auricle", "kitchen")
    kept = {topic.removeprefix(f"{topics.root}/") for topic in topics.retained}

    told = {name for name, retained in told_topics().items() if retained}
    assert told == kept - {topics.discovery}


def test_every_order_is_told_and_no_other() -> None:
    rows = re.findall(
        r"^\| `(\w+)/set`", PAGE.section("Settings and orders"), re.MULTILINE
    )

    assert set(rows) == {*Setting, *Action}


def test_every_topic_in_json_has_its_schema() -> None:
    rows = re.findall(
        r"^\| (`.*?) \| [^|]+ \| JSON: ", PAGE.section("Topics"), re.MULTILINE
    )
    topics = {name for names in rows for name in re.findall(r"`([^`]+)`", names)}
    # Free text may be empty, and an empty payload would clear the topic.
    topics |= {
        setting.value
        for setting, known in DESCRIPTIONS.items()
        if isinstance(known.values, Text | Word)
    }

    assert {re.sub("<[^>]+>", "+", topic) for topic in topics} == {
        topic.removeprefix("auricle/+/")
        for topic in SCHEMA_OF
        if topic.startswith("auricle/+/")
    }


def test_the_final_to_look_at_is_one() -> None:
    [final] = [code for code in PAGE.blocks("json") if code[0] == "{"]

    assert complaints(TOPIC, final) == []
