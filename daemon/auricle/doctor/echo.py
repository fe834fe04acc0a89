"""Our own voice in the microphone: whether it is taken out, and on request how late and
how loud it is.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from auricle.audio.arrival import find
from auricle.audio.devices.player import AplayPlayer
from auricle.audio.echo import OwnSound
from auricle.audio.frame import SAMPLE_RATE, Frame
from auricle.audio.level import dbfs, power
from auricle.audio.playing import (
    PlaybackListener,
    PlayerFact,
    SoundFailed,
    SoundFormat,
    SoundStarted,
)
from auricle.audio.samples import Samples, from_pcm, to_pcm
from auricle.audio.source import AudioSource
from auricle.audio.speexdsp import EchoFilter
from auricle.doctor.results import Result, Status
from auricle.errors import EchoError, MicrophoneError, PlaybackError
from auricle.system.threads import start_call

NAME = "echo"
OVERDUE = "the sound system does not answer"
ADVICE = "is another program blocking it? restart the sound server, or the machine"
HOW = "how loud it is: auricle doctor --echo"
# As loud as speech that is played, and of the frequencies that a small loudspeaker has.
_SWEEP_DB, _SWEEP_SECONDS, _LOWEST, _HIGHEST = -20.0, 1.5, 200.0, 6000.0
_FADE = round(0.05 * SAMPLE_RATE)
# Quiet before it, and for as long as any loudspeaker keeps it back.
_BEFORE, _AFTER = 0.5, 3.0
_READ_TIMEOUT = 0.1
# Standard deviations: chance comes to 5.
_CERTAIN = 10.0
# Somebody two meters away, as a microphone of a Pi hears it.
_PERSON_DBFS = -30.0
# Decibels above a person. Measured: up to the first 9 of 10 wake words are heard, and
# half of them at the second.
_LOUD, _TOO_LOUD = 12.0, 20.0
# Seconds: what is later is looked for no longer before frames go on.
_LATE = 0.8
_FULL_SCALE = 0.999


@dataclass(frozen=True, slots=True)
class Echo:
    """Says how a sound of ours came back."""

    delay: float
    """The seconds until it was heard."""
    level: float
    """How loud it was heard, dBFS."""
    clipped: bool
    """Whether the microphone was at full scale meanwhile."""


def examine(device: str) -> Result:
    """Say whether wake words are heard while we speak on `device`, which is empty where
    there is none.
    """
    if not device:
        return Result(NAME, Status.SKIPPED, "there is no loudspeaker")
    try:
        EchoFilter()
    except EchoError as error:
        return _deaf(error)
    meaning = f"our own voice is taken out of what is heard; {HOW}"
    return Result(NAME, Status.OK, meaning)


def _deaf(error: EchoError) -> Result:
    meaning, _, remedy = str(error).rpartition("; ")
    return Result(
        NAME,
        Status.WARNING,
        f"no wake word is heard while it speaks: {meaning}",
        f"install the library: {remedy}",
    )


def sweep() -> bytes:
    """Return what is played: one tone that rises, 16 kHz mono s16le."""
    times = np.arange(round(_SWEEP_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    octaves = np.log(_HIGHEST / _LOWEST)
    growth = np.exp(times / _SWEEP_SECONDS * octaves) - 1
    phase = 2 * np.pi * _LOWEST * _SWEEP_SECONDS / octaves * growth
    tone = np.sqrt(2) * 10 ** (_SWEEP_DB / 20) * np.sin(phase)
    fade = np.linspace(0, 1, _FADE)
    tone[:_FADE] *= fade
    tone[-_FADE:] *= fade[::-1]
    return to_pcm(tone.astype(np.float32))


def measure(
    source: AudioSource, device: str, *, volume: float, patience: float
) -> Echo | None:
    """Play a sweep on `device` at `volume`, 0 to 1, and listen; return what came back,
    None where nothing did. It takes no longer than `patience` seconds.

    Raises MicrophoneError and PlaybackError.
    """
    heard: list[Frame] = []
    listener = _Listener(lambda: heard[-1].end if heard else 0)
    deadline = time.monotonic() + patience
    with closing(source):
        source.open()
        _listen(source, heard, _BEFORE, deadline)
        played = start_call(
            lambda: asyncio.run(_play(device, volume, listener)), name="sweep"
        )
        _listen(source, heard, _SWEEP_SECONDS + _AFTER, deadline)
    try:
        played.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        raise PlaybackError(f"{device!r} takes no sound") from None
    if not heard:
        raise MicrophoneError("it opens, but no sound comes from it")
    return find_in(heard, bytes(listener.said), listener.begun)


def find_in(heard: Sequence[Frame], said: bytes, begun: int) -> Echo | None:
    """Find what was `said`, from the position `begun` on, in what was heard; return
    None where it is not in there.
    """
    sound = from_pcm(said)
    samples = from_pcm(b"".join(frame.pcm for frame in heard))
    if len(sound) > len(samples) or not sound.any():
        return None
    arrival = find(sound, samples)
    if arrival.certainty < _CERTAIN:
        return None
    first = round(arrival.at)
    echo = samples[first : first + len(sound)]
    # The beginning is known to a frame, and nothing is heard before it is played.
    late = max(0.0, heard[0].start + arrival.at - begun)
    return Echo(
        late / SAMPLE_RATE,
        _level(echo),
        bool(np.abs(echo).max() >= _FULL_SCALE),
    )


def judge(echo: Echo | None) -> Result:
    """Judge whether a person's wake word would be heard while we speak."""
    if echo is None:
        return Result(
            NAME,
            Status.OK,
            "the microphone does not hear what is played: wake words are heard as well "
            "as in silence",
            "if you did not hear it either: raise the volume, or set "
            "loudspeaker.device",
        )
    louder = echo.level - _PERSON_DBFS
    measured = (
        f"heard {1000 * echo.delay:.0f} ms late, at {echo.level:.0f} dBFS: about "
        f"{abs(louder):.0f} dB {'louder' if louder > 0 else 'softer'} than somebody "
        "two meters away"
    )
    if echo.clipped:
        measured += ", with the microphone at full scale"
    if echo.clipped or louder > _LOUD:
        share = "half of the" if louder < _TOO_LOUD else "few"
        return Result(
            NAME,
            Status.WARNING,
            f"{measured}; {share} wake words are heard while it speaks",
            "lower the volume, move loudspeaker and microphone apart, or take a "
            "speakerphone that removes its own sound",
        )
    if echo.delay > _LATE:
        return Result(
            NAME,
            Status.WARNING,
            f"{measured}; few wake words are heard in the first seconds of an answer",
            "take a loudspeaker without Bluetooth",
        )
    return Result(NAME, Status.OK, f"{measured}; wake words are heard while it speaks")


