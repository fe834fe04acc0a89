"""Real brokers that take little at once, whether they say so or not."""

import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from auricle.mqtt.announcer import ASK_AGAIN
from auricle.mqtt.delivery.ledger import Fate
from auricle.mqtt.discovery.payload import single_discoveries
from auricle.mqtt.forgetting import forget
from auricle.mqtt.link.broker import BrokerSettings, Connected, DeliveryResult, Problem
from auricle.mqtt.link.message import Message
from auricle.mqtt.link.packet_limit import packet_size
from auricle.mqtt.link.refusals import BrokerRefusal
from rigs.faults.fault_proxy import FaultProxy, Way
from rigs.mqtt.broker import ANONYMOUS, Broker, running_broker
from rigs.mqtt.client import EVENT, satellite
from rigs.mqtt.old_broker import old_broker
from rigs.mqtt.publisher import TOPICS, publishing
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

SINGLE = single_discoveries(TOPICS)
EVERYTHING = ("auricle/#", "homeassistant/#")


@contextlib.contextmanager
def small_broker(folder: Path, limit: str) -> Iterator[Broker]:
    with running_broker(folder, (*ANONYMOUS, limit)) as broker:
        yield broker


@contextlib.asynccontextmanager
async def door_to(broker_port: int, *, old: bool) -> AsyncIterator[int]:
    """The port of the broker; of one from before MQTT 5, which never says why."""
    if not old:
        yield broker_port
        return
    async with old_broker(broker_port) as port:
        yield port


def single_ones(house: HouseClient) -> dict[str, str]:
    return {
        heard.topic: heard.payload for heard in house.heard if heard.topic in SINGLE
    }


async def retained(broker: Broker) -> set[str]:
    """The topics of discovery of which a newcomer is told."""
    async with HouseClient(broker.port, "homeassistant/#", "test/end") as house:
        house.say("test/end", "now")
        await house.hears("test/end")
    return {heard.topic for heard in house.heard if heard.payload} - {"test/end"}


async def test_a_broker_that_says_what_it_takes_gets_the_device_one_by_one(
    tmp_path: Path,
) -> None:
    with small_broker(tmp_path, "max_packet_size 4000") as broker:
        async with (
            HouseClient(broker.port, *EVERYTHING) as house,
            publishing(broker) as satellite,
        ):
            await house.hears(TOPICS.availability, "online")
            satellite.hears("turn on the light")
            assert await satellite.fate() is Fate.ACKED

        assert "oversize" not in broker.log
    assert set(single_ones(house)) == set(SINGLE)
    assert json.loads(house.on(TOPICS.discovery)[-1])["components"] == {}
    assert satellite.publisher.client.refusal is None


@pytest.mark.parametrize(
    ("limit", "old"),
    [("max_packet_size 4000", True), ("message_size_limit 4000", False)],
)
async def test_a_broker_that_only_drops_us_still_gets_commands_and_soon_the_device(
    tmp_path: Path, limit: str, old: bool
) -> None:
    with small_broker(tmp_path, limit) as broker:
        async with (
            HouseClient(broker.port, *EVERYTHING) as house,
            door_to(broker.port, old=old) as port,
            publishing(broker, port=port) as satellite,
        ):
            for number in range(5):
                satellite.hears("turn on the light", turn=f"t{number}")
            await house.until(lambda: set(single_ones(house)) == set(SINGLE))
            satellite.hears("turn it off", turn="last")
            await eventually(lambda: len(satellite.fates) == 6)

        connections = broker.log.count("as auricle_study (")
    assert {settled.fate for settled in satellite.fates} == {Fate.ACKED}
    # Each of them once.
    assert len(house.on(TOPICS.final)) == len(house.on(TOPICS.utterance)) == 6
    # With the whole of it on its way, it was dropped twice.
    assert connections == 3


async def test_what_fits_in_no_way_is_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with small_broker(tmp_path, "max_packet_size 640") as broker:
        async with (
            HouseClient(broker.port, *EVERYTHING) as house,
            publishing(broker) as satellite,
        ):
            await house.hears(TOPICS.availability, "online")
            refusal = satellite.publisher.client.refusal
            satellite.hears("turn on the light and " * 40, turn="long")
            assert await satellite.fate() is Fate.REJECTED
            satellite.hears("turn on the light", turn="short")
            await house.hears(TOPICS.final)

    assert refusal is BrokerRefusal.TOO_LARGE
    left_out = set(SINGLE) - set(single_ones(house))
    [told] = [
        record.getMessage()
        for record in caplog.records
        if "the broker takes 640 bytes at once; left out: homeassistant"
        in record.message
    ]
    assert left_out
    assert left_out == set(told.partition("left out: ")[2].split(", "))
    assert [json.loads(p)["turn"] for p in house.on(TOPICS.final)] == ["short"]


