"""A satellite with a loudspeaker, as its messages are: no microphone, no sound.

It does on MQTT what the daemon does, and checks what it is told. A test speaks in a
person's place, and decides when a sound has been heard.
"""

import json
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from rigs.mqtt.schemas import fits_first_line
from rigs.mqtt.subscriber import Heard, HouseClient
from rigs.waiting import eventually

_CHUNK_TIMEOUT = 5.0
"""Seconds without a chunk, after which a satellite gives a sound up."""


@dataclass
class Played:
    """One sound, and what was said of it."""

    id: str
    kind: str
    rate: int
    channels: int
    turn: str | None
    pcm: bytes = b""
    sizes: list[int] = field(default_factory=list)
    then: str | None = None
    """None as long as it is not complete."""
    end: str | None = None
    latest: float = 0.0
    """When the last chunk came."""

    @property
    def seconds(self) -> float:
        return len(self.pcm) / (2 * self.channels * self.rate)

    @property
    def loudness(self) -> int:
        """The largest of its samples."""
        samples = struct.unpack(f"<{len(self.pcm) // 2}h", self.pcm)
        return max(map(abs, samples), default=0)


class ContractSatellite:
    """An async context manager; it says goodbye at its end."""

    def __init__(
        self,
        port: int,
        node: str = "den",
        *,
        base: str = "auricle",
        features: tuple[str, ...] = ("play", "timers"),
        group: str | None = None,
    ) -> None:
        self.node = node
        self.root = f"{base}/{node}"
        self.device = f"{base}_{node}"
        self.name = f"{node.capitalize()} voice"
        self.features = features
        self.group = group
        self.sounds: list[Played] = []
        self.errors: list[str] = []
        self.timers: list[dict[str, Any]] = []
        self.complaints: list[str] = []
        self._holding = False
        self._mute = False
        self._outcomes = 0
        # Home Assistant may ask while the satellite says goodbye.
        self._introducing = threading.Lock()
        self._leaving = False
        topics = (f"{self.root}/+/set", f"{self.root}/availability")
        self._house = HouseClient(port, *topics, "homeassistant/status")
        self._house.on_heard = self._heard

    async def __aenter__(self) -> Self:
        await self._house.__aenter__()
        self.introduce()
        return self

    async def __aexit__(self, *error: Any) -> None:
        with self._introducing:
            self._leaving = True
            self._say("availability", "offline", retain=True)
        await self._house.hears(f"{self.root}/availability", "offline")
        await self._house.__aexit__(*error)
        if error[0] is None:
            assert not self.complaints, self.complaints

    # --- what it says of itself ---

    def introduce(self, *, schema: int = 1) -> None:
        """All that is retained, the device first."""
        self._house.say(
            f"homeassistant/device/{self.device}/config",
            json.dumps(self._discovery()),
            retain=True,
        )
        self._say("wake_word", "okay_nabu", retain=True)
        # Who has no group clears the one that a satellite of this name had.
        group = "" if self.group is None else json.dumps({"value": self.group})
        self._say("group", group, retain=True)
        self.is_now("idle")
        told = {
            "schema": schema,
            "device": self.device,
            "name": self.name,
            "version": "0.1.0",
            "wake_words": [
                {"id": "okay_nabu", "wake_word": "Okay Nabu", "languages": ["en"]},
                {"id": "alexa", "wake_word": "Alexa", "languages": ["en"]},
            ],
            "max_active_wake_words": 1,
            "rate": 16000,
            "features": list(self.features),
        }
        self._say("satellite", json.dumps(told), retain=True)
        self._say("availability", "online", retain=True)

    def goes_away(self) -> None:
        self._say("availability", "offline", retain=True)

    def forget(self) -> None:
        """As `auricle forget` does."""
        topic = f"homeassistant/device/{self.device}/config"
        self._house.say(topic, "", retain=True)
        for name in ("satellite", "wake_word", "group", "state", "availability"):
            self._say(name, "", retain=True)

    def is_now(self, state: str) -> None:
        self._say("state", state, retain=True)

    # --- what happens in its room ---

    def wakes(self, wake_word: str = "okay_nabu") -> str:
        """A turn begins: its id."""
        turn = uuid.uuid4().hex
        self.interrupt("wake")
        said = {"event_type": "wake_word", "wake_word": wake_word, "score": 0.9}
        self._say("event/wake", json.dumps({**said, **self._about(turn)}))
        self.is_now("listening")
        return turn

    def hears(
        self,
        text: str | None,
        *,
        turn: str | None = None,
        language: str | None = "en",
        emotion: str | None = None,
        times: int = 1,
        **arbitrated: Any,
    ) -> str:
        """A turn ends with a transcript: its id."""
        turn = turn or self.wakes()
        said: dict[str, Any] = {"language": language, "emotion": emotion, **arbitrated}
        if text is not None:
            said["text"] = text
        self.is_now("processing")
        self.is_now("idle")
        self._utterance("transcript", turn, times=times, **said)
        return turn

    def ends(self, turn: str, outcome: str = "no_speech", **arbitrated: Any) -> None:
        """A turn ends without one."""
        self.is_now("idle")
        self._utterance(outcome, turn, **arbitrated)

    def _utterance(
        self, outcome: str, turn: str, *, times: int = 1, **said: Any
    ) -> None:
        self._outcomes += 1
        told = {
            "event_type": outcome,
            **self._about(turn),
            "seq": self._outcomes,
            "age_ms": 400,
            "heard_by": None,
            "stands_in_for": None,
            "continues": None,
            **said,
        }
        for _ in range(times):
            self._say("event/utterance", json.dumps(told))

    def _about(self, turn: str) -> dict[str, str]:
        return {"turn": turn, "time": "2026-11-26T12:00:00+00:00"}

    # --- its loudspeaker ---

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Sounds go on until a test ends them."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False

    @contextmanager
    def silent(self) -> Iterator[None]:
        """It says nothing of sounds."""
        self._mute = True
        try:
            yield
        finally:
            self._mute = False

    def interrupt(self, reason: str) -> None:
        """Stop what plays."""
        for sound in self.sounds:
            if sound.end is None:
                self.report(sound, "cancelled", reason)

    def report(self, sound: Played, state: str, reason: str | None = None) -> None:
        said = {"id": sound.id, "state": state}
        if reason is not None:
            said["reason"] = reason
        if state != "started":
            sound.end = reason or state
            self.is_now("idle")
        if not self._mute:
            self._say("play", json.dumps(said))

    async def plays(self, number: int = 1) -> Played:
        """Wait for all of the `number`th sound."""
        sound = await self.begins(number)
        await eventually(lambda: sound.then is not None)
        return sound

    async def begins(self, number: int = 1) -> Played:
        """Wait for its beginning."""
        await eventually(lambda: len(self.sounds) >= number)
        return self.sounds[number - 1]

    async def until(self, condition: Callable[[], object]) -> None:
        await eventually(condition)

    def orders(self, name: str) -> list[str]:
        """What it was told to do."""
        return self._house.on(f"{self.root}/{name}/set")

    def _heard(self, heard: Heard, payload: bytes) -> None:
        match heard.topic.rpartition(self.root)[2]:
            case "/play/set":
                self._play(payload)
            case "/timer/set":
                self.timers.append(json.loads(payload))
            case "/wake_word/set":
                self._say("wake_word", heard.payload, retain=True)
            case "homeassistant/status" if heard.payload == "online":
                with self._introducing:
                    if not self._leaving:
                        self.introduce()

    def _play(self, payload: bytes) -> None:
        line, _, pcm = payload.partition(b"\n")
        head = json.loads(line)
        if not fits_first_line(head):
            self.complaints.append(f"no schema has {head}")
        if "error" in head:
            self.errors.append(head["error"])
            return
        known = [sound for sound in self.sounds if sound.id == head.get("id")]
        if head.get("cancel"):
            for sound in known:
                if sound.end is None:
                    self.report(sound, "cancelled", "stop")
            return
        if head["seq"] == 0 and not known:
            self._begin(head)
            [known] = [[self.sounds[-1]]]
        elif not known:
            return
        [sound] = known
        now = time.monotonic()
        if sound.sizes and now - sound.latest > _CHUNK_TIMEOUT:
            if sound.end is None:
                self.report(sound, "failed", "no_chunks")
            return
        sound.latest = now
        if head["seq"] != len(sound.sizes):
            self.complaints.append(f"{head} behind {len(sound.sizes)} chunks")
        if len(pcm) > 16_384 or len(pcm) % (2 * sound.channels):
            self.complaints.append(f"a chunk of {len(pcm)} bytes")
        sound.sizes.append(len(pcm))
        sound.pcm += pcm
        if head.get("last"):
            sound.then = head["then"]
            if not self._holding and not self._mute:
                self.report(sound, "finished")

    def _begin(self, head: dict[str, Any]) -> None:
        if head["width"] != 2:
            self.complaints.append(f"{head} is not of 16 bits")
        sound = Played(
            head["id"], head["kind"], head["rate"], head["channels"], head.get("turn")
        )
        self.sounds.append(sound)
        if not self._mute:
            self.is_now("responding")
        self.report(sound, "started")

    # --- the broker ---

    def _say(self, name: str, payload: str, *, retain: bool = False) -> None:
        self._house.say(f"{self.root}/{name}", payload, retain=retain)

    def _discovery(self) -> dict[str, Any]:
        id_, root = self.device, self.root
        return {
            "dev": {"ids": [id_], "name": self.name, "mf": "Auricle"},
            "o": {"name": "auricle"},
            "avty": [{"t": f"{root}/availability"}],
            "qos": 1,
            "cmps": {
                "state": {
                    "p": "sensor",
                    "uniq_id": f"{id_}_state",
                    "def_ent_id": f"sensor.{self.node}_voice_state",
                    "name": "State",
                    "stat_t": f"{root}/state",
                },
                "utterance": {
                    "p": "event",
                    "uniq_id": f"{id_}_utterance",
                    "def_ent_id": f"event.{self.node}_voice_utterance",
                    "name": "Utterance",
                    "evt_typ": [
                        "transcript",
                        "no_speech",
                        "cancelled",
                        "yielded",
                        "error",
                    ],
                    "stat_t": f"{root}/event/utterance",
                },
            },
        }
