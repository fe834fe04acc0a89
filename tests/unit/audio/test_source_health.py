from itertools import pairwise

import numpy as np
import pytest

from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.audio.source_health import LevelWatch, PaceWatch, SourceHealth
from rigs.audio.speech import frames, noise, silence


def watched(*sounds: bytes) -> SourceHealth:
    watch = LevelWatch()
    for sound in sounds:
        for frame in frames(sound):
            watch.watch(frame)
    return watch.health


def clipped(seconds: float) -> bytes:
    frame = np.zeros(FRAME_SAMPLES, "<i2")
    frame[7] = -32768
    return frame.tobytes() * round(seconds / 0.03)


def test_neighbors_whose_bytes_look_like_an_extreme_sample_are_no_clipping() -> None:
    # 0x??ff, 0x??7f: the bytes of 32767 across two samples.
    neighbors = np.tile(np.array([-256, 127], "<i2"), FRAME_SAMPLES // 2).tobytes()
    assert watched(neighbors * 1000) is SourceHealth.GOOD


def test_a_quiet_room_is_good() -> None:
    assert watched(noise(20, dbfs=-75)) is SourceHealth.GOOD


def test_exact_zeros_are_good_for_less_than_ten_seconds() -> None:
    assert watched(noise(1, dbfs=-75), silence(9.9)) is SourceHealth.GOOD


def test_exact_zeros_for_ten_seconds_are_not_a_room() -> None:
    assert watched(noise(1, dbfs=-75), silence(10)) is SourceHealth.ZEROS


def test_the_first_sound_after_zeros_is_good_again() -> None:
    assert watched(silence(60), noise(0.03, dbfs=-75)) is SourceHealth.GOOD


def test_a_loud_bang_is_not_yet_a_wrong_gain() -> None:
    assert watched(noise(1, dbfs=-60), clipped(0.5)) is SourceHealth.GOOD


def test_full_scale_again_and_again_is_clipping() -> None:
    shouting = (clipped(0.3), noise(0.6, dbfs=-20))
    assert watched(*shouting * 20) is SourceHealth.CLIPPING


def test_clipping_is_over_some_time_after_the_last_one() -> None:
    assert watched(clipped(20), noise(30, dbfs=-30)) is SourceHealth.GOOD


@pytest.mark.parametrize("peak", [32767, -32767, -32768])
def test_both_ends_of_the_scale_count(peak: int) -> None:
    watch = LevelWatch()
    for _ in range(100):
        watch.watch(Frame(np.full(FRAME_SAMPLES, peak, "<i2").tobytes(), 0))
    assert watch.health is SourceHealth.CLIPPING


def test_one_word_more_or_less_is_no_news_of_clipping() -> None:
    watch = LevelWatch()
    told = []
    # At the limit: a frame in ten, with a random beat.
    for n in range(3000):
        clips = (n * 7919) % 101 < 10
        for frame in frames(clipped(0.03) if clips else noise(0.03, dbfs=-30)):
            watch.watch(frame)
        told.append(watch.health)
    changes = sum(a is not b for a, b in pairwise(told))
    assert changes <= 2


def recorded(*sounds: bytes) -> SourceHealth:
    watch = LevelWatch(recorded=True)
    for sound in sounds:
        for frame in frames(sound):
            watch.watch(frame)
    watch.end()
    return watch.health


def test_a_recording_may_hold_any_silence_between_its_sounds() -> None:
    assert recorded(noise(1, dbfs=-40), silence(60)) is SourceHealth.GOOD
    assert recorded(silence(60), noise(1, dbfs=-40)) is SourceHealth.GOOD


@pytest.mark.parametrize("seconds", [0.03, 1, 60])
def test_a_recording_of_nothing_but_zeros_is_one_however_short(seconds: float) -> None:
    assert recorded(silence(seconds)) is SourceHealth.ZEROS


def test_zeros_at_the_start_of_a_recording_are_told_before_its_end() -> None:
    watch = LevelWatch(recorded=True)
    for frame in frames(silence(11)):
        watch.watch(frame)
    assert watch.health is SourceHealth.ZEROS


@pytest.mark.parametrize("seconds", [0.3, 1, 60])
def test_a_recording_that_clips_is_one_however_short(seconds: float) -> None:
    assert recorded(clipped(seconds)) is SourceHealth.CLIPPING


def test_nothing_at_all_is_no_fault_of_the_sound() -> None:
    assert recorded() is SourceHealth.GOOD


def outruns(blocks: list[tuple[float, float]]) -> bool:
    """Blocks as (seconds of sound, seconds since the block before)."""
    watch = PaceWatch()
    return any(watch.outruns(sound, elapsed) for sound, elapsed in blocks)


def test_real_time_is_no_faster_than_real_time() -> None:
    assert not outruns([(0.03, 0.03)] * 10_000)


def test_a_crystal_is_never_exact() -> None:
    assert not outruns([(0.03, 0.0297)] * 100_000)


def test_a_tenth_too_fast_is_noticed_within_a_minute_or_two() -> None:
    assert outruns([(0.03, 0.03)] * 1000 + [(0.03, 0.03 / 1.1)] * 3000)


def test_a_device_of_nothing_is_noticed_after_a_second_of_its_sound() -> None:
    assert outruns([(0.03, 0.00002)] * 40)


@pytest.mark.parametrize("seconds", [2.0, 20.0, 3600.0])
def test_sound_that_waited_is_late_and_not_fast(seconds: float) -> None:
    real_time = [(0.03, 0.03)] * 1000
    waited = [(0.03, seconds), *[(0.03, 0.0)] * round(seconds / 0.03)]
    assert not outruns(real_time + waited + real_time)


def test_a_device_of_nothing_is_noticed_after_a_second_behind_what_had_waited() -> None:
    waited = [(0.03, 20.0), *[(0.03, 0.0)] * 666]
    nothing = [(0.03, 0.00002)] * 140
    assert not outruns(waited)
    assert outruns(waited + nothing)
