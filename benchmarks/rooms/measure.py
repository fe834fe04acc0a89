"""Which satellite is the nearest by what each has heard, and whether two people who
spoke at the same moment are both obeyed.

What is judged here are the level and the print of a voice, with nothing lost on the
way; what a house of real satellites makes of them is another part.
"""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from auricle.arbitration.voice_print import COMMAND, WORD, print_of, same_person
from auricle.arbitration.word_level import word_level
from auricle.audio.frame import FRAME_SECONDS, SAMPLE_RATE, Frame
from benchmarks.progress import told
from benchmarks.recordings import Recordings
from benchmarks.rooms.houses import House
from benchmarks.rooms.scale import Scale
from benchmarks.rooms.wakes import Hearing, Wake, Wakes
from benchmarks.rows import Row

RIGHT_ROOM, NEAREST, BOTH = 97, 85, 90
"""Percent that are wanted."""
LEVEL_MS = 5
NEAR = 0.5
"""Meters that another satellite of the room may be further away."""
SAME_WORD = 0.5
"""Seconds: detections further apart are two words."""

_HOUSES, _SHORT = 24, 4
_ALONE, _PAIRS = 20, 16
_WORD_FRAMES = round(WORD / FRAME_SECONDS)
_COMMAND_FRAMES = round(COMMAND / FRAME_SECONDS)
_LOUDEST = round(0.3 * SAMPLE_RATE)
_TIMED = 200

Measure = Callable[[Hearing], float]
"""The satellite that has most of it answers."""


async def rows(scale: Scale) -> Sequence[Row]:
    wakes = Wakes(Recordings.from_environment())
    houses = scale.houses or (_SHORT if scale.short else _HOUSES)
    alone, pairs = [], []
    for number in told(range(houses), "houses"):
        house = House(scale.seed, number, wakes.kitchen)
        rng = np.random.default_rng((scale.seed, number, 1))
        alone += [wakes.of_one(house, rng) for _ in range(_ALONE)]
        pairs += [wakes.of_two(house, rng) for _ in range(_PAIRS)]
    where = f"in {houses} houses of seed {scale.seed}"
    return [
        *_nearest(alone, where),
        *_two_people(alone, pairs, where),
        *_costs([each for wake in alone for each in wake.hearings]),
    ]


def _nearest(wakes: Sequence[Wake], where: str) -> Iterator[Row]:
    """Of wake words that were heard in the speaker's room, and elsewhere or there
    twice.
    """
    open_to_doubt = [
        wake for wake in wakes if len(wake.hearings) > 1 and wake.own(person=0)
    ]
    of = f"wakes {where}"
    measures: dict[str, tuple[Measure, int | None, int | None]] = {
        "level": (_level, RIGHT_ROOM, NEAREST),
        "loudness": (_loudness, None, None),
        "first come": (lambda each: -each.detection.end, None, None),
    }
    for name, (measure, room_wanted, near_wanted) in measures.items():
        answers = [max(wake.hearings, key=measure) for wake in open_to_doubt]
        here = [each for each in answers if each.distances[0] is not None]
        near = [
            each
            for each, wake in zip(answers, open_to_doubt, strict=True)
            if is_near(each, wake)
        ]
        total = len(open_to_doubt)
        yield _share(f"Right room, by {name}", len(here), total, of, room_wanted)
        yield _share(
            f"Nearest within {NEAR} m, by {name}", len(near), total, of, near_wanted
        )


def is_near(answer: Hearing, wake: Wake) -> bool:
    """Whether none of the room is nearer by more than NEAR."""
    distances = [each.distances[0] for each in wake.own(person=0)]
    nearest = min(distance for distance in distances if distance is not None)
    away = answer.distances[0]
    return away is not None and away <= nearest + NEAR


