"""The publisher against a real mosquitto, and a house that listens."""

import contextlib
import json
import time
from typing import Any

import pytest

from auricle.audio.playing import SoundFormat
from auricle.errors import Reason
from auricle.mqtt.commands import Command, Listen, ListenAction
from auricle.mqtt.delivery.ledger import Fate
from auricle.mqtt.link.refusals import BrokerRefusal
from auricle.mqtt.messages import Diagnostics, Disclosure
from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Action
from auricle.turns.sounds import (
    PlayReason,
    PlayReport,
    PlayState,
    SoundArrived,
    SoundCancelRequested,
    SoundKind,
    SoundOpening,
    Then,
    TimerChange,
    TimerChanged,
)
from auricle.turns.turn import Outcome, OutcomeKind, Stamp
from rigs.faults.fault_proxy import FaultProxy
from rigs.mqtt.broker import Broker
from rigs.mqtt.old_broker import old_broker
from rigs.mqtt.publisher import NOW, TOPICS, TURN, event, publishing
from rigs.mqtt.refusing import QUOTA_EXCEEDED, UNSPECIFIED_ERROR, Refusing
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

# Machines that run many tests at once are slow.
PATIENCE = 5
EVERYTHING = ("auricle/#", "homeassistant/#")


async def test_a_satellite_tells_all_and_only_then_that_it_is_there(
    broker: Broker,
) -> None:
    async with HouseClient(broker.port, *EVERYTHING) as house:
        async with publishing(broker):
            await house.hears(TOPICS.availability, "online")
        await house.hears(TOPICS.availability, "offline")

    assert [heard.topic for heard in house.heard] == [
        TOPICS.run_query,
        TOPICS.run,
        TOPICS.setting(Setting.MUTE),
        TOPICS.listening,
        TOPICS.state,
        TOPICS.ringing,
        TOPICS.discovery,
        TOPICS.satellite,
        TOPICS.availability,
        TOPICS.availability,
    ]


async def test_a_utterance_is_told_in_the_order_that_automations_need(
    broker: Broker,
) -> None:
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, "auricle/#") as house,
    ):
        await house.hears(TOPICS.availability)
        house.heard.clear()

        satellite.publisher.wake(TURN, NOW)
        satellite.publisher.state("listening", muted=False, ringing=False)
        satellite.publisher.interim("t1", "turn on")
        satellite.publisher.state("processing", muted=False, ringing=False)
        satellite.hears("turn on the light")
        await house.hears(TOPICS.delivery)

    assert [heard.topic.removeprefix(TOPICS.root + "/") for heard in house.heard] == [
        "event/wake",
        *("listening", "state"),
        "transcript/partial",
        *("listening", "state"),
        *("transcript/last", "emotion", "transcript/final", "event/utterance"),
        "delivery",
    ]


async def test_an_emotion_does_not_outlive_a_turn_of_which_none_is_known(
    broker: Broker,
) -> None:
    async with publishing(broker) as satellite:
        async with HouseClient(broker.port, "auricle/#") as house:
            satellite.hears("leave me alone", emotion="angry", turn="t1")
            await house.hears(TOPICS.emotion, "angry")
            satellite.hears("turn on the light", emotion=None, turn="t2")
            await house.hears(TOPICS.emotion, "")
            await eventually(lambda: event(house, TOPICS.last)["turn"] == "t2")
            assert event(house, TOPICS.last)["emotion"] is None
            await eventually(lambda: event(house, TOPICS.utterance)["turn"] == "t2")
            assert event(house, TOPICS.utterance)["emotion"] is None
        # What a house that comes later is told.
        async with HouseClient(broker.port, "auricle/#") as late:
            await late.hears(TOPICS.last)
            await late.hears(TOPICS.availability)
        assert late.on(TOPICS.emotion) == []


async def test_an_error_is_an_event_with_a_reason(broker: Broker) -> None:
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, "auricle/#") as house,
    ):
        failed = Outcome(TURN, OutcomeKind.ERROR, reason=Reason.ASR_TIMEOUT)
        satellite.publisher.outcome(failed, Stamp(NOW, NOW, None))
        await house.hears(TOPICS.utterance)

    assert event(house)["reason"] == "asr_timeout"


async def test_a_broker_that_forgot_everything_is_told_again(broker: Broker) -> None:
    async with publishing(broker) as satellite:
        satellite.publisher.state("listening", muted=False, ringing=False)
        broker.kill()
        await eventually(lambda: not satellite.publisher.client.connected)
        broker.start(remember=False)

        async with HouseClient(broker.port, *EVERYTHING) as house:
            await house.hears(TOPICS.availability, "online")
            await house.hears(TOPICS.state, "listening")
            await house.hears(TOPICS.discovery)


