"""The real daemon in the study, hearing what a test wants."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rigs.audio.recordings import save
from rigs.audio.speech import noise
from rigs.homes.program import Program
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.faults import Fault
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

NODE = "auricle/study"
# However busy this machine is: nothing here is about time.
_PATIENT_ASR = {"connect_timeout": 30, "final_timeout": 30}
_PATIENT_UTTERANCE = {"mode": "manual", "no_speech_timeout": 30, "longest": 55}


@dataclass
class Study:
    """A satellite, its recognizer, and whoever listens in."""

    node: str
    program: Program
    recognizer: ScriptedRecognizer
    house: HouseClient

    async def hears(self) -> None:
        """One turn, by push to talk; the recognizer knows the words."""
        utterances = len(self.house.on(f"{self.node}/event/utterance"))
        sessions = len(self.recognizer.heard)
        self.house.say(f"{self.node}/listen/set", "START")
        await eventually(
            lambda: (
                len(self.recognizer.heard) > sessions
                and self.recognizer.heard[-1].seconds > 0.3
            )
        )
        self.house.say(f"{self.node}/listen/set", "STOP")
        await eventually(
            lambda: len(self.house.on(f"{self.node}/event/utterance")) > utterances
        )


@contextlib.asynccontextmanager
async def study(
    broker: Broker,
    folder: Path,
    transcript: str | Sequence[str] = "Turn on the kitchen light.",
    *,
    emotion: str | None = "neutral",
    always: Sequence[Fault] = (),
    recording: Path | None = None,
    name: str = "study",
    listens_to: Sequence[str] = ("homeassistant/#",),
    stdin: int | None = None,
    **sections: Mapping[str, Any],
) -> AsyncIterator[Study]:
    """In a quiet room, unless a `recording` is played; `sections` of the settings;
    `listens_to`: what whoever listens in hears of others.
    """
    node = f"auricle/{name}"
    if recording is None:
        # Nothing but zeros would be a broken microphone.
        recording = save(folder / "quiet.wav", noise(9, dbfs=-80) * 100)
    async with (
        HouseClient(broker.port, f"{node}/#", *listens_to) as house,
        ScriptedRecognizer(transcript, emotion=emotion, always=always) as recognizer,
    ):
        settings: dict[str, Mapping[str, Any]] = {
            "satellite": {
                "name": name,
                "friendly_name": f"{name.capitalize()} voice",
            },
            "microphone": {"recording": str(recording)},
            "asr": {"url": recognizer.url, **_PATIENT_ASR},
            "utterance": _PATIENT_UTTERANCE,
            **sections,
        }
        mqtt = {
            "host": "127.0.0.1",
            "port": broker.port,
            "time_to_live": 60,
            **settings.get("mqtt", {}),
        }
        async with Program(folder, {**settings, "mqtt": mqtt}, stdin=stdin) as program:
            try:
                # It has to load its libraries, on a machine that may be busy.
                await house.hears(f"{node}/availability", "online", timeout=60)
                yield Study(node, program, recognizer, house)
            finally:
                # It says goodbye, or the next one would seem to be there too early.
                with contextlib.suppress(ProcessLookupError):
                    await program.stop()
