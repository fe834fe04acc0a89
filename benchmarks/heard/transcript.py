"""Whether the transcript holds the command: nothing before it, and all of it.

The same recognizer writes down each command alone; what it writes behind a wake word
is held against that. A word that is another one counts as lost, also where the
recognizer itself is unsure: how often it is, is told beside.
"""

import asyncio
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np

from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE, Frame
from auricle.capture.attention import Attention
from auricle.config.sections import UtteranceSettings, WakeWordSettings
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.turns.events import WakeWordHeard
from auricle.turns.turn import Mode
from auricle.turns.wake_phrase import WakePhrase
from auricle.vad.webrtc import WebrtcVoiceDetector
from auricle.wake.detector import WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from benchmarks.heard.kept import kept
from benchmarks.heard.scale import Scale
from benchmarks.progress import told
from benchmarks.recognizer.scoring import words
from benchmarks.recognizer.served import recognizer
from benchmarks.recordings import Clip
from benchmarks.rows import Row
from benchmarks.turns.final_delay import NODE, TimedClient, Voice, settings_of
from benchmarks.turns.spoken_turns import (
    Noises,
    Room,
    SpokenTurn,
    join,
    leveled,
    pcm_of,
)
from rigs.homes.program import Program
from rigs.mqtt.broker import running_broker
from rigs.waiting import eventually

GAPS = (0.0, 0.05, 0.2, 0.5)
_MOST = 1.0
_FIXED = 0.4
_TURNS, _FEW = 98, 6
_LIVE, _FEW_LIVE = 24, 4
# Silence in front of a command alone, in seconds: its first word is known where these
# agree on it, and the last tells how sure the recognizer is of it.
_LEAD_INS, _OTHER_LEAD_IN = (0.1, 0.3), 0.2
_BEHIND = round(0.4 * SAMPLE_RATE)
# A word of the wake word's end, as a recognizer hears it, has few others beside it.
_MOST_EXTRA = 4
_PATIENCE = 20.0


class Front(StrEnum):
    """How a transcript begins."""

    RIGHT = "right"
    EXTRA = "extra first word"
    LOST = "first word lost"


def front(expected: Sequence[str], heard: Sequence[str]) -> Front:
    """Compare the words of a transcript with those of the command alone."""
    if heard[:1] == expected[:1]:
        return Front.RIGHT
    start = list(expected[:2])
    later = (
        list(heard[at : at + len(start)]) == start for at in range(1, _MOST_EXTRA + 1)
    )
    return Front.EXTRA if any(later) else Front.LOST


def rows(scale: Scale) -> Iterator[Row]:
    material = _Material(scale)
    for gap in GAPS:
        counts = material.transcribed(gap, fixed=False)
        yield from _counted(f"gap {gap:g} s", counts, target=_MOST)
    for gap in GAPS:
        counts = material.transcribed(gap, fixed=True)
        yield from _counted(
            f"gap {gap:g} s, were it sent from {_FIXED} s before the detection", counts
        )
    yield from _counted("the command alone, later in the sound", material.alone())
    for mode, counts in asyncio.run(_live(material)).items():
        yield from _counted(f"live, {mode}, all gaps", counts, target=_MOST)


def _counted(
    what: str, counts: Counter[Front], target: float | None = None
) -> Iterator[Row]:
    turns = counts.total()
    for kind in (Front.EXTRA, Front.LOST):
        yield Row(
            f"{kind}, {what}",
            100 * counts[kind] / turns if turns else None,
            "%",
            f"{counts[kind]} of {turns}",
            most=target,
        )