async def test_everything_is_told_again_when_home_assistant_starts(
    broker: Broker,
) -> None:
    async with publishing(broker), HouseClient(broker.port, *EVERYTHING) as house:
        await house.hears(TOPICS.availability, "online")
        house.heard.clear()

        house.say(TOPICS.birth, "online")
        await house.hears(TOPICS.availability, "online")

    assert house.on(TOPICS.discovery)
    assert house.on(TOPICS.state) == ["idle"]


async def test_interim_transcripts_stay_inside_unless_wanted(broker: Broker) -> None:
    async with (
        publishing(broker, disclosure=Disclosure()) as satellite,
        HouseClient(broker.port, "auricle/#") as house,
    ):
        satellite.publisher.interim("t1", "turn on")
        satellite.publisher.state("processing", muted=False, ringing=False)
        await house.hears(TOPICS.state, "processing")

    assert house.on(TOPICS.partial) == []


async def test_diagnostics_are_retained(broker: Broker) -> None:
    async with publishing(broker) as satellite:
        async with HouseClient(broker.port, TOPICS.diagnostics) as witness:
            satellite.publisher.diagnostics(Diagnostics(NOW, asr=True, mic=False))
            await witness.hears(TOPICS.diagnostics)
        async with HouseClient(broker.port, TOPICS.diagnostics) as house:
            await house.hears(TOPICS.diagnostics)

    assert event(house, TOPICS.diagnostics)["mic"] is False
    assert house.heard[0].retain


def delivery(house: HouseClient) -> dict[str, Any]:
    return event(house, TOPICS.delivery)


async def test_nobody_listening_is_told_within_a_tenth_of_a_second(
    broker: Broker,
) -> None:
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, TOPICS.delivery) as house,
    ):
        satellite.hears("turn on the light")
        said = time.monotonic()
        await house.hears(TOPICS.delivery)
        told = time.monotonic()

    assert delivery(house)["fate"] == "no_listener"
    assert told - said < 0.1 * PATIENCE


async def test_a_broker_over_its_quota_is_said_and_not_pestered(
    broker: Broker,
) -> None:
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        FaultProxy(broker.port) as door,
        publishing(broker, history=True, port=door.port) as satellite,
    ):
        await house.hears(TOPICS.availability, "online")
        over_quota = Refusing(QUOTA_EXCEEDED)
        door.screen(over_quota.screen)
        satellite.hears("turn on the light", turn="t1")

        assert await satellite.fate() is Fate.REJECTED
        # The final, its event, the last one, the emotion, the counts, and the history.
        await eventually(lambda: over_quota.refused == 6)
        # What it took before may be acknowledged meanwhile.
        await eventually(
            lambda: satellite.publisher.client.refusal is BrokerRefusal.OVER_QUOTA
        )
        assert satellite.publisher.client.connected

        door.heal()
        satellite.hears("turn it off", turn="t2")
        await eventually(lambda: len(satellite.fates) == 2)
        assert satellite.fates[-1].fate is Fate.ACKED
        assert satellite.publisher.client.refusal is None
        assert over_quota.refused == 6
        # What happened meanwhile is told as soon as somebody asks again.
        house.say("homeassistant/status", "online")
        await house.until(lambda: len(house.on(TOPICS.history)) == 2)


async def test_a_broker_that_has_room_again_is_told_what_it_did_not_take(
    broker: Broker,
) -> None:
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        FaultProxy(broker.port) as door,
        publishing(broker, port=door.port, quota_pause=0.1) as satellite,
    ):
        await house.hears(TOPICS.availability, "online")
        over_quota = Refusing(QUOTA_EXCEEDED)
        door.screen(over_quota.screen)
        satellite.publisher.state("listening", muted=False, ringing=False)
        await eventually(lambda: over_quota.refused)
        door.heal()
        await house.hears(TOPICS.state, "listening")


async def test_what_a_cluster_did_not_pass_on_while_it_lost_a_node_is_told_again(
    broker: Broker,
) -> None:
    async with (
        HouseClient(broker.port, "auricle/#", "homeassistant/#") as house,
        FaultProxy(broker.port) as door,
        publishing(broker, port=door.port) as satellite,
    ):
        await house.hears(TOPICS.availability, "online")
        failing = Refusing(UNSPECIFIED_ERROR)
        door.screen(failing.screen)
        satellite.publisher.state("listening", muted=False, ringing=False)
        await eventually(lambda: failing.refused)
        house.heard.clear()
        door.heal()
        await house.hears(TOPICS.state, "listening")
        await house.hears(TOPICS.availability, "online")

    told = {heard.topic for heard in house.heard}
    assert told >= {TOPICS.discovery, TOPICS.run, TOPICS.satellite, TOPICS.state}


