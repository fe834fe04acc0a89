"""Ending a turn early where the interim transcript stays the same, and is complete."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.turns.endpointing import Endpointer, EndpointingSettings
from auricle.vad.webrtc import WebrtcVoiceDetector
from benchmarks.progress import told
from benchmarks.turns.endpointing import (
    Observed,
    detection,
    heard_behind,
    observed_turn,
    stage,
)
from benchmarks.turns.spoken_turns import Room, SpokenTurn

SERVER = "server VAD, 0.4 s of silence"
DECODE = 0.092
"""Seconds from the sound to the interim transcript of it."""
_EVERY = 0.2
_PRE_ROLL = 0.4
_SERVER_VAD = EndpointingSettings(silence=0.4, silence_after_short=0.4)
_COMPLETE = (".", "!", "?")


@dataclass(frozen=True, slots=True)
class Rule:
    """When the words so far are taken for all of them."""

    every: float
    """Seconds from one interim transcript to the next."""
    alike: int
    """So many in a row are the same."""
    silence: float
    """Seconds that were no speech, to the voice detector, at the last of them."""

    @property
    def name(self) -> str:
        return (
            f"{self.alike} alike, one in {self.every} s, "
            f"and {self.silence} s of silence"
        )


RULES = [
    *(Rule(_EVERY, alike, s) for alike in (2, 3) for s in (0.0, 0.1, 0.2)),
    # As the service and `auricle recognizer` send them.
    *(Rule(1.0, 2, s) for s in (0.0, 0.2)),
]


@dataclass(frozen=True, slots=True)
class Draft:
    """An interim transcript."""

    at: int
    """Sample position that it was made at."""
    text: str
    silence: float


def observe(rooms: Sequence[Room], turns: int, *, processes: int) -> list[Observed]:
    jobs = [(room, number) for room in rooms for number in range(turns)]
    with ProcessPoolExecutor(processes) as pool:
        observed = pool.map(_observe, *zip(*jobs, strict=True))
        return list(told(observed, "interim transcripts", len(jobs)))


@cache
def _engine() -> WhisperEngine:
    return WhisperEngine("tiny.en", threads=1)


def _observe(room: Room, number: int) -> Observed:
    turn = stage().turn(room, number)
    woken = detection(turn, turn.frames())
    ends = {} if woken is None else dict(_ends(turn, woken))
    return observed_turn(turn, ends, woken=woken is not None)


def _ends(turn: SpokenTurn, woken: int) -> Iterator[tuple[str, int | None]]:
    over, drafts = _listen(turn, woken)
    yield SERVER, over
    for rule in RULES:
        early = early_end(drafts, rule)
        known = [end for end in (early, over) if end is not None]
        yield rule.name, min(known, default=None)


def _listen(turn: SpokenTurn, woken: int) -> tuple[int | None, list[Draft]]:
    """The end that the server's voice detector finds, and the drafts until then.

    A segment that ends before the command does not begin it: it has no words, or those
    of the wake phrase.
    """
    frames = turn.frames()
    begin = max(0, frames[woken].end - round(_PRE_ROLL * SAMPLE_RATE))
    endpointer = Endpointer(_SERVER_VAD)
    drafts: list[Draft] = []
    silence, due = 0.0, begin
    for heard in heard_behind(WebrtcVoiceDetector(), frames, woken):
        silence = 0.0 if heard.speech else silence + FRAME_SECONDS
        at = heard.frame.end
        if endpointer.push(heard.frame, speech=heard.speech) is not None:
            if at > turn.command_start:
                return at, drafts
            endpointer, begin = Endpointer(_SERVER_VAD), at
        if at >= due and at > turn.command_start:
            due = at + round(_EVERY * SAMPLE_RATE)
            pcm = b"".join(f.pcm for f in frames if begin < f.end <= at)
            said = _engine().transcribe(pcm, language="en", corpus=None, final=False)
            drafts.append(Draft(at, said.text, silence))
    return None, drafts


def early_end(drafts: Sequence[Draft], rule: Rule) -> int | None:
    """Where the rule takes the words for all of them, as a sample position."""
    sent = drafts[:: round(rule.every / _EVERY)]
    for last in range(rule.alike - 1, len(sent)):
        latest = sent[last]
        alike = {draft.text for draft in sent[last + 1 - rule.alike : last + 1]}
        complete = latest.text.endswith(_COMPLETE) and len(alike) == 1
        if complete and latest.silence >= rule.silence - FRAME_SECONDS / 2:
            return latest.at + round(DECODE * SAMPLE_RATE)
    return None
