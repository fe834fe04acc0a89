"""All of it at once: `auricle run`, its recognizer, Home Assistant, and a voice."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rigs.audio.live_room import LiveRoom
from rigs.audio.loudspeaker import Loudspeaker, loudspeaker
from rigs.audio.speech import say, silence
from rigs.homes import assist_home, wyoming_voice
from rigs.homes.contract_satellite import ContractSatellite
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.home_assistant_events import Events
from rigs.homes.program import auricle, local_recognizer
from rigs.homes.study import Study, study
from rigs.mqtt.broker import Broker

SATELLITE = "assist_satellite.parlor_voice"
NODE = "auricle/parlor"


@dataclass
class House:
    """A person in the parlor, and what can be heard there."""

    home: HomeAssistant
    room: LiveRoom
    satellite: Study
    loudspeaker: Loudspeaker

    def say(self, words: str) -> None:
        """With the wake word in front."""
        self.room.say(say("okay nabu"), silence(0.2), self.spoken(words))

    def answer(self, words: str) -> None:
        """Without it."""
        self.room.say(self.spoken(words))

    @staticmethod
    def spoken(words: str) -> bytes:
        return wyoming_voice.spoken("slt", words)[wyoming_voice.HEADER :]

    @property
    def states(self) -> list[str]:
        return self.satellite.house.on(f"{NODE}/state")

    @property
    def reports(self) -> list[dict[str, str]]:
        """What it told of sounds."""
        return [json.loads(told) for told in self.satellite.house.on(f"{NODE}/play")]

    async def ends(self, sounds: int) -> None:
        """Wait until so many sounds have come to their end."""
        await self.satellite.house.until(
            lambda: sum(told["state"] != "started" for told in self.reports) == sounds
        )

    async def becomes(self, *states: str) -> None:
        """Wait until these are the last things that the satellite did."""
        number = len(states)
        await self.satellite.house.until(lambda: tuple(self.states[-number:]) == states)


@contextlib.asynccontextmanager
async def parlor(
    broker: Broker, home: HomeAssistant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """A satellite that is at rest, and in an area."""
    with loudspeaker(folder, monkeypatch) as device:
        async with (
            LiveRoom() as room,
            local_recognizer() as url,
            study(
                broker,
                folder,
                name="parlor",
                stdin=room.ear,
                microphone={"recording": "-"},
                loudspeaker={"device": "file"},
                asr={"url": url, "connect_timeout": 30, "final_timeout": 30},
                utterance={"no_speech_timeout": 5},
            ) as satellite,
        ):
            await assist_home.add(home, "Parlor voice", "Den")
            await home.becomes(SATELLITE, "idle")
            yield House(home, room, satellite, device)
    await home.fits(SATELLITE, lambda state: state in (None, "unavailable"))


async def test_a_light_a_conversation_and_an_interruption(
    broker: Broker,
    home: HomeAssistant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await home.act("light.turn_off", "light.den_lamp")
    await home.act("light.turn_off", "light.attic_lamp")
    async with parlor(broker, home, tmp_path, monkeypatch) as house:
        house.say("Turn on the lights.")
        await home.becomes("light.den_lamp", "on")
        await house.becomes("responding", "idle")
        assert house.loudspeaker.played.strip(b"\0")

        await assist_home.use(home, assist_home.STORYTELLER)
        async with Events(home) as events:
            house.say("Ask me something.")
            # The answer asks: it is heard to its end, and then it listens by itself.
            await house.becomes("responding", "listening")
            house.answer("I mean the kitchen.")
            await house.becomes("responding", "idle")
            house.say("Tell me a story.")
            await house.becomes("responding")
            # The story is long; who interrupts it is heard.
            house.say("Turn off the radio.")
            await house.becomes("responding", "listening")
            await house.becomes("responding", "idle")
            asked = events.fired("storyteller_asked")
            interrupted = [t["state"] for t in house.reports].count("cancelled")

    # A real recognizer hears a word more or less, most of all in the story.
    said = [{"ask", "something"}, {"kitchen"}, {"tell", "story"}, {"off", "radio"}]
    heard = [set(re.findall(r"\w+", each["text"].lower())) for each in asked]
    assert len(heard) == len(said)
    assert all(map(set.issubset, said, heard)), heard
    assert len({each["conversation_id"] for each in asked}) == 1
    assert interrupted == 1
    assert await home.value("light.attic_lamp") == "off"


async def test_a_timer_an_announcement_a_question_and_what_others_say(
    broker: Broker,
    home: HomeAssistant,
    den: ContractSatellite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with parlor(broker, home, tmp_path, monkeypatch) as house:
        house.say("Set a timer for five seconds.")
        await house.becomes("responding", "idle")
        # It rings until somebody stops it.
        await house.becomes("responding")
        house.say("Stop.")
        await house.becomes("responding", "listening")
        await house.becomes("idle")

        said = await assist_home.call(
            home, "assist_satellite.announce", SATELLITE, message="Dinner is ready."
        )
        assert said["success"], said

        asking = asyncio.create_task(
            assist_home.call(
                home,
                "assist_satellite.ask_question",
                SATELLITE,
                question="Shall I close the blinds?",
                answers=[{"id": "yes", "sentences": ["yes [please]"]}],
            )
        )
        await house.becomes("responding", "listening")
        house.answer("Yes, please.")
        answer = await asking
        await house.becomes("idle")

        heard = len(house.reports)
        den.hears("Broadcast dinner is ready.", turn=den.wakes("alexa"))
        await house.satellite.house.until(lambda: len(house.reports) == heard + 2)
        assert house.reports[-1]["state"] == "finished"
        await house.becomes("idle")

        await assist_home.use(home, assist_home.STORYTELLER)
        starting = asyncio.create_task(
            assist_home.call(
                home,
                "assist_satellite.start_conversation",
                SATELLITE,
                start_message="The washing is done. Shall I start the dryer?",
            )
        )
        await house.becomes("responding", "listening")
        async with Events(home) as events:
            house.answer("Start it at eight.")
            await house.becomes("responding", "idle")
            [asked] = events.fired("storyteller_asked")
        assert (await starting)["success"]

    assert "dryer" in asked["extra_system_prompt"]
    assert answer["result"]["response"]["id"] == "yes"


async def test_it_goes_on_after_home_assistant_and_the_broker_were_away(
    broker: Broker,
    home: HomeAssistant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    async with parlor(broker, home, tmp_path, monkeypatch) as house:
        house.say("Tell me a story.")
        await house.becomes("responding")
        await asyncio.to_thread(home.restart)
        # It does not wait for the rest of the story.
        await house.ends(1)
        await home.becomes(SATELLITE, "idle")

        house.say("Tell me a story.")
        await house.becomes("responding")
        broker.stop()
        await home.becomes(SATELLITE, "unavailable")
        broker.start(remember=True)
        await home.becomes(SATELLITE, "idle")
        await house.ends(2)

        async with Events(home) as events:
            house.say("Are you back?")
            await house.ends(3)
            [asked] = events.fired("storyteller_asked")
        assert asked["text"] == "Are you back?"

        # Each sound came to one end.
        ended = [told["id"] for told in house.reports if told["state"] != "started"]
        assert len(set(ended)) == len(ended)

        await house.satellite.program.stop()
        config = str(house.satellite.program.config)
        code, _, error = await auricle("forget", "--config", config)
        assert code == 0, error
        await home.becomes(SATELLITE, None)
