"""The player against a real aplay, on ALSA devices that write into a file."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest

from auricle.audio.devices.aplay import Aplay
from auricle.audio.devices.player import AplayPlayer, try_device
from auricle.audio.known_sound import KnownSound
from auricle.audio.pacing import LEAD
from auricle.audio.playing import (
    PlayerFact,
    SoundFailed,
    SoundFinished,
    SoundFormat,
    SoundStarted,
)
from auricle.errors import PlaybackError
from rigs.audio.loudspeaker import Loudspeaker, loudspeaker, put_aplay_first
from rigs.waiting import eventually

MONO = SoundFormat(22_050, 1)
FORMATS = [
    SoundFormat(8_000, 1),
    MONO,
    SoundFormat(44_100, 2),
    SoundFormat(48_000, 2),
]


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loudspeaker]:
    with loudspeaker(tmp_path, monkeypatch) as device:
        yield device


@contextlib.asynccontextmanager
async def playing(
    device: Loudspeaker, name: str = "file", *, volume: float = 1.0
) -> AsyncIterator[AplayPlayer]:
    player = AplayPlayer(name, device.listener, device.facts.append)
    player.set_volume(volume)
    try:
        yield player
    finally:
        await player.aclose()


def tone(seconds: float, sound_format: SoundFormat = MONO) -> bytes:
    """A sound without a zero in it, so that silence is told from it."""
    frames = round(seconds * sound_format.rate)
    angles = 2 * np.pi * 440 * np.arange(frames) / sound_format.rate
    samples = np.rint(6000 * np.sin(angles) + 8000).astype("<i2")
    pcm: bytes = samples.repeat(sound_format.channels).tobytes()
    return pcm


def say(
    player: AplayPlayer, pcm: bytes, sound_format: SoundFormat = MONO, name: str = "a"
) -> None:
    player.begin(name, sound_format)
    player.feed(name, pcm)
    player.end(name)


def is_over(device: Loudspeaker) -> bool:
    return bool(device.facts) and is_an_end(device.facts[-1])


def without_silence(pcm: bytes) -> bytes:
    samples = np.frombuffer(pcm, "<i2")
    rest: bytes = samples[samples != 0].tobytes()
    return rest


@pytest.mark.parametrize("sound_format", FORMATS, ids=str)
async def test_a_sound_is_played_as_it_is_from_its_first_sample_to_its_last(
    device: Loudspeaker, sound_format: SoundFormat
) -> None:
    pcm = tone(0.6, sound_format)

    async with playing(device) as player:
        say(player, pcm, sound_format)
        await eventually(lambda: is_over(device))

    assert device.facts == [SoundStarted("a"), SoundFinished("a")]
    # A device plays whole periods.
    assert device.played[: len(pcm)] == pcm
    assert not any(device.played[len(pcm) :])


async def test_pieces_of_any_size_are_one_sound(device: Loudspeaker) -> None:
    pcm = tone(0.5, SoundFormat(44_100, 2))

    async with playing(device) as player:
        player.begin("a", SoundFormat(44_100, 2))
        for at in range(0, len(pcm), 1_001):
            player.feed("a", pcm[at : at + 1_001])
        player.end("a")
        await eventually(lambda: is_over(device))

    assert device.played[: len(pcm)] == pcm


async def test_a_chunk_that_comes_late_is_silence_and_costs_no_sample(
    device: Loudspeaker,
) -> None:
    first, second = tone(0.3), tone(0.4)

    async with playing(device) as player:
        player.begin("a", MONO)
        player.feed("a", first)
        # It has run out, and goes on.
        await eventually(lambda: len(device.played) > MONO.size(0.8))
        player.feed("a", second)
        player.end("a")
        await eventually(lambda: is_over(device))

    assert device.facts == [SoundStarted("a"), SoundFinished("a")]
    assert device.played.startswith(first)
    assert without_silence(device.played) == first + second


async def test_no_more_of_a_sound_is_handed_over_than_the_lead(
    device: Loudspeaker,
) -> None:
    async with playing(device) as player:
        began = time.monotonic()
        say(player, tone(20))
        await eventually(lambda: len(device.played) > MONO.size(1.0))
        taken = MONO.seconds(len(device.played))

        assert taken < time.monotonic() - began + LEAD + 0.05


async def test_who_hears_us_gets_all_that_is_played_silence_and_volume_included(
    device: Loudspeaker,
) -> None:
    async with playing(device, volume=0.5) as player:
        player.begin("a", MONO)
        player.feed("a", tone(0.3))
        await eventually(lambda: len(device.played) > MONO.size(0.7))
        player.feed("a", tone(0.3))
        player.end("a")
        await eventually(lambda: is_over(device))

    assert device.listener.told == ["speaking", "spoken"]
    heard = np.frombuffer(bytes(device.listener.heard), "<i2").astype(float)
    played = np.frombuffer(device.played, "<i2").astype(float)
    # The device adds silence to its last period.
    assert len(heard) == pytest.approx(len(played) * 16_000 / 22_050, abs=400)
    places = np.arange(len(heard)) * 22_050 / 16_000
    same = np.interp(places, np.arange(len(played)), played)
    rest = np.sqrt(np.mean((heard - same) ** 2)) / np.sqrt(np.mean(same**2))
    assert rest < 0.05


async def test_without_a_resampler_a_sound_is_played_and_who_hears_us_is_warned(
    device: Loudspeaker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # As on 32-bit ARM.
    monkeypatch.setitem(sys.modules, "soxr", None)
    pcm = tone(0.3)
    async with playing(device) as player:
        say(player, pcm)
        await eventually(lambda: is_over(device))
    assert device.facts == [SoundStarted("a"), SoundFinished("a")]
    assert device.played[: len(pcm)] == pcm
    assert device.listener.told == ["speaking", "spoken"]
    assert not device.listener.knows_all
    assert "no wake word is heard while a sound of 22050 Hz plays" in caplog.text


@pytest.mark.parametrize(("volume", "loud"), [(1.0, 1.0), (0.5, 0.25), (0.0, 0.0)])
async def test_half_the_volume_is_twelve_decibels_less(
    device: Loudspeaker, volume: float, loud: float
) -> None:
    pcm = tone(0.3)

    async with playing(device, volume=volume) as player:
        say(player, pcm)
        await eventually(lambda: is_over(device))

    wanted = np.frombuffer(pcm, "<i2") * loud
    played = np.frombuffer(device.played[: len(pcm)], "<i2")
    assert np.abs(played - wanted).max() <= 0.5


async def test_a_volume_that_is_set_counts_for_what_plays(device: Loudspeaker) -> None:
    async with playing(device) as player:
        say(player, tone(3))
        await eventually(lambda: device.played)
        player.set_volume(0.0)
        await eventually(lambda: len(device.played) > MONO.size(1.0))
        assert not any(device.played[-MONO.size(0.1) :])


async def test_of_a_sound_that_is_cancelled_nothing_more_is_told_or_played(
    device: Loudspeaker,
) -> None:
    async with playing(device) as player:
        say(player, tone(20))
        await eventually(lambda: device.facts)
        player.cancel("a")
        assert device.listener.told == ["speaking", "spoken"]
        say(player, tone(0.1), name="b")
        await eventually(lambda: is_over(device))

    assert device.facts == [SoundStarted("a"), SoundStarted("b"), SoundFinished("b")]
    assert children() == []


async def test_a_sound_that_begins_ends_the_one_that_plays(device: Loudspeaker) -> None:
    async with playing(device) as player:
        say(player, tone(20))
        await eventually(lambda: device.facts)
        say(player, tone(0.1), name="b")
        player.feed("a", tone(1))
        player.end("a")
        player.cancel("a")
        await eventually(lambda: is_over(device))

    assert device.facts[1:] == [SoundStarted("b"), SoundFinished("b")]


@pytest.mark.parametrize("pcm", [b"", b"\1", b"\1\2\3"], ids=len)
async def test_a_sound_without_a_sample_is_over_at_once(
    device: Loudspeaker, pcm: bytes
) -> None:
    async with playing(device) as player:
        say(player, pcm, SoundFormat(44_100, 2))
        await eventually(lambda: is_over(device))

    assert device.facts == [SoundStarted("a"), SoundFinished("a")]


async def test_sounds_that_are_cancelled_before_they_began_cost_no_memory(
    device: Loudspeaker,
) -> None:
    size = 1024 * 1024
    async with playing(device) as player:
        tracemalloc.start()
        try:
            for number in range(20):
                say(player, bytes(size), name=f"{number}")
            player.cancel("19")
            say(player, tone(0.2))
            await eventually(lambda: is_over(device))
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert kept < 5 * size


async def test_who_is_cancelled_while_it_lets_go_of_a_device_keeps_no_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_aplay_first(tmp_path, monkeypatch, "exec sleep 60")
    process = Aplay("hw:0", MONO)
    await process.start()
    assert "/memfd:aplay (deleted)" in open_files()

    letting_go = asyncio.create_task(process.aclose())
    # It waits for a process whose end only the loop can tell.
    await asyncio.sleep(0)
    letting_go.cancel()
    with pytest.raises(asyncio.CancelledError):
        await letting_go

    assert "/memfd:aplay (deleted)" not in open_files()
    await eventually(lambda: not process.running)


def open_files() -> list[str]:
    found = []
    for file in Path("/proc/self/fd").iterdir():
        # That of the folder itself is closed by now.
        with contextlib.suppress(FileNotFoundError):
            found.append(str(file.readlink()))
    return found


async def test_who_lets_go_leaves_no_process_behind(device: Loudspeaker) -> None:
    async with playing(device) as player:
        say(player, tone(20))
        await eventually(lambda: device.facts)

    assert children() == []


def children() -> list[str]:
    found = subprocess.run(
        ("pgrep", "--parent", str(os.getpid()), "aplay"),
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.split()


@pytest.mark.parametrize("seed", range(3))
async def test_in_any_order_of_orders_each_sound_has_one_end_and_leaves_no_process(
    device: Loudspeaker, seed: int
) -> None:
    random = Random(seed)
    cue = KnownSound(tone(0.05, SoundFormat(16_000, 1)))
    cut_short: set[str] = set()
    names: list[str] = []
    async with playing(device) as player:
        for number in range(60):
            over = {fact.id for fact in device.facts if is_an_end(fact)}
            match random.randrange(6):
                case 0 | 1:
                    cut_short |= {name for name in names[-1:] if name not in over}
                    names.append(str(number))
                    player.begin(names[-1], random.choice(FORMATS))
                case 2 if names:
                    player.feed(
                        random.choice(names[-2:]), bytes(random.randrange(9000))
                    )
                case 3 if names:
                    player.end(random.choice(names[-2:]))
                case 4 if names:
                    name = random.choice(names[-2:])
                    cut_short |= {name} - over
                    player.cancel(name)
                case _:
                    player.play_known(cue, heard_out=random.random() < 0.5)
            facts = len(device.facts)
            if random.random() < 0.3:
                # Until something happens, if anything does.
                with contextlib.suppress(AssertionError):
                    await eventually(lambda: len(device.facts) > facts, 0.1)  # noqa: B023
        player.end(names[-1])
        alive = names[-1] not in cut_short
        await eventually(lambda: not alive or names[-1] in ends(device))

    assert sorted(ends(device)) == sorted(set(names) - cut_short)
    assert children() == []


def is_an_end(fact: PlayerFact) -> bool:
    return isinstance(fact, SoundFinished | SoundFailed)


def ends(device: Loudspeaker) -> list[str]:
    return [fact.id for fact in device.facts if is_an_end(fact)]


# --- our own short sounds ---


async def test_a_sound_of_our_own_is_told_before_it_is_played_and_when_it_is_over(
    device: Loudspeaker,
) -> None:
    cue = KnownSound(tone(0.2, SoundFormat(16_000, 1)))

    async with playing(device) as player:
        player.play_known(cue)
        assert device.listener.told == ["expect 0.2"]
        await eventually(lambda: device.listener.told == ["expect 0.2", "played"])

    assert device.played.startswith(cue.pcm)
    assert device.facts == []


async def test_of_our_own_that_wait_the_last_says_it_all(device: Loudspeaker) -> None:
    cues = [KnownSound(tone(s, SoundFormat(16_000, 1))) for s in (0.2, 0.1, 0.3)]

    async with playing(device) as player:
        for cue in cues:
            player.play_known(cue)
        await eventually(lambda: device.listener.told.count("played") == 2)

    assert device.listener.told == ["expect 0.2", "played", "expect 0.3", "played"]


async def test_our_own_is_heard_at_once_where_an_answer_was_cancelled(
    device: Loudspeaker,
) -> None:
    cue = KnownSound(tone(0.2, SoundFormat(16_000, 1)))

    async with playing(device) as player:
        say(player, tone(20))
        await eventually(lambda: device.facts)
        player.play_known(cue)
        player.cancel("a")
        player.play_known(cue)
        await eventually(lambda: device.listener.told[-1] == "played")

    assert device.listener.told == ["speaking", "spoken", "expect 0.2", "played"]
    assert cue.pcm in device.played


async def test_what_is_to_be_heard_out_ends_before_the_house_s_sound_begins(
    device: Loudspeaker,
) -> None:
    cue, pcm = KnownSound(tone(0.4, SoundFormat(16_000, 1))), tone(0.3)

    async with playing(device) as player:
        player.play_known(cue, heard_out=True)
        say(player, pcm)
        await eventually(lambda: cue.pcm in device.played)
        await eventually(lambda: is_over(device))

    assert device.listener.told == ["expect 0.4", "played", "speaking", "spoken"]
    assert device.facts == [SoundStarted("a"), SoundFinished("a")]
    assert device.played.startswith(pcm)


async def test_a_sound_that_is_cancelled_while_it_waits_leaves_ours_alone(
    device: Loudspeaker,
) -> None:
    cue = KnownSound(tone(0.2, SoundFormat(16_000, 1)))

    async with playing(device) as player:
        player.play_known(cue, heard_out=True)
        say(player, tone(20))
        player.cancel("a")
        await eventually(lambda: device.listener.told == ["expect 0.2", "played"])

    assert device.played.startswith(cue.pcm)
    assert device.facts == []


async def test_where_what_is_to_be_heard_out_is_cancelled_the_next_one_begins(
    device: Loudspeaker,
) -> None:
    async with playing(device) as player:
        player.begin("a", MONO, heard_out=True)
        player.feed("a", tone(20))
        say(player, tone(0.2), name="b")
        await eventually(lambda: device.facts)
        player.cancel("a")
        await eventually(lambda: is_over(device))

    assert device.facts == [SoundStarted("a"), SoundStarted("b"), SoundFinished("b")]


# --- what can be wrong with a loudspeaker ---


async def test_a_device_that_is_not_there_is_told_once_until_a_sound_is_heard(
    device: Loudspeaker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "auricle")
    async with playing(device, "gone") as player:
        for name in ("a", "b"):
            say(player, tone(0.2), name=name)
            await eventually(lambda: is_over(device))
            assert device.facts == [SoundFailed(name)]
            device.facts.clear()

    levels = [r.levelname for r in caplog.records if "no sound is heard" in r.message]
    assert levels == ["WARNING", "DEBUG"]
    assert "(loudspeaker.device): there is no device 'gone'" in caplog.text
    assert device.listener.told.count("spoken") == 2


async def test_where_there_is_no_loudspeaker_nothing_is_played(
    device: Loudspeaker, caplog: pytest.LogCaptureFixture
) -> None:
    async with playing(device, "") as player:
        say(player, tone(0.2))
        await eventually(lambda: is_over(device))

    assert device.facts == [SoundFailed("a")]
    assert "there is no loudspeaker" in caplog.text


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            "echo 'aplay: main:831: audio open error: Device or resource busy' >&2\n"
            "exit 1",
            "'hw:0' is in use by another program",
        ),
        (
            "echo 'aplay: main:831: audio open error: Permission denied' >&2\nexit 1",
            "make it a member of the group audio",
        ),
        (
            "head -c 20000 >/dev/null\n"
            "echo 'aplay: pcm_write:2127: write error: No such device' >&2\nexit 1",
            "'hw:0' is gone: is the loudspeaker plugged in?",
        ),
        (
            # So PulseAudio's plugin, when the server ends while it plays.
            "head -c 20000 >/dev/null\n"
            "echo 'aplay: pcm_write:2127: write error: Input/output error' >&2\nexit 1",
            "'hw:0' takes no more: its sound server has ended, or the loudspeaker is",
        ),
        (
            "echo 'aplay: set_params:1343: Channels count non available' >&2\nexit 1",
            "take one that converts them, such as plughw instead of hw",
        ),
        (
            "echo \"Playing raw data 'stdin' : Signed 16 bit Little Endian\" >&2\n"
            "echo 'Warning: rate is not accurate (requested = 22050Hz, got = 48000Hz)'"
            " >&2\nexec cat >/dev/null",
            "take one that converts them, such as plughw instead of hw",
        ),
        (
            "echo \"Playing raw data 'stdin' : Signed 16 bit Little Endian\" >&2\n"
            "echo 'aplay: xrun:1677: xrun: prepare error: Input error' >&2\nexit 1",
            "'hw:0' cannot be played to: xrun:1677: xrun: prepare error",
        ),
        ("head -c 20000 >/dev/null; exit 0", "'hw:0' cannot be played to any more"),
        ("head -c 20000 >/dev/null; kill -9 $$", "it ended with -9"),
        ("exec 0<&-; exec sleep 60", "'hw:0' takes no sound: is it switched on?"),
        ("exec sleep 60", "'hw:0' takes no sound: is it switched on?"),
        (
            "head -c 20000 >/dev/null; exec sleep 60",
            "'hw:0' takes no sound: is it switched on?",
        ),
        (
            "cat >/dev/null; exec sleep 60",
            "'hw:0' takes no sound: is it switched on?",
        ),
    ],
    ids=[
        *("busy", "not ours", "unplugged", "server ended", "stereo only"),
        *("another rate", "else"),
        *("ends early", "is killed"),
        *("reads nothing more", "hangs", "hangs later", "hangs at the end"),
    ],
)
async def test_what_is_wrong_with_a_device_is_told_in_a_sentence(
    device: Loudspeaker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    script: str,
    told: str,
) -> None:
    put_aplay_first(tmp_path, monkeypatch, script)
    async with playing(device, "hw:0") as player:
        say(player, tone(1))
        await eventually(lambda: is_over(device))

    assert [fact for fact in device.facts if fact != SoundStarted("a")] == [
        SoundFailed("a")
    ]
    assert told in caplog.text


async def test_a_device_of_another_rate_fails_where_it_is_only_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_aplay_first(
        tmp_path,
        monkeypatch,
        "echo 'Warning: rate is not accurate (requested = 16000Hz, got = 48000Hz)' >&2"
        "\nexec cat >/dev/null",
    )

    with pytest.raises(PlaybackError, match="plughw instead of hw"):
        await try_device("hw:0")


async def test_without_aplay_is_said_what_to_install(
    device: Loudspeaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with playing(device) as player:
        say(player, tone(0.2))
        await eventually(lambda: is_over(device))

    assert device.facts == [SoundFailed("a")]
