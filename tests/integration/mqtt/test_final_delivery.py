"""What becomes of a final: over a real mosquitto that goes, hangs and comes back."""

import itertools
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auricle.errors import Reason
from auricle.mqtt.delivery.ledger import Fate, Purpose
from auricle.mqtt.delivery.outbox_file import OutboxFile
from auricle.mqtt.delivery.stored_final import from_text, to_text
from rigs.faults.fault_proxy import FaultProxy
from rigs.mqtt.broker import Broker
from rigs.mqtt.publisher import TOPICS, event, publishing
from rigs.mqtt.refusing import (
    IMPLEMENTATION_SPECIFIC_ERROR,
    UNSPECIFIED_ERROR,
    Refusing,
)
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import elapse, eventually

IN_TIME = 3.0
"""Seconds in which a busy machine, too, has a final on the disk and published."""


async def test_a_command_that_was_heard_is_acked(broker: Broker) -> None:
    async with publishing(broker) as satellite, HouseClient(broker.port, "auricle/#"):
        satellite.hears("turn on the light")

        assert await satellite.fate() is Fate.ACKED


async def test_a_house_that_does_not_listen_is_reported(broker: Broker) -> None:
    async with publishing(broker) as satellite:
        satellite.hears("turn on the light")

        assert await satellite.fate() is Fate.NO_LISTENER


@pytest.mark.parametrize("code", [UNSPECIFIED_ERROR, IMPLEMENTATION_SPECIFIC_ERROR])
async def test_a_command_that_a_cluster_cannot_pass_on_goes_out_until_it_can(
    broker: Broker, code: int
) -> None:
    async with (
        HouseClient(broker.port, TOPICS.utterance) as house,
        FaultProxy(broker.port) as door,
        publishing(broker, port=door.port) as satellite,
    ):
        await eventually(lambda: satellite.publisher.client.idle)
        failing = Refusing(code)
        door.screen(failing.screen)
        satellite.hears("turn on the light")
        await eventually(lambda: failing.refused > 6)
        assert satellite.fates == []

        door.heal()
        assert await satellite.fate() is Fate.ACKED
        await house.hears(TOPICS.utterance)

    assert len(house.on(TOPICS.utterance)) == 1


async def test_a_command_that_a_cluster_never_passes_on_expires(broker: Broker) -> None:
    async with (
        FaultProxy(broker.port) as door,
        publishing(broker, port=door.port, time_to_live=1.0) as satellite,
    ):
        await eventually(lambda: satellite.publisher.client.idle)
        door.screen(Refusing(UNSPECIFIED_ERROR).screen)
        satellite.hears("turn on the light")

        assert await satellite.fate() is Fate.EXPIRED


async def test_a_house_that_listens_a_moment_later_gets_the_command_once(
    broker: Broker,
) -> None:
    async with publishing(broker) as satellite:
        satellite.hears("turn on the light")
        assert await satellite.fate() is Fate.NO_LISTENER

        async with HouseClient(broker.port, TOPICS.utterance, TOPICS.delivery) as house:
            await house.hears(TOPICS.utterance)
            await eventually(lambda: satellite.fates[-1].fate is Fate.ACKED)
            await house.until(lambda: event(house, TOPICS.delivery)["acked"] == 1)
            assert len(house.on(TOPICS.utterance)) == 1

    assert event(house)["turn"] == "t1"
    assert event(house)["age_ms"] >= 400
    told = [json.loads(payload)["fate"] for payload in house.on(TOPICS.delivery)]
    assert told == ["no_listener", "acked"]


async def test_what_nobody_heard_in_its_time_stays_unheard(broker: Broker) -> None:
    async with publishing(broker, time_to_live=IN_TIME) as satellite:
        satellite.hears("open the garage", latency=0.0)
        await eventually(lambda: len(satellite.fates) == 2)

        async with HouseClient(broker.port, "auricle/#") as house:
            house.say(TOPICS.birth, "online")
            await house.until(lambda: len(house.on(TOPICS.availability)) == 2)

    assert [settled.fate for settled in satellite.fates] == [Fate.NO_LISTENER] * 2
    assert house.on(TOPICS.final) == house.on(TOPICS.utterance) == []
    assert event(house, TOPICS.delivery)["no_listener"] == 1


