"""The parts of `scripts/bench`: each measures, and yields its lines of Markdown."""

from collections.abc import AsyncIterator
from functools import cached_property
from pathlib import Path

import numpy as np

from auricle.vad.detectors import VoiceDetectorName
from benchmarks.cost import (
    instructions,
    latency,
    listening,
    memory,
    mixed_audio,
    streaming,
)
from benchmarks.cost.listening_report import listening_report
from benchmarks.cost.memory_report import memory_report, start_report
from benchmarks.cost.pi_report import pi_report
from benchmarks.cost.traffic_report import latency_report, streaming_report
from benchmarks.recordings import Recordings, Samples

_MINUTES = 10
_ROUNDS = 5
_SPEED = 60.0


class Bench:
    """What the parts share: the audio, and how thorough to be."""

    def __init__(
        self, folder: Path, results: Path, *, quick: bool, window: float
    ) -> None:
        """`folder` is for what is gone afterwards, `results` for pictures. `window`:
        seconds for which each program listens in each round.
        """
        self._window = window
        self._folder = folder
        self._results = results
        self._quick = quick

    @cached_property
    def _recordings(self) -> Recordings:
        return Recordings.from_environment()

    @cached_property
    def _audio(self) -> Samples:
        return mixed_audio.minutes_of_audio(self._recordings, _MINUTES)

    @cached_property
    def _recording(self) -> Path:
        return mixed_audio.write(self._audio, self._folder / "mixed.wav")

    async def memory(self) -> AsyncIterator[str]:
        hours = 0.1 if self._quick else 1.0
        tiles = max(1, round(hours * 60 / _MINUTES))
        hour = mixed_audio.write(np.tile(self._audio, tiles), self._folder / "hour.wav")
        idle = {
            ear: [await memory.idle(ear, self._recording) for _ in range(_ROUNDS)]
            for ear in memory.Ear
        }
        grown = await memory.growth(hour, hours, _SPEED)
        for line in memory_report(idle, grown, hours, memory.imports()):
            yield line

    async def start(self) -> AsyncIterator[str]:
        for line in start_report(await memory.starts(self._recording, _ROUNDS)):
            yield line

    async def listening(self) -> AsyncIterator[str]:
        costs = await listening.listen(
            self._audio,
            rounds=_ROUNDS,
            window=self._window,
            programs=(*listening.OURS, *listening.PEERS),
        )
        for line in listening_report(costs, self._results / "listening.png"):
            yield line

    async def streaming(self) -> AsyncIterator[str]:
        voices = self._recordings.clips("speech/librivox/*")
        # Longer than all windows, the bare loops included.
        reading = np.concatenate([clip.samples for clip in voices * 3 * _ROUNDS])
        voice = mixed_audio.write(reading, self._folder / "reading.wav")
        streamed = [
            await streaming.stream(
                voice, detector, rounds=_ROUNDS, window=5.0 if self._quick else 12.0
            )
            for detector in (VoiceDetectorName.SILERO, VoiceDetectorName.WEBRTC)
        ]
        for line in streaming_report(streamed, streaming.allocations()):
            yield line

    async def latency(self) -> AsyncIterator[str]:
        spoken = latency.spoken_turns(self._recordings, 10 if self._quick else 110)
        delays = await latency.measure(spoken)
        for line in latency_report(delays, self._results / "latency.png"):
            yield line

    async def pi(self) -> AsyncIterator[str]:
        counted = instructions.count(*instructions.PARTS)
        # With nobody to compare with: one window suffices.
        ours = listening.WITH_MICROPHONE
        costs = await listening.listen(
            self._audio, rounds=1, window=self._window, programs=(ours,)
        )
        for line in pi_report(counted, costs[ours].median):
            yield line
