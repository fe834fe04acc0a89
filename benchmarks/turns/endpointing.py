"""When an utterance is taken for ended: by auricle's endpointer, and by its peers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE, Frame
from auricle.capture.attention import ROOM_MEMORY
from auricle.turns.endpointing import PRESETS, Endpointer, EndpointingSettings
from auricle.turns.events import Heard
from auricle.vad.silero import SileroVoiceDetector
from auricle.vad.voice_detector import VoiceDetector
from auricle.vad.webrtc import WebrtcVoiceDetector
from auricle.wake.detector import WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from benchmarks.progress import told
from benchmarks.recordings import Recordings
from benchmarks.turns.peers import HomeAssistant, bare_webrtc
from benchmarks.turns.spoken_turns import Room, SpokenTurn, Stage

BALANCED = "auricle balanced (silero)"
HOME_ASSISTANT = "Home Assistant"
BARE_WEBRTC = "webrtcvad + 400 ms"
SILENCES = tuple(round(0.2 + 0.1 * n, 1) for n in range(9))
"""Of the curve: seconds."""

# A wake word heard outside this is another one, or none: seconds around its end.
_EARLIEST, _LATEST = 0.6, 1.0


@dataclass(frozen=True, slots=True)
class Observed:
    """One turn, and when each listener took it for over."""

    room: Room
    one_word: bool
    held_out: bool
    woken: bool
    """False where the wake word was missed: then nobody listened."""
    delays: Mapping[str, float | None]
    """By listener, seconds from the end of the voice; negative: the utterance was cut
    off; None: it did not end while the room was heard."""


@dataclass(frozen=True, slots=True)
class Score:
    """One listener's turns, put together."""

    turns: int
    cut_off: int
    longer_than_2s: int
    p50: float
    p95: float
    p99: float
    """Seconds, of turns that were not cut off."""

    @property
    def cut_off_share(self) -> float:
        return self.cut_off / self.turns


def listeners() -> tuple[str, ...]:
    """The names, in the order of tables."""
    ours = [f"auricle {preset} ({name})" for preset in PRESETS for name in _DETECTORS]
    return (*ours, HOME_ASSISTANT, BARE_WEBRTC)


def curve(detector: str, silence: float) -> str:
    """The name of the listener that is `balanced` but for its silence."""
    return f"{silence:.1f} s of silence ({detector})"


def observe(rooms: Sequence[Room], turns: int, *, processes: int) -> Iterator[Observed]:
    """Stage `turns` turns in each room; in no order of time, but always the same."""
    jobs = [(room, number) for room in rooms for number in range(turns)]
    with ProcessPoolExecutor(processes) as pool:
        turns_of_all = pool.map(_observe, *zip(*jobs, strict=True))
        yield from told(turns_of_all, "end of utterance", len(jobs))


def score(observed: Iterable[Observed], listener: str) -> Score:
    delays = [turn.delays[listener] for turn in observed if turn.woken]
    ended = [np.inf if delay is None else delay for delay in delays]
    waits = np.array([delay for delay in ended if delay >= 0])
    p50, p95, p99 = np.percentile(waits, [50, 95, 99], method="higher")
    return Score(
        len(ended),
        sum(delay < 0 for delay in ended),
        int(np.sum(waits > 2)),
        float(p50),
        float(p95),
        float(p99),
    )


_DETECTORS: Mapping[str, type[VoiceDetector]] = {
    "silero": SileroVoiceDetector,
    "webrtcvad": WebrtcVoiceDetector,
}


@cache
def stage() -> Stage:
    """Made once in each process."""
    return Stage(Recordings.from_environment())


@cache
def _engine(wake_word: str) -> MicroWakeWordEngine:
    return MicroWakeWordEngine([WakeWordModel(wake_word)])


@cache
def _home_assistant() -> HomeAssistant:
    return HomeAssistant()


def _observe(room: Room, number: int) -> Observed:
    turn = stage().turn(room, number)
    frames = turn.frames()
    woken = detection(turn, frames)
    ends = dict(_ends(frames, woken)) if woken is not None else {}
    return observed_turn(turn, ends, woken=woken is not None)


def observed_turn(
    turn: SpokenTurn, ends: Mapping[str, int | None], *, woken: bool
) -> Observed:
    """From where each listener took it for over, as sample positions."""
    return Observed(
        turn.room,
        turn.one_word,
        turn.command.held_out,
        woken,
        {
            name: None if end is None else (end - turn.command_end) / SAMPLE_RATE
            for name, end in ends.items()
        },
    )


def detection(turn: SpokenTurn, frames: Sequence[Frame]) -> int | None:
    """The index of the frame that completed the wake word."""
    engine = _engine(turn.wake_word)
    engine.reset()
    earliest = turn.wake_end - round(_EARLIEST * SAMPLE_RATE)
    latest = turn.wake_end + round(_LATEST * SAMPLE_RATE)
    for index, frame in enumerate(frames):
        if frame.end > latest:
            break
        if engine.detect(frame) is not None and frame.end >= earliest:
            return index
    return None


def silero_end(
    frames: Sequence[Frame], woken: int, settings: EndpointingSettings
) -> int | None:
    """Where the utterance behind the wake word ends, as a sample position."""
    return end_of(heard_behind(SileroVoiceDetector(), frames, woken), settings)


def heard_behind(
    detector: VoiceDetector, frames: Sequence[Frame], woken: int
) -> list[Heard]:
    """What follows the wake word, as the satellite hands it on."""
    memory = frames[max(0, woken + 1 - round(ROOM_MEMORY / FRAME_SECONDS)) : woken + 1]
    detector.attune(memory, woken=True)
    return [Heard(frame, detector.is_speech(frame)) for frame in frames[woken + 1 :]]


def _ends(frames: Sequence[Frame], woken: int) -> Iterator[tuple[str, int | None]]:
    behind = frames[woken + 1 :]
    for name, detector_type in _DETECTORS.items():
        heard = heard_behind(detector_type(), frames, woken)
        for preset, settings in PRESETS.items():
            yield f"auricle {preset} ({name})", end_of(heard, settings)
        for silence in SILENCES:
            settings = replace(EndpointingSettings(), silence=silence)
            yield curve(name, silence), end_of(heard, settings)
    yield HOME_ASSISTANT, _home_assistant()(behind)
    yield BARE_WEBRTC, bare_webrtc(behind)


def end_of(heard: Sequence[Heard], settings: EndpointingSettings) -> int | None:
    """Where that is over, as a sample position."""
    endpointer = Endpointer(settings)
    for event in heard:
        if endpointer.push(event.frame, speech=event.speech) is not None:
            return event.frame.end
    return None
