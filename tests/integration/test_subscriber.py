"""What the house says, over a real mosquitto."""

from auricle.mqtt.commands import Command, SetMute, SetVocabulary
from auricle.mqtt.topics import Action, Setting
from rigs.broker import Broker
from rigs.eventually import eventually
from rigs.house import House
from rigs.publishing import TOPICS, publishing


async def test_a_command_from_the_house_arrives_typed(broker: Broker) -> None:
    async with (
        publishing(broker) as satellite,
        House(broker.port, "auricle/#") as house,
    ):
        house.say(TOPICS.command(Setting.MUTE), "on")
        await eventually(lambda: satellite.commands)

    assert satellite.commands == [SetMute(muted=True)]


async def test_a_retained_command_is_not_obeyed_and_the_truth_is_told(
    broker: Broker,
) -> None:
    async with House(broker.port, "auricle/#") as house:
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
        House(broker.port, "auricle/#") as house,
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
        House(broker.port, "auricle/#") as house,
    ):

        def obey(command: Command) -> None:
            assert isinstance(command, SetMute)
            satellite.publisher.state("muted" if command.muted else "idle")

        satellite.obey = obey
        await house.hears(TOPICS.setting(Setting.MUTE), "OFF")
        for i in range(1000):
            house.say(TOPICS.command(Setting.MUTE), "OFF" if i % 2 else "ON")
        house.say(TOPICS.command(Setting.MUTE), "ON")

        await eventually(lambda: len(satellite.commands) == 1001)
        await house.hears(TOPICS.setting(Setting.MUTE), "ON")

        async with House(broker.port, TOPICS.setting(Setting.MUTE)) as latecomer:
            await latecomer.hears(TOPICS.setting(Setting.MUTE), "ON")


async def test_the_words_of_the_house_are_heeded_though_retained(
    broker: Broker,
) -> None:
    async with House(broker.port, TOPICS.vocabulary) as house:
        house.say(TOPICS.vocabulary, "attic, Möhrchen", retain=True)
        await house.hears(TOPICS.vocabulary)
        async with publishing(broker) as satellite:
            await eventually(lambda: satellite.commands)

    assert satellite.commands == [SetVocabulary("attic, Möhrchen")]
