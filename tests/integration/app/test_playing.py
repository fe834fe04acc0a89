"""The whole program speaks: sounds over mosquitto in, a real ALSA device out."""

import contextlib
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from auricle.turns.playback import LONGEST_SOUND, MOST_SOUNDS_WAITING
from rigs.audio.loudspeaker import Loudspeaker, loudspeaker
from rigs.audio.recordings import save
from rigs.audio.speech import noise, say, silence
from rigs.homes.program import Program
from rigs.homes.sounds import Sounds, tone
from rigs.homes.study import Study, study
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient

NODE = "auricle/study"
UTTERANCE = f"{NODE}/event/utterance"
ROOM = -60.0
# However busy this machine is.
LONG = 20.0


@dataclass
class Speaking:
    """A satellite with a loudspeaker, and the house that speaks through it."""

    study: Study
    loudspeaker: Loudspeaker

    @property
    def house(self) -> HouseClient:
        return self.study.house

    @property
    def program(self) -> Program:
        return self.study.program

    @property
    def sounds(self) -> Sounds:
        return Sounds(self.house, self.study.node)

    @property
    def states(self) -> list[str]:
        return self.house.on(f"{NODE}/state")


@contextlib.asynccontextmanager
async def speaking(
    broker: Broker,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    heard: bytes = b"",
    transcript: str = "Turn on the kitchen light.",
    turns_per_hour: int = 0,
    no_speech_timeout: float = 1.0,
) -> AsyncIterator[Speaking]:
    """One that is at rest; it hears `heard`, then a quiet room.

    `no_speech_timeout` is in seconds: a busy machine may be as late as that with the
    order that ends a turn in which nobody speaks.
    """
    room = noise(9.0, dbfs=ROOM)
    recording = save(folder / "room.wav", heard + room * 30)
    with loudspeaker(folder, monkeypatch) as device:
        async with study(
            *(broker, folder, transcript),
            recording=recording,
            loudspeaker={"device": "file"},
            utterance={"mode": "manual", "no_speech_timeout": no_speech_timeout},
            limits={"turns_per_hour": turns_per_hour},
        ) as satellite:
            await satellite.house.hears(f"{NODE}/state", "idle")
            yield Speaking(satellite, device)


