"""The whole program speaks texts: over mosquitto in, a real ALSA device out."""

import contextlib
import io
import json
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rigs.audio.loudspeaker import Loudspeaker, loudspeaker
from rigs.audio.recordings import save
from rigs.audio.speech import noise
from rigs.audio.synthesizers import SENTENCE, needs_espeak, needs_flite
from rigs.homes.program import Program, told_here, write_settings
from rigs.homes.sounds import tone
from rigs.homes.study import study
from rigs.homes.wyoming_voice import serving
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient

NODE = "auricle/study"
LONG = " ".join([SENTENCE] * 20)
ESPEAK = {"engine": "espeak", "voice": "en"}


@dataclass
class Speaking:
    """A satellite that speaks texts, and the house that has it do so."""

    house: HouseClient
    program: Program
    loudspeaker: Loudspeaker

    def say(self, text: str = SENTENCE, *, retain: bool = False) -> None:
        self.house.say(f"{NODE}/speak/set", text, retain=retain)

    @property
    def told(self) -> list[tuple[str, str | None]]:
        """What became of all texts."""
        reports = map(json.loads, self.house.on(f"{NODE}/play"))
        return [(report["state"], report.get("reason")) for report in reports]

    async def hears(self, state: str) -> None:
        await self.house.until(lambda: any(told == state for told, _ in self.told))

    @property
    def seconds_played(self) -> float:
        """At 16 kHz at least, in mono."""
        return len(self.loudspeaker.played.strip(b"\0")) / 2 / 16_000


@contextlib.asynccontextmanager
async def speaking(
    broker: Broker,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    speech: dict[str, Any],
    **mqtt: bool,
) -> AsyncIterator[Speaking]:
    recording = save(folder / "room.wav", noise(9.0, dbfs=-60) * 30)
    with loudspeaker(folder, monkeypatch) as device:
        async with study(
            *(broker, folder),
            recording=recording,
            listens_to=("homeassistant/#", "hermes/#"),
            loudspeaker={"device": "file"},
            speech=speech,
            mqtt=mqtt,
        ) as satellite:
            await satellite.house.hears(f"{NODE}/state", "idle")
            yield Speaking(satellite.house, satellite.program, device)


async def is_spoken(satellite: Speaking) -> None:
    satellite.say()
    await satellite.hears("finished")
    await satellite.house.hears(f"{NODE}/state", "idle")

    assert satellite.told == [("started", None), ("finished", None)]
    assert satellite.house.on(f"{NODE}/state")[-2:] == ["responding", "idle"]
    assert 1.5 < satellite.seconds_played < 6
    assert "washing" not in satellite.program.log