def _listen(
    source: AudioSource, heard: list[Frame], seconds: float, deadline: float
) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < min(end, deadline):
        heard += source.read(_READ_TIMEOUT)


async def _play(device: str, volume: float, listener: "_Listener") -> None:
    over = asyncio.Event()
    facts: list[PlayerFact] = []

    def report(fact: PlayerFact) -> None:
        facts.append(fact)
        if not isinstance(fact, SoundStarted):
            over.set()

    player = AplayPlayer(device, listener, report)
    player.set_volume(volume)
    player.begin(NAME, SoundFormat(SAMPLE_RATE, channels=1))
    player.feed(NAME, sweep())
    player.end(NAME)
    try:
        await over.wait()
    finally:
        await player.aclose()
    if isinstance(facts[-1], SoundFailed):
        raise PlaybackError(f"{device!r} does not play it (loudspeaker.device)")


@dataclass(slots=True)
class _Listener(PlaybackListener):
    """Keeps what is played, and where in what is heard it was about to begin."""

    position: Callable[[], int]
    begun: int = 0
    said: bytearray = field(default_factory=bytearray)

    def expect(self, sound: OwnSound) -> None:
        """Nothing of that kind is played here."""

    def played(self) -> None:
        """Nor is one over, therefore."""

    def speaking(self, pcm: bytes | None) -> None:
        if pcm and not self.said:
            self.begun = self.position()
        self.said += pcm or b""

    def spoken(self) -> None:
        """What was said is all there is."""


def _level(samples: Samples) -> float:
    return dbfs(power(Frame(to_pcm(samples), 0)))
