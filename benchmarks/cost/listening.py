"""What listening costs, beside bare loops around wake word engines.

Each hears the same minute after the other, A B A B, at the pace of a microphone.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np

from auricle.audio.files.recording import read_recording
from auricle.audio.frame import SAMPLE_RATE
from benchmarks.cost import wake_loops
from benchmarks.cost.daemon import broker, daemon, knowing_nothing_else, microphone
from benchmarks.cost.mixed_audio import write
from benchmarks.cost.process_cost import Memory, cpu_seconds, memory
from benchmarks.recordings import Samples

AURICLE = "auricle run"
WITH_MICROPHONE = "auricle run, a microphone of PulseAudio"
OURS = {
    AURICLE: "a recording at its pace, as the peers have it",
    WITH_MICROPHONE: "PortAudio and PulseAudio's library included, its server not",
}
PEERS = {
    "pymicro-wakeword": "a bare loop around the same engine",
    "pyopen-wakeword": "openWakeWord's models in C",
    "openwakeword": "openWakeWord itself",
}
PEERS_PYTHON = ".cache/peers/bin/python"
"""Of the peer whose own requirements are not ours; scripts/bench makes it."""
_WARM_UP = 3.0


@dataclass(slots=True)
class Cost:
    """What one program took, window by window."""

    name: str
    cpu: list[float] = field(default_factory=list)
    """Processor seconds per second of audio."""
    memory: list[Memory] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.cpu)

    def ratios(self, peer: "Cost") -> list[float]:
        """To the peer, round by round."""
        return [ours / theirs for ours, theirs in zip(self.cpu, peer.cpu, strict=True)]


async def listen(
    audio: Samples, *, rounds: int, window: float, programs: Sequence[str]
) -> Mapping[str, Cost]:
    """`rounds` windows of so many seconds, each the next one of the audio."""
    costs = {name: Cost(name) for name in programs}
    length = round(window * SAMPLE_RATE)
    lead = round(_WARM_UP * SAMPLE_RATE)
    for number in range(rounds):
        start = number * length % (len(audio) - length)
        with tempfile.TemporaryDirectory() as folder:
            heard = np.concatenate([audio[:lead], audio[start : start + length]])
            path = write(heard, Path(folder) / "window.wav")
            for name, cost in costs.items():
                take = _TAKE.get(name, _peer)
                seconds, kept = await take(name, path, window)
                cost.cpu.append(seconds / window)
                cost.memory.append(kept)
                print(f"{number + 1}/{rounds} {name}: {cost.cpu[-1]:.5f}", flush=True)
    return costs


async def _daemon(_: str, path: Path, window: float) -> tuple[float, Memory]:
    async with broker() as mosquitto, daemon(mosquitto.port, path) as program:
        await asyncio.sleep(_WARM_UP)
        return await _window(program.pid, window)


async def _daemon_with_microphone(
    _: str, path: Path, window: float
) -> tuple[float, Memory]:
    with microphone() as pulse:
        environment = knowing_nothing_else(pulse)
        async with (
            broker() as mosquitto,
            daemon(mosquitto.port, None, environment=environment) as program,
        ):
            pcm = read_recording(path)
            voice = asyncio.create_task(asyncio.to_thread(pulse.play, pcm))
            await asyncio.sleep(_WARM_UP)
            taken = await _window(program.pid, window)
            await voice
            return taken


async def _peer(name: str, path: Path, window: float) -> tuple[float, Memory]:
    with _loop(name, path) as process:
        await asyncio.sleep(_WARM_UP)
        return await _window(process.pid, window)


async def _window(pid: int, seconds: float) -> tuple[float, Memory]:
    before = cpu_seconds(pid)
    await asyncio.sleep(seconds)
    return cpu_seconds(pid) - before, memory(pid)


_TAKE = {AURICLE: _daemon, WITH_MICROPHONE: _daemon_with_microphone}


@contextmanager
def _loop(name: str, path: Path) -> Iterator[Popen[bytes]]:
    python = PEERS_PYTHON if name == "openwakeword" else sys.executable
    command = [python, str(Path(wake_loops.__file__)), name, str(path)]
    with Popen(command, stdout=PIPE) as process:
        assert process.stdout is not None
        if process.stdout.readline() != b"listening\n":
            sys.exit(f"{name} does not run")
        try:
            yield process
        finally:
            process.kill()
