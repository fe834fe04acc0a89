"""How much of the wake phrase to send: what it does to the command behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from auricle.audio.frame import FRAME_SECONDS
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.wake_phrase import WakePhrase
from benchmarks.progress import told
from benchmarks.recognizer.scoring import Score, slots, slots_missed, words
from benchmarks.recordings import Recordings
from benchmarks.turns.endpointing import silero_end
from benchmarks.turns.second_opinion_study import woken
from benchmarks.turns.spoken_turns import Room, Stage

PRE_ROLLS = (0.0, 0.4, 1.0, 1.5)
"""Seconds from before the wake word's detection that are sent."""


@dataclass(slots=True)
class Sent:
    """Commands that were sent with so much of the wake phrase."""

    pre_roll: float
    turns: int
    slots: Score
    """Words that matter, as labeled; errors are those not in the transcript."""
    confirmed: int = 0
    """Turns whose transcript begins with the phrase."""


def compare(
    recordings: Recordings,
    stage: Stage,
    turns: int,
    pre_rolls: Sequence[float] = PRE_ROLLS,
) -> list[Sent]:
    """The same commands, in a clean room, with each of the pre-rolls."""
    engine = WhisperEngine()
    labels = slots(recordings.root / "commands" / "coffee")
    results = [Sent(pre_roll, 0, Score()) for pre_roll in pre_rolls]
    commands = [
        (turn, command)
        for turn, command in woken(stage, Room.CLEAN, turns)
        if command.name.rpartition("/")[2] in labels
    ]
    for turn, command in told(commands, "pre-roll"):
        end = silero_end(turn.frames, turn.woken, EndpointingSettings())
        for sent in results:
            start = turn.woken + 1 - round(sent.pre_roll / FRAME_SECONDS)
            pcm = b"".join(
                frame.pcm
                for frame in turn.frames[max(0, start) :]
                if end is None or frame.end <= end
            )
            text = engine.transcribe(pcm, language="en", corpus=None, final=True).text
            heard = WakePhrase(turn.wake_word).remove_from(text)
            expected = labels[command.name.rpartition("/")[2]]
            sent.turns += 1
            sent.slots += slots_missed(expected, words(heard.text))
            sent.confirmed += heard.confirmed
    return results
