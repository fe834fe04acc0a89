"""Cutting long recordings where nobody speaks."""

from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.utterances import LONGEST, cut


def frames(*stretches: tuple[float, bool]) -> list[tuple[Frame, bool]]:
    """Stretches of (seconds, speech) in a row."""
    speech = [
        is_speech
        for seconds, is_speech in stretches
        for _ in range(round(seconds / FRAME_SECONDS))
    ]
    return [
        (Frame(bytes(FRAME_BYTES), n * FRAME_SAMPLES), is_speech)
        for n, is_speech in enumerate(speech)
    ]


def seconds(utterance: list[Frame]) -> float:
    return sum(frame.seconds for frame in utterance)


def test_a_short_recording_is_one_utterance() -> None:
    (utterance,) = cut(frames((1, False), (3, True), (10, False)))

    assert round(seconds(utterance)) == 14


def test_a_long_one_is_cut_in_the_pause() -> None:
    first, _ = cut(frames((42, True), (0.6, False), (20, True)))

    assert 42.0 < seconds(first) < 42.6


def test_without_a_pause_it_is_cut_before_the_recognizer_refuses_it() -> None:
    utterances = list(cut(frames((130, True))))

    assert len(utterances) == 3
    assert max(map(seconds, utterances)) <= LONGEST + FRAME_SECONDS


def test_nothing_is_no_utterance() -> None:
    assert list(cut([])) == []


@given(st.lists(st.tuples(st.floats(0.03, 30), st.booleans()), max_size=12))
def test_every_frame_is_in_one_utterance(stretches: list[tuple[float, bool]]) -> None:
    recording = frames(*stretches)

    pieces = [frame for utterance in cut(recording) for frame in utterance]

    assert pieces == [frame for frame, _ in recording]
