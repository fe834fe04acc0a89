"""Whether it hears while it speaks, and what that costs."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from auricle.audio.frame import SAMPLE_RATE
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.turns.wake_phrase import WakePhrase
from benchmarks.answers.acoustics import Loudspeaker, Scene, living_room, played
from benchmarks.answers.satellite import (
    NOT_ALIGNED,
    NOTHING,
    OURS,
    WITHOUT_VETO,
    Ears,
    Satellite,
    sent,
    wake_words,
)
from benchmarks.answers.speeches import OWN_WORDS, VOICES, answers, read_aloud, say
from benchmarks.cost import instructions
from benchmarks.progress import told
from benchmarks.recognizer.scoring import Score, slots, slots_missed, words
from benchmarks.recordings import Recordings, Samples
from benchmarks.rows import Row

HEARD = {0: 90, 6: 90, 12: 80, 20: 45}
"""Decibels of the echo above the person, and percent of wake words to be heard."""
SELF_WAKES, FALSE_WAKES, LOST_WORDS, CPU, IDLE = 0, 1, 10, 3, 2
"""Of its own words; in an hour; percent of slot words; of a core; of instructions."""

_ROOMS, _REVERBERATION, _LONG_REVERBERATION = 12, 0.3, 0.5
_SOONEST, _LATEST = 0.04, 0.4
_INTO_THE_ANSWER, _BEHIND = 1.5, 1.2
# How long behind a word an engine may be sure of it.
_SURE = 0.6
# At which half of the wake words are heard at all.
_LOUD = 12
_WORD, _DEFAULT_WORD = "alexa", "okay_nabu"
_PAUSE = np.zeros(round(0.2 * SAMPLE_RATE), np.float32)
_NOBODY = np.zeros(0, np.float32)


class Hearing:
    """Measures one satellite after the other, in a dozen rooms."""

    def __init__(self, recordings: Recordings, *, one_in: int = 1) -> None:
        """`one_in` takes only some of all there is, for a first look."""
        self._recordings = recordings
        self._one_in = one_in
        self._answers = [played(answer) for answer in answers()]

    # --- a person's wake words ---

    def wake_words(self) -> Iterator[Row]:
        voices = [samples for _, samples in self._recordings.files(f"wake/{_WORD}/*")][
            :: self._one_in
        ]

        def row(what: str, heard: int, least: float | None = None) -> Row:
            percent = 100 * heard / len(voices)
            return Row(what, percent, "%", f"{len(voices)} voices", least=least)

        yield row("wake words heard, it is silent", self._heard(voices, None, OURS))
        for ears in (OURS, NOT_ALIGNED, NOTHING):
            for db, target in HEARD.items():
                heard = self._heard(voices, Loudspeaker(db), ears)
                least = target if ears is OURS else None
                yield row(f"wake words heard, echo {db} dB, {ears.name}", heard, least)
        for db in HEARD:
            hard = Loudspeaker(db, clipping=True)
            heard = self._heard(voices, hard, OURS, _LONG_REVERBERATION)
            yield row(f"the same in a harder room, echo {db} dB, {OURS.name}", heard)

    def _heard(
        self,
        voices: Sequence[Samples],
        loudspeaker: Loudspeaker | None,
        ears: Ears,
        reverberation: float = _REVERBERATION,
    ) -> int:
        """How many of them are, each in another room over another answer."""
        heard = 0
        echo = "silent" if loudspeaker is None else f"{loudspeaker.echo_db} dB"
        for number in told(range(_ROOMS), f"wake words, {ears.name}, {echo}"):
            room = living_room(number, reverberation)
            satellite = Satellite(_WORD, own_voice=ears.own_voice)
            delays = np.random.default_rng(number)
            # It has answered before in this room.
            spoken = [_NOBODY, *voices[number::_ROOMS]]
            for turn, person in enumerate(spoken):
                said = self._answers[(number + turn) % len(self._answers)]
                delay = delays.uniform(_SOONEST, _LATEST)
                scene = Scene(
                    room,
                    None if loudspeaker is None else said,
                    replace(loudspeaker or Loudspeaker(0), delay=delay),
                    person,
                    _INTO_THE_ANSWER,
                    len(said) / SAMPLE_RATE + _BEHIND,
                    seed=turn,
                )
                first = satellite.position + scene.start * SAMPLE_RATE
                last = satellite.position + (scene.end + _SURE) * SAMPLE_RATE
                hits = wake_words(satellite.hear(scene))
                heard += any(first < hit.end < last for hit in hits if len(person))
        return heard

    # --- its own words ---

    def own_words(self) -> Iterator[Row]:
        spoken = self._own_words()
        for ears in (OURS, WITHOUT_VETO, NOTHING):
            for db in (12, 20):
                woken = sum(
                    self._wakes_itself(word, said, ears, db, number)
                    for number, (word, said) in enumerate(
                        told(spoken, f"own words, {ears.name}, {db} dB")
                    )
                )
                yield Row(
                    f"woken by its own wake word, echo {db} dB, {ears.name}",
                    woken,
                    "",
                    f"{len(spoken)} answers that hold it",
                    most=SELF_WAKES if ears is OURS else None,
                )

    def _own_words(self) -> Sequence[tuple[str, Samples]]:
        """Spoken by synthesizers, and by people, as a voice that was made of theirs."""
        synthesized = [
            (word, played(say(text, *speaker)))
            for word, texts in OWN_WORDS.items()
            for text, speaker in itertools.product(texts, VOICES)
        ]
        people = [
            (word, played(clip.samples))
            for word, clips in self._recordings.wake_words().items()
            for clip in clips[:24]
        ]
        return [*synthesized, *people][:: self._one_in]

    def _wakes_itself(
        self, word: str, said: Samples, ears: Ears, db: int, number: int
    ) -> bool:
        satellite = Satellite(word, own_voice=ears.own_voice)
        # Half of the time it has answered before in this room.
        before = self._answers[:1] if number % 2 else []
        return any(
            self._says_alone(satellite, answer, db, number)
            for answer in (*before, said)
        )

    def _says_alone(
        self, satellite: Satellite, said: Samples, db: int, number: int
    ) -> int:
        """How many wake words it hears, while nobody else says a word."""
        delay = np.random.default_rng(number).uniform(_SOONEST, _LATEST)
        scene = Scene(
            living_room(number % _ROOMS, _REVERBERATION),
            said,
            Loudspeaker(db, delay),
            _NOBODY,
            0.0,
            len(said) / SAMPLE_RATE + delay + _BEHIND,
            seed=number,
        )
        return len(wake_words(satellite.hear(scene)))

    def false_wakes(self) -> Iterator[Row]:
        satellites = [Satellite(*OWN_WORDS) for _ in range(_ROOMS)]
        hits = 0
        seconds = 0.0
        for number, answer in enumerate(
            told(read_aloud(3600 / self._one_in), "false wakes")
        ):
            satellite = satellites[number % _ROOMS]
            hits += self._says_alone(satellite, played(answer), 12, number)
            seconds += len(answer) / SAMPLE_RATE
        yield Row(
            "woken by answers that hold no wake word, echo 12 dB, four models",
            hits,
            "",
            f"{seconds / 60:.0f} minutes",
            most=FALSE_WAKES,
        )

    # --- what is said behind the wake word ---

    def commands(self) -> Iterator[Row]:
        what = "slot words understood behind the wake word"
        quiet, turns = self._understood(None)
        percent = 100 * (1 - quiet.error_rate)
        of = "{} words, {} commands"
        yield Row(f"{what}, it is silent", percent, "%", of.format(quiet.words, turns))
        for db in (6, 12, 20):
            score, turns = self._understood(db)
            yield Row(
                f"{what}, which broke off its voice, echo {db} dB, {OURS.name}",
                100 * (1 - score.error_rate),
                "%",
                of.format(score.words, turns),
                least=None if db > _LOUD else round(percent - LOST_WORDS),
            )

    def _understood(self, db: int | None) -> tuple[Score, int]:
        """The slot words, and in how many commands, of those whose wake word was
        heard.
        """
        engine = WhisperEngine()
        labels = slots(self._recordings.root / "commands" / "coffee")
        wakes = self._recordings.phrases(f"wake/{_WORD}/*")
        commands = self._recordings.clips("commands/coffee/*")[: 60 : self._one_in]
        score, turns = Score(), 0
        for number, command in enumerate(told(commands, f"commands, {db} dB")):
            wake = wakes[number % len(wakes)].samples
            person = np.concatenate([wake, _PAUSE, command.samples])
            said = self._answers[number % len(self._answers)]
            satellite = Satellite(_WORD)
            if db is not None:
                self._says_alone(satellite, said, db, number)
            scene = Scene(
                living_room(number % _ROOMS, _REVERBERATION),
                None if db is None else said,
                Loudspeaker(db or 0, delay=0.1),
                person,
                _INTO_THE_ANSWER,
                _INTO_THE_ANSWER + len(person) / SAMPLE_RATE + 1,
                seed=number,
            )
            pcm = sent(satellite.hear(scene, until_called=True))
            if not pcm:
                continue
            text = engine.transcribe(pcm, language="en", corpus=None, final=True).text
            heard = words(WakePhrase(_WORD).remove_from(text).text)
            score += slots_missed(labels[command.name.rpartition("/")[2]], heard)
            turns += 1
        return score, turns

    # --- what it costs ---

    def cost(self) -> Iterator[Row]:
        satellite = Satellite(_DEFAULT_WORD)
        self._says_alone(satellite, self._answers[0], 12, 0)
        said = np.concatenate([played(answer) for answer in read_aloud(120)])
        shares = []
        for speaks in (True, False):
            before = satellite.processor_seconds
            length = len(said) / SAMPLE_RATE
            scene = Scene(
                living_room(0, _REVERBERATION),
                said if speaks else None,
                Loudspeaker(12, delay=0.1),
                _NOBODY,
                0.0,
                length,
                seed=0,
            )
            satellite.hear(scene)
            shares.append(100 * (satellite.processor_seconds - before) / length)
        of = "its capture thread, two minutes"
        yield Row("processor time while it speaks", shares[0], "%", of, most=CPU)
        yield Row("processor time while it is silent", shares[1], "%", of)
        counted = instructions.count(instructions.OURS)
        growth = 100 * instructions.growth(counted, instructions.recorded())
        yield Row(
            "more instructions for a second of sound while it is silent",
            growth,
            "%",
            "what was recorded (scripts/bench --check)",
            most=IDLE,
        )
