"""What became of sounds, over a real mosquitto and from one run to the next."""

import json
import logging
import threading
from pathlib import Path, PosixPath

import pytest

from auricle.mqtt.play_ledger import MOST_REPORTS
from auricle.mqtt.playing import LONGEST_ID
from auricle.turns.sounds import PlayReason, PlayReport, PlayState
from rigs.mqtt.broker import Broker, running_broker
from rigs.mqtt.publisher import TOPICS, publishing
from rigs.mqtt.subscriber import HouseClient
from rigs.waiting import eventually

SONG = PlayReport("song", PlayState.FINISHED)
NEWS = PlayReport("news", PlayState.FINISHED)


class Hanging(PosixPath):
    """A path where no folder is made until `goes_on` is set."""

    goes_on = threading.Event()

    def mkdir(
        self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False
    ) -> None:
        self.goes_on.wait()
        super().mkdir(mode, parents, exist_ok)


def told(house: HouseClient) -> list[tuple[str, str]]:
    reports = map(json.loads, house.on(TOPICS.play))
    return [(told["id"], told.get("reason", told["state"])) for told in reports]


async def test_a_sound_that_one_run_took_is_ended_by_the_next_one(
    broker: Broker,
) -> None:
    async with HouseClient(broker.port, TOPICS.play) as house:
        async with publishing(broker) as satellite:
            satellite.publisher.sound_accepted("song")
        async with publishing(broker):
            await house.until(lambda: told(house))
        async with publishing(broker) as satellite:
            satellite.publisher.play(NEWS)
            await house.until(lambda: len(told(house)) > 1)

    assert told(house) == [("song", "restarted"), ("news", "finished")]


async def test_an_end_is_told_behind_its_note(broker: Broker) -> None:
    kept = broker.directory / "state" / "sounds.json"
    refused = PlayReport("flood", PlayState.FAILED, PlayReason.TOO_LONG)
    async with (
        HouseClient(broker.port, TOPICS.play) as house,
        publishing(broker) as satellite,
    ):
        satellite.publisher.sound_accepted("song")
        await eventually(lambda: kept.exists() and "song" in kept.read_text())
        satellite.publisher.play(SONG)
        # Nobody keeps what was refused, which leaves at once.
        satellite.publisher.play(refused)
        await house.until(lambda: len(told(house)) == 2)

    assert told(house) == [("flood", "too_long"), ("song", "finished")]


async def test_who_ends_at_once_tells_what_became_of_sounds_before(
    broker: Broker,
) -> None:
    async with HouseClient(broker.port, TOPICS.play) as house:
        async with publishing(broker) as satellite:
            satellite.publisher.sound_accepted("song")
            satellite.publisher.play(SONG)
        await house.until(lambda: told(house))

    assert told(house) == [("song", "finished")]


async def test_a_disk_that_hangs_holds_up_no_report(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    directory = Hanging(broker.directory)
    Hanging.goes_on.set()
    async with (
        HouseClient(broker.port, TOPICS.play) as house,
        publishing(broker, directory=directory) as satellite,
    ):
        Hanging.goes_on.clear()
        satellite.publisher.sound_accepted(SONG.id)
        satellite.publisher.play(SONG)
        await house.until(lambda: len(told(house)) == 1)
        satellite.publisher.sound_accepted(NEWS.id)
        satellite.publisher.play(NEWS)
        await house.until(lambda: len(told(house)) == 2)
        Hanging.goes_on.set()

    assert caplog.text.count("a crash would leave sounds without an end") == 1


async def test_where_all_is_told_nothing_is_kept(broker: Broker) -> None:
    kept = broker.directory / "state" / "sounds.json"
    async with (
        HouseClient(broker.port, TOPICS.play) as house,
        publishing(broker) as satellite,
    ):
        satellite.publisher.sound_accepted("song")
        await eventually(lambda: kept.exists() and "song" in kept.read_text())
        satellite.publisher.play(SONG)
        await house.until(lambda: told(house))
        await eventually(lambda: not kept.read_text())


async def test_as_many_ends_as_are_kept_are_read_back_whatever_their_ids(
    tmp_path: Path,
) -> None:
    with running_broker(tmp_path) as broker:
        async with publishing(broker) as satellite:
            broker.kill()
            await eventually(lambda: not satellite.publisher.client.connected)
            ids = [f"{n:🎵>{LONGEST_ID}}" for n in range(MOST_REPORTS)]
            for sound_id in ids:
                satellite.publisher.sound_accepted(sound_id)
                satellite.publisher.play(
                    PlayReport(sound_id, PlayState.FAILED, PlayReason.SYNTHESIZER)
                )
        broker.start(remember=False)
        async with (
            HouseClient(broker.port, TOPICS.play) as house,
            publishing(broker),
        ):
            await house.until(lambda: len(told(house)) >= MOST_REPORTS)

    assert set(told(house)) == {(sound_id, "synthesizer") for sound_id in ids}


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"open": [1], "ended": []}'])
async def test_a_file_that_is_spoilt_costs_what_was_in_it(
    broker: Broker, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    kept = broker.directory / "state" / "sounds.json"
    kept.parent.mkdir()
    kept.write_bytes(content)
    async with (
        HouseClient(broker.port, TOPICS.play) as house,
        publishing(broker) as satellite,
    ):
        satellite.publisher.sound_accepted("song")
        await eventually(lambda: b"song" in kept.read_bytes())
        satellite.publisher.play(SONG)
        await house.until(lambda: told(house))

    assert told(house) == [("song", "finished")]
    assert "what became of earlier sounds cannot be told" in caplog.text


async def test_a_disk_that_takes_nothing_is_told_once_and_costs_no_report(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    (broker.directory / "state" / ".sounds.json.new").mkdir(parents=True)
    async with (
        HouseClient(broker.port, TOPICS.play) as house,
        publishing(broker) as satellite,
    ):
        for report in (SONG, NEWS):
            satellite.publisher.sound_accepted(report.id)
            await eventually(lambda: "sounds without an end" in caplog.text)
            satellite.publisher.play(report)
        await house.until(lambda: len(told(house)) == 2)

    warned = [r for r in caplog.records if "sounds.json" in r.getMessage()]
    assert [r.levelno for r in warned if r.levelno >= logging.WARNING] == [
        logging.WARNING
    ]
