import logging

import pytest

from auricle.mqtt.commands import (
    LONGEST_SPEECH,
    Change,
    Listen,
    ListenAction,
    Rejected,
)
from auricle.mqtt.hermes import START_LISTENING, Hermes, subscriptions
from auricle.mqtt.link.broker import Received
from auricle.mqtt.name_check import RunQuery
from auricle.mqtt.settings import Options, Setting
from auricle.mqtt.subscriber import HomeAssistantStarted, Subscriber
from auricle.mqtt.topics import Action, Topics
from auricle.turns.sounds import SpeechRequested

TOPICS = Topics("auricle", "study")
SPEAK = TOPICS.command(Action.SPEAK)
MUTE = TOPICS.command(Setting.MUTE)


def site() -> Hermes:
    return Hermes("study", plays=True, speaks=True, new_sound_id=lambda: "sound")


class House:
    """What a satellite makes of what it is told."""

    def __init__(
        self,
        *,
        heed_vocabulary: bool = False,
        hermes: Hermes | None = None,
        speaks: bool = True,
    ) -> None:
        self.subscriber = Subscriber(
            TOPICS,
            Options(("auto", "en"), ("off", "okay_nabu")),
            heed_vocabulary=heed_vocabulary,
            hermes=hermes,
            speaks=speaks,
            new_sound_id=lambda: "sound",
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


def test_a_text_is_to_be_spoken() -> None:
    assert House().says(SPEAK, "Dinner is ready.") == SpeechRequested(
        "sound", "Dinner is ready."
    )


def test_a_text_of_nothing_is_ignored_without_a_word() -> None:
    assert House().says(SPEAK, " \n") is None


@pytest.mark.parametrize("text", ["x" * (LONGEST_SPEECH + 1), "\0" * 100_000])
def test_a_text_that_is_longer_than_anybody_would_hear_out_is_refused(
    text: str,
) -> None:
    assert isinstance(House().says(SPEAK, text), Rejected)


def test_a_text_that_the_broker_has_kept_is_not_spoken() -> None:
    assert isinstance(House().says(SPEAK, "Dinner.", retain=True), Rejected)


def test_where_nothing_speaks_the_key_is_named() -> None:
    refused = House(speaks=False).says(SPEAK, "Dinner is ready.")

    assert isinstance(refused, Rejected)
    assert "speech.engine" in refused.why


def test_an_order_of_rhasspy_is_a_command() -> None:
    house = House(hermes=site())

    order = house.says(START_LISTENING, '{"siteId": "study"}')

    assert order == Listen(ListenAction.START)


def test_only_what_is_wanted_is_subscribed_to() -> None:
    assert House().subscriber.subscriptions == [TOPICS.commands, TOPICS.birth]
    everything = House(heed_vocabulary=True, hermes=site())
    assert everything.subscriber.subscriptions == [
        TOPICS.commands,
        TOPICS.birth,
        TOPICS.vocabulary,
        *subscriptions("study", plays=True, speaks=True),
    ]