@dataclass
class _Material:
    """Spoken turns, and what the recognizer writes of them."""

    scale: Scale
    _expected: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def _engine(self) -> WhisperEngine:
        return WhisperEngine(threads=1)

    @cached_property
    def _noises(self) -> Noises:
        return Noises(self.scale.recordings)

    @cached_property
    def _wakes(self) -> list[tuple[str, Clip]]:
        # There are many clips of one word, and a few of the others.
        said = [
            (word, clip)
            for word, clips in self.scale.recordings.wake_words().items()
            for clip in (clips if len(clips) > 20 else clips * 2)
        ]
        order = np.random.default_rng(self.scale.seed).permutation(len(said))
        return [said[at] for at in order]

    @cached_property
    def _commands(self) -> list[Clip]:
        """Those whose first word the recognizer is sure of."""
        commands = self.scale.recordings.commands()
        order = np.random.default_rng([self.scale.seed, 1]).permutation(len(commands))
        known = []
        for at in told(order, "transcript, commands alone", total=len(order)):
            texts = [self._alone(commands[at], lead_in) for lead_in in _LEAD_INS]
            if texts[0][:1] and texts[0][:1] == texts[1][:1]:
                self._expected[commands[at].name] = texts[0]
                known.append(commands[at])
            if self.scale.short and len(known) == _FEW:
                break
        return known

    def alone(self) -> Counter[Front]:
        """How sure the recognizer is of a first word."""
        return Counter(
            front(self._expected[command.name], self._alone(command, _OTHER_LEAD_IN))
            for command in self._commands
        )

    def turns(self, gap: float) -> Iterator[SpokenTurn]:
        """Voices of wake words and of commands, each pair once."""
        for number in itertools.count():
            word, wake = self._wakes[number % len(self._wakes)]
            command = self._commands[number % len(self._commands)]
            rng = np.random.default_rng([self.scale.seed, number])
            yield join(
                word, wake, command, self._noises, Room.CLEAN, gap=gap, pause=0, rng=rng
            )

    def transcribed(self, gap: float, *, fixed: bool) -> Counter[Front]:
        """Of as many turns as are wanted whose wake word was heard."""
        counts: Counter[Front] = Counter()
        wanted = _FEW if self.scale.short else _TURNS
        heard = (
            (turn, pcm)
            for turn in itertools.islice(self.turns(gap), 4 * wanted)
            if (pcm := _sent(turn, fixed=fixed)) is not None
        )
        what = f"transcript, gap {gap:g} s"
        for turn, pcm in told(itertools.islice(heard, wanted), what, total=wanted):
            text = WakePhrase(turn.wake_word).remove_from(self._text(pcm)).text
            counts[self.judge(turn, text)] += 1
        return counts

    def judge(self, turn: SpokenTurn, text: str) -> Front:
        return front(self._expected[turn.command.name], words(text))

    def _alone(self, command: Clip, lead_in: float) -> list[str]:
        rng = np.random.default_rng(1)
        behind = np.zeros(_BEHIND, np.float32)
        before = np.zeros(round(lead_in * SAMPLE_RATE), np.float32)
        room = self._noises.behind(
            Room.CLEAN, len(before) + len(command.samples) + len(behind), rng
        )
        said = np.concatenate([before, leveled(command.samples), behind])
        return words(self._text(pcm_of(room + said)))

    def _text(self, pcm: bytes) -> str:
        return kept(
            "tiny.en",
            pcm,
            lambda: (
                self._engine.transcribe(
                    pcm, language="en", corpus=None, final=True
                ).text
            ),
        )


def _sent(turn: SpokenTurn, *, fixed: bool) -> bytes | None:
    """What a recognizer gets of a turn, to just behind its last word; None where the
    wake word is missed.
    """
    attention = Attention(
        [MicroWakeWordEngine([WakeWordModel(turn.wake_word)])],
        WebrtcVoiceDetector(),
        pre_roll=UtteranceSettings().pre_roll,
        refractory=WakeWordSettings().refractory,
    )
    frames = turn.frames()
    last = turn.command_end + _BEHIND
    for at, frame in enumerate(frames):
        for event in attention.hear(frame):
            if isinstance(event, WakeWordHeard):
                before: Sequence[Frame] = event.pre_roll
                if fixed:
                    before = frames[: at + 1][-round(_FIXED / FRAME_SECONDS) :]
                behind = [f for f in frames[at + 1 :] if f.start < last]
                return b"".join(f.pcm for f in (*before, *behind))
        if frame.start > turn.command_end:
            break
    return None


async def _live(material: _Material) -> Mapping[Mode, Counter[Front]]:
    """The program and the recognizer as processes, a real broker, in real time."""
    wanted = _FEW_LIVE if material.scale.short else _LIVE
    # Staged beforehand: nothing else may keep this process busy then.
    gaps = [material.turns(gap) for gap in GAPS]
    turns = [next(gap) for gap in itertools.islice(itertools.cycle(gaps), wanted)]
    with tempfile.TemporaryDirectory() as folder:
        return {
            mode: await _speak(material, turns, mode, Path(folder) / mode)
            for mode in Mode
        }


async def _speak(
    material: _Material, turns: Sequence[SpokenTurn], mode: Mode, folder: Path
) -> Counter[Front]:
    (folder / "broker").mkdir(parents=True)
    counts: Counter[Front] = Counter()
    with running_broker(folder / "broker") as broker:
        async with (
            TimedClient(broker.port, "auricle/#") as house,
            recognizer("tiny.en") as home,
            Voice() as voice,
            Program(folder, settings_of(broker.port, home.url, mode), stdin=voice.ear),
        ):
            # Sound from before there is a listener would wait in the pipe, and make
            # all that follows late.
            await house.hears(f"{NODE}/availability", "online", timeout=60)
            voice.start()
            await house.hears(f"{NODE}/state", "idle", timeout=60)
            for turn in told(turns, f"transcript, live, {mode}"):
                text = await _take(turn, voice, house)
                if text is not None:
                    counts[material.judge(turn, text)] += 1
    return counts


async def _take(turn: SpokenTurn, voice: Voice, house: TimedClient) -> str | None:
    """The transcript; None where the wake word was missed."""
    wakes, outcomes = len(house.wakes), len(house.outcomes)
    await voice.say(turn)
    with suppress(AssertionError):
        await eventually(lambda: len(house.wakes) > wakes, 1.0)
    if len(house.wakes) == wakes:
        return None
    with suppress(AssertionError):
        await eventually(lambda: len(house.outcomes) > outcomes, _PATIENCE)
    if len(house.outcomes) == outcomes:
        return ""
    _, outcome = house.outcomes[outcomes]
    return str(outcome.get("text") or "")
