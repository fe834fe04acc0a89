import logging

import pytest

from auricle.mqtt.commands import Change, Listen, ListenAction, Rejected
from auricle.mqtt.hermes import START_LISTENING, Hermes
from auricle.mqtt.link.broker import Received
from auricle.mqtt.name_check import RunQuery
from auricle.mqtt.settings import Options, Setting
from auricle.mqtt.subscriber import HomeAssistantStarted, Subscriber
from auricle.mqtt.topics import Topics

TOPICS = Topics("auricle", "study")
MUTE = TOPICS.command(Setting.MUTE)


class House:
    """What a satellite makes of what it is told."""

    def __init__(
        self, *, heed_vocabulary: bool = False, hermes: Hermes | None = None
    ) -> None:
        self.subscriber = Subscriber(
            TOPICS,
            Options(("auto", "en"), ("off", "okay_nabu")),
            heed_vocabulary=heed_vocabulary,
            hermes=hermes,
        )

    def says(self, topic: str, payload: str, *, retain: bool = False) -> object:
        return self.subscriber.interpret(Received(topic, payload.encode(), retain))


def test_a_command_is_understood() -> None:
    assert House().says(MUTE, "ON") == Change(Setting.MUTE, True)


def test_the_start_of_home_assistant_is_no_command() -> None:
    assert House().says(TOPICS.birth, "online") == HomeAssistantStarted()


def test_a_setting_that_cannot_be_obeyed_is_rejected_each_time_and_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    house = House()

    for _ in range(2):
        rejected = house.says(MUTE, "perhaps")
        assert isinstance(rejected, Rejected)
        assert rejected.what is Setting.MUTE
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG"]


def test_another_run_may_ask_who_has_the_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = House()
    question = '{"query":"q1","run_id":"another"}'

    assert house.says(TOPICS.run_query, question) == RunQuery("q1", "another")
    # Old, and nobody waits for a reply any more.
    assert house.says(TOPICS.run_query, question, retain=True) is None
    assert house.says(TOPICS.run_query, "?") is None
    # Our own, which come back.
    assert house.says(TOPICS.run, "ours") is None
    assert house.says(TOPICS.run_reply, question) is None
    assert caplog.text == ""


def test_an_order_of_rhasspy_is_a_command() -> None:
    house = House(hermes=Hermes("study"))

    order = house.says(START_LISTENING, '{"siteId": "study"}')

    assert order == Listen(ListenAction.START)


def test_only_what_is_wanted_is_subscribed_to() -> None:
    assert House().subscriber.subscriptions == [TOPICS.commands, TOPICS.birth]
    everything = House(heed_vocabulary=True, hermes=Hermes("study"))
    assert everything.subscriber.subscriptions == [
        TOPICS.commands,
        TOPICS.birth,
        TOPICS.vocabulary,
        *Hermes.subscriptions,
    ]