async def test_an_announcement_is_played_and_told(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(broker, tmp_path, monkeypatch) as satellite:
        satellite.sounds.send("news", tone(0.8))
        await satellite.sounds.hears("news", "finished")
        await satellite.house.hears(f"{NODE}/state", "idle")

    assert satellite.sounds.told_of("news") == [("started", None), ("finished", None)]
    assert satellite.states[-2:] == ["responding", "idle"]
    # A device may begin and end with silence.
    assert satellite.loudspeaker.played.strip(b"\0") == tone(0.8).strip(b"\0")


async def test_a_wake_word_ends_what_is_said_and_the_command_is_heard(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = silence(6.0) + say("okay nabu") + silence(0.3) + say("turn it on")
    async with speaking(broker, tmp_path, monkeypatch, heard=command) as satellite:
        satellite.sounds.send("story", tone(LONG))
        satellite.sounds.send("news", tone(0.3))
        await satellite.sounds.hears("story", "cancelled")
        await satellite.house.hears(f"{NODE}/transcript/final")
        await satellite.sounds.hears("news", "finished")

    assert satellite.sounds.told_of("story") == [
        ("started", None),
        ("cancelled", "wake"),
    ]


async def test_who_interrupts_it_to_say_stop_has_given_no_command(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(
        *(broker, tmp_path, monkeypatch),
        transcript="Stop! Stop it.",
        no_speech_timeout=LONG,
    ) as satellite:
        satellite.sounds.send("story", tone(LONG))
        satellite.sounds.send("news", tone(0.3))
        await satellite.sounds.hears("story", "started")
        await satellite.study.hears()
        await satellite.sounds.hears("news", "cancelled")

    utterance = json.loads(satellite.house.on(UTTERANCE)[-1])
    assert utterance["event_type"] == "cancelled"
    assert satellite.sounds.told_of("story")[-1] == ("cancelled", "listen")
    assert satellite.sounds.told_of("news") == [("cancelled", "stop")]


async def test_a_killed_satellite_says_of_each_sound_once_how_it_ended(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "sounds.json"
    short_is_over = {"open": ["story", "waiting"], "ended": []}
    async with speaking(broker, tmp_path, monkeypatch) as satellite:
        satellite.sounds.send("short", tone(0.1))
        satellite.sounds.send("story", tone(LONG))
        satellite.sounds.send("waiting", tone(0.3))
        await satellite.sounds.hears("story", "started")
        # Whoever is killed before that tells of the short one again.
        await satellite.house.until(
            lambda: json.loads(kept.read_bytes()) == short_is_over
        )
        await satellite.program.stop(signal.SIGKILL)
        satellite.house.heard.clear()

        await satellite.program.start()
        await satellite.sounds.hears("waiting", "failed")
        # It speaks on, and has nothing more to say of what was.
        satellite.sounds.send("after", tone(0.1))
        await satellite.sounds.hears("after", "finished")
        assert await satellite.program.stop() == 0

    restarted = [("failed", "restarted")]
    assert satellite.sounds.told_of("short") == []
    assert satellite.sounds.told_of("story") == restarted
    assert satellite.sounds.told_of("waiting") == restarted


async def test_an_end_that_the_broker_was_away_for_is_told_when_it_is_back(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(broker, tmp_path, monkeypatch) as satellite:
        satellite.sounds.send("news", tone(1.0))
        await satellite.sounds.hears("news", "started")
        broker.stop()
        broker.start()
        await satellite.sounds.hears("news", "finished")

    assert satellite.sounds.told_of("news") == [("started", None), ("finished", None)]


async def test_a_house_that_dies_between_two_chunks_costs_the_sound_and_no_more(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(broker, tmp_path, monkeypatch) as satellite:
        satellite.sounds.send("story", tone(LONG), whole=False)
        satellite.sounds.send("news", tone(0.3))
        await satellite.sounds.hears("news", "finished")

    assert satellite.sounds.told_of("story") == [
        ("started", None),
        ("failed", "no_chunks"),
    ]


async def test_a_flood_of_sound_costs_the_sounds_that_are_too_much(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(broker, tmp_path, monkeypatch) as satellite:
        satellite.sounds.send("story", tone(LONG))
        for n in range(MOST_SOUNDS_WAITING + 2):
            satellite.sounds.send(f"{n}", tone(0.1))
        satellite.sounds.send("endless", bytes(LONGEST_SOUND + 1), size=60_000)
        await satellite.sounds.hears("endless", "failed")
        await satellite.sounds.hears(f"{MOST_SOUNDS_WAITING + 1}", "failed")
        satellite.sounds.order({"cancel": True})
        satellite.sounds.send("after", tone(0.1))
        await satellite.sounds.hears("after", "finished")

    too_long = [("failed", "too_long")]
    assert satellite.sounds.told_of("endless") == too_long
    assert satellite.sounds.told_of(f"{MOST_SOUNDS_WAITING}") == too_long
    assert satellite.sounds.told_of("0") == [("cancelled", "stop")]


async def test_a_timer_rings_until_it_is_stopped(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(broker, tmp_path, monkeypatch) as satellite:
        up = {"event": "finished", "id": "eggs", "name": "Eggs", "seconds": 300}
        satellite.house.say(
            f"{NODE}/timer/set", json.dumps({**up, "seconds_left": 0, "active": False})
        )
        await satellite.sounds.hears("timer-eggs", "started")
        satellite.sounds.order({"cancel": True})
        await satellite.sounds.hears("timer-eggs", "cancelled")

        satellite.sounds.send("story", tone(LONG))
        await satellite.sounds.hears("story", "started")
        assert await satellite.program.stop() == 0

    assert satellite.sounds.told_of("timer-eggs")[-1] == ("cancelled", "stop")
    assert satellite.sounds.told_of("story")[-1] == ("cancelled", "shutdown")


async def test_who_is_muted_is_spoken_to_and_is_told_to_be_muted_all_along(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(broker, tmp_path, monkeypatch) as satellite:
        satellite.sounds.send("story", tone(LONG))
        await satellite.sounds.hears("story", "started")
        satellite.house.say(f"{NODE}/mute/set", "ON")
        await satellite.house.hears(f"{NODE}/mute", "ON")
        assert satellite.states[-1] == "responding"
        satellite.sounds.order({"cancel": True})
        await satellite.house.hears(f"{NODE}/state", "muted")

    assert satellite.house.on(f"{NODE}/mute")[-1] == "ON"


async def test_what_nobody_said_behind_answers_is_no_turn_of_the_hours(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(
        *(broker, tmp_path, monkeypatch), turns_per_hour=1, no_speech_timeout=3.0
    ) as satellite:
        house = satellite.house
        satellite.sounds.send("question-1", tone(0.1), then="listen")
        await house.until(lambda: len(house.on(UTTERANCE)) == 1)
        satellite.sounds.send("question-2", tone(0.1), then="listen")
        await house.until(lambda: len(house.on(UTTERANCE)) == 2)
        await satellite.study.hears()

    ends = [json.loads(told)["event_type"] for told in satellite.house.on(UTTERANCE)]
    assert ends == ["no_speech", "no_speech", "transcript"]


async def test_an_answer_is_followed_by_a_turn_without_a_wake_word(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(broker, tmp_path, monkeypatch) as satellite:
        satellite.sounds.send("question", tone(0.3), kind="answer", then="listen")
        await satellite.house.hears(UTTERANCE)
        await satellite.house.hears(f"{NODE}/state", "idle")

    utterance = json.loads(satellite.house.on(UTTERANCE)[-1])
    assert utterance["event_type"] == "no_speech"
    assert satellite.states[-3:] == ["responding", "listening", "idle"]
