"""Whether the transcript holds the command: nothing before it, and all of it.

The same recognizer writes down each command alone; what it writes behind a wake word
is held against that. A word that is another one counts as lost. Where it is wrong even
if the command is sent from exactly its first sound, with more or less quiet before it,
that is the recognizer's doing and not ours: such turns do not count, and are told
beside. So are those of which the first word is lost though all of it was sent.

Half of the turns are of voices that nothing was tuned on.
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

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
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
# Of either half.
_TURNS, _FEW = 49, 4
_LIVE, _FEW_LIVE = 20, 4
# Silence in front of a command alone, in seconds: its first word is known where these
# agree on it, and the last tells how sure the recognizer is of it.
_LEAD_INS, _OTHER_LEAD_IN = (0.1, 0.3), 0.2
_BEHIND = round(0.4 * SAMPLE_RATE)
# Quiet in front of a command that is sent from its first sound, in seconds: whoever is
# unsure of that word writes it down one way or the other.
_QUIETS = (0.0, 0.1, 0.3)
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
    # Also where the first word is another one, others may be before it.
    whole, rest = list(expected[:2]), list(expected[1:3])
    extra = any(
        list(heard[at : at + len(whole)]) == whole
        or (rest and list(heard[at + 1 : at + 1 + len(rest)]) == rest)
        for at in range(1, _MOST_EXTRA + 1)
    )
    return Front.EXTRA if extra else Front.LOST


def rows(scale: Scale) -> Iterator[Row]:
    material = _Material(scale)
    for gap in GAPS:
        known, unseen = (material.transcribed(gap, unseen=new) for new in (False, True))
        sent = known.sent + unseen.sent
        yield from _counted(f"gap {gap:g} s", sent, target=_MOST)
        yield from _counted(f"gap {gap:g} s, voices kept from tuning", unseen.sent)
        whole = known.sent_whole + unseen.sent_whole
        lost = sent[Front.LOST]
        yield Row(
            f"{Front.LOST} though all of it was sent, gap {gap:g} s",
            100 * whole / sent.total() if sent else None,
            "%",
            f"{whole} of {sent.total()}: of the {lost} above",
        )
        both = known.not_counted + unseen.not_counted
        yield Row(
            f"wrong there and if sent from its first sound, gap {gap:g} s",
            100 * both / (both + sent.total()),
            "%",
            f"{both} of {both + sent.total()}, not counted above",
        )
    yield from _counted("the command alone, later in the sound", material.alone())
    for mode, told_of in asyncio.run(_live(material)).items():
        yield from _counted(f"live, {mode}, all gaps", told_of.sent, target=_MOST)


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
class _Transcripts:
    """How those of some turns begin."""

    sent: Counter[Front] = field(default_factory=Counter)
    not_counted: int = 0
    """How many are wrong as well if the command is sent from its first sound."""
    sent_whole: int = 0
    """How many have lost their first word though all of the command was sent."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a recognizer gets of a turn."""

    pcm: bytes
    start: int
    """The sample position of the first that is not silence instead of the wake word."""


@dataclass(eq=False)
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
            if self.scale.short and len(known) == 4 * _FEW:
                break
        return known

    def alone(self) -> Counter[Front]:
        """How sure the recognizer is of a first word."""
        return Counter(
            front(self._expected[command.name], self._alone(command, _OTHER_LEAD_IN))
            for command in self._commands
        )

    def turns(self, gap: float, *, unseen: bool) -> Iterator[SpokenTurn]:
        """Voices of wake words and of commands, other pairs at each gap; each was kept
        from tuning, or none was.
        """
        wakes = [wake for wake in self._wakes if wake[1].held_out == unseen]
        commands = [clip for clip in self._commands if clip.held_out == unseen]
        start = GAPS.index(gap)
        for number in itertools.count():
            word, wake = wakes[number % len(wakes)]
            at = number + number // len(wakes) * len(GAPS) + start * len(wakes)
            command = commands[at % len(commands)]
            rng = np.random.default_rng([self.scale.seed, number])
            yield join(
                word, wake, command, self._noises, Room.CLEAN, gap=gap, pause=0, rng=rng
            )

    def transcribed(self, gap: float, *, unseen: bool) -> _Transcripts:
        """Of as many turns as are wanted whose wake word was heard."""
        told_of = _Transcripts()
        wanted = _FEW if self.scale.short else _TURNS
        heard = (
            (turn, sent)
            for turn in itertools.islice(self.turns(gap, unseen=unseen), 4 * wanted)
            if (sent := _sent(turn)) is not None
        )
        what = f"transcript, gap {gap:g} s"
        for turn, sent in told(itertools.islice(heard, wanted), what, total=wanted):
            begins = self._front(turn, sent.pcm)
            if self.note(turn, begins, told_of) and begins is Front.LOST:
                told_of.sent_whole += sent.start <= turn.command_start
        return told_of

    def _front(self, turn: SpokenTurn, pcm: bytes) -> Front:
        text = WakePhrase(turn.wake_word).remove_from(self._text(pcm)).text
        return self.judge(turn, text)

    def judge(self, turn: SpokenTurn, text: str) -> Front:
        return front(self._expected[turn.command.name], words(text))

    def note(self, turn: SpokenTurn, begins: Front, told_of: _Transcripts) -> bool:
        """Count how the transcript of a turn begins, unless it would anyway."""
        if begins is not Front.RIGHT and self._wrong_anyway(turn):
            told_of.not_counted += 1
            return False
        told_of.sent[begins] += 1
        return True

    def _wrong_anyway(self, turn: SpokenTurn) -> bool:
        exactly = turn.samples[turn.command_start : turn.command_end + _BEHIND]
        quiets = (bytes(round(q * SAMPLE_RATE) * SAMPLE_BYTES) for q in _QUIETS)
        return any(
            self._front(turn, quiet + pcm_of(exactly)) is not Front.RIGHT
            for quiet in quiets
        )

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


def _sent(turn: SpokenTurn) -> _Sent | None:
    """What a recognizer gets, to just behind the last word; None where the wake word is
    missed.
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
                behind = (f for f in frames[at + 1 :] if f.start < last)
                frames_sent = (*event.pre_roll, *behind)
                pcm = b"".join(f.pcm for f in frames_sent)
                silence = len(pcm) - len(pcm.lstrip(b"\0"))
                return _Sent(pcm, frames_sent[0].start + silence // SAMPLE_BYTES)
        if frame.start > turn.command_end:
            break
    return None


async def _live(material: _Material) -> Mapping[Mode, _Transcripts]:
    """The program and the recognizer as processes, a real broker, in real time."""
    wanted = _FEW_LIVE if material.scale.short else _LIVE
    # Staged beforehand: nothing else may keep this process busy then.
    gaps = [material.turns(gap, unseen=True) for gap in GAPS]
    turns = [next(gap) for gap in itertools.islice(itertools.cycle(gaps), wanted)]
    with tempfile.TemporaryDirectory() as folder:
        return {
            mode: await _speak(material, turns, mode, Path(folder) / mode)
            for mode in Mode
        }


async def _speak(
    material: _Material, turns: Sequence[SpokenTurn], mode: Mode, folder: Path
) -> _Transcripts:
    (folder / "broker").mkdir(parents=True)
    texts: list[tuple[SpokenTurn, str]] = []
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
                    texts.append((turn, text))
    told_of = _Transcripts()
    for turn, text in texts:
        material.note(turn, material.judge(turn, text), told_of)
    return told_of


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