async def test_every_fate_is_counted_where_anybody_can_read_it(broker: Broker) -> None:
    async with publishing(broker, time_to_live=2.0) as satellite:
        satellite.hears("turn on the light", turn="t1")
        await eventually(lambda: [s for s in satellite.fates if s.over])
        async with HouseClient(broker.port, "auricle/#") as house:
            satellite.hears("turn it off", turn="t2")
            await house.hears(TOPICS.utterance)
            await house.until(lambda: delivery(house)["acked"] == 1)

    assert delivery(house) == {
        "run_id": "b1",
        "accepted": 2,
        "acked": 1,
        "no_listener": 1,
        "expired": 0,
        "rejected": 0,
        "turn": "t2",
        "fate": "acked",
        "storage": "good",
    }


async def test_a_flow_of_rhasspy_starts_listening_and_gets_the_text(
    broker: Broker,
) -> None:
    async with (
        publishing(broker, hermes=True) as satellite,
        HouseClient(
            broker.port, "hermes/asr/textCaptured", "hermes/hotword/#"
        ) as house,
    ):
        house.say("hermes/asr/startListening", '{"siteId":"study","sessionId":"s7"}')
        await eventually(lambda: satellite.commands)
        satellite.publisher.wake(TURN, NOW)
        satellite.hears("turn on the light")

        await house.hears("hermes/asr/textCaptured")
        # Nobody else listens: this one did.
        assert await satellite.fate() is Fate.ACKED

    assert satellite.commands == [Listen(ListenAction.START)]
    captured = event(house, "hermes/asr/textCaptured")
    assert (captured["text"], captured["sessionId"]) == ("turn on the light", "s7")
    assert event(house, "hermes/hotword/okay_nabu/detected")["siteId"] == "study"


async def test_rhasspy_is_not_spoken_to_unless_wanted(broker: Broker) -> None:
    async with publishing(broker) as satellite, HouseClient(broker.port, "#") as house:
        satellite.publisher.wake(TURN, NOW)
        satellite.hears("turn on the light")
        await house.hears(TOPICS.utterance)

    assert not [heard for heard in house.heard if heard.topic.startswith("hermes")]


# --- sounds ---


async def test_a_sound_that_is_sent_arrives_byte_for_byte(broker: Broker) -> None:
    pcm = bytes(range(256)) * 64
    header = b'{"id":"a1","seq":0,"kind":"announcement","rate":22050,"last":true}'
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, TOPICS.play) as house,
    ):
        house.say(TOPICS.command(Action.PLAY), header + b"\n" + pcm)
        await eventually(lambda: satellite.commands)

    opening = SoundOpening(SoundKind.ANNOUNCEMENT, SoundFormat(22_050, 1))
    assert satellite.commands == [SoundArrived("a1", 0, pcm, opening, Then.IDLE)]


async def test_of_a_long_sound_that_is_sent_at_once_no_chunk_is_missing(
    broker: Broker,
) -> None:
    # Six minutes of what Home Assistant sends, as much as is kept of one sound.
    chunks = 900
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, TOPICS.play) as house,
    ):
        first = b'{"id":"a1","seq":0,"kind":"answer","rate":22050}'
        for seq in range(chunks):
            header = b'{"id":"a1","seq":%d}' % seq if seq else first
            house.say(TOPICS.command(Action.PLAY), header + b"\n" + bytes(16_000))
        await eventually(lambda: len(satellite.commands) == chunks)

    came = [c for c in satellite.commands if isinstance(c, SoundArrived)]
    assert [chunk.seq for chunk in came] == list(range(chunks))


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_what_is_too_large_at_once_is_not_taken_and_harms_nobody(
    broker: Broker, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        port = broker.port
        if version == "3.1.1":
            # Brokers of MQTT 5 know what we take.
            port = await stack.enter_async_context(old_broker(broker.port))
        house = HouseClient(broker.port, TOPICS.availability)
        await stack.enter_async_context(house)
        satellite = await stack.enter_async_context(publishing(broker, port=port))
        await house.hears(TOPICS.availability, "online")
        house.say(TOPICS.command(Action.PLAY), bytes(20_000_000))

        def stops() -> list[Command]:
            house.say(TOPICS.command(Action.PLAY), '{"cancel":true}')
            return satellite.commands

        await eventually(stops)

    assert ("more than we take" in caplog.text) == (version == "3.1.1")
    assert set(satellite.commands) == {SoundCancelRequested(None)}


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_what_a_broker_keeps_that_is_too_large_keeps_no_satellite_away(
    broker: Broker, qos: int, caplog: pytest.LogCaptureFixture
) -> None:
    topic = TOPICS.command(Action.PLAY)
    async with contextlib.AsyncExitStack() as stack:
        house = await stack.enter_async_context(
            HouseClient(broker.port, TOPICS.availability, "test/end")
        )
        house.say(topic, bytes(300_000), retain=True, qos=qos)
        house.say("test/end", "now")
        await house.hears("test/end")
        port = await stack.enter_async_context(old_broker(broker.port))
        satellite = await stack.enter_async_context(publishing(broker, port=port))
        await house.hears(TOPICS.availability, "online")
        await eventually(lambda: topic in caplog.text)
        # More than the broker sends before something is acknowledged.
        for _ in range(25):
            house.say(topic, bytes(70_000), qos=qos)
        house.say(topic, '{"cancel":true}')
        await eventually(lambda: satellite.commands)
        assert house.on(TOPICS.availability) == ["online"]

    assert satellite.commands == [SoundCancelRequested(None)]
    assert caplog.text.count("more than we take") == 1


async def test_the_stop_button_ends_all_sounds(broker: Broker) -> None:
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, TOPICS.discovery) as house,
    ):
        await house.hears(TOPICS.discovery)
        button = event(house, TOPICS.discovery)["components"]["stop"]
        house.say(button["command_topic"], button["payload_press"])
        await eventually(lambda: satellite.commands)

    assert satellite.commands == [SoundCancelRequested(None)]