def _two_people(
    alone: Sequence[Wake], pairs: Sequence[Wake], where: str
) -> Iterator[Row]:
    # Where nobody heard the second person, no arbitration helps.
    both_heard = [wake for wake in pairs if _louder_at_home(wake)]
    answered = [answering(wake) for wake in both_heard]
    obeyed = [_loudest_people(hearings) == {0, 1} for hearings in answered]
    close = [
        done
        for wake, done in zip(both_heard, obeyed, strict=True)
        if _spread(wake) <= SAME_WORD
    ]
    yield _share(
        "Two people: both obeyed",
        sum(obeyed),
        len(obeyed),
        f"pairs, both heard, {where}",
        BOTH,
    )
    yield _share(
        f"Of these, all sure within {SAME_WORD} s",
        sum(close),
        len(close),
        "pairs that the print alone tells apart",
    )
    thrice = sum(len(hearings) > 2 for hearings in answered)
    yield _share("Two people: answered more than twice", thrice, len(answered), "pairs")
    heard_twice = [wake for wake in alone if len(wake.hearings) > 1]
    split = [wake for wake in heard_twice if len(answering(wake)) > 1]
    yield _share(
        "One person: taken for two", len(split), len(heard_twice), "wakes heard twice"
    )


def answering(wake: Wake) -> list[Hearing]:
    """Those that answer, best first: each that heard another word than all better ones,
    or another person.
    """
    answers: list[tuple[Hearing, bytes]] = []
    for hearing in sorted(wake.hearings, key=_level, reverse=True):
        printed = print_of(_printed(hearing))
        if not any(
            _same_word(hearing, better) and same_person(printed, theirs)
            for better, theirs in answers
        ):
            answers.append((hearing, printed))
    return [hearing for hearing, _ in answers]


def _level(hearing: Hearing) -> float:
    return word_level(hearing.memory)


def _same_word(one: Hearing, other: Hearing) -> bool:
    apart = abs(one.detection.end - other.detection.end)
    return apart <= SAME_WORD * SAMPLE_RATE


def _printed(hearing: Hearing) -> tuple[Frame, ...]:
    return hearing.memory[-_WORD_FRAMES:] + hearing.behind[:_COMMAND_FRAMES]


def _louder_at_home(wake: Wake) -> bool:
    """Whether each person is heard in the own room, and above the other one."""
    return all(
        any(_loudest(each) == person for each in wake.own(person)) for person in (0, 1)
    )


def _loudest(hearing: Hearing) -> int:
    return int(np.argmax(hearing.strengths))


def _loudest_people(hearings: Sequence[Hearing]) -> set[int]:
    return set(map(_loudest, hearings))


def _spread(wake: Wake) -> float:
    ends = [each.detection.end for each in wake.hearings]
    return (max(ends) - min(ends)) / SAMPLE_RATE


def _costs(hearings: Sequence[Hearing]) -> Iterator[Row]:
    chosen = hearings[:: max(1, len(hearings) // _TIMED)]
    prints = [print_of(_printed(each)) for each in chosen]
    things: dict[str, tuple[Callable[[int], object], int | None]] = {
        "Level of a word": (lambda at: _level(chosen[at]), LEVEL_MS),
        "Print of a voice": (lambda at: print_of(_printed(chosen[at])), None),
        "Two prints": (lambda at: same_person(prints[at], prints[at - 1]), None),
    }
    for what, (done, most) in things.items():
        seconds = []
        for at in range(len(chosen)):
            begun = time.thread_time()
            done(at)
            seconds.append(time.thread_time() - begun)
        value = 1000 * float(np.median(seconds)) if seconds else None
        yield Row(
            what, value, "ms", f"processor time, median of {len(seconds)}", most=most
        )


def _loudness(hearing: Hearing) -> float:
    """The power of the word's loudest 300 ms."""
    pcm = b"".join(frame.pcm for frame in hearing.memory)
    samples = np.frombuffer(pcm, "<i2")[-SAMPLE_RATE:].astype(float)
    sums = np.cumsum(np.concatenate([[0.0], samples**2]))
    return float(np.max(sums[_LOUDEST:] - sums[:-_LOUDEST]))


def _share(
    what: str, count: int, total: int, of: str, least: float | None = None
) -> Row:
    value = 100 * count / total if total else None
    return Row(what, value, "%", f"{total} {of}", least=least)
