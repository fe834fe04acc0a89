"""What a turn costs beyond listening: processor time, bytes, allocations."""

import asyncio
import statistics
import sys
import tracemalloc
from array import array
from asyncio.subprocess import PIPE
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE, Frame
from auricle.capture.attention import Attention
from auricle.qwen_asr.events import ServerVad, SessionSettings
from auricle.qwen_asr_client.protocol import AsrProtocol, ProtocolState
from auricle.vad.detectors import VoiceDetectorName
from auricle.vad.webrtc import WebrtcVoiceDetector
from auricle.wake.detector import WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from benchmarks.cost.daemon import NODE, broker, daemon
from benchmarks.cost.process_cost import cpu_seconds
from rigs.faults.fault_proxy import FaultProxy, Way
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer

# The longest a turn may be; the voice pauses for less than this.
_LONGEST, _SILENCE_MS = 55, 6000
_SETTLED = 2.0
_FRAMES = 1000


@dataclass(slots=True)
class Streamed:
    """Turns of one length with one voice detector; processor seconds per second."""

    detector: VoiceDetectorName
    listening: list[float] = field(default_factory=list)
    streaming: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    """What sending alone took a bare loop around the same WebSocket library."""
    wire_bytes: list[float] = field(default_factory=list)
    """Per second, as the recognizer's connection carried them."""

    @property
    def added(self) -> list[float]:
        pairs = zip(self.streaming, self.listening, strict=True)
        return [turn - before for turn, before in pairs]

    @property
    def ratios(self) -> list[float]:
        """Of what the turn added to what the bare loop's sending took."""
        pairs = zip(self.added, self.bare, strict=True)
        return [added / bare for added, bare in pairs]


async def stream(
    voice: Path, detector: VoiceDetectorName, *, rounds: int, window: float
) -> Streamed:
    """In each round a window of listening, then one of a turn, to the same voice; then
    the bare loop.
    """
    streamed = Streamed(detector)
    sections: dict[str, dict[str, object]] = {
        "utterance": {
            "voice_detector": detector.value,
            "longest": _LONGEST,
        },
        "asr": {"silence_duration_ms": _SILENCE_MS},
    }
    async with (
        broker() as mosquitto,
        ScriptedRecognizer() as recognizer,
        FaultProxy(recognizer.port) as wire,
        HouseClient(mosquitto.port, f"{NODE}/state") as house,
        daemon(
            mosquitto.port,
            voice,
            recognizer=f"ws://127.0.0.1:{wire.port}/?model=qwen3-asr-flash-realtime",
            sections=sections,
        ) as program,
    ):
        for _ in range(rounds):
            await asyncio.sleep(_SETTLED)
            streamed.listening.append(await _window(program.pid, window))
            house.say(f"{NODE}/listen/set", "START")
            await house.hears(f"{NODE}/state", "listening")
            await asyncio.sleep(_SETTLED)
            before = wire.bytes[Way.UP]
            streamed.streaming.append(await _window(program.pid, window))
            streamed.wire_bytes.append((wire.bytes[Way.UP] - before) / window)
            assert house.on(f"{NODE}/state")[-1] == "listening", "the turn ended early"
            house.say(f"{NODE}/listen/set", "CANCEL")
            await house.hears(f"{NODE}/state", "idle")
            streamed.bare.append(await _bare(recognizer.url, window))
    return streamed


async def _window(pid: int, seconds: float) -> float:
    before = cpu_seconds(pid)
    await asyncio.sleep(seconds)
    return (cpu_seconds(pid) - before) / seconds


async def _bare(url: str, seconds: float) -> float:
    """Processor seconds per second that sending takes by itself."""
    command = (sys.executable, "-m", "benchmarks.cost.bare_stream", url, str(seconds))
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    told, _ = await process.communicate()
    silent, sending = map(float, told.split())
    return sending - silent


def raw_bytes() -> int:
    """Of PCM, a second."""
    return SAMPLE_RATE * SAMPLE_BYTES


@dataclass(frozen=True, slots=True)
class Allocated:
    """Bytes a frame."""

    path: str
    passing: float
    """Held at most while one frame is worked on, and then freed."""
    kept: float


def allocations() -> list[Allocated]:
    """Of the pure path, in Python's own count."""
    attention = Attention(
        [MicroWakeWordEngine([WakeWordModel("okay_nabu")])],
        WebrtcVoiceDetector(),
        pre_roll=0.0,
        refractory=2.0,
    )
    protocol = AsrProtocol(SessionSettings(ServerVad(0.0, 400)), "event_bench")
    protocol.state = ProtocolState.READY

    def send(frame: Frame) -> Sequence[str]:
        protocol.send_audio(frame.pcm)
        return protocol.messages_to_send()

    return [
        _allocated("idle: captured frame to wake decision", attention.hear),
        _allocated("turn: frame to the recognizer's message", send),
    ]


def _allocated(path: str, take: Callable[[Frame], object]) -> Allocated:
    frames = [
        Frame(bytes(FRAME_SAMPLES * SAMPLE_BYTES), number * FRAME_SAMPLES)
        for number in range(2 * _FRAMES)
    ]
    for frame in frames[:_FRAMES]:
        take(frame)
    # As large as it will be: what the measuring takes must not count.
    passing = array("d", bytes(8 * _FRAMES))
    tracemalloc.start()
    first, _ = tracemalloc.get_traced_memory()
    for number, frame in enumerate(frames[_FRAMES:]):
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        take(frame)
        passing[number] = tracemalloc.get_traced_memory()[1] - before
    last, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Allocated(path, statistics.mean(passing), (last - first) / _FRAMES)
