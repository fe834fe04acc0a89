"""The publisher against a real mosquitto, and a house that listens."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auricle.mqtt.broker import BrokerSettings
from auricle.mqtt.commands import (
    Command,
    Listen,
    ListenAction,
    Options,
    SetMute,
    SetVocabulary,
)
from auricle.mqtt.delivery import Fate, Settled
from auricle.mqtt.discovery import Device, discovery
from auricle.mqtt.hermes import Hermes
from auricle.mqtt.messages import Diagnostics, Disclosure, Messages
from auricle.mqtt.outbox_file import OutboxFile
from auricle.mqtt.publisher import Publisher
from auricle.mqtt.refusals import Refusal
from auricle.mqtt.topics import Action, Setting, Topics
from auricle.mqtt.watched_connection import ANSWER_TIME, HANG_TIME
from auricle.turn import (
    Mode,
    Outcome,
    OutcomeKind,
    Reason,
    Stamp,
    Transcript,
    Turn,
)
from auricle.wake.detector import Detection
from rigs.broker import Broker
from rigs.eventually import eventually
from rigs.fault_proxy import FaultProxy
from rigs.house import House
from rigs.over_quota import OverQuota

TOPICS = Topics("auricle", "study")
OPTIONS = Options(("auto", "en"), ("off", "okay_nabu"))
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
TURN = Turn("t1", Mode.SERVER_VAD, Detection("okay_nabu", 0.97, 16_000))
# Machines that run many tests at once are slow.
PATIENCE = 5
EVERYTHING = ("auricle/#", "homeassistant/#")


class Study:
    """A publisher, and what it called back."""

    def __init__(
        self,
        port: int,
        outbox: Path,
        time_to_live: float,
        disclosure: Disclosure,
        *,
        history: bool,
        hermes: Hermes | None,
        quota_pause: float,
    ) -> None:
        self.commands: list[Command] = []
        self.fates: list[Settled] = []
        self.obey: Callable[[Command], None] = lambda _: None
        self.publisher = Publisher(
            BrokerSettings("127.0.0.1", port, TOPICS.device_id),
            Messages(TOPICS, disclosure),
            OPTIONS,
            discovery=discovery(
                TOPICS, Device("Study voice", "0.1.0", "Pi"), disclosure, OPTIONS
            ),
            outbox=outbox,
            time_to_live=time_to_live,
            history=history,
            boot_id="b1",
            quota_pause=quota_pause,
            on_command=self._take,
            on_fate=self.fates.append,
            delays=lambda: itertools.repeat(0.05),
            random=lambda: 0.01,
            heed_vocabulary=True,
            hermes=hermes,
        )

    def _take(self, command: Command) -> None:
        self.commands.append(command)
        self.obey(command)

    def hears(self, text: str, *, latency: float = 0.4, turn: str = "t1") -> None:
        outcome = Outcome(
            Turn(turn, TURN.mode, TURN.detection),
            OutcomeKind.TRANSCRIPT,
            transcript=Transcript(text, "en", "happy"),
        )
        self.publisher.outcome(outcome, Stamp(NOW, NOW, latency))

    async def fate(self) -> Fate:
        await eventually(lambda: self.fates)
        return self.fates[-1].fate


@contextlib.asynccontextmanager
async def study(
    broker: Broker,
    *,
    time_to_live: float = 10.0,
    history: bool = False,
    hermes: Hermes | None = None,
    disclosure: Disclosure = Disclosure(partial=True),  # noqa: B008  # frozen
    port: int | None = None,
    quota_pause: float = 60.0,
) -> AsyncIterator[Study]:
    """`port`: of what stands before the broker, if anything does."""
    outbox = broker.directory / "state" / "outbox.db"
    study = Study(
        *(port or broker.port, outbox, time_to_live, disclosure),
        history=history,
        hermes=hermes,
        quota_pause=quota_pause,
    )
    study.publisher.state("idle")
    study.publisher.echo(Setting.MUTE, value=False)
    await study.publisher.start()
    try:
        await eventually(lambda: study.publisher.connected)
        yield study
    finally:
        await study.publisher.stop()


def event(house: House, topic: str = TOPICS.utterance) -> dict[str, Any]:
    decoded = json.loads(house.on(topic)[-1])
    assert isinstance(decoded, dict)
    return decoded


async def test_a_satellite_tells_all_and_only_then_that_it_is_there(
    broker: Broker,
) -> None:
    async with House(broker.port, *EVERYTHING) as house:
        async with study(broker):
            await house.hears(TOPICS.availability, "online")
        await house.hears(TOPICS.availability, "offline")

    assert [heard.topic for heard in house.heard] == [
        TOPICS.discovery,
        TOPICS.listening,
        TOPICS.state,
        TOPICS.setting(Setting.MUTE),
        TOPICS.availability,
        TOPICS.availability,
    ]


async def test_a_utterance_is_told_in_the_order_that_automations_need(
    broker: Broker,
) -> None:
    async with study(broker) as satellite, House(broker.port, "auricle/#") as house:
        await house.hears(TOPICS.availability)
        house.heard.clear()

        satellite.publisher.wake(TURN, NOW)
        satellite.publisher.state("listening")
        satellite.publisher.interim("t1", "turn on")
        satellite.publisher.state("processing")
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


async def test_a_command_that_was_heard_is_acked(broker: Broker) -> None:
    async with study(broker) as satellite, House(broker.port, "auricle/#"):
        satellite.hears("turn on the light")

        assert await satellite.fate() is Fate.ACKED


async def test_a_house_that_does_not_listen_is_reported(broker: Broker) -> None:
    async with study(broker) as satellite:
        satellite.hears("turn on the light")

        assert await satellite.fate() is Fate.NO_LISTENER


async def test_a_command_waits_for_a_broker_that_is_soon_back(broker: Broker) -> None:
    async with study(broker) as satellite:
        broker.kill()
        await eventually(lambda: not satellite.publisher.connected)
        satellite.hears("turn on the light")

        broker.start()
        assert await satellite.fate() in (Fate.ACKED, Fate.NO_LISTENER)


async def test_a_command_that_waited_too_long_is_reported_and_never_executed(
    broker: Broker,
) -> None:
    async with study(broker, time_to_live=0.5) as satellite:
        broker.kill()
        await eventually(lambda: not satellite.publisher.connected)
        satellite.hears("open the garage")
        assert await satellite.fate() is Fate.EXPIRED

        async with House(broker.port, "auricle/#", later=True) as house:
            broker.start()
            await house.hears(TOPICS.availability, "online")
            house.say(TOPICS.birth, "online")
            await house.hears(TOPICS.utterance)

    assert house.on(TOPICS.final) == []
    assert event(house)["event_type"] == "error"
    assert event(house)["reason"] == "expired"
    assert "garage" not in house.on(TOPICS.utterance)[0]


async def test_an_error_is_an_event_with_a_reason(broker: Broker) -> None:
    async with study(broker) as satellite, House(broker.port, "auricle/#") as house:
        failed = Outcome(TURN, OutcomeKind.ERROR, reason=Reason.ASR_TIMEOUT)
        satellite.publisher.outcome(failed, Stamp(NOW, NOW, None))
        await house.hears(TOPICS.utterance)

    assert event(house)["reason"] == "asr_timeout"


async def test_a_command_from_the_house_arrives_typed(broker: Broker) -> None:
    async with study(broker) as satellite, House(broker.port, "auricle/#") as house:
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
        async with study(broker) as satellite:
            mute = TOPICS.setting(Setting.MUTE)
            await house.until(lambda: house.on(mute) == ["OFF", "OFF"])

    assert satellite.commands == []


async def test_a_meaningless_command_is_answered_with_the_unchanged_value(
    broker: Broker,
) -> None:
    async with study(broker) as satellite, House(broker.port, "auricle/#") as house:
        mute = TOPICS.setting(Setting.MUTE)
        await house.hears(mute, "OFF")
        house.heard.clear()
        house.say(TOPICS.command(Setting.MUTE), b"\xff\xff")
        await house.hears(mute, "OFF")

    assert satellite.commands == []


async def test_a_thousand_mutes_a_second_end_in_the_last_one(broker: Broker) -> None:
    async with study(broker) as satellite, House(broker.port, "auricle/#") as house:

        def echo(command: Command) -> None:
            assert isinstance(command, SetMute)
            satellite.publisher.echo(Setting.MUTE, command.muted)

        satellite.obey = echo
        await house.hears(TOPICS.setting(Setting.MUTE), "OFF")
        for i in range(1000):
            house.say(TOPICS.command(Setting.MUTE), "OFF" if i % 2 else "ON")
        house.say(TOPICS.command(Setting.MUTE), "ON")

        await eventually(lambda: len(satellite.commands) == 1001)
        await house.hears(TOPICS.setting(Setting.MUTE), "ON")

        async with House(broker.port, TOPICS.setting(Setting.MUTE)) as latecomer:
            await latecomer.hears(TOPICS.setting(Setting.MUTE), "ON")


async def test_a_broker_that_forgot_everything_is_told_again(broker: Broker) -> None:
    async with study(broker) as satellite:
        satellite.publisher.state("listening")
        broker.kill()
        await eventually(lambda: not satellite.publisher.connected)
        broker.start(remember=False)

        async with House(broker.port, *EVERYTHING) as house:
            await house.hears(TOPICS.availability, "online")
            await house.hears(TOPICS.state, "listening")
            await house.hears(TOPICS.discovery)


async def test_everything_is_told_again_when_home_assistant_starts(
    broker: Broker,
) -> None:
    async with study(broker), House(broker.port, *EVERYTHING) as house:
        await house.hears(TOPICS.availability, "online")
        house.heard.clear()

        house.say(TOPICS.birth, "online")
        await house.hears(TOPICS.availability, "online")

    assert house.on(TOPICS.discovery)
    assert house.on(TOPICS.state) == ["idle"]


async def test_interim_transcripts_stay_inside_unless_wanted(broker: Broker) -> None:
    async with (
        study(broker, disclosure=Disclosure()) as satellite,
        House(broker.port, "auricle/#") as house,
    ):
        satellite.publisher.interim("t1", "turn on")
        satellite.publisher.state("processing")
        await house.hears(TOPICS.state, "processing")

    assert house.on(TOPICS.partial) == []


async def test_diagnostics_are_retained(broker: Broker) -> None:
    async with study(broker) as satellite:
        satellite.publisher.diagnostics(Diagnostics(NOW, asr=True, mic=False))
        async with House(broker.port, TOPICS.diagnostics) as house:
            await house.hears(TOPICS.diagnostics)

    assert event(house, TOPICS.diagnostics)["mic"] is False
    assert house.heard[0].retain


def delivery(house: House) -> dict[str, Any]:
    return event(house, TOPICS.delivery)


async def test_nobody_listening_is_told_within_a_tenth_of_a_second(
    broker: Broker,
) -> None:
    async with study(broker) as satellite, House(broker.port, TOPICS.delivery) as house:
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
        House(broker.port, "auricle/#") as house,
        FaultProxy(broker.port) as door,
        study(broker, history=True, port=door.port) as satellite,
    ):
        await house.hears(TOPICS.availability, "online")
        over_quota = OverQuota()
        door.screen(over_quota.screen)
        satellite.hears("turn on the light", turn="t1")

        assert await satellite.fate() is Fate.REJECTED
        # The final, its event, the last one, the emotion, the counts, and the history.
        await eventually(lambda: over_quota.refused == 6)
        # What it took before may be acknowledged meanwhile.
        await eventually(lambda: satellite.publisher.refusal is Refusal.OVER_QUOTA)
        assert satellite.publisher.connected

        door.heal()
        satellite.hears("turn it off", turn="t2")
        await eventually(lambda: len(satellite.fates) == 2)
        assert satellite.fates[-1].fate is Fate.ACKED
        assert satellite.publisher.refusal is None
        assert over_quota.refused == 6
        # What happened meanwhile is told as soon as somebody asks again.
        house.say("homeassistant/status", "online")
        await house.until(lambda: len(house.on(TOPICS.history)) == 2)


async def test_a_broker_that_has_room_again_is_told_what_it_did_not_take(
    broker: Broker,
) -> None:
    async with (
        House(broker.port, "auricle/#") as house,
        FaultProxy(broker.port) as door,
        study(broker, port=door.port, quota_pause=0.1) as satellite,
    ):
        await house.hears(TOPICS.availability, "online")
        over_quota = OverQuota()
        door.screen(over_quota.screen)
        satellite.publisher.state("listening")
        await eventually(lambda: over_quota.refused)
        door.heal()
        await house.hears(TOPICS.state, "listening")


async def test_every_fate_is_counted_where_anybody_can_read_it(broker: Broker) -> None:
    async with study(broker) as satellite:
        satellite.hears("turn on the light", turn="t1")
        await satellite.fate()
        async with House(broker.port, "auricle/#") as house:
            satellite.hears("turn it off", turn="t2")
            await house.until(lambda: len(house.on(TOPICS.delivery)) == 2)

    assert delivery(house) == {
        "boot_id": "b1",
        "accepted": 2,
        "acked": 1,
        "no_listener": 1,
        "expired": 0,
        "rejected": 0,
        "turn": "t2",
        "fate": "acked",
        "storage": "good",
    }


async def test_the_next_run_delivers_what_the_last_one_accepted(broker: Broker) -> None:
    async with study(broker) as first:
        broker.kill()
        await eventually(lambda: not first.publisher.connected)
        first.hears("turn on the light")
    broker.start()

    async with House(broker.port, TOPICS.final) as house, study(broker) as second:
        await house.hears(TOPICS.final)
        assert await second.fate() is Fate.ACKED

    assert event(house, TOPICS.final)["text"] == "turn on the light"
    assert 400 <= event(house, TOPICS.final)["age_ms"] < 10_000


async def test_the_next_run_reports_what_expired_in_between(broker: Broker) -> None:
    async with study(broker, time_to_live=1.4) as first:
        broker.kill()
        await eventually(lambda: not first.publisher.connected)
        first.hears("open the garage")
    await asyncio.sleep(1.2)
    broker.start()

    async with House(broker.port, "auricle/#") as house:
        async with study(broker, time_to_live=1.4) as second:
            await house.hears(TOPICS.utterance)
            assert await second.fate() is Fate.EXPIRED
        async with study(broker, time_to_live=1.4):
            back = ["offline", "online"]
            await house.until(lambda: house.on(TOPICS.availability)[-2:] == back)

    assert house.on(TOPICS.final) == []
    assert len(house.on(TOPICS.utterance)) == 1
    assert event(house)["reason"] == "expired"
    assert not any("garage" in heard.payload for heard in house.heard)


async def test_what_was_spoken_before_the_machine_started_is_too_old(
    broker: Broker,
) -> None:
    async with study(broker) as first:
        broker.kill()
        await eventually(lambda: not first.publisher.connected)
        first.hears("open the garage")
    reboot(broker.directory / "state" / "outbox.db")
    broker.start()

    async with House(broker.port, "auricle/#") as house, study(broker):
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


async def test_a_broker_that_hangs_gets_no_command_that_it_could_pass_on_late(
    broker: Broker,
) -> None:
    async with (
        House(broker.port, TOPICS.final, TOPICS.utterance) as house,
        study(broker, time_to_live=1.0) as satellite,
    ):
        broker.freeze()
        satellite.publisher.state("processing")
        await asyncio.sleep(ANSWER_TIME)
        satellite.hears("open the garage")
        assert await satellite.fate() is Fate.EXPIRED

        broker.thaw()
        await house.hears(TOPICS.utterance)

    assert house.on(TOPICS.final) == []
    assert event(house)["reason"] == "expired"


async def test_a_broker_that_hangs_is_left_and_found_again(broker: Broker) -> None:
    async with study(broker) as satellite:
        broker.freeze()
        satellite.publisher.state("processing")
        await eventually(
            lambda: not satellite.publisher.connected, timeout=HANG_TIME * PATIENCE
        )

        broker.thaw()
        await eventually(lambda: satellite.publisher.connected)


async def test_the_history_is_complete_after_an_outage(broker: Broker) -> None:
    async with study(broker, time_to_live=0.5, history=True) as satellite:
        satellite.hears("one", turn="t1")
        await satellite.fate()
        broker.kill()
        await eventually(lambda: not satellite.publisher.connected)
        satellite.hears("two", turn="t2")
        await eventually(lambda: len(satellite.fates) == 2)
    broker.start()

    async with (
        House(broker.port, TOPICS.history) as house,
        study(broker, history=True),
    ):
        await house.until(lambda: len(house.on(TOPICS.history)) == 2)

    told = [json.loads(payload) for payload in house.on(TOPICS.history)]
    assert [(t["text"], t["fate"]) for t in told] == [
        ("one", "no_listener"),
        ("two", "expired"),
    ]


async def test_without_history_no_word_of_an_expired_command_is_kept(
    broker: Broker,
) -> None:
    async with study(broker, time_to_live=0.5) as satellite:
        broker.kill()
        await eventually(lambda: not satellite.publisher.connected)
        satellite.hears("open the garage")
        await satellite.fate()

    assert not any(
        b"garage" in f.read_bytes() for f in (broker.directory / "state").iterdir()
    )


async def test_a_disk_that_fails_is_said_and_commands_still_go(broker: Broker) -> None:
    (broker.directory / "state" / "outbox.db").mkdir(parents=True)
    async with House(broker.port, "auricle/#") as house, study(broker) as satellite:
        satellite.hears("turn on the light")
        assert await satellite.fate() is Fate.ACKED
        await house.hears(TOPICS.delivery)

    assert delivery(house)["storage"] == "degraded_storage"


async def test_the_words_of_the_house_are_heeded_though_retained(
    broker: Broker,
) -> None:
    async with House(broker.port, TOPICS.vocabulary) as house:
        house.say(TOPICS.vocabulary, "attic, Möhrchen", retain=True)
        await house.hears(TOPICS.vocabulary)
        async with study(broker) as satellite:
            await eventually(lambda: satellite.commands)

    assert satellite.commands == [SetVocabulary("attic, Möhrchen")]


async def test_a_flow_of_rhasspy_starts_listening_and_gets_the_text(
    broker: Broker,
) -> None:
    async with (
        study(broker, hermes=Hermes("study")) as satellite,
        House(broker.port, "hermes/asr/textCaptured", "hermes/hotword/#") as house,
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
    async with study(broker) as satellite, House(broker.port, "#") as house:
        satellite.publisher.wake(TURN, NOW)
        satellite.hears("turn on the light")
        await house.hears(TOPICS.utterance)

    assert not [heard for heard in house.heard if heard.topic.startswith("hermes")]