async def test_the_next_run_tries_again_what_nobody_heard(broker: Broker) -> None:
    async with publishing(broker) as first:
        first.hears("turn on the light")
        assert await first.fate() is Fate.NO_LISTENER

    async with (
        HouseClient(broker.port, TOPICS.final) as house,
        publishing(broker) as second,
    ):
        await house.hears(TOPICS.final)
        assert await second.fate() is Fate.ACKED


async def test_a_command_waits_for_a_broker_that_is_soon_back(broker: Broker) -> None:
    async with publishing(broker) as satellite:
        broker.kill()
        await eventually(lambda: not satellite.publisher.client.connected)
        satellite.hears("turn on the light")

        broker.start()
        assert await satellite.fate() in (Fate.ACKED, Fate.NO_LISTENER)


def ever_longer() -> Iterator[float]:
    """Delays of which the third is over when no command lives any more."""
    return iter((0.2, 0.4, 600.0, 600.0))


async def test_a_command_does_not_wait_for_the_long_delays_of_an_outage(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "auricle.mqtt.link.client")

    def attempts() -> int:
        return caplog.text.count("nothing listens")

    async with (
        HouseClient(broker.port, TOPICS.final, later=True) as house,
        publishing(broker, reconnect_delays=ever_longer) as satellite,
    ):
        broker.kill()
        # The long wait is under way when somebody speaks, and no other follows.
        await eventually(lambda: attempts() == 2)
        satellite.hears("turn on the light")
        await eventually(lambda: attempts() >= 5)

        broker.start()
        await house.hears(TOPICS.final)
        assert await satellite.fate() in (Fate.ACKED, Fate.NO_LISTENER)
        await eventually(lambda: satellite.fates[-1].fate is Fate.ACKED)


async def test_a_command_that_the_broker_took_to_its_grave_has_it_looked_for_soon(
    broker: Broker,
) -> None:
    def long() -> Iterator[float]:
        return itertools.chain([0.2], itertools.repeat(600.0))

    async with publishing(broker, reconnect_delays=long) as satellite:
        await eventually(lambda: satellite.publisher.client.idle)
        broker.freeze()
        satellite.hears("turn on the light")
        await eventually(lambda: not satellite.publisher.client.idle)
        broker.kill()
        await eventually(
            lambda: "nothing" in (satellite.publisher.client.problem or "")
        )

        broker.start()
        assert await satellite.fate() is Fate.NO_LISTENER


async def test_a_command_of_an_outage_comes_when_the_satellite_is_there_again(
    broker: Broker,
) -> None:
    # Home Assistant's automations do not see what comes from one that is unavailable.
    async with (
        HouseClient(broker.port, TOPICS.availability, TOPICS.utterance) as house,
        FaultProxy(broker.port) as door,
        publishing(broker, port=door.port) as satellite,
    ):
        await house.hears(TOPICS.availability, "online")
        door.refuse()
        door.reset()
        await house.hears(TOPICS.availability, "offline")
        satellite.hears("turn on the light")
        await eventually(lambda: satellite.publisher.client.problem)

        door.heal()
        await house.hears(TOPICS.utterance)
        assert await satellite.fate() is Fate.ACKED

    assert there_before_utterances(house)


async def test_a_command_of_the_last_run_comes_when_the_next_one_is_there(
    broker: Broker,
) -> None:
    async with publishing(broker) as first:
        broker.kill()
        await eventually(lambda: not first.publisher.client.connected)
        first.hears("turn on the light")
    broker.start()

    async with HouseClient(broker.port, "auricle/#") as house, publishing(broker):
        await house.hears(TOPICS.utterance)

    assert there_before_utterances(house)


