"""Ending a turn early where smart-turn says that it is complete."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import ceil

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE, Frame
from auricle.turns.endpointing import (
    PRESETS,
    Endpointer,
    EndpointingSettings,
    Preset,
)
from auricle.turns.events import Heard
from auricle.vad.silero import SileroVoiceDetector
from benchmarks.progress import told
from benchmarks.turns.endpointing import (
    Observed,
    detection,
    end_of,
    heard_behind,
    observed_turn,
    stage,
)
from benchmarks.turns.smart_turn import COMPLETE, SmartTurn
from benchmarks.turns.spoken_turns import Room

# Pipecat asks when 0.2 s were silent, and lets the model hear 0.5 s from before the
# voice, beside the 0.2 s until a voice is taken for one.
_ASKED_AFTER = (0.2, 0.3)
_BEFORE_VOICE = 0.7
_SURE = (COMPLETE, 0.9)
# To the model the end of the wake word, all alone, is a complete turn.
_SPOKEN = {"": 0.0, " if more than a word is said": 0.4}


@dataclass(frozen=True, slots=True)
class Judged:
    """One turn with and without the model."""

    observed: Observed
    spent: Sequence[float]
    """Processor seconds of each of the model's decisions."""


@dataclass(frozen=True, slots=True)
class Asking:
    """When the model is asked, and what is done where it does not say yes."""

    otherwise: EndpointingSettings
    silence: float
    """Seconds after which it is asked, once in each silence."""
    sure: float
    """It says yes above this."""
    spoken: float
    """Seconds from the first speech to the last that there have to be."""


WAITING = {preset.value: settings for preset, settings in PRESETS.items()}
"""Listeners that ask nobody."""
ASKING = {
    f"asked after {silence} s{words}, complete above {sure}, else {preset}": Asking(
        PRESETS[preset], silence, sure, spoken
    )
    for silence in _ASKED_AFTER
    for words, spoken in _SPOKEN.items()
    for sure in _SURE
    for preset in (Preset.BALANCED, Preset.PATIENT)
}


def judge(rooms: Sequence[Room], turns: int, *, processes: int) -> list[Judged]:
    jobs = [(room, number) for room in rooms for number in range(turns)]
    with ProcessPoolExecutor(processes) as pool:
        judged = pool.map(_judge, *zip(*jobs, strict=True))
        return list(told(judged, "smart-turn", len(jobs)))


@cache
def _model() -> SmartTurn:
    return SmartTurn()


def _judge(room: Room, number: int) -> Judged:
    turn = stage().turn(room, number)
    frames = turn.frames()
    woken = detection(turn, frames)
    model = _model()
    model.spent.clear()
    ends = {} if woken is None else dict(_ends(frames, woken))
    return Judged(observed_turn(turn, ends, woken=woken is not None), [*model.spent])


def _ends(frames: Sequence[Frame], woken: int) -> Iterator[tuple[str, int | None]]:
    heard = heard_behind(SileroVoiceDetector(), frames, woken)
    answers: dict[int, float] = {}

    def probability(at: int, start: int) -> float:
        if at not in answers:
            begin = start - round(_BEFORE_VOICE * SAMPLE_RATE)
            known = frames[: woken + 2 + at]
            answers[at] = _model()([frame for frame in known if frame.end > begin])
        return answers[at]

    for name, settings in WAITING.items():
        yield name, end_of(heard, settings)
    for name, asking in ASKING.items():
        yield name, end_with(heard, asking, probability)


def end_with(
    heard: Sequence[Heard], asking: Asking, probability: Callable[[int, int], float]
) -> int | None:
    """Where the turn is over, as a sample position.

    `probability` answers for one of the frames, by its index, and a voice that began
    at a sample position.
    """
    endpointer = Endpointer(asking.otherwise)
    needed = ceil(asking.silence / FRAME_SECONDS - 0.5)
    quiet = 0
    for at, event in enumerate(heard):
        quiet = 0 if event.speech else quiet + 1
        over = endpointer.push(event.frame, speech=event.speech) is not None
        start, end = endpointer.start_of_speech, endpointer.end_of_speech
        if over or (
            quiet == needed
            and start is not None
            and end is not None
            and end - start >= asking.spoken * SAMPLE_RATE
            and probability(at, start) > asking.sure
        ):
            return event.frame.end
    return None
