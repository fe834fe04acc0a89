"""How a benchmark with targets runs its parts, and what is told of them."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.audio.frame import SAMPLE_RATE
from benchmarks.answers.__main__ import PARTS as ANSWERS
from benchmarks.heard.__main__ import PARTS as HEARD
from benchmarks.panel.__main__ import PARTS as PANEL
from benchmarks.recordings import Recordings
from benchmarks.rooms.__main__ import PARTS as ROOMS
from benchmarks.rows import Row
from benchmarks.targets import measure_parts

_ROOT = Path(__file__).parents[3]
_README = (_ROOT / "benchmarks" / "README.md").read_text()


def _met() -> Iterable[Row]:
    yield Row("heard", 97.5, "%", "98 voices", least=90)
    yield Row("as captured", None, "%", "nobody")


def _missed() -> Iterable[Row]:
    yield Row("false alarms", 2, "", "an hour", most=1)


def test_each_part_is_told_and_the_last_line_counts_all_targets(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    parts = {"wake": _met, "talk": _missed}
    status = measure_parts("heard", parts, kept=False, results=tmp_path)
    told = capsys.readouterr().out
    assert "| heard | 97.5 % | 98 voices | ≥ 90 % | met |" in told
    assert "| false alarms | 2 | an hour | ≤ 1 | **missed** |" in told
    assert told.splitlines()[-1] == "targets met 1 of 2"
    assert status == 1
    assert not list(tmp_path.iterdir())


def test_it_succeeds_where_all_targets_are_met_and_keeps_a_file_a_part(
    tmp_path: Path,
) -> None:
    assert measure_parts("heard", {"wake": _met}, kept=True, results=tmp_path) == 0
    (kept,) = tmp_path.iterdir()
    assert kept.name == "heard-wake.md"
    assert kept.read_text().endswith("targets met 1 of 1\n")


@pytest.mark.parametrize(
    ("program", "parts"),
    [("answers", ANSWERS), ("heard", HEARD), ("panel", PANEL), ("rooms", ROOMS)],
)
def test_every_part_is_named_in_the_help(program: str, parts: Iterable[str]) -> None:
    bench = [str(_ROOT / "scripts" / "bench"), program, "--help"]
    said = subprocess.run(bench, check=True, capture_output=True, text=True).stdout
    told = re.findall(r"[a-z-]+", said)
    assert [part for part in parts if part not in told] == []
    assert f"scripts/bench {program}" in _README


def test_every_module_of_a_benchmark_with_targets_is_in_the_readme() -> None:
    modules = {
        f"`{path.parent.name}/{path.name}`"
        for program in ("answers", "heard", "panel", "rooms")
        for path in (_ROOT / "benchmarks" / program).glob("*.py")
    }
    assert sorted(name for name in modules if name not in _README) == []


def test_somebodys_own_recordings_stand_in_for_those_of_their_kind(
    tmp_path: Path,
) -> None:
    for name in (
        "all/wake/alexa/a.wav",
        "all/commands/coffee/b.wav",
        "own/alexa/c.wav",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        sound = np.random.default_rng(1).normal(0, 0.1, SAMPLE_RATE)
        soundfile.write(path, sound, SAMPLE_RATE, subtype="PCM_16")
    (tmp_path / "own" / "d.wav").write_bytes(
        (tmp_path / "own/alexa/c.wav").read_bytes()
    )
    all_of_them = Recordings(tmp_path / "all")
    own = Recordings(tmp_path / "all", wake=tmp_path / "own", commands=tmp_path / "own")
    names = [
        [clip.name for clip in recordings.wake_words()["alexa"]]
        for recordings in (all_of_them, own)
    ]
    assert names == [["wake/alexa/a.wav"], ["wake/alexa/c.wav"]]
    assert [clip.name for clip in own.commands()] == [
        "commands/d.wav",
        "commands/alexa/c.wav",
    ]
