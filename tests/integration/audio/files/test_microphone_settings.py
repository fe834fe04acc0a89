"""What the microphone's settings do is done to whatever stands for it.

The judge is the microphone's own converter: a recording of what a device delivered, and
the same piped in, sound as the device would have.
"""

import asyncio
import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.app import build
from auricle.audio.capture_device import CaptureFormat
from auricle.audio.conversion import Converter
from auricle.audio.files.raw_sound import RawSound
from auricle.audio.files.recording import open_sound
from auricle.audio.source_health import SourceHealth
from auricle.config.sections import MicrophoneSettings
from auricle.errors import RecordingError
from rigs.audio.speech import mix, noise, say, silence
from rigs.homes.program import (
    Program,
    auricle,
    clean_environment,
    told_here,
    write_settings,
)
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually


def array(*channels: bytes) -> np.ndarray:
    return np.stack([np.frombuffer(pcm, "<i2") for pcm in channels], axis=1)


def command() -> bytes:
    pcm = (
        silence(1.5)
        + say("okay nabu")
        + silence(0.3)
        + say("turn on the kitchen light")
        + silence(1.5)
    )
    return mix(pcm, noise(len(pcm) / 32000, dbfs=-70))


def opposite() -> np.ndarray:
    """A command, as two microphones with one plug turned round hear it."""
    pcm = np.frombuffer(command(), "<i2")
    return np.stack([pcm, -pcm], axis=1)


@pytest.fixture(scope="module")
def opposite_phase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("array") / "opposite.wav"
    soundfile.write(path, opposite(), 16_000)
    return path


# --- sample by sample ---


