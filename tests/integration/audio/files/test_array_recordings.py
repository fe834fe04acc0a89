"""Recordings of an array that is to be aimed."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from auricle.audio.beam import Beam
from auricle.audio.capture_device import BEAM
from auricle.audio.files.recording import Recording, RecordingSource, open_sound
from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.audio.samples import from_pcm
from auricle.capture.attention import Attention
from auricle.turns.events import WakeWordHeard
from auricle.vad.webrtc import WebrtcVoiceDetector
from rigs.audio.wake_engine import ScriptedEngine


def heard(path: Path, gain: float) -> list[Frame]:
    sound = open_sound(path, channel=BEAM, gain=gain)
    with closing(Recording(path, sound, gain=gain)) as recording:
        return list(recording.frames())


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_all_channels_are_heard_and_their_mix_is_that_without_a_beam(
    tmp_path: Path, rate: int
) -> None:
    path = tmp_path / "array.wav"
    rng = np.random.default_rng(1)
    soundfile.write(path, rng.normal(0, 0.02, (3 * rate, 4)), rate)
    frames = heard(path, 6.0)
    with closing(Recording(path, open_sound(path, gain=6.0), gain=6.0)) as mixed:
        wanted = from_pcm(b"".join(frame.pcm for frame in mixed.frames()))
    got = from_pcm(b"".join(frame.pcm for frame in frames))
    assert all(len(frame.array) == 4 * len(frame.pcm) for frame in frames)
    assert len(got) == len(wanted)
    assert np.abs(got - wanted).max() < 4 / 32768


def test_a_recording_of_one_microphone_says_that_there_is_nothing_to_aim(
    tmp_path: Path,
) -> None:
    path = tmp_path / "one.wav"
    soundfile.write(path, np.full(48_000, 0.1), 16_000)
    source = RecordingSource(path, channel=BEAM)
    with closing(source):
        assert source.remarks == (
            f"recording {path} has one channel: there is nothing to aim",
        )
    assert not any(frame.array for frame in heard(path, 0.0))


def test_a_wake_word_aims_the_array_for_its_turn_and_the_sound_behind_the_word(
    tmp_path: Path,
) -> None:
    path = tmp_path / "array.wav"
    rng = np.random.default_rng(2)
    noise, voice = rng.normal(0, 0.01, 80_000), np.zeros(80_000)
    said = slice(48_000, 72_000)
    fading = np.sin(np.arange(24_000) / 16_000 * np.pi * 4) ** 2
    voice[said] = rng.normal(0, 0.1, 24_000) * fading
    channels = [np.roll(noise, 2 * n) + np.roll(voice, -n) for n in range(4)]
    soundfile.write(path, np.stack(channels, axis=1), 16_000)
    frames = heard(path, 0.0)
    at = 60_000 // FRAME_SAMPLES
    beam = Beam()
    attention = Attention(
        [ScriptedEngine([at])],
        WebrtcVoiceDetector(),
        pre_roll=0.0,
        refractory=1.0,
        beam=beam,
    )
    alone = Beam()
    mixed = {frame.start: alone.hear(frame).pcm for frame in frames}
    events = [event for frame in frames[: at + 1] for event in attention.hear(frame)]
    [woken] = [event for event in events if isinstance(event, WakeWordHeard)]
    assert beam.aimed
    assert woken.pre_roll
    assert all(frame.pcm != mixed[frame.start] for frame in woken.pre_roll)
    attention.switch(on=False, after=woken.detection)
    assert not beam.aimed
