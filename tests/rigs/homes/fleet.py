"""Many satellites in one process, whole but for their ears and wake words.

    python -m rigs.homes.fleet FOLDER FIRST COUNT BROKER RECOGNIZER

`FIRST` is the number of the first one, `BROKER` and `RECOGNIZER` are ports. It prints
`ready` when all are connected. For each line `NUMBER MOMENT` on standard input, all of
them wake at that moment of the monotonic clock, and satellite i says the command
`NUMBER + i`; then it prints `said MOMENT`: when the last word was.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from auricle.app import build
from auricle.app.runner import OrderTargets, Runner
from auricle.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.capture.capture_clock import CaptureClock
from auricle.config.loading import load
from auricle.config.settings import Settings
from auricle.mqtt.publisher import Publisher, Run
from auricle.system.clock import since_boot
from auricle.system.event_loop import EventLoop
from auricle.turns.events import (
    Heard,
    MicrophoneFound,
    WakeWordHeard,
)
from auricle.wake.detector import Detection
from rigs.audio.room import command
from rigs.audio.speech import frames, say
from rigs.homes.program import write_settings
from rigs.waiting import elapse, eventually

_WAKE_WORD = "okay_nabu"
_WAKE_FRAMES = len(frames(say("okay nabu")))
_PRE_ROLL_FRAMES = 13
_QUIET = bytes(FRAME_SAMPLES * 2)


def node(number: int) -> str:
    return f"satellite_{number:03}"


class Satellite:
    """One of them: everything of `auricle run` behind its capture thread."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        outbox = folder / f"{settings.satellite.name}.sqlite"
        self.publisher = Publisher(
            build.publisher_settings(settings, [_WAKE_WORD], outbox),
            Run(),
            on_command=lambda _: None,
            on_fate=lambda _: None,
            on_name_taken=lambda _: None,
        )
        self.ears = ScriptedEars()
        self._runner = Runner(
            build.satellite(settings, [_WAKE_WORD], muted=False),
            OrderTargets(self.ears, build.turn_recognizer(settings), self.publisher),
            build.budget(settings),
            time_to_live=settings.mqtt.time_to_live,
        )

    def find_its_microphone(self) -> None:
        self._runner.handle(MicrophoneFound())

    def wake(self, before: Sequence[Frame]) -> None:
        detection = Detection(_WAKE_WORD, 0.9, before[-1].end)
        self.ears.clock = CaptureClock()
        self._note_time(before[-1])
        self.ears.attending = True
        self._runner.handle(WakeWordHeard(detection, tuple(before)))

    def hear(self, frame: Frame, *, speech: bool) -> None:
        self._note_time(frame)
        if self.ears.attending:
            self._runner.handle(Heard(frame, speech))

    def _note_time(self, frame: Frame) -> None:
        self.ears.clock.arrived(frame.end, since_boot(), all_of_it=True)


class ScriptedEars:
    """Hear what they are given, while anybody attends."""

    def __init__(self) -> None:
        self.attending = False
        self.clock = CaptureClock()

    def attend(self, *, on: bool, after: Detection | None) -> None:
        self.attending = on

    def open_microphone(self) -> None:
        pass

    def close_microphone(self) -> None:
        pass


async def main(
    folder: Path, first: int, count: int, broker: int, recognizer: int
) -> None:
    satellites = []
    for number in range(first, first + count):
        config = folder / f"{node(number)}.toml"
        write_settings(config, _settings(node(number), broker, recognizer))
        satellites.append(Satellite(load(config), folder))
    for satellite in satellites:
        await satellite.publisher.start()
        satellite.find_its_microphone()
    await eventually(lambda: all(s.publisher.client.connected for s in satellites))
    _tell("ready")
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        number, moment = line.split()
        said = await _say(satellites, int(number) + first, float(moment))
        _tell(f"said {said}")
        await _be_quiet(satellites)
    for satellite in satellites:
        await satellite.publisher.stop()


async def _say(satellites: Sequence[Satellite], number: int, moment: float) -> float:
    """All at once, each its own command; when the last word was."""
    spoken = [frames(command(number + i)) for i in range(len(satellites))]
    due = moment
    await elapse(due - time.monotonic())
    for satellite, sound in zip(satellites, spoken, strict=True):
        satellite.wake(sound[_WAKE_FRAMES - _PRE_ROLL_FRAMES : _WAKE_FRAMES])
    for at in range(_WAKE_FRAMES, len(spoken[0])):
        for satellite, sound in zip(satellites, spoken, strict=True):
            # Of a synthetic voice, silence is silent.
            satellite.hear(sound[at], speech=any(sound[at].pcm))
        due += FRAME_SECONDS
        await elapse(due - time.monotonic())
    return time.monotonic()


async def _be_quiet(satellites: Sequence[Satellite]) -> None:
    """A silent room, until nobody attends any more."""
    start = len(frames(command(0))) * FRAME_SAMPLES
    due = time.monotonic()
    while any(satellite.ears.attending for satellite in satellites):
        for satellite in satellites:
            satellite.hear(Frame(_QUIET, start), speech=False)
        start += FRAME_SAMPLES
        due += FRAME_SECONDS
        await elapse(due - time.monotonic())


def _settings(
    name: str, broker: int, recognizer: int
) -> dict[str, dict[str, str | int | float | bool]]:
    return {
        "satellite": {"name": name},
        "utterance": {"mode": "manual"},
        "asr": {
            "url": f"ws://127.0.0.1:{recognizer}/api-ws/v1/realtime",
            # So that the recognizer can tell them apart.
            "workspace": name,
            "language": "en",
        },
        "mqtt": {"host": "127.0.0.1", "port": broker},
        "limits": {"turns_per_hour": 0, "seconds_per_day": 0},
        # Each is in a room of its own.
        "arbitration": {"enabled": False},
    }


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # Of refusals, the recognizer's own notes tell.
    logging.basicConfig(level=logging.ERROR)
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
