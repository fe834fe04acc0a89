import logging

import pytest

from auricle.mqtt.commands import Command, Listen, ListenAction, Options, SetMute
from auricle.mqtt.hermes import START_LISTENING, Hermes
from auricle.mqtt.link.broker import Received
from auricle.mqtt.subscriber import Subscriber
from auricle.mqtt.topics import Setting, Topics

TOPICS = Topics("auricle", "study")
MUTE = TOPICS.command(Setting.MUTE)


class House:
    """What a satellite makes of what it is told."""

    def __init__(
        self, *, heed_vocabulary: bool = False, hermes: Hermes | None = None
    ) -> None:
        self.commands: list[Command] = []
        self.starts = 0
        self.rejected: list[Setting] = []
        self.runs: list[str] = []
        self.subscriber = Subscriber(
            TOPICS,
            Options(("auto", "en"), ("off", "okay_nabu")),
            heed_vocabulary=heed_vocabulary,
            hermes=hermes,
            on_command=self.commands.append,
            on_house_started=self._started,
            on_rejected=self.rejected.append,
            on_run=self.runs.append,
        )

    def _started(self) -> None:
        self.starts += 1

    def says(self, topic: str, payload: str, *, retain: bool = False) -> None:
        self.subscriber.received(Received(topic, payload.encode(), retain))


def test_a_command_is_handed_on() -> None:
    house = House()
    house.says(MUTE, "ON")

    assert house.commands == [SetMute(muted=True)]
    assert house.rejected == []


def test_the_start_of_home_assistant_is_no_command() -> None:
    house = House()
    house.says(TOPICS.birth, "online")

    assert house.starts == 1
    assert house.commands == []


def test_a_setting_that_cannot_be_obeyed_is_rejected_each_time_and_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    house = House()
    house.says(MUTE, "perhaps")
    house.says(MUTE, "perhaps")

    assert house.commands == []
    assert house.rejected == [Setting.MUTE, Setting.MUTE]
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG"]


def test_the_run_that_was_here_last_is_known_by_what_it_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = House()
    house.says(TOPICS.run, "another", retain=True)
    # Our own, which comes back.
    house.says(TOPICS.run, "ours")

    assert house.runs == ["another"]
    assert (house.commands, caplog.text) == ([], "")


def test_an_order_of_rhasspy_is_a_command() -> None:
    house = House(hermes=Hermes("study"))
    house.says(START_LISTENING, '{"siteId": "study"}')

    assert house.commands == [Listen(ListenAction.START)]


def test_only_what_is_wanted_is_subscribed_to() -> None:
    assert House().subscriber.subscriptions == [TOPICS.commands, TOPICS.birth]
    everything = House(heed_vocabulary=True, hermes=Hermes("study"))
    assert everything.subscriber.subscriptions == [
        TOPICS.commands,
        TOPICS.birth,
        TOPICS.vocabulary,
        *Hermes.subscriptions,
    ]
