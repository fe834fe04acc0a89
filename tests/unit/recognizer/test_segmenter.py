from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.qwen_asr.events import ServerVad
from auricle.recognizer.intake import (
    LOOK_BACK,
    SegmentEnded,
    SegmentEvent,
    SegmentStarted,
)
from auricle.recognizer.segmenter import VadSegmenter
from rigs.audio.speech import mix, noise, say, silence

SECOND = 16_000
COMMAND = say("turn on the kitchen light")
STOP = say("stop")
ROOM = noise(20, dbfs=-45)


def seconds(pcm: bytes) -> float:
    return len(pcm) / 2 / SECOND


def in_room(*sounds: bytes) -> bytes:
    sound = b"".join(sounds)
    return mix(sound, ROOM[: len(sound)])


DEFAULT = ServerVad()


def segments(pcm: bytes, vad: ServerVad = DEFAULT) -> list[tuple[float, float]]:
    """Starts and ends in seconds, the last one flushed."""
    segmenter = VadSegmenter(vad)
    events = segmenter.push(pcm) + segmenter.flush()
    starts = [event.start for event in events if isinstance(event, SegmentStarted)]
    ends = [event.end for event in events if isinstance(event, SegmentEnded)]
    return [(s / SECOND, e / SECOND) for s, e in zip(starts, ends, strict=True)]


def test_a_command_is_one_segment_that_holds_all_of_it() -> None:
    [(start, end)] = segments(in_room(silence(1), COMMAND, silence(2)))
    assert 0.5 <= start <= 1
    assert end >= 1 + seconds(COMMAND)


def test_a_segment_ends_after_the_silence_that_was_asked_for() -> None:
    sound = in_room(silence(1), COMMAND, silence(4))
    spoken = 1 + seconds(COMMAND)
    for silence_ms in (200, 800, 2000):
        [(_, end)] = segments(sound, ServerVad(silence_duration_ms=silence_ms))
        assert end - spoken == pytest.approx(silence_ms / 1000, abs=0.15)


def test_a_pause_shorter_than_the_silence_does_not_split() -> None:
    sound = in_room(silence(1), COMMAND, silence(0.6), COMMAND, silence(2))
    assert len(segments(sound, ServerVad(silence_duration_ms=800))) == 1
    assert len(segments(sound, ServerVad(silence_duration_ms=400))) == 2


def test_one_syllable_is_heard() -> None:
    assert len(segments(in_room(silence(1), STOP, silence(2)))) == 1


def test_speech_from_the_first_sample_on_is_heard_from_there() -> None:
    [(start, _)] = segments(COMMAND + silence(2))
    assert start == 0


@pytest.mark.parametrize("threshold", [0.0, 0.2, 1.0])
def test_a_noisy_room_is_no_speech(threshold: float) -> None:
    assert segments(noise(20, dbfs=-30), ServerVad(threshold=threshold)) == []


def test_a_lower_threshold_hears_a_fainter_voice() -> None:
    voice = in_room(silence(2), COMMAND, silence(2))
    sound = mix(voice, noise(seconds(voice), dbfs=-24, seed=5))
    assert segments(sound, ServerVad(threshold=-0.2))
    assert not segments(sound, ServerVad(threshold=1.0))


def test_flush_ends_an_open_segment_at_the_last_sample() -> None:
    segmenter = VadSegmenter(ServerVad())
    sound = in_room(silence(1), COMMAND)[:-2]
    assert [type(event) for event in segmenter.push(sound)] == [SegmentStarted]
    assert segmenter.flush() == [SegmentEnded(len(sound) // 2)]
    assert segmenter.flush() == []


def test_positions_go_on_after_a_flush() -> None:
    segmenter = VadSegmenter(ServerVad())
    first = in_room(silence(1), COMMAND)
    segmenter.push(first)
    segmenter.flush()
    events = segmenter.push(in_room(silence(2), COMMAND, silence(2)))
    starts = [event.start for event in events if isinstance(event, SegmentStarted)]
    assert len(starts) == 1
    assert starts[0] / SECOND == pytest.approx(seconds(first) + 2, abs=0.5)


CONVERSATION = in_room(silence(0.5), COMMAND, silence(1), STOP, silence(1.2), COMMAND)


@settings(max_examples=30)
@given(st.lists(st.integers(0, len(CONVERSATION) // 2), max_size=30))
def test_how_the_audio_is_split_changes_nothing(cuts: list[int]) -> None:
    segmenter = VadSegmenter(ServerVad(silence_duration_ms=400))
    events: list[SegmentEvent] = []
    edges = [0, *sorted(cuts), len(CONVERSATION) // 2]
    for start, end in pairwise(edges):
        events += segmenter.push(CONVERSATION[2 * start : 2 * end])
    whole = VadSegmenter(ServerVad(silence_duration_ms=400))
    assert events == whole.push(CONVERSATION)


sounds = st.lists(
    st.tuples(st.sampled_from([COMMAND, STOP, silence(2)]), st.integers(1, 32_000)),
    max_size=12,
).map(lambda parts: b"".join(sound[: 2 * length] for sound, length in parts))


@settings(max_examples=60)
@given(sounds, st.floats(-1, 1), st.integers(200, 6000))
def test_segments_alternate_do_not_overlap_and_are_reported_in_time(
    sound: bytes, threshold: float, silence_ms: int
) -> None:
    segmenter = VadSegmenter(ServerVad(threshold, silence_ms))
    pushed = last_end = 0
    started: int | None = None
    for at in range(0, len(sound), 640):
        chunk = sound[at : at + 640]
        pushed += len(chunk) // 2
        for event in segmenter.push(chunk):
            if isinstance(event, SegmentStarted):
                assert started is None
                assert max(last_end, pushed - LOOK_BACK * SECOND) <= event.start
                started = event.start
            else:
                assert started is not None
                assert started < event.end <= pushed
                started, last_end = None, event.end
