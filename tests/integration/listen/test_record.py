"""`auricle listen --record` and `--tune`, with the real engine."""

import json
import re
import wave
from pathlib import Path
from typing import Any

import pytest

from auricle.app.remembered import Remembered
from auricle.app.state_file import StateFile
from auricle.audio.frame import SAMPLE_RATE
from auricle.listen.collection import INDEX, MOST_CLIPS, Clip, Collection, Label
from rigs.audio.recordings import save
from rigs.audio.speech import mix, noise, say, silence
from rigs.homes.listener import FAST, command, settings
from rigs.homes.program import auricle, told_here
from rigs.homes.terminal import Terminal

SECOND = 2 * SAMPLE_RATE


def room(pcm: bytes) -> bytes:
    return mix(pcm, noise(len(pcm) / SECOND, dbfs=-70))


@pytest.fixture
def three_words(tmp_path: Path) -> str:
    """Somebody says the wake word three times."""
    words = (silence(2.5) + say("okay nabu")) * 3
    return str(save(tmp_path / "three.wav", room(words + silence(3))))


def index(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / INDEX).read_text().splitlines()]


def modes(folder: Path) -> set[str]:
    return {
        f"{'folder' if path.is_dir() else 'file'} {path.stat().st_mode & 0o777:o}"
        for path in [folder, *folder.rglob("*")]
    }


async def test_what_resembles_a_wake_word_is_kept_for_its_owner_alone(
    tmp_path: Path, three_words: str
) -> None:
    kept = tmp_path / "kept"
    code, out, err = await auricle(
        *("listen", "--config", str(settings(tmp_path, microphone=FAST))),
        *("--recording", three_words, "--record", str(kept)),
    )

    assert (code, err) == (0, "")
    assert f"what resembles them are kept in {kept}" in out.splitlines()[0]
    assert f"3 sounds are kept in {kept}" in out.splitlines()[-1]
    *clips, listened = index(kept)
    assert [clip["label"] for clip in clips] == ["unwanted"] * 3
    assert all(clip["detected"] and clip["score"] > 0.8 for clip in clips)
    assert listened["listened_seconds"] > 10
    assert modes(kept) == {"folder 700", "file 600"}
    for clip in clips:
        with wave.open(str(kept / clip["file"])) as sound:
            assert sound.getframerate() == SAMPLE_RATE
            assert 2 * SAMPLE_RATE < sound.getnframes() <= 4 * SAMPLE_RATE


async def test_nothing_is_kept_unless_it_was_asked_for(
    tmp_path: Path, three_words: str
) -> None:
    before = set(tmp_path.rglob("*.wav"))
    await auricle(
        *("listen", "--config", str(settings(tmp_path, microphone=FAST))),
        *("--recording", three_words),
    )
    assert set(tmp_path.rglob("*.wav")) == before


async def test_whoever_is_asked_to_say_it_is_wanted_and_it_ends_by_itself(
    tmp_path: Path, three_words: str
) -> None:
    kept = tmp_path / "kept"
    code, out, err = await auricle(
        *("listen", "--config", str(settings(tmp_path, microphone=FAST))),
        *("--recording", three_words, "--record", str(kept), "--say", "2"),
    )

    assert (code, err) == (0, "")
    assert f"2 sounds are kept in {kept}" in out
    clips = index(kept)
    assert [clip["file"] for clip in clips] == [
        "wanted/okay_nabu/0001.wav",
        "wanted/okay_nabu/0002.wav",
    ]


def test_a_key_tells_that_somebody_called(tmp_path: Path, three_words: str) -> None:
    kept = tmp_path / "kept"
    config = settings(tmp_path)
    with Terminal(
        command(config, "--recording", three_words, "--record", str(kept))
    ) as terminal:
        terminal.shows("y: that was me")
        terminal.shows("detected, not you; 1 of 500 sounds kept")
        terminal.type("y")
        terminal.shows("detected, you; 1 of 500 sounds kept")
        terminal.shows("detected, not you; 3 of 500 sounds kept")
        terminal.type("m")
        terminal.shows("not detected, you; 4 of 500 sounds kept")
        assert terminal.ended() == 0
    labels = [clip["label"] for clip in index(kept) if "label" in clip]
    assert labels == ["wanted", "unwanted", "unwanted", "wanted"]
    assert len(list((kept / "wanted").rglob("*.wav"))) == 2


def fill(folder: Path, count: int, *, hours: float = 2.0) -> Collection:
    """As if somebody had called, and something else had resembled it."""
    collection = Collection(folder, new=True)
    for number in range(count):
        label = Label.WANTED if number % 2 else Label.UNWANTED
        said = say("okay nabu" if label is Label.WANTED else "okay now")
        # What was thought of it then is no longer asked.
        clip = Clip("", "okay_nabu", label, 0.7, 0.85, False, "2026-11-27T05:00:00Z")
        collection.keep(clip, room(silence(1.5) + said + silence(1)))
    collection.listened(["okay_nabu"], hours * 3600)
    collection.save()
    return collection


