"""Whether the recognizer heard the wake phrase, too: what that opinion is worth.

It is asked as a satellite in manual mode asks it, with enough of the sound before the
wake word's detection for the phrase to be in it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from auricle.audio.frame import FRAME_SECONDS, Frame
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.wake_phrase import WHOLE_PHRASE, WakePhrase
from benchmarks.progress import told
from benchmarks.recordings import Clip
from benchmarks.turns.endpointing import detection, silero_end
from benchmarks.turns.spoken_turns import Room, Stage
from benchmarks.turns.wake_words import ROOMS, Alarm


class Opinion(StrEnum):
    """What became of a turn."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    NOTHING = "no words"
    """Neither command nor phrase: nothing is published anyway."""


@dataclass(slots=True)
class Opinions:
    """Turns of one kind, and what the recognizer said of them."""

    kind: str
    counts: Counter[Opinion] = field(default_factory=Counter)

    @property
    def turns(self) -> int:
        return self.counts.total()


def ask(stage: Stage, turns: int, alarms: Sequence[Alarm]) -> list[Opinions]:
    """Of so many spoken turns in each room, and of false alarms."""
    engine = WhisperEngine()
    kinds = {
        f"commands, {room}": [turn for turn, _ in woken(stage, room, turns)]
        for room in ROOMS
    }
    return [
        *(_ask(engine, kind, spoken) for kind, spoken in kinds.items()),
        _ask(engine, "false alarms", alarms),
    ]


def _ask(engine: WhisperEngine, kind: str, turns: Sequence[Alarm]) -> Opinions:
    of_kind = Opinions(kind)
    for turn in told(turns, f"second opinion, {kind}"):
        of_kind.counts[_opinion(engine, turn)] += 1
    return of_kind


def woken(stage: Stage, room: Room, turns: int) -> list[tuple[Alarm, Clip]]:
    """So many turns whose wake word was heard, and their commands of several words."""
    spoken: list[tuple[Alarm, Clip]] = []
    for number in range(2 * turns):
        turn = stage.turn(room, number)
        frames = turn.frames()
        at = detection(turn, frames)
        if at is not None and not turn.one_word and len(spoken) < turns:
            spoken.append((Alarm(turn.wake_word, frames, at), turn.command))
    return spoken


def _opinion(engine: WhisperEngine, turn: Alarm) -> Opinion:
    pcm = b"".join(frame.pcm for frame in _sent(turn.frames, turn.woken))
    text = engine.transcribe(pcm, language="en", corpus=None, final=True).text
    command = WakePhrase(turn.wake_word).remove_from(text)
    if not command.text:
        return Opinion.NOTHING
    return Opinion.CONFIRMED if command.confirmed else Opinion.UNCONFIRMED


def _sent(frames: Sequence[Frame], woken: int) -> Iterable[Frame]:
    start = max(0, woken + 1 - round(WHOLE_PHRASE / FRAME_SECONDS))
    end = silero_end(frames, woken, EndpointingSettings())
    return [f for f in frames[start:] if end is None or f.end <= end]