async def test_a_timer_is_told_with_its_name(broker: Broker) -> None:
    payload = '{"event":"finished","id":"t1","name":"Möhrchen","seconds":3}'
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, TOPICS.play) as house,
    ):
        house.say(TOPICS.command(Action.TIMER), payload)
        await eventually(lambda: satellite.commands)

    assert satellite.commands == [
        TimerChanged(TimerChange.FINISHED, "t1", "Möhrchen", 3.0, 0.0, active=True)
    ]


async def test_what_is_about_no_sound_is_answered_and_a_flood_of_it_now_and_then(
    broker: Broker,
) -> None:
    async with (
        publishing(broker) as satellite,
        HouseClient(broker.port, TOPICS.play) as house,
    ):
        for _ in range(500):
            house.say(TOPICS.command(Action.PLAY), b"\xff\0\n\xff")
        house.say(TOPICS.command(Action.PLAY), '{"id":"a1","cancel":true}')
        await eventually(lambda: satellite.commands)
        await house.hears(TOPICS.play)

    assert event(house, TOPICS.play) == {
        "id": None,
        "state": "failed",
        "reason": "format",
    }
    assert len(house.heard) < 50


async def test_a_sound_that_somebody_retained_is_not_played(broker: Broker) -> None:
    async with HouseClient(broker.port, TOPICS.play) as house:
        stale = '{"id":"a1","seq":0,"kind":"announcement","rate":16000}'
        house.say(TOPICS.command(Action.PLAY), stale, retain=True)
        async with publishing(broker) as satellite:
            await house.hears(TOPICS.play)

    assert satellite.commands == []


async def test_what_became_of_a_sound_is_told_once_a_broker_is_there(
    broker: Broker,
) -> None:
    async with publishing(broker) as satellite:
        broker.kill()
        await eventually(lambda: not satellite.publisher.client.connected)
        satellite.publisher.play(PlayReport("a1", PlayState.STARTED))
        satellite.publisher.play(PlayReport("a1", PlayState.CANCELLED, PlayReason.WAKE))
        async with HouseClient(broker.port, TOPICS.play, later=True) as house:
            broker.start()
            await eventually(lambda: len(house.on(TOPICS.play)) == 2)

    assert [json.loads(told) for told in house.on(TOPICS.play)] == [
        {"id": "a1", "state": "started"},
        {"id": "a1", "state": "cancelled", "reason": "wake"},
    ]


async def test_the_satellite_says_what_it_can_do(broker: Broker) -> None:
    async with publishing(broker):
        async with HouseClient(broker.port, TOPICS.availability) as witness:
            await witness.hears(TOPICS.availability, "online")
        async with HouseClient(broker.port, TOPICS.satellite) as house:
            await house.hears(TOPICS.satellite)

    assert house.heard[-1].retain
    assert event(house, TOPICS.satellite) == {
        "schema": 1,
        "device": "auricle_study",
        "name": "Study voice",
        "version": "0.1.0",
        "wake_words": [
            {"id": "okay_nabu", "wake_word": "Okay Nabu", "languages": ["en", "nl"]}
        ],
        "max_active_wake_words": 1,
        "rate": 16000,
        "features": ["play", "timers"],
    }