@needs_espeak
async def test_a_text_is_spoken_by_espeak(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(broker, tmp_path, monkeypatch, ESPEAK) as satellite:
        await is_spoken(satellite)

        config = json.loads(
            satellite.house.on("homeassistant/device/auricle_study/config")[-1]
        )
    notify = config["components"]["speak"]
    assert notify["command_topic"] == f"{NODE}/speak/set"
    assert notify["message_expiry_interval"] == 30


@needs_flite
async def test_a_text_is_spoken_by_flite(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flite = {"engine": "flite"}
    async with speaking(broker, tmp_path, monkeypatch, flite) as satellite:
        await is_spoken(satellite)


@needs_flite
async def test_a_text_is_spoken_by_a_wyoming_server(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as port:
        server = {"engine": "wyoming", "wyoming": f"127.0.0.1:{port}"}
        async with speaking(broker, tmp_path, monkeypatch, server) as satellite:
            await is_spoken(satellite)


@needs_espeak
async def test_a_text_is_spoken_by_a_program_of_the_users(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"engine": "command", "command": ["espeak-ng", "--stdin", "--stdout"]}
    async with speaking(broker, tmp_path, monkeypatch, own) as satellite:
        await is_spoken(satellite)


async def test_an_engine_that_fails_is_told_and_heard_and_the_text_is_not_logged(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"engine": "command", "command": ["/bin/sh", "-c", "cat >&2; exit 3"]}
    async with speaking(broker, tmp_path, monkeypatch, own) as satellite:
        satellite.say()
        await satellite.hears("failed")
        await satellite.house.until(lambda: satellite.seconds_played > 0.05)

    assert satellite.told == [("failed", "synthesizer")]
    assert "speech.command: /bin/sh failed, with exit status 3" in satellite.program.log
    assert "washing" not in satellite.program.log


async def test_a_program_that_is_missing_is_told_before_the_satellite_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    write_settings(
        config,
        {
            "asr": {"url": "ws://127.0.0.1:9"},
            "satellite": {"state_directory": str(tmp_path)},
            "speech": {"engine": "flite"},
        },
    )
    monkeypatch.setenv("PATH", "/nowhere")

    code, out, err = await told_here("config", "--config", str(config))

    assert code == 78
    assert "speech.engine: flite is not installed: apt install flite" in out + err


@needs_espeak
async def test_more_texts_an_hour_than_are_wanted_are_not_spoken_and_that_is_told(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {**ESPEAK, "per_hour": 1}
    async with speaking(broker, tmp_path, monkeypatch, few) as satellite:
        satellite.say()
        await satellite.hears("finished")
        satellite.say()
        satellite.say()
        await satellite.house.until(lambda: len(satellite.told) == 4)

    assert satellite.told[2:] == [("failed", "limit")] * 2
    assert satellite.program.log.count("speech.per_hour") == 1


@needs_espeak
async def test_the_stop_button_ends_what_is_spoken_and_what_is_still_to_be(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with speaking(broker, tmp_path, monkeypatch, ESPEAK) as satellite:
        satellite.say(LONG)
        satellite.say(LONG)
        await satellite.hears("started")
        satellite.house.say(f"{NODE}/play/set", '{"cancel":true}')
        await satellite.house.until(lambda: len(satellite.told) == 3)
        await satellite.house.hears(f"{NODE}/state", "idle")

    assert satellite.told[1:] == [("cancelled", "stop")] * 2


@needs_espeak
async def test_what_is_no_text_or_was_kept_by_the_broker_is_not_spoken(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with HouseClient(broker.port) as house:
        house.say(f"{NODE}/speak/set", "Somebody kept this.", retain=True)
        async with speaking(broker, tmp_path, monkeypatch, ESPEAK) as satellite:
            satellite.say("")
            satellite.say("x" * 4_000)
            satellite.say("Dinner.")
            await satellite.house.until(lambda: len(satellite.told) == 4)

    refused = ("failed", "format")
    assert satellite.told.count(refused) == 2
    assert [told for told in satellite.told if told != refused] == [
        ("started", None),
        ("finished", None),
    ]


@needs_espeak
async def test_rhasspy_has_a_text_said_and_a_large_file_played(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 44_100, 0, "NONE", ""))
        sound.writeframes(tone(3.0) * 2)
    assert len(file.getvalue()) > 64 * 1024

    async with speaking(
        broker, tmp_path, monkeypatch, ESPEAK, hermes=True
    ) as satellite:
        house = satellite.house
        order = {"text": SENTENCE, "siteId": "study", "id": "7", "sessionId": "s"}
        house.say("hermes/tts/say", json.dumps(order))
        await house.hears("hermes/tts/sayFinished")
        house.say("hermes/audioServer/study/playBytes/42", file.getvalue())
        await house.hears("hermes/audioServer/study/playFinished")

    said = json.loads(house.on("hermes/tts/sayFinished")[-1])
    assert (said["id"], said["sessionId"]) == ("7", "s")
    played = json.loads(house.on("hermes/audioServer/study/playFinished")[-1])
    assert played["id"] == "42"
    assert satellite.told == [("started", None), ("finished", None)] * 2