async def test_what_expired_in_an_outage_is_told_when_the_satellite_is_there_again(
    broker: Broker,
) -> None:
    async with (
        HouseClient(broker.port, TOPICS.availability, TOPICS.utterance) as house,
        FaultProxy(broker.port) as door,
        publishing(broker, port=door.port, time_to_live=0.5) as satellite,
    ):
        await house.hears(TOPICS.availability, "online")
        door.refuse()
        door.reset()
        await house.hears(TOPICS.availability, "offline")
        satellite.hears("open the garage")
        assert await satellite.fate() is Fate.EXPIRED

        door.heal()
        await house.hears(TOPICS.utterance)

    assert there_before_utterances(house)


def there_before_utterances(house: HouseClient) -> bool:
    """Whether the satellite was online at each utterance that the house heard."""
    there = [None, *house.on(TOPICS.availability)]
    told = 0
    for heard in house.heard:
        told += heard.topic == TOPICS.availability
        if heard.topic == TOPICS.utterance and there[told] != "online":
            return False
    return True


async def test_a_command_that_waited_too_long_is_reported_and_never_executed(
    broker: Broker,
) -> None:
    async with publishing(broker, time_to_live=0.5) as satellite:
        broker.kill()
        await eventually(lambda: not satellite.publisher.client.connected)
        satellite.hears("open the garage")
        assert await satellite.fate() is Fate.EXPIRED

        async with HouseClient(broker.port, "auricle/#", later=True) as house:
            broker.start()
            await house.hears(TOPICS.availability, "online")
            house.say(TOPICS.birth, "online")
            await house.hears(TOPICS.utterance)

    assert house.on(TOPICS.final) == []
    assert event(house)["event_type"] == "error"
    assert event(house)["reason"] == "expired"
    assert "garage" not in house.on(TOPICS.utterance)[0]


async def test_a_broker_that_hangs_gets_no_command_that_it_could_pass_on_late(
    broker: Broker,
) -> None:
    async with (
        HouseClient(broker.port, TOPICS.final, TOPICS.utterance) as house,
        publishing(broker, time_to_live=1.0) as satellite,
    ):
        broker.freeze()
        satellite.publisher.state("processing", muted=False, ringing=False)
        await eventually(lambda: not satellite.publisher.client.connected)
        satellite.hears("open the garage")
        assert await satellite.fate() is Fate.EXPIRED

        broker.thaw()
        await house.hears(TOPICS.utterance)

    assert house.on(TOPICS.final) == []
    assert event(house)["reason"] == "expired"


async def test_the_next_run_delivers_what_the_last_one_accepted(broker: Broker) -> None:
    async with publishing(broker) as first:
        broker.kill()
        await eventually(lambda: not first.publisher.client.connected)
        first.hears("turn on the light")
    broker.start()

    async with (
        HouseClient(broker.port, TOPICS.final) as house,
        publishing(broker) as second,
    ):
        await house.hears(TOPICS.final)
        assert await second.fate() is Fate.ACKED

    assert event(house, TOPICS.final)["text"] == "turn on the light"
    assert 400 <= event(house, TOPICS.final)["age_ms"] < 10_000


async def test_the_next_run_reports_what_expired_in_between(broker: Broker) -> None:
    async with publishing(broker, time_to_live=1.4) as first:
        broker.kill()
        await eventually(lambda: not first.publisher.client.connected)
        first.hears("open the garage")
    await elapse(1.4)
    broker.start()

    async with HouseClient(broker.port, "auricle/#") as house:
        async with publishing(broker, time_to_live=1.4) as second:
            await house.hears(TOPICS.utterance)
            assert await second.fate() is Fate.EXPIRED
        async with publishing(broker, time_to_live=1.4):
            back = ["offline", "online"]
            await house.until(lambda: house.on(TOPICS.availability)[-2:] == back)

    assert house.on(TOPICS.final) == []
    assert len(house.on(TOPICS.utterance)) == 1
    assert event(house)["reason"] == "expired"
    assert not any("garage" in heard.payload for heard in house.heard)