@pytest.mark.parametrize("old", [False, True])
async def test_that_a_packet_was_too_large_is_never_taken_for_another_client(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, old: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    large = Message(EVENT, "x" * 5000)
    with small_broker(tmp_path, "max_packet_size 4000") as broker:
        async with door_to(broker.port, old=old) as port, satellite(port) as study:
            results: list[DeliveryResult] = []
            while DeliveryResult.TOO_LARGE not in results:
                await study.connected(times=len(results) + 1)
                # Ids begin anew with each connection.
                study.delivered.clear()
                results.append(await study.published(large))
            last = await study.published(Message(EVENT, "who is there?"))

    assert results == [DeliveryResult.LOST] * (2 * old) + [DeliveryResult.TOO_LARGE]
    assert last in (DeliveryResult.NO_LISTENER, DeliveryResult.ACKED)
    assert Problem.TAKEN_OVER not in study.problems
    assert (Problem.TOO_LARGE in study.problems) is old
    assert "left out: auricle/study/event/test" in caplog.text


async def test_a_broker_that_closes_for_a_reason_of_its_own_is_not_second_guessed(
    broker: Broker,
) -> None:
    subscribe, disconnect_server_busy = 0x82, b"\xe0\x01\x89"
    async with FaultProxy(broker.port) as door:
        door.screen(
            lambda data: (
                (b"", disconnect_server_busy) if data[0] == subscribe else (data, b"")
            )
        )
        async with satellite(door.port) as study:
            await eventually(lambda: len(study.problems) >= 5)

    assert set(study.problems) == {Problem.CLOSED}


@pytest.mark.parametrize(
    "message",
    [
        Message(EVENT, "x" * 200),
        Message(EVENT, "x" * 100, qos=0),
        Message(EVENT, "ä" * 9000, expiry=10),
    ],
)
@pytest.mark.parametrize("old", [False, True])
async def test_a_packet_is_as_large_on_the_wire_as_we_think(
    broker: Broker, message: Message, old: bool
) -> None:
    async with (
        FaultProxy(broker.port) as wire,
        door_to(wire.port, old=old) as port,
        satellite(port) as study,
    ):
        await study.connected()
        await study.published(Message(EVENT, "all before is through"))
        before = wire.bytes[Way.UP]
        study.client.publish(message)
        connected = study.facts[0]
        assert isinstance(connected, Connected)
        size = packet_size(message, connected.version)
        await eventually(lambda: wire.bytes[Way.UP] >= before + size)

        assert wire.bytes[Way.UP] == before + size


async def test_from_one_way_to_the_other_the_broker_never_keeps_both(
    tmp_path: Path,
) -> None:
    without, limited = ANONYMOUS, (*ANONYMOUS, "max_packet_size 4000")
    broker = Broker(tmp_path)
    seen = []
    for lines in (without, limited, limited, without):
        broker.listener = lines
        broker.start(remember=True)
        async with HouseClient(broker.port, *EVERYTHING) as house, publishing(broker):
            await house.hears(TOPICS.availability, "online")
        seen.append(await retained(broker))
        broker.stop()

    # Without a price there is no cost, and without an address no release.
    absent = "cost_today", "/update/"
    there = {topic for topic in SINGLE if not any(part in topic for part in absent)}
    assert [bool(there & topics) for topics in seen] == [False, True, True, False]
    assert seen[1] == seen[2]
    assert there <= seen[1]
    assert seen[0] == seen[3] == {TOPICS.discovery}


async def test_who_is_back_later_is_asked_to_let_go_before_it_hears_of_single_ones(
    tmp_path: Path,
) -> None:
    with small_broker(tmp_path, "max_packet_size 4000") as broker:
        async with HouseClient(broker.port, "auricle/#") as house, publishing(broker):
            # It waits for somebody who makes devices, and is there meanwhile.
            await house.hears(TOPICS.availability, "online")
            before = await retained(broker)
            async with HouseClient(broker.port, "homeassistant/#") as home_assistant:
                await home_assistant.until(
                    lambda: len(single_ones(home_assistant)) > 20
                )

    assert before == set()
    first = home_assistant.heard[0]
    assert (first.topic, first.retain) == (TOPICS.discovery, False)
    assert json.loads(first.payload) == {"migrate_discovery": True}


async def test_whoever_is_asked_whether_it_is_there_has_a_moment_whatever_else_is_told(
    tmp_path: Path,
) -> None:
    asked_at: list[float] = []

    def note(data: bytes) -> tuple[bytes, bytes]:
        asked_at.extend([time.monotonic()] * data.count(b"migrate_discovery"))
        return data, b""

    with small_broker(tmp_path, "max_packet_size 4000") as broker:
        async with (
            HouseClient(broker.port, "auricle/#") as house,
            FaultProxy(broker.port) as door,
        ):
            door.screen(note)
            async with publishing(broker, port=door.port) as satellite:
                await house.hears(TOPICS.availability, "online")
                for number in range(20):
                    state = f"state {number}"
                    satellite.publisher.state(state, muted=False, ringing=False)
                    await house.hears(TOPICS.state, state)
                    await eventually(lambda: satellite.publisher.client.idle)
                await eventually(lambda: len(asked_at) > 1)

    moments = (asked_at[-1] - asked_at[0]) / ASK_AGAIN
    assert len(asked_at) <= moments + 2


async def test_nothing_is_left_of_a_satellite_that_was_introduced_one_by_one(
    tmp_path: Path,
) -> None:
    with small_broker(tmp_path, "max_packet_size 4000") as broker:
        async with HouseClient(broker.port, *EVERYTHING) as house, publishing(broker):
            await house.hears(TOPICS.availability, "online")
        before = await retained(broker)
        await forget(BrokerSettings("127.0.0.1", broker.port, "auricle_study"), TOPICS)

        assert len(before) > 20
        assert await retained(broker) == set()
