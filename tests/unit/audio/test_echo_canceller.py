"""Our own voice in what is heard while we speak, and what is left of it."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.echo_canceller import EchoCanceller
from auricle.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.audio.speexdsp import EchoFilter
from rigs.audio.echoes import echo_of, stretches
from rigs.audio.speech import frames, mix, noise, say, silence

ANSWER = say("The lights in the living room and in the kitchen are turned off now.")
LONG = ANSWER + silence(0.3) + say("Tomorrow it will be sunny, with a light wind.")
SECONDS = len(ANSWER) / 2 / SAMPLE_RATE


class Nothing:
    """A filter that removes nothing, and remembers what it was given as played."""

    def __init__(self) -> None:
        self.played = b""

    def remove(self, heard: bytes, played: bytes) -> bytes:
        self.played += played
        return heard


def hear(
    canceller: EchoCanceller, heard: bytes, said: bytes, *, start: int = 0
) -> list[Frame]:
    """All that is handed on of a sound that is played to its end, and of its echo."""
    told = list(stretches(said))
    out: list[Frame] = []
    for number, frame in enumerate(frames(heard, start=start)):
        while told and told[0][0] <= number:
            out += canceller.play(told.pop(0)[1])
            if not told:
                canceller.end()
        out += canceller.push(frame)
    return out


def power(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, "<i2") / 32768
    return float(10 * np.log10(np.mean(samples**2) + 1e-12))


def left_of(out: list[Frame], heard: bytes, *, since: float, until: float) -> float:
    """Decibels, between two times."""
    first, last = (round(at * SAMPLE_RATE) * 2 for at in (since, until))
    clean = b"".join(frame.pcm for frame in out)
    return power(clean[first:last]) - power(heard[first:last])


@pytest.mark.parametrize("delay", [0.0, 0.04, 0.17, 0.4])
def test_our_voice_is_removed_however_late_it_is_heard(delay: float) -> None:
    canceller = EchoCanceller(EchoFilter())
    for _ in range(2):
        length = SECONDS + delay + 1
        heard = mix(
            echo_of(ANSWER, delay=delay, length=length), noise(length, dbfs=-70)
        )
        out = hear(canceller, heard, ANSWER)
    assert left_of(out, heard, since=delay, until=delay + SECONDS) < -15


def test_the_room_is_known_from_an_earlier_answer_though_the_delay_is_another() -> None:
    canceller = EchoCanceller(EchoFilter())
    for delay in (0.1, 0.35, 0.06):
        heard = echo_of(ANSWER, delay=delay, length=SECONDS + 1)
        out = hear(canceller, mix(heard, noise(SECONDS + 1, dbfs=-70)), ANSWER)
    assert left_of(out, heard, since=0.06, until=1.06) < -15


@pytest.mark.parametrize("clocks", [1e-4, -1e-4])
def test_a_loudspeaker_whose_clock_is_another_is_followed(clocks: float) -> None:
    canceller = EchoCanceller(EchoFilter())
    said = LONG * 3
    length = len(said) / 2 / SAMPLE_RATE + 0.5
    heard = mix(
        echo_of(said, delay=0.1, length=length, clocks=clocks), noise(length, dbfs=-70)
    )
    for _ in range(2):
        out = hear(canceller, heard, said)
    assert left_of(out, heard, since=length - 6, until=length - 1) < -12


def test_a_sound_that_is_held_up_is_found_again() -> None:
    canceller = EchoCanceller(EchoFilter())
    said = LONG * 2
    seconds = len(said) / 2 / SAMPLE_RATE
    echo = echo_of(said, delay=0.1, length=seconds + 0.2)
    middle = round(seconds / 3) * SAMPLE_RATE * 2
    heard = echo[:middle] + silence(0.3) + echo[middle:] + silence(0.5)
    out = hear(canceller, mix(heard, noise(seconds + 1, dbfs=-70)), said)
    assert left_of(out, heard, since=seconds - 3, until=seconds) < -10


def test_a_person_who_speaks_at_the_same_time_stays() -> None:
    canceller = EchoCanceller(EchoFilter())
    echo = mix(
        echo_of(ANSWER, delay=0.1, length=SECONDS + 0.5), noise(SECONDS, dbfs=-70)
    )
    hear(canceller, echo, ANSWER)
    person = silence(1.5) + say("stop that please", voice="en-gb")
    out = hear(canceller, mix(echo, person), ANSWER)
    clean = b"".join(frame.pcm for frame in out)
    voice = slice(round(1.5 * SAMPLE_RATE) * 2, len(person))
    a, b = (
        np.frombuffer(pcm[voice], "<i2").astype(float)
        for pcm in (clean.ljust(len(person), b"\0"), person)
    )
    assert np.corrcoef(a, b)[0, 1] > 0.9


def test_where_nothing_of_us_is_heard_frames_go_on_as_they_are() -> None:
    canceller = EchoCanceller(EchoFilter())
    heard = noise(SECONDS, dbfs=-50)
    for _ in range(2):
        out = hear(canceller, heard, ANSWER)
        assert [frame.pcm for frame in out] == [frame.pcm for frame in frames(heard)]


def test_frames_wait_for_the_beginning_of_an_answer_and_no_longer() -> None:
    canceller = EchoCanceller(EchoFilter())
    heard = frames(mix(echo_of(ANSWER, delay=0.1, length=2), noise(2, dbfs=-70)))
    canceller.play(ANSWER)
    released = [len(canceller.push(frame)) for frame in heard]
    catching_up = max(released)
    assert 0.35 < catching_up * 0.03 < 0.85
    assert set(released[released.index(catching_up) + 1 :]) == {1}


def test_frames_do_not_wait_for_a_loudspeaker_that_is_not_heard_a_second_time() -> None:
    canceller = EchoCanceller(EchoFilter())
    hear(canceller, noise(SECONDS + 2, dbfs=-60), ANSWER)
    canceller.play(ANSWER)
    assert all(len(canceller.push(f)) == 1 for f in frames(noise(1, dbfs=-60)))


def test_silence_that_is_played_costs_nothing_and_holds_nothing_up() -> None:
    nothing = Nothing()
    heard = frames(noise(3, dbfs=-50))
    canceller = EchoCanceller(nothing)
    canceller.play(silence(3))
    assert [canceller.push(frame) for frame in heard] == [[frame] for frame in heard]
    assert not nothing.played


def test_what_was_broken_off_is_not_subtracted() -> None:
    canceller = EchoCanceller(EchoFilter())
    echo = mix(
        echo_of(ANSWER, delay=0.1, length=SECONDS + 1), noise(SECONDS + 1, dbfs=-70)
    )
    hear(canceller, echo, ANSWER)
    broken_off = 2 * round(1.8 * SAMPLE_RATE) // 960 * 960
    quiet = noise(1, dbfs=-70)
    canceller.play(ANSWER)
    for frame in frames(echo[:broken_off]):
        canceller.push(frame)
    canceller.end()
    rest = [
        out.pcm
        for frame in frames(quiet, start=broken_off // 2)
        for out in canceller.push(frame)
    ]
    assert power(b"".join(rest[3:])) < -65


def test_it_is_over_when_its_echo_is() -> None:
    canceller = EchoCanceller(EchoFilter())
    heard = mix(echo_of(ANSWER, delay=0.1, length=SECONDS + 3), noise(1, dbfs=-70))
    hear(canceller, heard[: round((SECONDS + 0.3) * SAMPLE_RATE) * 2], ANSWER)
    assert canceller.active
    hear(canceller, silence(1), b"", start=round((SECONDS + 0.3) * SAMPLE_RATE))
    assert not canceller.active


def test_where_it_is_known_how_late_we_are_heard_each_sample_has_its_place() -> None:
    canceller = EchoCanceller(EchoFilter())
    assert canceller.heard_between(0) is None
    canceller.play(ANSWER)
    heard = frames(mix(echo_of(ANSWER, delay=0.1, length=2), noise(2, dbfs=-70)))
    canceller.push(heard[0])
    unknown = canceller.heard_between(8000)
    assert unknown is not None
    assert unknown[0] < 8000 + 1600 < unknown[1]
    for frame in heard[1:]:
        canceller.push(frame)
    known = canceller.heard_between(8000)
    assert known is not None
    assert known == pytest.approx((9600, 9600), abs=8)


def test_it_tells_how_much_is_left_of_what_was_heard() -> None:
    canceller = EchoCanceller(EchoFilter())
    length = SECONDS + 1
    echo = mix(echo_of(ANSWER, delay=0.1, length=length), noise(length, dbfs=-70))
    assert canceller.left_before(SAMPLE_RATE) == 1
    hear(canceller, echo, ANSWER)
    start = len(frames(echo)) * FRAME_SAMPLES
    hear(canceller, echo[: SAMPLE_RATE * 4], ANSWER, start=start)
    assert canceller.left_before(start + 2 * SAMPLE_RATE) < 0.01
    # As long ago as nothing of us was heard yet.
    assert canceller.left_before(start + FRAME_SAMPLES) == pytest.approx(1, abs=0.1)
    canceller.reset()
    assert canceller.left_before(start + 2 * SAMPLE_RATE) == 1


def test_a_second_answer_lets_go_of_what_waited_for_the_first() -> None:
    canceller = EchoCanceller(EchoFilter())
    canceller.play(ANSWER)
    heard = frames(noise(0.3, dbfs=-50))
    assert [out for frame in heard for out in canceller.push(frame)] == []
    canceller.end()
    assert canceller.play(ANSWER) == heard


_STEPS = st.lists(
    st.one_of(
        st.sampled_from(["end", "release"]),
        st.integers(0, 9000).map(lambda samples: ("play", samples)),
        st.integers(1, 40).map(lambda frames: ("hear", frames)),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(_STEPS)
def test_in_any_order_of_sounds_and_frames_each_frame_goes_on_once_and_in_order(
    steps: list[str | tuple[str, int]],
) -> None:
    canceller = EchoCanceller(Nothing())
    said, heard = itertools.cycle(frames(LONG)), itertools.count()
    out: list[Frame] = []
    for step in steps:
        match step:
            case "end":
                canceller.end()
            case "play", samples:
                pcm = b"".join(next(said).pcm for _ in range(samples // FRAME_SAMPLES))
                out += canceller.play(pcm + bytes(samples % FRAME_SAMPLES * 2))
            case "hear", number:
                for _ in range(number):
                    frame = Frame(next(said).pcm, next(heard) * FRAME_SAMPLES)
                    out += canceller.push(frame)
            case _:
                out += canceller.release()
    out += canceller.release()
    assert [frame.start // FRAME_SAMPLES for frame in out] == list(range(next(heard)))


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 9000), min_size=1), st.integers(3200, 8000))
def test_however_what_is_played_is_cut_the_same_is_removed(
    cuts: list[int], ahead: int
) -> None:
    said = LONG[: SAMPLE_RATE * 4]
    heard = frames(echo_of(said, delay=0.1, length=2.5))

    def played(pieces: list[bytes]) -> bytes:
        nothing = Nothing()
        canceller = EchoCanceller(nothing)
        told = 0
        for frame in heard:
            while pieces and told < frame.end + ahead:
                told += len(pieces[0]) // 2
                canceller.play(pieces.pop(0))
            canceller.push(frame)
        return nothing.played

    def cut() -> list[bytes]:
        rest, pieces = said, []
        for size in itertools.cycle(cuts):
            pieces.append(rest[: 2 * size])
            rest = rest[2 * size :]
            if not rest:
                return pieces
        return pieces

    assert played(cut()) == played([said])
