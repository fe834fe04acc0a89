"""Whatever fails while the satellite speaks: every sound has one end, and the next one
is heard.
"""

import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from rigs.audio.loudspeaker import loudspeaker
from rigs.homes.sounds import Sounds, tone
from rigs.homes.study import Study, study
from rigs.mqtt.broker import Broker, running_broker

ROUNDS = 2


@dataclass
class Room:
    """What may fail, and all sounds that were sent to be heard in it."""

    study: Study
    broker: Broker
    devices: Path
    """ALSA's configuration: without it there is no loudspeaker."""

    def __post_init__(self) -> None:
        self.sounds = Sounds(self.study.house, self.study.node)
        self._numbers = count(1)
        self.sent: list[str] = []

    def send(self, seconds: float, *, whole: bool = True) -> str:
        sound_id = f"sound-{next(self._numbers)}"
        self.sent.append(sound_id)
        self.sounds.send(sound_id, tone(seconds), whole=whole)
        return sound_id

    async def speaks(self, seconds: float = 1.5) -> str:
        sound_id = self.send(seconds)
        await self.sounds.hears(sound_id, "started")
        return sound_id

    async def is_well(self) -> None:
        """It says something to its end."""
        await self.sounds.hears(self.send(0.2), "finished")

    def ends(self, sound_id: str) -> set[tuple[str, str | None]]:
        """Of a report that comes again, both are the same."""
        return {told for told in self.sounds.told_of(sound_id) if told[0] != "started"}


async def broker_restarts(room: Room) -> None:
    await room.speaks()
    room.broker.stop()
    room.broker.start()
    await room.study.house.hears(f"{room.study.node}/availability", "online")


async def satellite_is_killed(room: Room) -> None:
    speaking = await room.speaks()
    waiting = room.send(0.2)
    kept = Path(room.study.program.config.parent / "sounds.json")
    await room.study.house.until(lambda: waiting in kept.read_text())
    await room.study.program.stop(signal.SIGKILL)
    await room.study.program.start()
    await room.sounds.hears(waiting, "failed")
    assert room.ends(speaking) == {("failed", "restarted")}


async def house_dies_between_two_chunks(room: Room) -> None:
    dying = room.send(1.5, whole=False)
    await room.sounds.hears(dying, "failed")
    assert room.ends(dying) == {("failed", "no_chunks")}


async def loudspeaker_is_gone(room: Room) -> None:
    kept = room.devices.read_text()
    room.devices.write_text("")
    failing = room.send(0.5)
    await room.sounds.hears(failing, "failed")
    room.devices.write_text(kept)
    assert room.ends(failing) == {("failed", "loudspeaker")}


async def two_announcements_at_once(room: Room) -> None:
    first, second = room.send(0.3), room.send(0.3)
    await room.sounds.hears(second, "finished")
    assert room.ends(first) == {("finished", None)}


async def a_flood(room: Room) -> None:
    await room.speaks()
    flood = [room.send(0.1) for _ in range(50)]
    await room.study.house.until(lambda: room.ends(flood[-1]))
    room.sounds.order({"cancel": True})
    assert room.ends(flood[-1]) == {("failed", "too_long")}


async def garbage(room: Room) -> None:
    told = len(room.study.house.on(f"{room.study.node}/play"))
    for junk in (b"\xff\0\n\xff", b"{}", b"[]\n", b'{"id":"a b","seq":0}\n'):
        room.study.house.say(f"{room.study.node}/play/set", junk)
    room.sounds.order({"id": "junk", "seq": 0, "kind": "song"})
    await room.study.house.until(
        lambda: len(room.study.house.on(f"{room.study.node}/play")) > told
    )


async def somebody_presses_push_to_talk(room: Room) -> None:
    interrupted = await room.speaks()
    waiting = room.send(0.2)
    await room.study.hears()
    await room.sounds.hears(waiting, "finished")
    assert room.ends(interrupted) == {("cancelled", "listen")}


FAULTS: list[Callable[[Room], Awaitable[None]]] = [
    broker_restarts,
    satellite_is_killed,
    house_dies_between_two_chunks,
    loudspeaker_is_gone,
    two_announcements_at_once,
    a_flood,
    garbage,
    somebody_presses_push_to_talk,
]


async def test_every_sound_has_one_end_whatever_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = FAULTS * ROUNDS
    random.Random(7).shuffle(faults)
    with (
        running_broker(tmp_path) as broker,
        loudspeaker(tmp_path, monkeypatch) as device,
    ):
        async with study(broker, tmp_path, loudspeaker={"device": "file"}) as satellite:
            room = Room(satellite, broker, device.path.with_name("asound.conf"))
            for fault in faults:
                await fault(room)
                await room.is_well()

    ends = {sound_id: room.ends(sound_id) for sound_id in room.sent}
    assert {sound_id for sound_id, told in ends.items() if len(told) != 1} == set()