@settings(max_examples=40)
@given(
    st.integers(1, 5).flatmap(
        lambda n: st.tuples(st.just(n), st.none() | st.integers(0, n - 1))
    ),
    st.sampled_from([-40.0, -3.5, 0.0, 6.0, 40.0]),
    st.sampled_from([16_000, 8_000, 44_100, 48_000]),
    st.integers(0, 9),
)
def test_a_recording_sounds_as_the_device_that_it_was_made_with(
    tmp_path_factory: pytest.TempPathFactory,
    channels: tuple[int, int | None],
    gain: float,
    rate: int,
    seed: int,
) -> None:
    count, channel = channels
    captured = noise(count * 0.31 * rate / 16_000, dbfs=-25, seed=seed)
    captured = captured[: len(captured) // (2 * count) * 2 * count]
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    soundfile.write(path, np.frombuffer(captured, "<i2").reshape(-1, count), rate)
    converter = Converter(CaptureFormat(rate, count), channel=channel, gain=gain)
    expected = converter.convert(captured) + converter.flush()
    with closing(open_sound(path, channel=channel, gain=gain)) as sound:
        heard = b"".join(iter(lambda: sound.read() or b"", b""))
    difference = np.frombuffer(heard, "<i2").astype(int) - np.frombuffer(
        expected, "<i2"
    )
    assert np.abs(difference).max() <= 1


@settings(max_examples=40)
@given(
    st.sampled_from([-40.0, 0.0, 6.0, 40.0]),
    st.sampled_from([16_000, 8_000, 48_000]),
    st.lists(st.integers(1, 3000), max_size=8),
)
def test_piped_sound_sounds_so_too_in_pieces_of_any_size(
    gain: float, rate: int, pieces: list[int]
) -> None:
    captured = noise(0.5, dbfs=-25)
    converter = Converter(CaptureFormat(rate, 1), channel=None, gain=gain)
    expected = converter.convert(captured) + converter.flush()
    out, into = os.pipe()
    sound = RawSound(out, "standard input", rate=rate, gain=gain, close=True)
    heard = b""
    with closing(sound):
        at = 0
        for size in pieces:
            at += os.write(into, captured[at : at + size])
            heard += sound.read(0.0) or b""
        os.write(into, captured[at:])
        os.close(into)
        heard += b"".join(iter(lambda: sound.read() or b"", b""))
    difference = np.frombuffer(heard, "<i2").astype(int) - np.frombuffer(
        expected, "<i2"
    )
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("stands_for_it", ["recording", "standard input"])
def test_every_setting_of_the_microphone_is_heeded_by_what_stands_for_it(
    stands_for_it: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new key has to be done to a recording too, or be named here as a device's."""
    tried_here = {"channel", "gain"}
    of_the_device = {"device", "recording", "speed"}
    assert set(MicrophoneSettings.model_fields) == of_the_device | tried_here

    spoken = noise(1, dbfs=-20)
    path = tmp_path / "a.wav"
    soundfile.write(path, array(spoken, silence(1)), 16_000)
    out, into = os.pipe()
    os.write(into, spoken)
    os.close(into)
    with os.fdopen(out) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        name = "-" if stands_for_it == "standard input" else str(path)
        source = build.source(
            MicrophoneSettings(recording=name, speed=1000, channel=0, gain=-20.0)
        )
        with closing(source):
            source.open()
            heard = b"".join(frame.pcm for frame in source.read(2.0, 30))
    expected = np.frombuffer(spoken, "<i2") / 10
    samples = np.frombuffer(heard, "<i2")
    assert len(samples) == 30 * 480
    assert np.abs(samples - expected[: len(samples)]).max() < 1


def test_a_channel_that_an_array_does_not_have_is_named(opposite_phase: Path) -> None:
    with pytest.raises(
        RecordingError, match=r"has 2 channels, counted from 0, and mic"
    ):
        open_sound(opposite_phase, channel=2)


def test_what_has_one_channel_is_heard_whatever_channel_is_wanted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mono.wav"
    soundfile.write(path, np.frombuffer(noise(1, dbfs=-20), "<i2"), 16_000)
    with closing(open_sound(path, channel=3)) as sound:
        assert any(sound.read() or b"")
        assert sound.remarks == (
            f"recording {path} has one channel, which is heard whatever "
            "microphone.channel says",
        )
    with closing(open_sound(path, channel=0)) as sound:
        assert sound.remarks == ()


# --- what keeps it from being understood ---


def examined(path: Path, **microphone: Any) -> tuple[SourceHealth, str]:
    settings = MicrophoneSettings(**microphone)
    with closing(build.recording(path, settings)) as recording:
        for _ in recording.frames():
            pass
        return recording.health, recording.trouble


@pytest.fixture
def floats(tmp_path: Path) -> Path:
    """A command whose samples go up to 12, where full scale is 1."""
    path = tmp_path / "floats.wav"
    samples = np.frombuffer(command(), "<i2").astype(np.float32)
    samples *= 12 / np.abs(samples).max()
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    return path


def test_of_opposite_phase_it_is_said_what_to_set_and_that_helps(
    opposite_phase: Path,
) -> None:
    assert examined(opposite_phase) == (
        SourceHealth.CANCELLING,
        f"recording {opposite_phase} has channels in opposite phase: no voice is in "
        "their mix: set microphone.channel = 0",
    )
    assert examined(opposite_phase, channel=0) == (SourceHealth.GOOD, "")
    assert examined(opposite_phase, channel=1) == (SourceHealth.GOOD, "")


def test_of_floats_beyond_full_scale_likewise(floats: Path) -> None:
    health, told = examined(floats)
    assert health is SourceHealth.CLIPPING
    assert told.endswith("set microphone.gain = -22")
    assert examined(floats, gain=-22) == (SourceHealth.GOOD, "")


def test_of_floats_that_are_integers_the_way_to_convert_them(tmp_path: Path) -> None:
    path = tmp_path / "not scaled.wav"
    samples = np.frombuffer(command(), "<i2").astype(np.float32)
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    health, told = examined(path)
    assert health is SourceHealth.CLIPPING
    assert f"ffmpeg -i '{path}' -af volume=-" in told
    assert "where full scale is 1" in told


def test_of_what_was_cut_off_when_it_was_recorded_that_it_is_gone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shouted.wav"
    loud = np.clip(np.frombuffer(command(), "<i2").astype(int) * 40, -32768, 32767)
    soundfile.write(path, loud.astype("<i2"), 16_000)
    _, told = examined(path)
    assert told.endswith(
        "record it with less gain: what was cut off does not come back"
    )


def test_of_samples_that_are_no_numbers_that_they_are_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    samples = np.frombuffer(noise(1, dbfs=-20), "<i2").astype(np.float32) / 32768
    samples[100:103] = [np.nan, np.inf, -np.inf]
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    with closing(open_sound(path)) as sound:
        heard = np.frombuffer(b"".join(iter(lambda: sound.read() or b"", b"")), "<i2")
        (told,) = sound.remarks
    assert told.endswith("holds samples that are no numbers: they are silence here")
    assert heard[100:103].tolist() == [0, 0, 0]


# --- the commands ---


def study(folder: Path, url: str, **microphone: Any) -> Path:
    config = folder / "config.toml"
    write_settings(
        config,
        {
            "satellite": {"name": "study", "state_directory": str(folder / "state")},
            "microphone": microphone,
            "asr": {"url": url},
        },
    )
    return config


def problems(house: HouseClient) -> list[str | None]:
    return [json.loads(told)["problem"] for told in house.on("auricle/study/diag")]


async def test_a_satellite_hears_one_channel_of_a_recorded_array_and_tells_of_the_mix(
    broker: Broker, tmp_path: Path, opposite_phase: Path
) -> None:
    def program(folder: Path, url: str, **microphone: Any) -> Program:
        folder.mkdir()
        sections = {
            "satellite": {"name": "study"},
            "microphone": {"recording": str(opposite_phase), "speed": 4, **microphone},
            "mqtt": {"host": "127.0.0.1", "port": broker.port},
            "asr": {"url": url},
            "utterance": {"mode": "manual"},
        }
        return Program(folder, sections)

    async with ScriptedRecognizer() as server:
        async with (
            HouseClient(broker.port, "#") as house,
            program(tmp_path / "mixed", server.url) as mixed,
        ):
            await eventually(lambda: "mic_phase" in problems(house), 30)
            assert await mixed.stop() == 0
            assert mixed.log.count("set microphone.channel = 0") == 1
        async with (
            HouseClient(broker.port, "#") as house,
            program(tmp_path / "one", server.url, channel=0) as one,
        ):
            await house.hears("auricle/study/event/utterance", timeout=40)
            told = json.loads(house.on("auricle/study/event/utterance")[-1])
            assert told["event_type"] == "transcript"
            assert await one.stop() == 0
            assert "phase" not in one.log


async def test_transcribe_hears_one_channel_of_a_recorded_array(
    tmp_path: Path, opposite_phase: Path
) -> None:
    async with ScriptedRecognizer() as server:
        for microphone in ({}, {"channel": 0}, {"channel": 0, "gain": -6.0}):
            config = study(tmp_path, server.url, **microphone)
            code, _, err = await told_here(
                "transcribe", "--config", str(config), str(opposite_phase)
            )
            assert code == 0, err
            assert ("opposite phase" in err) == (not microphone)
    mixed, first, softer = (np.frombuffer(heard.pcm, "<i2") for heard in server.heard)
    assert not mixed.any()
    assert np.abs(first).max() > 3000
    assert np.abs(softer).max() == pytest.approx(np.abs(first).max() / 2, rel=0.01)


async def test_listen_hears_one_channel_of_a_recorded_array(
    tmp_path: Path, opposite_phase: Path
) -> None:
    for microphone, detections in (({}, 0), ({"channel": 1}, 1)):
        config = study(tmp_path, "ws://127.0.0.1:9", speed=4, **microphone)
        code, out, err = await auricle(
            "listen", "--config", str(config), "--recording", str(opposite_phase)
        )
        assert (code, err) == (0, "")
        assert f"okay_nabu: detections {detections}" in out
        assert ("set microphone.channel = 0" in out) == (not microphone)


async def test_listen_makes_what_is_piped_in_louder(tmp_path: Path) -> None:
    config = study(tmp_path, "ws://127.0.0.1:9", gain=40.0, speed=4)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auricle", "listen", "--config", str(config)),
        *("--recording", "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=clean_environment(),
    )
    soft = np.frombuffer(command(), "<i2") // 100
    out, _ = await asyncio.wait_for(
        process.communicate(soft.astype("<i2").tobytes()), 90
    )
    assert b"okay_nabu: detections 1" in out


@pytest.mark.parametrize("command", ["run", "listen"])
async def test_a_sound_file_that_is_piped_in_ends_the_program_with_a_sentence(
    command: str, broker: Broker, tmp_path: Path, opposite_phase: Path
) -> None:
    config = study(tmp_path, "ws://127.0.0.1:9")
    port = {"AURICLE_MQTT__HOST": "127.0.0.1", "AURICLE_MQTT__PORT": str(broker.port)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auricle", command, "--config", str(config)),
        *("--recording", "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**clean_environment(), **port},
    )
    _, err = await asyncio.wait_for(
        process.communicate(opposite_phase.read_bytes()), 60
    )
    assert process.returncode == 66
    assert err.count(b"standard input is a sound file") == 1
    assert b"Traceback" not in err
