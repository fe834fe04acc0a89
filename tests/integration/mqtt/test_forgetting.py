"""Forgetting a satellite, against a real mosquitto."""

from pathlib import Path

import pytest

from auricle.mqtt.forgetting import ForgettingError, forget
from auricle.mqtt.link.broker import BrokerSettings
from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Topics
from rigs.faults.fault_proxy import FaultProxy
from rigs.mqtt.broker import Broker, free_port, password_file, running_broker
from rigs.mqtt.subscriber import HouseClient

STUDY = Topics("auricle", "study")
KITCHEN = Topics("auricle", "kitchen")
OF_EARLIER = "what an earlier version retained"


def at(
    port: int, username: str | None = None, password: str | None = None
) -> BrokerSettings:
    return BrokerSettings(
        "127.0.0.1", port, STUDY.device_id, username=username, password=password
    )


async def retained(broker: Broker, *topics: str) -> list[str]:
    marker = "marker"
    async with HouseClient(broker.port, *topics, marker) as house:
        house.say(marker, "behind everything that was retained")
        await house.hears(marker)
        found = sorted(heard.topic for heard in house.heard if heard.retain)
        house.heard.clear()
    return found


async def test_nothing_of_the_satellite_is_left_and_all_of_the_others(
    broker: Broker,
) -> None:
    async with HouseClient(broker.port, "auricle/+/mute/set") as house:
        for topics in (STUDY, KITCHEN):
            for topic in topics.retained:
                house.say(topic, OF_EARLIER, retain=True)
        house.say(STUDY.command(Setting.MUTE), "ON", retain=True)
        await house.hears(STUDY.command(Setting.MUTE))

    forgotten = await forget(at(broker.port), STUDY)

    assert set(forgotten.topics) == {*STUDY.retained, STUDY.command(Setting.MUTE)}
    assert await retained(broker, "auricle/#", "homeassistant/#") == sorted(
        KITCHEN.retained
    )


async def test_a_satellite_that_is_still_there_is_noticed(broker: Broker) -> None:
    async with HouseClient(broker.port, STUDY.availability) as house:
        house.say(STUDY.availability, "online", retain=True)
        await house.hears(STUDY.availability)

    assert (await forget(at(broker.port), STUDY)).was_online
    assert not (await forget(at(broker.port), STUDY)).was_online


@pytest.mark.parametrize("delay", [0, 0.4])
async def test_a_satellite_that_is_online_can_be_spared_however_slow_the_way(
    broker: Broker, delay: float
) -> None:
    async with (
        HouseClient(broker.port, STUDY.availability) as house,
        FaultProxy(broker.port) as proxy,
    ):
        for topic in STUDY.retained:
            house.say(topic, "online", retain=True)
        await house.hears(STUDY.availability)
        proxy.delay(delay)
        with pytest.raises(ForgettingError, match="'study' is online: stop that"):
            await forget(at(proxy.port), STUDY, unless_online=True)
    assert await retained(broker, "#") == sorted(STUDY.retained)

    async with HouseClient(broker.port, STUDY.availability) as house:
        house.say(STUDY.availability, "offline", retain=True)
        await house.hears(STUDY.availability, "offline")
    await forget(at(broker.port), STUDY, unless_online=True)
    assert await retained(broker, "#") == []


async def test_no_broker_is_an_error_with_its_address() -> None:
    port = free_port()

    with pytest.raises(ForgettingError, match=f"nothing listens on 127.0.0.1:{port}"):
        await forget(at(port), STUDY)


async def test_rules_that_forbid_it_are_an_error_with_the_topics(
    tmp_path: Path,
) -> None:
    rules = tmp_path / "rules"
    rules.write_text("user pi\ntopic readwrite auricle/study/#\n")
    rules.chmod(0o600)
    passwords = password_file(tmp_path, {"pi": "s3cret"})
    listener = (
        "allow_anonymous false",
        f"password_file {passwords}",
        f"acl_file {rules}",
    )
    with running_broker(tmp_path, listener) as broker:
        settings = at(broker.port, username="pi", password="s3cret")
        with pytest.raises(ForgettingError, match=STUDY.discovery):
            await forget(settings, STUDY)
