from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.recordings import (
    Recordings,
    Samples,
    levels_db,
    phrase_of,
    speech_level_db,
    voice_of,
)
from benchmarks.turns.spoken_turns import LEAD_IN, TAIL, Room, Stage, with_pause


def tone(seconds: float, *, dbfs: float = -12.0) -> Samples:
    """As loud and as long as a syllable."""
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    peak = 10 ** (dbfs / 20) * np.sqrt(2)
    return np.asarray(peak * np.sin(2 * np.pi * 200 * at), np.float32)


def quiet(seconds: float) -> Samples:
    rng = np.random.default_rng(1)
    return rng.normal(0, 1e-4, round(seconds * SAMPLE_RATE)).astype(np.float32)


def seconds(samples: Samples) -> float:
    return len(samples) / SAMPLE_RATE


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    """Tones for voices, a folder as the benchmarks expect it."""
    said = np.concatenate([tone(0.5), quiet(0.06), tone(0.5, dbfs=-18), quiet(0.5)])
    for name, samples in {
        "wake/alexa/1": np.concatenate([quiet(0.5), tone(0.7), quiet(0.5)]),
        "wake/jarvis/1": np.concatenate([tone(0.4), quiet(0.3)]),
        "commands/coffee/1": said,
        "speech/two_cities": tone(5),
        "noise/kitchen": quiet(5) * 50,
    }.items():
        path = tmp_path / f"{name}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, SAMPLE_RATE)
    return Recordings(tmp_path)


def test_the_voice_is_found_between_silences() -> None:
    voice = voice_of(np.concatenate([quiet(1), tone(0.8), quiet(2)]))
    assert seconds(voice) == pytest.approx(0.8, abs=0.02)


def test_a_click_behind_the_voice_is_not_a_part_of_it() -> None:
    click = tone(0.02)
    voice = voice_of(np.concatenate([tone(0.8), quiet(0.5), click, quiet(0.5)]))
    assert seconds(voice) == pytest.approx(0.8, abs=0.02)


def test_a_soft_consonant_at_the_end_is_a_part_of_the_voice() -> None:
    consonant = tone(0.08, dbfs=-42)
    voice = voice_of(np.concatenate([tone(0.8), quiet(0.06), consonant, quiet(1)]))
    assert seconds(voice) == pytest.approx(0.94, abs=0.02)


def test_a_phrase_is_the_longest_sound_not_the_loudest() -> None:
    knock = tone(0.2, dbfs=-6)
    recording = np.concatenate([knock, quiet(0.4), tone(0.6), quiet(0.5)])
    assert seconds(phrase_of(recording)) == pytest.approx(0.7, abs=0.02)


def test_pauses_do_not_make_a_voice_softer() -> None:
    said = np.concatenate([tone(0.5), quiet(3), tone(0.5)])
    assert speech_level_db(said) == pytest.approx(-12, abs=0.2)


def test_a_turn_says_where_its_parts_are(recordings: Recordings) -> None:
    turn = Stage(recordings).turn(Room.CLEAN, 1)
    levels = levels_db(turn.samples)
    loud = np.flatnonzero(levels > -40) / 100
    wake_end = turn.wake_end / SAMPLE_RATE
    assert loud[0] == pytest.approx(LEAD_IN, abs=0.1)
    assert wake_end == pytest.approx(LEAD_IN + 0.8, abs=0.02)
    assert loud[loud < wake_end + 0.01][-1] == pytest.approx(wake_end, abs=0.1)
    assert loud[-1] == pytest.approx(turn.command_end / SAMPLE_RATE, abs=0.03)
    assert turn.command_start >= turn.wake_end
    assert len(turn.samples) - turn.command_end >= TAIL * SAMPLE_RATE


def test_a_pause_lengthens_the_silence_that_is_there() -> None:
    said = np.concatenate([tone(0.5), quiet(0.1), tone(0.5)])
    with_silence = with_pause(said, 0.3)
    silent = np.flatnonzero(levels_db(with_silence) < -60) / 100
    assert seconds(with_silence) == pytest.approx(1.3, abs=0.03)
    assert silent[0] == pytest.approx(0.5, abs=0.02)
    assert silent[-1] == pytest.approx(0.8, abs=0.03)


def test_who_pauses_long_enough_is_left_alone() -> None:
    said = np.concatenate([tone(0.5), quiet(0.6), tone(0.5)])
    assert np.array_equal(with_pause(said, 0.3), said)


def test_the_room_is_as_far_below_the_voice_as_it_says(recordings: Recordings) -> None:
    stage = Stage(recordings)
    turn = stage.turn(Room.KITCHEN_10, 1)
    before = turn.samples[: int(LEAD_IN * SAMPLE_RATE)]
    noise = float(10 * np.log10(np.mean(before**2)))
    clean = stage.turn(Room.CLEAN, 1)
    voice = speech_level_db(clean.samples[clean.command_start : clean.command_end])
    assert voice - noise == pytest.approx(10, abs=0.5)


def test_a_number_is_the_same_turn_every_time(recordings: Recordings) -> None:
    one, other = Stage(recordings), Stage(recordings)
    for number in (0, 3, 7):
        first = one.turn(Room.KITCHEN_5, number)
        again = other.turn(Room.KITCHEN_5, number)
        assert np.array_equal(first.samples, again.samples)


def test_the_rooms_differ_and_their_voices_do_not(recordings: Recordings) -> None:
    stage = Stage(recordings)
    for number in range(8):
        clean = stage.turn(Room.CLEAN, number)
        noisy = stage.turn(Room.KITCHEN_10, number)
        assert clean.command.name == noisy.command.name
        assert clean.command_end == noisy.command_end
        assert not np.array_equal(clean.samples, noisy.samples)
