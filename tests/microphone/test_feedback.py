"""Sounds that are played in the room, and none of them in what is sent.

The worst of rooms: all that is played is in the microphone, as loud as it is played.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from auricle.audio.feedback import Cue
from auricle.audio.frame import SAMPLE_RATE
from rigs.audio.recordings import save
from rigs.audio.speech import mix, noise, say, silence
from rigs.audio.virtual_microphone import VirtualMicrophone
from rigs.homes.program import Program
from rigs.mqtt.broker import Broker, running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.faults import Fault, RefuseHandshake
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

NODE = "auricle/study"
WAKE_WORD = say("okay nabu")
COMMAND = say("turn on the kitchen light")
SOUNDS = Path(__file__).parents[2] / "daemon/auricle/assets/sounds"

Samples = NDArray[np.float64]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with running_broker(folder) as broker:
        yield broker


def settings(
    broker: Broker, url: str, device: str = "default", **feedback: str
) -> dict[str, dict[str, Any]]:
    return {
        "loudspeaker": {"device": device},
        "satellite": {"name": "study"},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
        "asr": {"url": url, "language": "en"},
        "utterance": {"mode": "manual"},
        "feedback": feedback,
    }


def in_a_room(*sounds: bytes) -> bytes:
    pcm = b"".join(sounds)
    return mix(pcm, noise(len(pcm) / 32000, dbfs=-70))


def samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(float)


def cue(name: Cue) -> Samples:
    sound: Samples = soundfile.read(SOUNDS / f"{name}.wav", dtype="int16")[0]
    return sound.astype(float)


def likeness(heard: Samples, sound: Samples) -> float:
    """The energy of the sound, at its best place in what is heard, as a share of its
    own: 1 where all of it is there.
    """
    product = np.abs(correlation(heard, sound)).max()
    return float(product / energy(sound)) ** 2


def correlation(heard: Samples, sound: Samples) -> Samples:
    """How alike they are, at each place where all of the sound fits."""
    size = len(heard) + len(sound)
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound, size))
    return np.fft.irfft(product, size)[: len(heard) - len(sound) + 1]


def beyond(said: bytes, sent: bytes) -> Samples:
    """What was sent and not said."""
    spoken, heard = samples(said), samples(sent)
    # Not its beginning, where our sound may be.
    tail = heard[-SAMPLE_RATE:]
    start = int(np.argmax(correlation(spoken, tail)))
    begin = start + len(tail) - len(heard)
    assert begin >= 0
    return heard - spoken[begin : begin + len(heard)]


def energy(sound: Samples) -> float:
    return float(sound @ sound)


def decibels(ratio: float) -> float:
    return float(10 * np.log10(ratio + 1e-12))


@dataclass(frozen=True)
class Visit:
    """What came of an utterance."""

    outcome: dict[str, Any]
    sent: bytes
    in_the_room: Samples
    """All that the microphone heard."""
    log: str


async def utterance(
    room: VirtualMicrophone,
    broker: Broker,
    folder: Path,
    pcm: bytes,
    *,
    faults: Sequence[Fault] = (),
    **feedback: str,
) -> Visit:
    """Say it, and wait for the outcome."""
    recording = folder / "room.raw"
    async with (
        HouseClient(broker.port, f"{NODE}/#") as house,
        ScriptedRecognizer("Turn on the kitchen light.", always=faults) as server,
        Program(
            folder,
            settings(broker, server.url, **feedback),
            environment=room.environment,
        ) as program,
    ):
        await eventually(lambda: "listening to" in program.log, 60)
        with room.recorded(recording):
            await asyncio.to_thread(room.play, pcm)
            await house.hears(f"{NODE}/event/utterance", timeout=30)
            # A sound that is under way is heard out.
            so_far = recording.stat().st_size
            await eventually(lambda: recording.stat().st_size > so_far + 32000)
        outcome = json.loads(house.on(f"{NODE}/event/utterance")[-1])
        assert await program.stop() == 0
    in_the_room = recording.read_bytes()
    whole = len(in_the_room) // 2 * 2
    sent = server.heard[0].pcm if server.heard else b""
    return Visit(outcome, sent, samples(in_the_room[:whole]), program.log)


@pytest.mark.parametrize("whose", ["ours", "the user's"])
async def test_the_wake_sound_is_heard_and_not_sent(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path, whose: str
) -> None:
    sound, played = "default", cue(Cue.WAKE)
    if whose == "the user's":
        sound = str(save(tmp_path / "yes.wav", say("yes?")))
        played = samples(say("yes?"))
    said = in_a_room(silence(1), WAKE_WORD, silence(1.2), COMMAND, silence(1.5))
    visit = await utterance(room, broker, tmp_path, said, wake=sound)
    assert visit.outcome["event_type"] == "transcript"
    assert decibels(likeness(visit.in_the_room, played)) > -3
    assert decibels(energy(beyond(said, visit.sent)) / energy(played)) < -25


async def test_who_talks_while_the_wake_sound_plays_is_sent_whole(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    said = in_a_room(silence(1), WAKE_WORD, silence(0.1), COMMAND, silence(1.5))
    visit = await utterance(room, broker, tmp_path, said, wake="default")
    assert visit.outcome["event_type"] == "transcript"
    assert decibels(likeness(visit.in_the_room, cue(Cue.WAKE))) > -3
    rest = beyond(said, visit.sent)
    assert decibels(likeness(rest, cue(Cue.WAKE))) < -20
    assert decibels(energy(rest) / energy(samples(COMMAND))) < -20


async def test_the_end_of_the_utterance_is_heard(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    said = in_a_room(silence(1), WAKE_WORD, silence(0.3), COMMAND, silence(1.5))
    visit = await utterance(room, broker, tmp_path, said, end="default")
    assert decibels(likeness(visit.in_the_room, cue(Cue.END))) > -3


async def test_an_error_is_heard(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    said = in_a_room(silence(1), WAKE_WORD, silence(2))
    refused = [RefuseHandshake()]
    visit = await utterance(
        room, broker, tmp_path, said, faults=refused, error="default"
    )
    assert visit.outcome["reason"] == "auth_failed"
    assert decibels(likeness(visit.in_the_room, cue(Cue.ERROR))) > -3


async def test_a_missing_loudspeaker_is_told_and_costs_the_sound_only(
    room: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    said = in_a_room(silence(1), WAKE_WORD, silence(0.3), COMMAND, silence(1.5))
    visit = await utterance(
        room, broker, tmp_path, said, wake="default", end="default", device="gone"
    )
    assert visit.outcome["event_type"] == "transcript"
    assert visit.log.count("WARNING") == 1
    assert (
        "no sound is heard (loudspeaker.device): there is no device 'gone'" in visit.log
    )
    lost = energy(beyond(said, visit.sent))
    assert decibels(lost / energy(samples(COMMAND))) < -20
