"""Commands with a pause inside, and whether they arrive whole.

    python -m benchmarks.turns.pauses

It needs people's recordings, in the folder that AURICLE_RECORDINGS names.

Everything that decides is the product's own: the wake word engine, the voice detector,
the satellite, the client's protocol, the recognizer's session and its voice detector.
The recognizer at home begins with a final in the silence, before the utterance is over,
and tells up to where an interim has heard, and whether a sentence breaks off; as far as
is known, the cloud's does none of that.
Time is counted in audio, and only what the network and the speech model take is made
up: what the machine does meanwhile changes nothing. Nothing is kept back here because a
server is quick (`utterance.least_silence`), so as to show what its time does. *Before*
is what a satellite makes of the same turn that publishes the first final with words, as
ours did.
"""

import argparse
import heapq
import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import get_args

import numpy as np

from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from auricle.capture.attention import Attention
from auricle.qwen_asr.events import (
    FinalTranscript,
    InterimTranscript,
    ServerEvent,
    ServerVad,
    SessionSettings,
)
from auricle.qwen_asr_client.protocol import AsrProtocol
from auricle.recognizer.codecs import make_decoder
from auricle.recognizer.intake import SegmentEvent, SegmentPaused, SegmentResumed
from auricle.recognizer.segmenter import VadSegmenter
from auricle.recognizer.session import Orders, RecognizerSession, Reply
from auricle.recognizer.transcriptions import (
    ConfirmOrder,
    RecognizedText,
    Transcribe,
    WithdrawOrder,
)
from auricle.turns.endpointing import PRESETS, EndpointingSettings, Preset
from auricle.turns.events import (
    Attend,
    CloseSession,
    Effect,
    EndUtterance,
    Event,
    MicrophoneFound,
    PublishOutcome,
    Recognition,
    RecognizerSaid,
    SendAudio,
    StartTurn,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.satellite import Satellite
from auricle.turns.turn import Mode, Outcome
from auricle.turns.unfinished import UnfinishedWords
from auricle.vad.silero import SileroVoiceDetector
from auricle.wake.detector import WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from benchmarks.progress import told
from benchmarks.recordings import Clip, Recordings
from benchmarks.tables import table
from benchmarks.turns.spoken_turns import (
    SEED,
    Noises,
    Room,
    SpokenTurn,
    join,
    leveled,
    pause_in,
    pcm_of,
)

RESULTS = Path(__file__).parents[1] / "results"
TURNS = 60
PAUSES = (0.0, 0.5, 0.7, 1.0)
ROOMS = (Room.CLEAN, Room.KITCHEN_20, Room.KITCHEN_10, Room.TELEVISION_15)
# Of the network, one way; a part of the above.
_NETWORK = 0.03
_OPENING = 0.3
WAKE_WORD = "alexa"
_FIRST, _SECOND = "first", "second"
WHOLE = f"{_FIRST} {_SECOND}"
"""What was understood of a command that nobody cut off."""
# Each half of a command is this long at least.
_HALF = 0.4
_SILENCE_MS = 400
# As `assembly` does it.
_BACKSTOP = _SILENCE_MS / 1000 + 1.0


class Where(StrEnum):
    """Whose recognizer it is."""

    CLOUD = "the cloud's"
    HOME = "at home"


@dataclass(frozen=True, slots=True)
class Service:
    """A recognizer, and how soon its finals are there."""

    where: Where
    decode: float
    """Seconds from the beginning of a final's recognition to its arrival."""

    def __str__(self) -> str:
        return f"{self.where}, {self.decode:g} s"


CLOUD = Service(Where.CLOUD, 0.4)
"""As others measured it."""
SERVICES = (CLOUD, *(Service(Where.HOME, decode) for decode in (0.1, 0.4, 0.8)))
"""At home: a fast model, one that is as fast as the cloud's, and Whisper tiny.en."""


Write = Callable[[bytes], RecognizedText]
"""What a speech model makes of PCM."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One turn, as it came out."""

    room: Room
    mode: Mode
    service: Service
    pause: float
    text: str
    """Which halves of the command were understood."""
    delay: float
    """Seconds from the end of the voice to the outcome."""
    text_before: str
    delay_before: float

    @property
    def whole(self) -> bool:
        return self.text == WHOLE

    @property
    def whole_before(self) -> bool:
        return self.text_before == WHOLE


class _UntilTheEnd(VadSegmenter):
    """Tells of an utterance once it is over, and not that it may be."""

    def push(self, pcm: bytes) -> list[SegmentEvent]:
        return [
            event
            for event in super().push(pcm)
            if not isinstance(event, SegmentPaused | SegmentResumed)
        ]


class _Time:
    """What is due, in the order of its time; seconds of audio."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._numbers), call))

    def run_until(self, moment: float) -> None:
        while self._due and self._due[0][0] <= moment:
            self.now, _, call = heapq.heappop(self._due)
            call()
        self.now = moment


class _Link:
    """One session: the client's half, a network, and the recognizer's half."""

    def __init__(
        self,
        time: _Time,
        vad: ServerVad | None,
        service: Service,
        understand: Write,
        draft: Write | None,
        heard: Callable[[ServerEvent], None],
    ) -> None:
        self._time = time
        self._draft = draft
        self._service = service
        self._understand = understand
        self._heard = heard
        self._vad = vad
        self._client = AsrProtocol(SessionSettings(vad, "en"), "event")
        segmenter = VadSegmenter if service.where is Where.HOME else _UntilTheEnd
        self._server = RecognizerSession("s", "model", segmenter, make_decoder)
        self._free_at = 0.0
        time.after(_OPENING, lambda: self._answer(self._server.open()))

    def send(self, pcm: bytes) -> None:
        self._client.send_audio(pcm)
        self._flush()

    def end_utterance(self) -> None:
        if self._vad is None:
            for answer in self._client.send_commit():
                self._time.after(0.0, partial(self._heard, answer))
        else:
            silence = (self._vad.silence_duration_ms + 200) * SAMPLE_RATE // 1000
            self._client.send_audio(bytes(silence * SAMPLE_BYTES))
            self._client.send_finish()
        self._flush()

    def _flush(self) -> None:
        while messages := self._client.messages_to_send():
            for message in messages:
                self._time.after(_NETWORK, partial(self._arrive, message))

    def _arrive(self, message: str) -> None:
        self._answer(self._server.receive_message(message))

    def _answer(self, orders: Orders) -> None:
        for order in orders:
            if isinstance(order, Reply):
                self._time.after(_NETWORK, partial(self._receive, order))
            elif isinstance(order, ConfirmOrder | WithdrawOrder):
                # What has begun is not broken off, and nothing waits here for others.
                continue
            elif order.final:
                self._work(order, self._understand)
            elif self._draft is not None:
                self._work(order, self._draft)
            else:
                self._answer(self._server.transcribed(order, None))

    def _work(self, order: Transcribe, write: Write) -> None:
        begin = max(self._time.now, self._free_at)
        self._free_at = begin + self._service.decode - 2 * _NETWORK
        wait = self._free_at - self._time.now
        self._time.after(wait, partial(self._decoded, order, write))

    def _decoded(self, order: Transcribe, write: Write) -> None:
        self._answer(self._server.transcribed(order, write(order.pcm)))

    def _told(self, event: ServerEvent) -> ServerEvent:
        if self._service.where is Where.HOME:
            return event
        match event:
            case InterimTranscript():
                return replace(event, audio_end_ms=None, unfinished=None)
            case FinalTranscript():
                return replace(event, unfinished=None)
            case _:
                return event

    def _receive(self, reply: Reply) -> None:
        for event in self._client.receive_message(json.dumps(reply.message)):
            self._heard(self._told(event))
        self._flush()


class Home:
    """A satellite in a room, for one turn."""

    def __init__(
        self,
        mode: Mode,
        service: Service,
        understand: Write,
        *,
        endpointing: EndpointingSettings = PRESETS[Preset.BALANCED],
        unfinished_words: UnfinishedWords | None = None,
        draft: Write | None = None,
        finals_before: Iterable[str] = (),
        afterthought: float = 0.0,
    ) -> None:
        """`understand` and `draft` make finals and interims of PCM; without `draft`
        there are no interims. `finals_before` are those of the turns before. For so
        many seconds behind the outcome an `afterthought` may begin.
        """
        self.time = _Time()
        self._mode = mode
        self._service = service
        self._understand = understand
        self._draft = draft
        if mode is Mode.SERVER_VAD:
            endpointing = replace(
                endpointing, silence=_BACKSTOP, silence_after_short=_BACKSTOP
            )
        ids = itertools.count()
        turns = TurnFactory(
            mode=mode,
            endpointing=endpointing,
            new_turn_id=lambda: f"turn {next(ids)}",
            unfinished_words=unfinished_words,
        )
        for text in finals_before:
            turns.punctuation.learn(text)
        self._satellite = Satellite(turns, afterthought=afterthought)
        self._satellite.step(MicrophoneFound())
        engine = _engine()
        engine.reset()
        self._attention = Attention(
            [engine], SileroVoiceDetector(), pre_roll=0.0, refractory=60.0
        )
        self._link: _Link | None = None
        self.outcome: tuple[float, Outcome] | None = None
        self.afterthought: Outcome | None = None
        self.first_words: tuple[float, str] | None = None

    def hear(self, turn: SpokenTurn) -> None:
        for frame in turn.frames():
            self.time.run_until(frame.end / SAMPLE_RATE)
            for event in self._attention.hear(frame):
                self._happen(event)
            more = self._satellite.awaits_afterthought or self._satellite.turn
            if self.outcome is not None and not more:
                return

    def _happen(self, event: Event) -> None:
        for effect in self._satellite.step(event):
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case StartTurn(started):
                vad = ServerVad(0.0, _SILENCE_MS)
                self._link = _Link(
                    self.time,
                    vad if self._mode is Mode.SERVER_VAD else None,
                    self._service,
                    self._understand,
                    self._draft,
                    partial(self._hear_from_recognizer, started.id),
                )
            case SendAudio(_, frame) if self._link is not None:
                self._link.send(frame.pcm)
            case EndUtterance() if self._link is not None:
                self._link.end_utterance()
            case PublishOutcome(outcome) if self.outcome is None:
                self.outcome = self.time.now, outcome
            case PublishOutcome(outcome):
                self.afterthought = outcome
            case CloseSession():
                self._link = None
            case Attend(on):
                self._attention.switch(on=on, after=None)
            case _:
                pass

    def _hear_from_recognizer(self, turn_id: str, event: ServerEvent) -> None:
        if isinstance(event, FinalTranscript) and event.text and not self.first_words:
            self.first_words = self.time.now, event.text
        if self._link is not None and isinstance(event, get_args(Recognition)):
            self._happen(RecognizerSaid(turn_id, event))


@cache
def _engine() -> MicroWakeWordEngine:
    return MicroWakeWordEngine([WakeWordModel(WAKE_WORD)])


@dataclass(frozen=True)
class Material:
    """What is said, and where."""

    wakes: Sequence[Clip]
    commands: Sequence[Clip]
    noises: Noises


@cache
def material() -> Material:
    recordings = Recordings.from_environment()
    commands = [
        clip
        for clip in recordings.commands()
        if _HALF * SAMPLE_RATE
        < pause_in(clip.samples)
        < len(clip.samples) - _HALF * SAMPLE_RATE
    ]
    wakes = recordings.wake_words()[WAKE_WORD]
    return Material(wakes, commands, Noises(recordings))


def take(
    room: Room, mode: Mode, service: Service, pause: float, number: int
) -> Taken | None:
    """One turn; None where the wake word was missed."""
    heard = material()
    rng = np.random.default_rng([SEED, number])
    wake = heard.wakes[int(rng.integers(len(heard.wakes)))]
    command = heard.commands[number % len(heard.commands)]
    turn = join(
        WAKE_WORD,
        wake,
        command,
        heard.noises,
        room,
        gap=float(rng.choice([0.15, 0.3, 0.8])),
        pause=pause,
        rng=rng,
    )
    home = Home(
        mode,
        service,
        understanding(turn),
        endpointing=replace(PRESETS[Preset.BALANCED], least_silence=0.0),
    )
    home.hear(turn)
    if home.outcome is None:
        return None
    at, outcome = home.outcome
    end = turn.command_end / SAMPLE_RATE
    at_before, text_before = home.first_words or (at, "")
    text = outcome.transcript.text if outcome.transcript else ""
    return Taken(
        room, mode, service, pause, text, at - end, text_before, at_before - end
    )


def understanding(turn: SpokenTurn) -> Write:
    """Has a word for each half of the command, where it hears its middle."""
    command = leveled(turn.command.samples)
    cut, length = pause_in(command), len(command)
    missing = turn.command_end - turn.command_start - length
    middles = {
        _FIRST: turn.command_start + cut // 2,
        _SECOND: turn.command_start + missing + (cut + length) // 2,
    }
    halves = {
        word: pcm_of(turn.samples[at : at + FRAME_SAMPLES])
        for word, at in middles.items()
    }

    def understand(pcm: bytes) -> RecognizedText:
        words = (word for word, half in halves.items() if half in pcm)
        return RecognizedText(" ".join(words), "en")

    return understand


def measure(turns: int, *, processes: int) -> list[Taken]:
    jobs = [
        (room, mode, service, pause, number)
        for room in ROOMS
        for mode in Mode
        for service in SERVICES
        for pause in (PAUSES if room is Room.CLEAN else PAUSES[:1])
        for number in range(turns)
    ]
    with ProcessPoolExecutor(processes) as pool:
        taken = pool.map(take, *zip(*jobs, strict=True), chunksize=8)
        return [one for one in told(taken, "going on", len(jobs)) if one]


def report(taken: Sequence[Taken]) -> Iterator[str]:
    yield "# Who goes on speaking\n"
    yield (
        "Commands of people with a pause at their quietest moment, in a quiet room: "
        "how many arrive whole, before and after. Time is counted in audio.\n"
    )
    yield from table(
        ("mode", "recognizer", "pause", "turns", "whole before", "whole after"),
        (
            (
                mode.value,
                str(service),
                f"{pause:.1f} s" if pause else "none",
                str(len(some)),
                _share(one.whole_before for one in some),
                _share(one.whole for one in some),
            )
            for mode in Mode
            for service in SERVICES
            for pause in PAUSES
            for some in [_of(taken, Room.CLEAN, mode, service, pause)]
        ),
    )
    yield "\n## Who is done\n"
    yield (
        "The same commands without a pause put in: seconds from the end of the voice "
        "to the outcome. *Later* are those that had to wait for longer than before, "
        "though all was said.\n"
    )
    yield from table(
        (
            *("room", "mode", "recognizer", "turns"),
            *("p50 before", "after", "p95 before", "after", "later", "by at most"),
        ),
        (
            (room.value, mode.value, str(service), str(len(done)), *_delays(done))
            for room in ROOMS
            for mode in Mode
            for service in SERVICES
            for done in [
                [o for o in _of(taken, room, mode, service, 0.0) if o.whole_before]
            ]
        ),
    )
    yield ""


def _of(
    taken: Iterable[Taken], room: Room, mode: Mode, service: Service, pause: float
) -> list[Taken]:
    sought = (room, mode, service, pause)
    return [
        one for one in taken if (one.room, one.mode, one.service, one.pause) == sought
    ]


def _share(those: Iterable[bool]) -> str:
    counted = [*those]
    return f"{100 * sum(counted) / len(counted):.0f} %"


def _delays(done: Sequence[Taken]) -> Iterator[str]:
    before = [one.delay_before for one in done]
    after = [one.delay for one in done]
    for percentile in (50, 95):
        for delays in (before, after):
            yield f"{np.percentile(delays, percentile, method='higher'):.2f} s"
    later = [o.delay - o.delay_before for o in done if o.delay > o.delay_before + 1e-9]
    yield f"{100 * len(later) / len(done):.0f} %"
    yield f"{max(later, default=0.0):.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS, help="of each kind")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    taken = measure(arguments.turns, processes=arguments.processes)
    text = "\n".join(report(taken))
    print(text)
    RESULTS.mkdir(exist_ok=True)
    name = "going-on.md" if arguments.turns == TURNS else "going-on-part.md"
    (RESULTS / name).write_text(text)


if __name__ == "__main__":
    main()
