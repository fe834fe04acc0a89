from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.files.recording import read_recording
from auricle.qwen_asr.events import ServerVad
from auricle.recognizer.intake import (
    LOOK_BACK,
    SegmentEnded,
    SegmentEvent,
    SegmentPaused,
    SegmentResumed,
    SegmentStarted,
)
from auricle.recognizer.segmenter import VadSegmenter
from rigs.audio.recordings import needs_people, people
from rigs.audio.speech import mix, noise, say, silence, to_pcm
from rigs.uninstalled import without_silero

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


@pytest.fixture(params=["silero", "webrtc"])
def _either_detector(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if request.param == "webrtc":
        without_silero(monkeypatch)


either_detector = pytest.mark.usefixtures("_either_detector")


def segments(pcm: bytes, vad: ServerVad = DEFAULT) -> list[tuple[float, float]]:
    """Starts and ends in seconds, the last one flushed."""
    segmenter = VadSegmenter(vad)
    events = segmenter.push(pcm) + segmenter.flush()
    starts = [event.start for event in events if isinstance(event, SegmentStarted)]
    ends = [event.noticed for event in events if isinstance(event, SegmentEnded)]
    return [(s / SECOND, e / SECOND) for s, e in zip(starts, ends, strict=True)]


def last_end(pcm: bytes, vad: ServerVad) -> tuple[float, float]:
    """Where what is recognized ends, and when that is noticed, in seconds."""
    segmenter = VadSegmenter(vad)
    events = segmenter.push(pcm) + segmenter.flush()
    last = [event for event in events if isinstance(event, SegmentEnded)][-1]
    return last.end / SECOND, last.noticed / SECOND


@either_detector
def test_a_command_is_one_segment_that_holds_all_of_it() -> None:
    [(start, end)] = segments(in_room(silence(1), COMMAND, silence(2)))
    assert 0.5 <= start <= 1
    assert end >= 1 + seconds(COMMAND)


@either_detector
def test_a_segment_ends_after_the_silence_that_was_asked_for() -> None:
    sound = in_room(silence(1), COMMAND, silence(4))
    spoken = 1 + seconds(COMMAND)
    for silence_ms in (200, 800, 2000):
        [(_, end)] = segments(sound, ServerVad(silence_duration_ms=silence_ms))
        assert end - spoken == pytest.approx(silence_ms / 1000, abs=0.15)


@either_detector
def test_a_pause_shorter_than_the_silence_does_not_split() -> None:
    sound = in_room(silence(1), COMMAND, silence(0.6), COMMAND, silence(2))
    assert len(segments(sound, ServerVad(silence_duration_ms=800))) == 1
    assert len(segments(sound, ServerVad(silence_duration_ms=400))) == 2


def test_what_is_said_is_known_before_the_silence_is_over_and_stays_so() -> None:
    segmenter = VadSegmenter(ServerVad(silence_duration_ms=800))
    sound = in_room(silence(1), COMMAND, silence(2))
    told: list[tuple[float, SegmentEvent]] = []
    for at in range(0, len(sound), 640):
        now = (at + 640) / 2 / SECOND
        told += [(now, event) for event in segmenter.push(sound[at : at + 640])]
    *_, (paused_at, paused), (ended_at, ended) = told
    assert isinstance(paused, SegmentPaused)
    assert isinstance(ended, SegmentEnded)
    assert paused.end == ended.end
    assert paused_at - paused.end / SECOND < 0.1
    assert ended_at - paused_at == pytest.approx(0.65, abs=0.05)


def test_who_goes_on_behind_a_short_pause_takes_it_back() -> None:
    segmenter = VadSegmenter(ServerVad(silence_duration_ms=800))
    sound = in_room(silence(1), COMMAND, silence(0.5), COMMAND, silence(2))
    kinds = [type(event) for event in segmenter.push(sound)]
    assert kinds[0] is SegmentStarted
    assert kinds[-2:] == [SegmentPaused, SegmentEnded]
    assert kinds[1:-2] == [SegmentPaused, SegmentResumed] * (len(kinds[1:-2]) // 2)
    assert SegmentResumed in kinds


@either_detector
def test_one_syllable_is_heard() -> None:
    assert len(segments(in_room(silence(1), STOP, silence(2)))) == 1


@either_detector
def test_speech_from_the_first_sample_on_is_heard_from_there() -> None:
    [(start, _)] = segments(COMMAND + silence(2))
    assert start == 0


@either_detector
@pytest.mark.parametrize("threshold", [0.0, 0.2, 1.0])
def test_a_noisy_room_is_no_speech(threshold: float) -> None:
    assert segments(noise(20, dbfs=-30), ServerVad(threshold=threshold)) == []


@either_detector
def test_what_is_louder_than_the_room_may_have_been_missed_and_a_steady_room_not() -> (
    None
):
    for sound, missed in (
        (silence(3), False),
        (noise(5, dbfs=-50), False),
        (in_room(silence(2), COMMAND, silence(1)), True),
    ):
        segmenter = VadSegmenter(DEFAULT)
        segmenter.push(sound)
        assert segmenter.missed is missed


@either_detector
def test_a_lower_threshold_hears_more_of_a_fainter_voice() -> None:
    voice = in_room(silence(2), COMMAND, silence(2))
    sound = mix(voice, noise(seconds(voice), dbfs=-18, seed=5))
    heard = [
        sum(end - start for start, end in segments(sound, ServerVad(threshold, 200)))
        for threshold in (-1.0, 0.0, 1.0)
    ]
    assert heard == sorted(heard, reverse=True)
    assert heard[0] > heard[-1]


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("lead_in", [0.0, 1.0])
def test_at_any_threshold_a_command_in_noise_is_one_segment_that_ends(
    threshold: float, lead_in: float
) -> None:
    sound = b"".join([silence(lead_in), COMMAND, silence(3)])
    room = mix(sound, noise(seconds(sound), dbfs=-30, seed=7))
    [(start, end)] = segments(room, ServerVad(threshold, 400))
    spoken = lead_in + seconds(COMMAND)
    assert start <= max(0.1, lead_in)
    assert spoken <= end <= spoken + 1.0


@needs_people
@pytest.mark.parametrize("threshold", [-1.0, -0.6, 0.0, 1.0])
def test_at_any_threshold_what_people_say_in_a_kitchen_ends_and_is_not_cut(
    threshold: float,
) -> None:
    [kitchen] = people("noise/kitchen*")
    room = read_recording(kitchen)
    open_still, cut = [], []
    recordings = people("commands/coffee/*.flac")[::12]
    for number, recording in enumerate(recordings):
        voice = read_recording(recording)
        sound = silence(0.5) + voice + silence(2)
        behind = np.frombuffer(room[number * 64_000 :][: len(sound)], "<i2")
        softer = level(voice) / level(behind.tobytes()) * 10 ** (-10 / 20)
        in_kitchen = mix(sound, to_pcm(behind / 32768 * softer))
        end, noticed = last_end(in_kitchen, ServerVad(threshold, 800))
        if noticed >= seconds(sound):
            open_still.append(recording.name)
        elif end < end_of_loud(sound):
            cut.append(recording.name)
    assert len(recordings) == 10
    assert open_still == []
    assert cut == []


def end_of_loud(pcm: bytes) -> float:
    return edges_of_loud(pcm)[1]


def edges_of_loud(pcm: bytes) -> tuple[float, float]:
    """Where it is within 20 dB of the loudest, first and last, in seconds."""
    step = SECOND // 50
    samples = np.frombuffer(pcm, "<i2").astype(float)
    levels = np.mean(samples[: len(samples) // step * step].reshape(-1, step) ** 2, 1)
    (heard,) = np.nonzero(levels > np.max(levels) / 100)
    return float(heard[0] / 50), float((heard[-1] + 1) / 50)


def level(pcm: bytes) -> float:
    return float(np.sqrt(np.mean(np.frombuffer(pcm, "<i2").astype(float) ** 2)))


def talk(seconds: float, *, below_db: float) -> bytes:
    """Six people who talk at once and all the time."""
    voices = ("en-us", "en-gb", "en-us+f3", "en-gb+m4", "en-gb-scotland+f2", "en-us+m7")
    said = "it was the best of times, it was the worst of times, it was the age of"
    length = round(seconds * SECOND)
    total = np.zeros(length)
    for number, voice in enumerate(voices):
        one = say(said, voice=voice, words_per_minute=120 + 9 * number)
        samples = np.frombuffer(one[: len(one) // 2 * 2], "<i2").astype(float)
        total += np.resize(np.roll(samples, 7000 * number), length)
    loudness = np.sqrt(np.mean(np.frombuffer(COMMAND, "<i2").astype(float) ** 2))
    wanted = loudness / 32768 * 10 ** (-below_db / 20)
    return to_pcm(total * wanted / np.sqrt(np.mean(total**2)))


@pytest.mark.parametrize("lead_in", [0.0, 3.0])
def test_talk_in_the_room_neither_holds_a_command_open_nor_begins_another(
    lead_in: float,
) -> None:
    spoken = lead_in + seconds(COMMAND)
    sound = mix(silence(lead_in) + COMMAND + silence(8), talk(spoken + 8, below_db=12))
    found = segments(sound, ServerVad(0.0, 400))
    [(_, end)] = [(start, end) for start, end in found if start < spoken][-1:]
    assert end <= spoken + 2.0
    assert [start for start, _ in found if start >= spoken] == []


def test_a_session_that_begins_in_talk_takes_none_of_it_for_an_utterance() -> None:
    assert segments(talk(8, below_db=12), ServerVad(0.0, 400)) == []


def test_what_may_be_somebody_is_not_dropped_at_the_end() -> None:
    segmenter = VadSegmenter(ServerVad())
    sound = talk(1.0, below_db=12)
    assert segmenter.push(sound) == []
    assert [type(event) for event in segmenter.flush()] == [
        SegmentStarted,
        SegmentEnded,
    ]


def test_of_a_voice_that_was_heard_late_the_beginning_is_in_the_segment() -> None:
    hum = np.sin(np.arange(round(1.2 * SECOND)) * 2 * np.pi * 240 / SECOND)
    sound = in_room(silence(1.5), to_pcm(0.2 * hum), COMMAND, silence(2))
    [(start, end)] = segments(sound)
    assert 1.2 <= start <= 1.5
    assert end >= 2.7 + seconds(COMMAND)
    apart = in_room(silence(0.5), to_pcm(0.2 * hum), silence(1), COMMAND, silence(2))
    [(start, _)] = segments(apart)
    assert start >= 2.3


def echoing(pcm: bytes, *, seconds: float, seed: int) -> bytes:
    """In a room where sound takes so long to fade by 60 dB, far from the speaker."""
    moments = np.arange(round(seconds * SECOND)) / SECOND
    room = np.random.default_rng(seed).normal(0, 10 ** (-3 * moments / seconds))
    dry = np.frombuffer(pcm, "<i2") / 32768
    length = len(dry) + len(room)
    wet = np.fft.irfft(np.fft.rfft(dry, length) * np.fft.rfft(room, length), length)
    wet = wet[: len(dry)]
    return to_pcm(wet * np.sqrt(np.mean(dry**2) / np.mean(wet**2)))


@needs_people
def test_in_a_room_that_echoes_who_goes_on_behind_a_pause_is_heard_in_time() -> None:
    recordings = people("commands/coffee/*.flac")[::4]
    late = 0
    for number, recording in enumerate(recordings):
        command = loud_part(read_recording(recording))
        goes_on = 0.5 + seconds(command) + 0.5
        said = silence(0.5) + command + silence(0.5) + command
        segmenter = VadSegmenter(DEFAULT)
        heard = echoing(said, seconds=0.6, seed=number)
        told = segmenter.push(heard[: round((goes_on + 0.35) * SECOND) * 2])
        spoken = [isinstance(e, SegmentStarted | SegmentResumed) for e in told]
        late += spoken[-1:] != [True]
    assert len(recordings) == 30
    assert late <= 3


def loud_part(pcm: bytes) -> bytes:
    start, end = edges_of_loud(pcm)
    return pcm[round(start * SECOND) * 2 : round(end * SECOND) * 2]


@either_detector
def test_it_is_quiet_before_and_behind_a_command_and_not_in_it() -> None:
    segmenter = VadSegmenter(ServerVad(silence_duration_ms=800))
    told = []
    for sound in (silence(1), COMMAND[: len(COMMAND) // 4 * 2], silence(0.3)):
        segmenter.push(sound)
        told.append(segmenter.quiet)
    assert told == [True, False, True]


@either_detector
def test_a_pause_is_to_be_expected_from_the_last_word_on_until_it_is_one() -> None:
    segmenter = VadSegmenter(ServerVad(silence_duration_ms=800))
    told: list[object] = []
    for sound in (silence(1), COMMAND, *[silence(0.03)] * 30):
        pauses = [e for e in segmenter.push(sound) if isinstance(e, SegmentPaused)]
        told += pauses or [segmenter.about_to_pause]
    [pause] = [at for at, what in enumerate(told) if isinstance(what, SegmentPaused)]
    assert (told[0], told[pause - 1]) == (False, True)
    assert not any(told[pause + 1 :])


def test_flush_ends_an_open_segment_at_the_last_sample() -> None:
    segmenter = VadSegmenter(ServerVad())
    sound = in_room(silence(1), COMMAND)[:-2]
    assert [type(event) for event in segmenter.push(sound)] == [SegmentStarted]
    assert segmenter.flush() == [SegmentEnded(len(sound) // 2, len(sound) // 2)]
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


@cache
def uncut_events() -> list[SegmentEvent]:
    return VadSegmenter(ServerVad(silence_duration_ms=400)).push(CONVERSATION)


@settings(max_examples=30)
@given(st.lists(st.integers(0, len(CONVERSATION) // 2), max_size=30))
def test_how_the_audio_is_split_changes_nothing(cuts: list[int]) -> None:
    segmenter = VadSegmenter(ServerVad(silence_duration_ms=400))
    events: list[SegmentEvent] = []
    edges = [0, *sorted(cuts), len(CONVERSATION) // 2]
    for start, end in pairwise(edges):
        events += segmenter.push(CONVERSATION[2 * start : 2 * end])
    assert events == uncut_events()


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
    paused: int | None = None
    for at in range(0, len(sound), 640):
        chunk = sound[at : at + 640]
        pushed += len(chunk) // 2
        for event in segmenter.push(chunk):
            match event:
                case SegmentStarted(start):
                    assert started is None
                    assert max(last_end, pushed - LOOK_BACK * SECOND) <= start
                    started = start
                case SegmentPaused(end):
                    assert started is not None
                    assert not paused
                    assert started < end <= pushed
                    paused = end
                case SegmentResumed():
                    assert paused
                    paused = None
                case SegmentEnded(end, noticed):
                    assert started is not None
                    assert started < end <= noticed <= pushed
                    assert end == (paused or end)
                    started, last_end, paused = None, noticed, None
