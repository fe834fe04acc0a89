"""What is told of commands with a pause inside, and of how they are spoken."""

import numpy as np
import pytest

from auricle.audio.frame import SAMPLE_RATE
from auricle.turns.endpointing import Preset
from auricle.turns.turn import Mode
from benchmarks.heard.pauses import Setting, Taken, rows_of
from benchmarks.recordings import speech_level_db
from benchmarks.turns.pauses import CLOUD
from benchmarks.turns.spoken_turns import Echo


def test_where_no_pause_fits_into_any_command_it_is_said_why_there_are_no_figures() -> (
    None
):
    rows = [*rows_of([])]
    assert rows
    for row in rows:
        assert row.value is None
        assert not row.met
        assert "each needs two words" in row.of


def test_a_command_counts_as_whole_where_both_halves_were_understood() -> None:
    setting = Setting(Mode.MANUAL, Preset.BALANCED, CLOUD)
    taken = [
        Taken(setting, 1.0, heard, 0.4)
        for heard in ("first Turn on the second light.", "first Turn on the.")
    ]
    [row] = [row for row in rows_of(taken) if row.value is not None]
    assert (row.value, row.of) == (50.0, "2 commands")
    assert (row.least, row.met) == (50, True)


def test_a_command_in_two_parts_is_told_of_beside_the_targets() -> None:
    setting = Setting(Mode.MANUAL, Preset.BALANCED, CLOUD, afterthought=1.0)
    taken = [Taken(setting, 1.0, "first Turn on the. second Light.", 0.4)]
    [row] = [row for row in rows_of(taken) if row.value is not None]
    assert "afterthoughts within 1 s: whole or in two parts" in row.what
    assert (row.value, row.least) == (100.0, None)


@pytest.mark.parametrize("seconds", [0.3, 0.6])
def test_what_is_said_across_a_room_echoes_and_is_as_loud_as_nearby(
    seconds: float,
) -> None:
    at = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    said = np.asarray(0.05 * np.sin(2 * np.pi * 200 * at), np.float32)
    heard = Echo(seconds, 3).of(said, seed=1, number=0)
    assert len(heard) > len(said)
    assert np.abs(heard[len(said) + 800 : len(said) + 2400]).max() > 1e-3
    assert speech_level_db(heard) == pytest.approx(-26, abs=0.5)
