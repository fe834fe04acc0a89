"""What the house says, over a real mosquitto."""

import time

from auricle.mqtt.commands import Change, Command, SetVocabulary
from auricle.mqtt.publisher import TELLING_PAUSE
from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Action
from rigs.mqtt.broker import Broker
from rigs.mqtt.publisher import TOPICS, publishing
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually


async def test_a_command_from_the_house_arrives_typed(broker: Broker) -> None:
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, "auricle/#") as house,
    ):
        house.say(TOPICS.command(Setting.MUTE), "on")
        await eventually(lambda: satellite.commands)

    assert satellite.commands == [Change(Setting.MUTE, True)]


async def test_a_retained_command_is_not_obeyed_and_the_truth_is_told(
    broker: Broker,
) -> None:
    async with HouseClient(broker.port, "auricle/#") as house:
        house.say(TOPICS.command(Setting.MUTE), "ON", retain=True)
        house.say(TOPICS.command(Action.LISTEN), "START", retain=True)
        await house.hears(TOPICS.command(Action.LISTEN))
        async with publishing(broker) as satellite:
            mute = TOPICS.setting(Setting.MUTE)
            await house.until(lambda: house.on(mute) == ["OFF", "OFF"])

    assert satellite.commands == []


async def test_a_meaningless_command_is_answered_with_the_unchanged_value(
    broker: Broker,
) -> None:
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, "auricle/#") as house,
    ):
        mute = TOPICS.setting(Setting.MUTE)
        await house.hears(mute, "OFF")
        house.heard.clear()
        house.say(TOPICS.command(Setting.MUTE), b"\xff\xff")
        await house.hears(mute, "OFF")

    assert satellite.commands == []


async def test_a_thousand_mutes_a_second_end_in_the_last_one(broker: Broker) -> None:
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, "auricle/#") as house,
    ):

        def obey(command: Command) -> None:
            assert isinstance(command, Change)
            muted = bool(command.value)
            satellite.publisher.state(
                "muted" if muted else "idle", muted=muted, ringing=False
            )

        satellite.obey = obey
        await house.hears(TOPICS.setting(Setting.MUTE), "OFF")
        for i in range(1000):
            house.say(TOPICS.command(Setting.MUTE), "OFF" if i % 2 else "ON")
        house.say(TOPICS.command(Setting.MUTE), "ON")

        await eventually(lambda: len(satellite.commands) == 1001)
        await house.hears(TOPICS.setting(Setting.MUTE), "ON")

        async with HouseClient(broker.port, TOPICS.setting(Setting.MUTE)) as latecomer:
            await latecomer.hears(TOPICS.setting(Setting.MUTE), "ON")


async def test_a_flood_of_settings_is_answered_now_and_then_and_by_the_last(
    broker: Broker,
) -> None:
    threshold = TOPICS.setting(Setting.THRESHOLD)
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, threshold) as house,
    ):

        def obey(command: Command) -> None:
            assert isinstance(command, Change)
            satellite.publisher.tell_setting(Setting.THRESHOLD, command.value)

        satellite.obey = obey
        started = time.monotonic()
        # A broker keeps a thousand for who reads slowly, and drops what comes then.
        for number in range(900):
            house.say(TOPICS.command(Setting.THRESHOLD), f"0.{number % 10 + 10}")
        house.say(TOPICS.command(Setting.THRESHOLD), "0.5")
        await house.hears(threshold, "0.5")
        elapsed = time.monotonic() - started

    assert len(house.on(threshold)) <= elapsed / TELLING_PAUSE + 2


async def test_what_is_rejected_meanwhile_does_not_bring_back_what_was_true_before(
    broker: Broker,
) -> None:
    mute = TOPICS.setting(Setting.MUTE)
    async with publishing(broker) as satellite, HouseClient(broker.port, mute) as house:
        await house.hears(mute, "OFF")

        def obey(command: Command) -> None:
            satellite.publisher.state("muted", muted=True, ringing=False)

        satellite.obey = obey
        for command in ("perhaps", "ON", "perhaps"):
            house.say(TOPICS.command(Setting.MUTE), command)
        await house.until(lambda: house.on(mute)[-2:] == ["ON", "ON"])

    assert "OFF" not in house.on(mute)[house.on(mute).index("ON") :]


async def test_the_words_of_the_house_are_heeded_though_retained(
    broker: Broker,
) -> None:
    async with HouseClient(broker.port, TOPICS.vocabulary) as house:
        house.say(TOPICS.vocabulary, "attic, Möhrchen", retain=True)
        await house.hears(TOPICS.vocabulary)
        async with publishing(broker) as satellite:
            await eventually(lambda: satellite.commands)

    assert satellite.commands == [SetVocabulary("attic, Möhrchen")]