async def test_the_threshold_that_is_proposed_can_be_pasted(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    fill(kept, 24)
    config = settings(tmp_path, asr={"url": "ws://127.0.0.1:9/"})
    code, out, err = await told_here(
        *("listen", "--config", str(config), "--tune", str(kept))
    )

    assert (code, err) == (0, "")
    assert "24 sounds are heard again, as the satellite does" in out
    assert "12 wake words that were said, 12 sounds that only resemble it" in out
    assert "<- now" in out
    assert "threshold 0.94: 0 of 12 missed" in out
    pasted = re.search(r"^\[wake_word\]\nthresholds = .*$", out, re.MULTILINE)
    assert pasted is not None
    assert "set over MQTT" not in out
    assert (kept / "okay_nabu.svg").read_text().startswith("<svg")
    assert modes(kept) == {"folder 700", "file 600"}

    config.write_text(f"{config.read_text()}\n{pasted[0]}\n")
    code, out, _ = await told_here("config", "--config", str(config))
    assert code == 0
    assert pasted[0].splitlines()[1] in out


async def test_a_threshold_that_was_set_over_mqtt_is_told_to_count_more(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "kept"
    fill(kept, 24)
    remembered = Remembered(thresholds={"okay_nabu": 0.95})
    StateFile(tmp_path / "state" / "state.json").save(remembered)
    _, out, _ = await told_here(
        *("listen", "--config", str(settings(tmp_path)), "--tune", str(kept))
    )
    assert "what was set over MQTT or in Home Assistant counts more" in out


async def test_with_too_little_to_go_by_it_says_what_is_missing(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "kept"
    fill(kept, 4, hours=0.2)
    code, out, _ = await told_here(
        *("listen", "--config", str(settings(tmp_path)), "--tune", str(kept))
    )
    assert code == 0
    assert "no threshold is proposed: 2 wake words were said" in out
    assert "[wake_word]" not in out


@pytest.mark.parametrize("option", ["--record", "--tune"])
async def test_a_folder_of_something_else_is_left_alone(
    tmp_path: Path, option: str
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir(mode=0o755)
    (folder / "cat.jpg").touch()
    code, _, err = await told_here(
        *("listen", "--config", str(settings(tmp_path)), option, str(folder))
    )
    assert code == 78
    assert f"{folder} holds something else (cat.jpg)" in err
    assert folder.stat().st_mode & 0o777 == 0o755


async def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    fill(kept, 1)
    with (kept / INDEX).open("a") as file:
        file.write('{"file": 3}\n')
    code, _, err = await told_here(
        *("listen", "--config", str(settings(tmp_path)), "--tune", str(kept))
    )
    assert code == 78
    assert f"line 3 of {kept / INDEX} cannot be read" in err


def test_what_somebody_deletes_is_no_evidence(tmp_path: Path) -> None:
    fill(tmp_path / "kept", 4)
    (tmp_path / "kept" / "wanted" / "okay_nabu" / "0002.wav").unlink()
    heard = Collection(tmp_path / "kept", new=False).evidence(
        "okay_nabu", lambda _: 0.9
    )
    assert (len(heard.wanted), len(heard.unwanted), heard.hours) == (1, 2, 2.0)


def test_a_sound_that_a_crash_left_without_its_line_keeps_no_other_one_out(
    tmp_path: Path,
) -> None:
    clip = Clip("", "okay_nabu", Label.UNWANTED, 0.6, 0.8, detected=False, at="")
    collection = Collection(tmp_path, new=True)
    first = collection.keep(clip, silence(1))
    (tmp_path / first.file).with_name("0002.wav").write_bytes(b"left")

    collection = Collection(tmp_path, new=True)
    kept = collection.keep(clip, silence(1))
    wanted = collection.relabel(kept, Label.WANTED)

    assert wanted is not None
    assert Path(wanted.file).name == "0003.wav"
    assert Collection(tmp_path, new=False).count == 2


@pytest.mark.parametrize("label", Label)
def test_a_sound_that_was_deleted_is_neither_wanted_nor_unwanted(
    tmp_path: Path, label: Label
) -> None:
    collection = fill(tmp_path / "kept", 1)
    clip = Clip("", "okay_nabu", Label.UNWANTED, 0.6, 0.8, detected=False, at="")
    last = collection.keep(clip, silence(1))
    (tmp_path / "kept" / last.file).unlink()

    assert collection.relabel(last, label) is None
    assert collection.count == 1
    assert len(index(tmp_path / "kept")) == 2


async def test_a_full_folder_is_told_and_nothing_more_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    fill(kept, 1)
    clip = index(kept)[0]
    (kept / INDEX).write_text(f"{json.dumps(clip)}\n" * MOST_CLIPS)
    code, _, err = await told_here(
        *("listen", "--config", str(settings(tmp_path)), "--record", str(kept))
    )
    assert code == 78
    assert f"{kept} is full, with {MOST_CLIPS} sounds" in err


async def test_asking_belongs_to_keeping(tmp_path: Path) -> None:
    code, _, err = await told_here(
        *("listen", "--config", str(settings(tmp_path)), "--say", "3")
    )
    assert code == 78
    assert "--say belongs to --record FOLDER" in err
