"""What the house sends is heard in the room, from MQTT to the loudspeaker."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from auricle.audio.rendering import factor
from rigs.audio.speech import say, silence
from rigs.audio.virtual_microphone import VirtualMicrophone
from rigs.homes.program import Program
from rigs.mqtt.broker import Broker, running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

NODE = "auricle/study"
PLAY = f"{NODE}/play/set"
CHUNK = 16_000

Loudness = NDArray[np.float64]
RATE = 16_000


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with running_broker(folder) as broker:
        yield broker


@dataclass
class Room:
    """A satellite in it, what is heard of it, and who sends it sounds."""

    house: HouseClient
    program: Program
    recording: Path

    def send(
        self,
        name: str,
        pcm: bytes,
        *,
        kind: str = "announcement",
        rate: int = RATE,
        channels: int = 1,
        then: str = "idle",
    ) -> None:
        """All of a sound, faster than it is played."""
        chunks = [pcm[at : at + CHUNK] for at in range(0, len(pcm), CHUNK)]
        for seq, chunk in enumerate(chunks):
            header: dict[str, Any] = {"id": name, "seq": seq}
            if seq == 0:
                header |= {"kind": kind, "rate": rate, "channels": channels}
            if seq == len(chunks) - 1:
                header |= {"last": True, "then": then}
            self.house.say(PLAY, json.dumps(header).encode() + b"\n" + chunk)

    def became(self, name: str) -> list[tuple[str, str | None]]:
        """What was told of a sound, in order."""
        told = [json.loads(payload) for payload in self.house.on(f"{NODE}/play")]
        return [(t["state"], t.get("reason")) for t in told if t["id"] == name]

    async def plays(self, name: str) -> None:
        await eventually(lambda: self.became(name))
        assert self.became(name) == [("started", None)]

    async def has_played(self, name: str) -> None:
        await eventually(lambda: len(self.became(name)) > 1)

    @property
    def heard(self) -> bytes:
        pcm = self.recording.read_bytes()
        return pcm[: len(pcm) // 2 * 2]

    def sounds_at(self, pitch: float) -> float:
        """For how many seconds something of this pitch was heard, so far."""
        return float(np.count_nonzero(self._loudness(pitch) > 0.001) * 0.1)

    def loudness_at(self, pitch: float) -> float:
        return float(self._loudness(pitch).max())

    def _loudness(self, pitch: float) -> Loudness:
        samples = np.frombuffer(self.heard, "<i2") / 32768
        size = RATE // 10
        whole = samples[: len(samples) // size * size].reshape(-1, size)
        wave = np.exp(-2j * np.pi * pitch * np.arange(size) / RATE)
        loudness: Loudness = np.abs(whole @ wave) / size
        return loudness


def tone(seconds: float, pitch: float, rate: int = RATE, channels: int = 1) -> bytes:
    angles = 2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate
    pcm: bytes = (
        np.rint(10_000 * np.sin(angles)).astype("<i2").repeat(channels).tobytes()
    )
    return pcm


@asynccontextmanager
async def satellite(
    room: VirtualMicrophone, broker: Broker, folder: Path, **loudspeaker: Any
) -> AsyncIterator[Room]:
    recording = folder / "room.raw"
    async with (
        HouseClient(broker.port, f"{NODE}/#") as house,
        ScriptedRecognizer("Stop.") as server,
        Program(
            folder,
            {
                "satellite": {"name": "study"},
                "mqtt": {"host": "127.0.0.1", "port": broker.port},
                "asr": {"url": server.url, "language": "en"},
                "utterance": {"mode": "manual", "no_speech_timeout": 2},
                "loudspeaker": loudspeaker,
            },
            environment=room.environment,
        ) as program,
    ):
        # What the broker keeps may be an earlier run's.
        starts = program.log.count("listening to")
        await eventually(lambda: program.log.count("listening to") > starts)
        await house.hears(f"{NODE}/state", "idle")
        with room.recorded(recording):
            yield Room(house, program, recording)
        assert await program.stop() == 0


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (22_050, 1), (48_000, 2)])
async def test_an_announcement_is_heard_at_any_rate_and_told_when_it_is_over(
    room: VirtualMicrophone,
    broker: Broker,
    tmp_path: Path,
    rate: int,
    channels: int,
) -> None:
    async with satellite(room, broker, tmp_path) as study:
        pcm = tone(1.5, 700, rate, channels)
        study.send("a1", pcm, rate=rate, channels=channels)
        await study.plays("a1")
        await study.house.hears(f"{NODE}/state", "responding")
        await study.has_played("a1")
        await study.house.hears(f"{NODE}/state", "idle")
        await eventually(lambda: 1.3 < study.sounds_at(700) < 1.8)

    assert study.became("a1") == [("started", None), ("finished", None)]


async def test_announcements_are_heard_one_behind_the_other(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with satellite(room, broker, tmp_path) as study:
        study.send("a1", tone(0.8, 700))
        study.send("a2", tone(0.8, 1100))
        await study.has_played("a2")
        await eventually(lambda: study.sounds_at(1100) > 0.6)

        assert study.sounds_at(700) > 0.6
    assert study.became("a1") == [("started", None), ("finished", None)]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (PLAY, '{"cancel":true}', "stop"),
        (PLAY, '{"id":"a1","cancel":true}', "stop"),
        (f"{NODE}/listen/set", "START", "listen"),
    ],
)
async def test_it_is_silent_as_soon_as_it_is_told_so(
    room: VirtualMicrophone,
    broker: Broker,
    tmp_path: Path,
    topic: str,
    payload: str,
    reason: str,
) -> None:
    async with satellite(room, broker, tmp_path) as study:
        study.send("a1", tone(30, 700))
        await eventually(lambda: study.sounds_at(700) > 0.3)
        study.house.say(topic, payload)
        await study.has_played("a1")
        # What was said by then, and a moment in which it would go on.
        so_far = len(study.heard)
        await eventually(lambda: len(study.heard) > so_far + 2 * RATE)
        quiet = study.sounds_at(700)
        await eventually(lambda: len(study.heard) > so_far + 4 * RATE)

        assert study.sounds_at(700) == quiet
    assert study.became("a1") == [("started", None), ("cancelled", reason)]


async def test_the_volume_is_heard_at_once_and_after_a_restart(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with satellite(room, broker, tmp_path) as study:
        study.send("a1", tone(0.5, 700))
        await study.has_played("a1")
        await eventually(lambda: study.sounds_at(700) > 0.2)
        loud = study.loudness_at(700)
        study.house.say(f"{NODE}/volume/set", "0.5")
        await study.house.hears(f"{NODE}/volume", "0.5")
        study.send("a2", tone(0.5, 1100))
        await study.has_played("a2")
        await eventually(lambda: study.sounds_at(1100) > 0.2)

        assert study.loudness_at(1100) == pytest.approx(loud * factor(0.5), rel=0.2)

    async with satellite(room, broker, tmp_path) as study:
        study.send("a3", tone(0.5, 500))
        await study.has_played("a3")
        await eventually(lambda: study.sounds_at(500) > 0.2)

        assert study.loudness_at(500) == pytest.approx(loud * factor(0.5), rel=0.2)


async def test_a_timer_rings_until_it_is_stopped(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    finished = {"event": "finished", "id": "t1", "name": "pizza", "seconds": 60}
    async with satellite(room, broker, tmp_path) as study:
        study.house.say(f"{NODE}/timer/set", json.dumps(finished))
        # Its notes, in two rounds at least.
        await eventually(lambda: study.sounds_at(1760) > 0.4)
        study.house.say(PLAY, '{"cancel":true}')
        await study.has_played("timer-t1")

    assert study.became("timer-t1") == [("started", None), ("cancelled", "stop")]


async def test_a_sound_server_that_dies_costs_the_sound_alone(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with satellite(room, broker, tmp_path) as study:
        study.send("a1", tone(30, 700))
        await eventually(lambda: study.sounds_at(700) > 0.3)
        room.kill()
        await study.has_played("a1")
        assert study.became("a1") == [("started", None), ("failed", "loudspeaker")]
        study.send("a2", tone(0.5, 1100))
        await eventually(lambda: study.became("a2"))
        assert study.became("a2") == [("failed", "loudspeaker")]
        room.start()

        study.send("a3", tone(0.5, 1100))
        await study.has_played("a3")
        assert study.became("a3") == [("started", None), ("finished", None)]

    assert "sounds are heard again" in study.program.log


async def test_a_sound_server_that_hangs_costs_the_sound_alone(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with satellite(room, broker, tmp_path) as study:
        study.send("a1", tone(30, 700))
        await eventually(lambda: study.sounds_at(700) > 0.3)
        room.freeze()
        await study.has_played("a1")
        assert study.became("a1") == [("started", None), ("failed", "loudspeaker")]
        room.thaw()
        await study.house.hears(f"{NODE}/state", "idle")

        study.send("a2", tone(0.5, 1100))
        await study.has_played("a2")
        assert study.became("a2") == [("started", None), ("finished", None)]

    assert "no sound is heard (loudspeaker.device): 'default'" in study.program.log
    assert "sounds are heard again" in study.program.log


async def test_without_a_loudspeaker_a_sound_fails_and_is_not_offered(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with satellite(room, broker, tmp_path, device="") as study:
        study.send("a1", tone(0.5, 700))
        await eventually(lambda: study.became("a1"))

        assert study.became("a1") == [("failed", "loudspeaker")]
        assert json.loads(study.house.on(f"{NODE}/satellite")[-1])["features"] == []


# --- a person's wake word, and its own ---


def softly(pcm: bytes) -> bytes:
    """Half as loud as it is said: two voices together stay below full scale."""
    return (np.frombuffer(pcm, "<i2") // 2).astype("<i2").tobytes()


ANSWER = softly(
    say("The lights in the living room and in the kitchen are turned off now.")
    + say("Tomorrow it will be sunny, with a light wind from the west.")
)
OWN_WORDS = softly(say("You may say", voice="en-gb") + say("okay nabu", voice="en-gb"))


async def test_its_own_wake_word_does_not_end_what_it_says_and_a_person_s_does(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    async with satellite(room, broker, tmp_path) as study:
        study.send("own", OWN_WORDS + ANSWER)
        await study.has_played("own")
        assert study.became("own") == [("started", None), ("finished", None)]

        study.send("interrupted", ANSWER * 4)
        await study.plays("interrupted")
        call = softly(say("okay nabu"))
        for _ in range(3):
            await asyncio.to_thread(room.play, silence(1.5) + call + silence(1))
            if len(study.became("interrupted")) > 1:
                break
        await study.has_played("interrupted")

        assert study.became("interrupted") == [("started", None), ("cancelled", "wake")]
    assert len(study.house.on(f"{NODE}/event/wake")) == 1
