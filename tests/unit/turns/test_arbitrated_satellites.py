"""Of several satellites that hear one wake word, one answers, whatever goes wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from hypothesis import example, given, settings
from hypothesis import strategies as st

from auricle.arbitration.messages import Alive, Bid, Done, GroupMessage, Take
from auricle.audio.frame import Frame
from auricle.errors import Reason
from auricle.turns.arbitrated_satellite import Voices
from auricle.turns.events import MicrophoneLost, RecognizerFailed
from rigs.homes.earshot import Earshot, Member, Network

T = TypeVar("T")

NAMES = ["attic", "bath", "cellar", "den", "entry", "foyer"]
LONG = 20.0
"""Seconds within which everything is over."""


@dataclass(frozen=True)
class Scene:
    """One word, and what goes wrong behind it."""

    seed: int
    levels: tuple[float, ...]
    detected: tuple[float, ...]
    dies: tuple[float | None, ...]
    loss: float
    slowest: float
    most_lost: int | None
    lose: tuple[type[GroupMessage], ...]

    @property
    def names(self) -> list[str]:
        return NAMES[: len(self.levels)]

    @property
    def best(self) -> str:
        return max(zip(self.levels, self.names, strict=True))[1]


@st.composite
def scenes(
    draw: st.DrawFn,
    *,
    loss: st.SearchStrategy[float],
    slowest: st.SearchStrategy[float],
    most_lost: int | None = None,
    deaths: bool = False,
    most: int = 6,
    lose: tuple[type[GroupMessage], ...] = (Bid, Take, Alive, Done),
) -> Scene:
    count = draw(st.integers(2, most))

    def each(value: st.SearchStrategy[T]) -> tuple[T, ...]:
        return tuple(draw(st.lists(value, min_size=count, max_size=count)))

    moments = st.none() | st.floats(0.0, 6.0)
    dies = each(moments if deaths else st.none())
    survivor = draw(st.integers(0, count - 1))
    return Scene(
        seed=draw(st.integers(0, 2**32)),
        levels=each(st.integers(-300, 300).map(lambda n: n / 10)),
        detected=each(st.floats(0.0, 0.2)),
        dies=tuple(None if n == survivor else moment for n, moment in enumerate(dies)),
        loss=draw(loss),
        slowest=draw(slowest),
        most_lost=most_lost,
        lose=lose,
    )


def play(scene: Scene) -> Earshot:
    network = Network(
        Random(scene.seed),
        slowest=scene.slowest,
        loss=scene.loss,
        most_lost=scene.most_lost,
        twice=0.1,
        lose=scene.lose,
    )
    earshot = Earshot(scene.names, network)
    for name, level, detected, dies in zip(
        scene.names, scene.levels, scene.detected, scene.dies, strict=True
    ):
        member = earshot.members[name]
        earshot.later(detected, lambda m=member, at=level: m.wakes(at))  # type: ignore[misc]  # mypy infers no default
        if dies is not None:
            earshot.kill(name, dies)
    earshot.run(LONG)
    return earshot


@settings(max_examples=40)
@given(scenes(loss=st.just(0.0), slowest=st.floats(0.005, 0.08)))
def test_where_nothing_is_lost_the_best_one_answers_alone(scene: Scene) -> None:
    earshot = play(scene)

    assert [name for name, _ in earshot.published] == [scene.best]
    assert [o.stands_in_for for _, o in earshot.published] == [None]


@settings(max_examples=40)
@given(scenes(loss=st.floats(0.0, 1.0), slowest=st.floats(0.01, 0.3), deaths=True))
def test_no_command_is_lost_as_long_as_one_lives(scene: Scene) -> None:
    earshot = play(scene)

    assert earshot.executed


@settings(max_examples=40)
@given(
    scenes(
        loss=st.floats(0.0, 0.9),
        slowest=st.floats(0.01, 0.3),
        most_lost=2,
        most=2,
        deaths=True,
    )
)
def test_a_pair_obeys_a_command_once_where_of_three_signs_one_arrives(
    scene: Scene,
) -> None:
    earshot = play(scene)

    assert len(earshot.executed) == 1
    assert len(earshot.first) <= 1


@settings(max_examples=40)
@given(
    scenes(
        loss=st.floats(0.0, 0.9),
        slowest=st.floats(0.01, 0.3),
        most_lost=2,
        deaths=True,
    )
)
def test_of_many_one_at_most_names_nobody_where_of_three_signs_one_arrives(
    scene: Scene,
) -> None:
    """Two that stand in may name two turns: where several took the word, and each of
    the two has heard of another one of them. No more is promised of takes, signs of
    life and final words that get lost; of bids that do, everything is.
    """
    earshot = play(scene)

    assert earshot.executed
    assert len(earshot.first) <= 1


@settings(max_examples=40)
@given(
    scenes(
        loss=st.floats(0.0, 1.0), slowest=st.floats(0.01, 0.3), lose=(Bid,), deaths=True
    )
)
def test_a_command_is_obeyed_once_whatever_becomes_of_the_bids(scene: Scene) -> None:
    earshot = play(scene)

    assert len(earshot.executed) == 1
    assert len(earshot.first) <= 1


@example(
    # One that stood by is named as the first turn by who stands in for it.
    Scene(
        seed=2367456222,
        levels=(0.0, 0.0, 28.4, 0.0),
        detected=(0.183, 0.161, 0.0642, 0.1948),
        dies=(3.949, None, 5.847, 5.284),
        loss=0.5580706261766304,
        slowest=0.1450341380692208,
        most_lost=None,
        lose=(Bid, Take, Alive, Done),
    )
)
@settings(max_examples=40)
@given(scenes(loss=st.floats(0.0, 1.0), slowest=st.floats(0.01, 0.3), deaths=True))
def test_two_finals_name_nobody_only_where_neither_sender_has_heard_of_the_other(
    scene: Scene,
) -> None:
    earshot = play(scene)

    first = {name for name, o in earshot.published if o.stands_in_for is None}
    for name in first:
        assert not earshot.members[name].knew_of & first


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    levels=st.lists(
        st.integers(-300, 300).map(lambda n: n / 10), min_size=2, max_size=6
    ),
    misread=st.integers(0, 8),
    wrong_by=st.floats(-5.0, 5.0),
)
def test_a_clock_that_is_read_wrong_once_makes_no_other_word_of_the_same(
    seed: int, levels: list[float], misread: int, wrong_by: float
) -> None:
    names = NAMES[: len(levels)]
    network = Network(Random(seed), misread=misread, wrong_by=wrong_by)
    earshot = Earshot(names, network)
    for name, level in zip(names, levels, strict=True):
        member = earshot.members[name]
        earshot.later(
            network.random.uniform(0.0, 0.2),
            lambda m=member, at=level: m.wakes(at),  # type: ignore[misc]  # mypy infers no default
        )
    earshot.run(LONG)

    assert len(earshot.executed) == 1
    assert len(earshot.first) <= 1


# --- who hears it late ---


def is_done(member: Member) -> bool:
    """Whether a word has had its outcome, and keeps the satellite from nothing."""
    machine = member.machine
    goes_on = machine.disputed or machine.turn is not None or member.attending
    return bool(member.outcomes) and not goes_on


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    levels=st.lists(st.integers(-300, 300), min_size=2, max_size=5, unique=True),
    said=st.sampled_from([0.0, 0.3, 1.0]),
    fails=st.none() | st.floats(0.0, 2.0),
    data=st.data(),
)
def test_however_many_hear_a_word_late_all_are_done_with_it_and_one_obeys(
    seed: int,
    levels: list[int],
    said: float,
    fails: float | None,
    data: st.DataObject,
) -> None:
    some_lag = st.sampled_from([0.0, 0.1, 2.0]) | st.floats(0.0, 4.0)
    lags = [data.draw(some_lag) for _ in levels]
    earshot = Earshot(NAMES[: len(levels)], Network(Random(seed), twice=0.1))
    first, *_ = earshot.members.values()
    for member, level, lag in zip(earshot.members.values(), levels, lags, strict=True):
        earshot.later(
            lag,
            lambda m=member, at=level / 10, lag=lag: m.wakes(at, said=said, lag=lag),  # type: ignore[misc]  # mypy infers no default
        )

    def fail() -> None:
        if turn := first.machine.turn:
            reason = Reason.AUTH_FAILED
            first.happens(RecognizerFailed(turn.id, reason, transient=False))

    if fails is not None:
        earshot.later(fails, fail)
    earshot.run(LONG)

    assert len(earshot.executed) <= 1
    assert earshot.executed or not said or fails is not None
    for member in earshot.members.values():
        assert is_done(member)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    levels=st.lists(st.integers(-300, 300), min_size=2, max_size=5, unique=True),
    lags=st.lists(st.just(0.0) | st.floats(0.0, 4.0), min_size=5, max_size=5),
    loss=st.floats(0.0, 0.5),
    dies=st.floats(0.0, 6.0),
)
def test_a_command_that_many_hear_late_is_not_lost_with_one_that_dies(
    seed: int, levels: list[int], lags: list[float], loss: float, dies: float
) -> None:
    names = NAMES[: len(levels)]
    earshot = Earshot(names, Network(Random(seed), loss=loss, most_lost=2))
    mortal, *others = earshot.members.values()
    for member, level, lag in zip([mortal, *others], levels, lags, strict=False):
        earshot.later(
            lag,
            lambda m=member, at=level / 10, lag=lag: m.wakes(at, lag=lag),  # type: ignore[misc]  # mypy infers no default
        )
    earshot.kill(mortal.name, dies)
    earshot.run(LONG)

    assert earshot.executed
    assert len(earshot.first) <= 1
    for member in others:
        assert is_done(member)


# --- whose messages are late ---


@example(seed=0, levels=[0, 1], late=[0.8, 0.8])
@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    levels=st.lists(st.integers(-300, 300), min_size=2, max_size=5, unique=True),
    late=st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5),
)
def test_however_late_messages_are_the_best_one_answers_alone_that_has_them_in_time(
    seed: int, levels: list[int], late: list[float]
) -> None:
    """There and back they take 2 s, and the command is as long."""
    names = NAMES[: len(levels)]
    network = Network(Random(seed), late=dict(zip(names, late, strict=False)))
    earshot = Earshot(names, network)
    for member, level in zip(earshot.members.values(), levels, strict=True):
        earshot.later(
            network.random.uniform(0.0, 0.15),
            lambda m=member, at=level / 10: m.wakes(at, said=2.0),  # type: ignore[misc]  # mypy infers no default
        )
    earshot.run(LONG)

    (best,) = [
        name for name, at in zip(names, levels, strict=True) if at == max(levels)
    ]
    assert [name for name, _ in earshot.published] == [best]
    for member in earshot.members.values():
        assert is_done(member)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    levels=st.lists(st.integers(-300, 300), min_size=2, max_size=2),
    late=st.lists(st.floats(0.0, 0.3), min_size=2, max_size=2),
    between=st.floats(1.0, 3.0),
)
def test_two_words_of_which_one_is_later_are_both_obeyed_whoever_said_them(
    seed: int, levels: list[int], late: list[float], between: float
) -> None:
    names = NAMES[:2]
    network = Network(Random(seed), late=dict(zip(names, late, strict=True)))
    earshot = Earshot(names, network)
    first, second = earshot.members.values()
    first.wakes(levels[0] / 10, "turn on the light")
    earshot.later(between, lambda: second.wakes(levels[1] / 10, "play some music"))
    earshot.run(LONG)

    obeyed = [o.transcript.text for o in earshot.executed if o.transcript]
    assert obeyed == ["turn on the light", "play some music"]


# --- who understands nothing ---


@dataclass(frozen=True)
class Ears:
    """What one of them makes of the command."""

    hears: bool
    """Its own detector, a voice."""
    understands: bool
    """The recognizer, what it sends."""


EARS = st.lists(st.builds(Ears, st.booleans(), st.booleans()), min_size=2, max_size=6)


def spoken_to(ears: list[Ears], network: Network) -> Earshot:
    """Let the first hear the word best, and the last worst."""
    earshot = Earshot(NAMES[: len(ears)], network)
    for n, (member, ear) in enumerate(zip(earshot.members.values(), ears, strict=True)):
        text = "toggle" if ear.understands else ""
        said = 1.5 if ear.hears else 0.0
        level = -3.0 * n
        earshot.later(
            network.random.uniform(0.0, 0.15),
            lambda m=member, at=level, t=text, s=said: m.wakes(at, t, said=s),  # type: ignore[misc]  # mypy infers no default
        )
    earshot.run(LONG)
    return earshot


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), ears=EARS)
def test_what_the_best_one_does_not_understand_the_next_that_hears_it_is_asked_for(
    seed: int, ears: list[Ears]
) -> None:
    earshot = spoken_to(ears, Network(Random(seed)))

    best, *others = ears
    asked = [best] if best.hears and best.understands else [best, *others]
    next_one = next((ear for ear in asked[1:] if ear.hears), None)
    answers = [ear for ear in (best, next_one) if ear and ear.hears and ear.understands]
    assert len(earshot.published) == len(answers)
    sessions = sum(member.sessions for member in earshot.members.values())
    assert sessions == 1 + (next_one is not None)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    ears=EARS,
    loss=st.floats(0.0, 1.0),
    slowest=st.floats(0.01, 0.3),
    lose=st.sampled_from([(Bid,), (Bid, Take, Alive, Done)]),
)
def test_whoever_is_not_understood_the_command_is_obeyed_once(
    seed: int,
    ears: list[Ears],
    loss: float,
    slowest: float,
    lose: tuple[type[GroupMessage], ...],
) -> None:
    most_lost = None if lose == (Bid,) else 2
    network = Network(
        Random(seed),
        slowest=slowest,
        loss=loss,
        most_lost=most_lost,
        twice=0.1,
        lose=lose,
    )
    earshot = spoken_to(ears, network)

    assert len(earshot.first) <= 1
    if all(ear.hears and ear.understands for ear in ears):
        assert earshot.executed


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), ears=EARS, slowest=st.floats(0.3, 2.0))
def test_in_whatever_order_messages_arrive_everybody_is_done_with_the_word(
    seed: int, ears: list[Ears], slowest: float
) -> None:
    earshot = spoken_to(ears, Network(Random(seed), slowest=slowest))

    for member in earshot.members.values():
        assert member.outcomes
        assert not member.machine.disputed
        assert member.machine.turn is None


# --- two people ---


def whose(frames: Sequence[Frame]) -> bytes:
    """Make a print that is the voice itself."""
    return frames[-1].pcm[:1]


TOLD_APART = Voices(whose, lambda ours, theirs: ours == theirs)
MISTAKEN = Voices(whose, lambda _ours, _theirs: False)


# Some of hers and some of his are near enough to be one word, and others are not.
@example(seed=1908, hers=[0, 0], his=[0, 0], between=0.40625)
@example(seed=0, hers=[0], his=[0], between=0.5)
@example(seed=0, hers=[0], his=[0], between=0.59375)
@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    hers=st.lists(st.integers(-300, 300), min_size=1, max_size=3),
    his=st.lists(st.integers(-300, 300), min_size=1, max_size=3),
    between=st.floats(0.0, 1.5),
)
def test_two_people_at_the_same_moment_are_both_obeyed(
    seed: int, hers: list[int], his: list[int], between: float
) -> None:
    names = NAMES[: len(hers) + len(his)]
    random = Random(seed)
    earshot = Earshot(names, Network(random), TOLD_APART)
    for n, (name, level) in enumerate(zip(names, [*hers, *his], strict=True)):
        member = earshot.members[name]
        said, voice, text = 0.0, b"her", "turn on the light"
        if n >= len(hers):
            said, voice, text = between, b"\1is", "play some music"
        earshot.later(
            said + random.uniform(0, 0.15),
            lambda m=member, at=level / 10, t=text, v=voice: m.wakes(at, t, v),  # type: ignore[misc]  # mypy infers no default
        )
    earshot.run(LONG)

    obeyed = [o.transcript.text for o in earshot.executed if o.transcript]
    assert sorted(obeyed) == ["play some music", "turn on the light"]


def his_waits_for_hers() -> tuple[Earshot, Member]:
    """His command is recognized, and hers is not told yet."""
    earshot = Earshot(NAMES[:2], Network(Random(1)), TOLD_APART)
    hers, his = earshot.members.values()
    hers.wakes(3.0, "turn on the light", said=1.5)
    his.wakes(1.0, "play some music", voice=b"\1is", said=0.9)
    earshot.run(2.0)
    assert not his.finals
    return earshot, his


def test_a_command_that_waits_for_anothers_is_kept_where_the_link_fails() -> None:
    earshot, his = his_waits_for_hers()

    assert his.machine.turn is not None
    turn_id = his.machine.turn.id
    his.happens(RecognizerFailed(turn_id, Reason.ASR_UNREACHABLE, transient=False))
    earshot.run(LONG)

    obeyed = [o.transcript.text for o in earshot.executed if o.transcript]
    assert sorted(obeyed) == ["play some music", "turn on the light"]


def test_a_command_that_waits_for_anothers_is_not_late_meanwhile() -> None:
    _, his = his_waits_for_hers()

    assert not his.final_due


def test_what_a_command_lacks_that_waits_for_anothers_is_due_behind_that() -> None:
    earshot = Earshot(NAMES[:2], Network(Random(1)), TOLD_APART)
    hers, his = earshot.members.values()
    hers.wakes(3.0, "turn on the light", said=2.1)
    his.wakes(1.0, "play some music", voice=b"\1is", said=0.9)
    his.recognized = [1.2, LONG]
    earshot.run(1.45)
    his.goes_on(0.3)
    earshot.run(1.45)
    held_back = not his.final_due

    earshot.run(1.0)

    assert held_back
    assert not his.finals
    assert his.final_due


def test_a_command_waits_for_anothers_no_longer_than_there_is_sound() -> None:
    _, his = his_waits_for_hers()

    his.happens(MicrophoneLost())

    assert [o.transcript.text for o in his.finals if o.transcript] == [
        "play some music"
    ]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    levels=st.lists(st.integers(-300, 300), min_size=2, max_size=5, unique=True),
)
def test_one_person_whose_prints_are_taken_for_two_is_obeyed_once(
    seed: int, levels: list[int]
) -> None:
    names = NAMES[: len(levels)]
    random = Random(seed)
    earshot = Earshot(names, Network(random), MISTAKEN)
    for name, level in zip(names, levels, strict=True):
        member = earshot.members[name]
        earshot.later(
            random.uniform(0, 0.15),
            lambda m=member, at=level / 10: m.wakes(at, "turn on the light"),  # type: ignore[misc]  # mypy infers no default
        )
    earshot.run(LONG)

    assert len(earshot.executed) == 1


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    levels=st.lists(st.integers(-300, 300), min_size=2, max_size=2, unique=True),
    loss=st.floats(0.0, 0.9),
)
def test_that_one_is_obeyed_once_too_where_of_two_messages_one_arrives(
    seed: int, levels: list[int], loss: float
) -> None:
    random = Random(seed)
    network = Network(random, loss=loss, most_lost=1)
    earshot = Earshot(NAMES[:2], network, MISTAKEN)
    for name, level in zip(NAMES, levels, strict=False):
        member = earshot.members[name]
        earshot.later(
            random.uniform(0, 0.15),
            lambda m=member, at=level / 10: m.wakes(at, "turn on the light"),  # type: ignore[misc]  # mypy infers no default
        )
    earshot.run(LONG)

    assert len(earshot.executed) == 1