async def test_what_was_spoken_before_the_machine_started_is_too_old(
    broker: Broker,
) -> None:
    async with publishing(broker) as first:
        broker.kill()
        await eventually(lambda: not first.publisher.client.connected)
        first.hears("open the garage")
    reboot(broker.directory / "state" / "outbox.db")
    broker.start()

    async with HouseClient(broker.port, "auricle/#") as house, publishing(broker):
        await house.hears(TOPICS.utterance)

    assert house.on(TOPICS.final) == []
    assert event(house)["reason"] == "expired"
    assert event(house)["age_ms"] is None


def reboot(path: Path) -> None:
    """Let all that is in the outbox be of an earlier start of the machine."""
    outbox = OutboxFile(path)
    records = outbox.open()
    outbox.replace_all([replace(record, boot="earlier") for record in records])
    outbox.close()


async def test_the_history_is_complete_after_an_outage(broker: Broker) -> None:
    async with publishing(broker, time_to_live=IN_TIME, history=True) as satellite:
        satellite.hears("one", turn="t1", latency=0.0)
        await eventually(lambda: [s for s in satellite.fates if s.over])
        broker.kill()
        await eventually(lambda: not satellite.publisher.client.connected)
        satellite.hears("two", turn="t2", latency=IN_TIME)
        await eventually(lambda: len([s for s in satellite.fates if s.over]) == 2)
    broker.start()

    async with (
        HouseClient(broker.port, TOPICS.history) as house,
        publishing(broker, history=True),
    ):
        await house.until(lambda: len(house.on(TOPICS.history)) == 2)

    told = [json.loads(payload) for payload in house.on(TOPICS.history)]
    assert [(t["text"], t["fate"]) for t in told] == [
        ("one", "no_listener"),
        ("two", "expired"),
    ]


@pytest.mark.parametrize("fate", [Fate.ACKED, Fate.EXPIRED], ids=str)
async def test_what_was_killed_behind_its_entry_in_the_history_obeys_that(
    broker: Broker, fate: Fate
) -> None:
    async with publishing(broker, history=True) as first:
        broker.kill()
        await eventually(lambda: not first.publisher.client.connected)
        first.hears("open the garage")
    path = broker.directory / "state" / "outbox.db"
    enter_in_history(path, fate)
    broker.start()
    reported = [Reason.EXPIRED] if fate is Fate.EXPIRED else []

    async with (
        HouseClient(broker.port, "auricle/#") as house,
        publishing(broker, history=True),
    ):
        await house.hears(TOPICS.history)
        await house.until(lambda: len(house.on(TOPICS.utterance)) >= len(reported))

    assert house.on(TOPICS.final) == []
    assert [json.loads(told)["fate"] for told in house.on(TOPICS.history)] == [fate]
    assert [
        json.loads(told)["reason"] for told in house.on(TOPICS.utterance)
    ] == reported


def enter_in_history(path: Path, fate: Fate) -> None:
    """Let the outbox be as it is at the moment when this fate of a final is noted."""
    outbox = OutboxFile(path)
    (record,) = outbox.open()
    entry = to_text(replace(from_text(record.body), fate=fate))
    outbox.put(replace(record, purpose=Purpose.HISTORY, body=entry))
    outbox.close()


async def test_without_history_no_word_of_an_expired_command_is_kept(
    broker: Broker,
) -> None:
    async with publishing(broker, time_to_live=0.5) as satellite:
        broker.kill()
        await eventually(lambda: not satellite.publisher.client.connected)
        satellite.hears("open the garage")
        await satellite.fate()

    assert not any(
        b"garage" in f.read_bytes() for f in (broker.directory / "state").iterdir()
    )


async def test_a_disk_that_fails_is_said_and_commands_still_go(broker: Broker) -> None:
    (broker.directory / "state" / "outbox.db").mkdir(parents=True)
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        publishing(broker) as satellite,
    ):
        satellite.hears("turn on the light")
        assert await satellite.fate() is Fate.ACKED
        await house.hears(TOPICS.delivery)

    assert event(house, TOPICS.delivery)["storage"] == "degraded_storage"
