"""Whether lights show what the satellite does, in the right color and in time.

    scripts/bench panel                         a spoken turn, ten times; four minutes
    scripts/bench panel --quick                 twice, for a first look
    scripts/bench panel --parts hat             only these

A recorded wake word and command go through a real `auricle run` and a real mosquitto; a
scripted recognizer answers. A real `auricle panel` draws; what its spidev sends is
recorded, with the moment of each write, in place of the kernel. A light is behind by
the time from the state's way to the broker to the last bit of its picture on the wire.
Each part is written to a file of its own, benchmarks/results/panel-PART.md, but not
with --quick. The exit status is 0 only where every state had its color in time.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from functools import partial
from importlib.resources import as_file
from pathlib import Path
from typing import Any

from auricle.assets import lights
from auricle.assets.recordings import OKAY_NABU
from auricle.audio.files.recording import read_recording
from auricle.panel.effects import parse_effects
from auricle.panel.pixels import SPEEDS, Strip
from auricle.panel.scene import Scene
from benchmarks.cost.broker_tap import BrokerTap
from benchmarks.panel.lateness import LATEST, Change, Drawn, Shown, shown
from benchmarks.rows import Row
from benchmarks.targets import arguments_of, measure_parts
from rigs.audio.recordings import save
from rigs.audio.speech import silence
from rigs.hardware.spi_wire import SpiWire
from rigs.homes.program import Program
from rigs.mqtt.broker import running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

NODE = "auricle/study"
EFFECTS = parse_effects(lights.effects())
TURNS, FEW = 10, 2
# Behind each command; the answer comes, and a light that is late has time to come.
_REST = 3.0
# Behind them all: where its recording ends, a satellite does.
_MORE = 30.0
PARTS: Mapping[str, tuple[int, Mapping[str, Any]]] = {
    "hat": (3, {"device": "respeaker_2mic"}),
    "strip": (300, {"device": "apa102", "pixels": 300}),
}
"""The pixels and the settings of each light."""


def main() -> None:
    arguments = arguments_of("panel", __doc__, PARTS)
    turns = FEW if arguments.quick else TURNS
    parts = {part: partial(_measured, part, turns) for part in arguments.parts}
    sys.exit(measure_parts("panel", parts, kept=not arguments.quick))


def _measured(part: str, turns: int) -> Iterable[Row]:
    pixels, lit = PARTS[part]
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_turns(Path(folder), lit, turns))
    return rows(found, f"{turns} turns, {pixels} pixels of APA102")


def rows(found: Iterable[Shown], of: str) -> Iterable[Row]:
    """What was found, beside its targets; `of`: what of."""
    found = list(found)
    late = sorted(each.late for each in found if each.late is not None)
    right = 100 * len(late) / len(found) if found else None
    yield Row("states with their own color", right, "%", f"{len(found)} states", 100)
    of = f"{len(late)} states, {of}"
    yield Row("behind the state, median", _ms(late, 0.5), "ms", of)
    yield Row("behind the state, p95", _ms(late, 0.95), "ms", of)
    most = 1000 * LATEST
    yield Row("behind the state, at most", _ms(late, 1.0), "ms", of, most=most)
    for scene in dict.fromkeys(each.scene for each in found):
        times = [e.late for e in found if e.scene is scene and e.late is not None]
        yield Row(f"{scene}, median", _ms(sorted(times), 0.5), "ms", f"{len(times)}")


def _ms(late: list[float], share: float) -> float | None:
    if not late:
        return None
    if share == 0.5:
        return 1000 * statistics.median(late)
    return 1000 * late[min(len(late) - 1, int(share * len(late)))]


async def _turns(folder: Path, lit: Mapping[str, Any], turns: int) -> list[Shown]:
    wire = SpiWire(folder)
    with as_file(OKAY_NABU) as path:
        spoken = read_recording(path)
    all_turns = (silence(1) + spoken + silence(_REST)) * turns + silence(_MORE)
    said = save(folder / "turns.wav", all_turns)
    with running_broker(folder) as broker:
        async with (
            ScriptedRecognizer("Turn on the light.", decode_seconds=0.3) as recognizer,
            HouseClient(broker.port, f"{NODE}/#") as house,
            BrokerTap(broker.port, f"{NODE}/state") as tap,
        ):
            settings: dict[str, dict[str, Any]] = {
                "satellite": {"name": "study"},
                "mqtt": {"host": "127.0.0.1", "port": broker.port},
            }
            shining = {**settings, "lights": {**lit, "brightness": 1.0}}
            hearing: dict[str, dict[str, Any]] = {
                "satellite": {"name": "study"},
                "mqtt": {"host": "127.0.0.1", "port": tap.port},
                "asr": {"url": recognizer.url, "language": "en"},
                "utterance": {"mode": "manual"},
            }
            async with Program(
                folder, shining, command="panel", environment=wire.environment
            ) as panel:
                await eventually(lambda: wire.transfers)
                async with Program(
                    folder, hearing, "--recording", str(said)
                ) as satellite:
                    await _until_all_is_said(house, turns)
                    ended = time.monotonic()
                    states = house.on(f"{NODE}/state")
                    times = list(tap.published[f"{NODE}/state"])
                    await satellite.stop()
                await panel.stop()
    # The first state is what it introduces itself with.
    changes = [
        Change(at, Scene(state)) for at, state in zip(times, states, strict=True)
    ][1:]
    speed = SPEEDS[Strip.APA102]
    drawn = [
        Drawn(at + 8 * len(sent) / speed, picture)
        for (at, sent), picture in zip(wire.timed, wire.pictures, strict=True)
    ]
    return list(shown(changes, drawn, EFFECTS, ended))


async def _until_all_is_said(house: HouseClient, turns: int) -> None:
    """Wait for the outcomes, and for the rest behind the last one."""
    outcomes = f"{NODE}/event/utterance"
    await eventually(lambda: len(house.on(outcomes)) >= turns, timeout=60 + 15 * turns)
    await eventually(lambda: house.on(f"{NODE}/state")[-1] == Scene.IDLE)
    await asyncio.sleep(2 * LATEST)


if __name__ == "__main__":
    main()
