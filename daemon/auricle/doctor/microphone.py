"""The microphone: whether it opens, and what its sound is like."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import assert_never

import numpy as np

from auricle.audio.level import FULL_SCALE, dbfs, power
from auricle.audio.source import AudioSource
from auricle.audio.source_health import CLIPPING_SHARE, MEANINGS, SourceHealth
from auricle.doctor.results import Result, Status
from auricle.errors import MicrophoneError
from auricle.vad.energy_gate import EnergyGate

NAME = "microphone"
OURS = "auricle"
METERED = 3.0
"""Seconds of sound."""
OVERDUE = "the sound system does not answer"
ADVICE = "is another program blocking it? restart the sound server, or the machine"
# Above it, the room's own noise is nearly as loud as a voice across the room.
_LOUD_ROOM_DBFS = -35.0
BUSY = "device unavailable"
"""PortAudio's words for one that somebody else holds."""
_CAPTURE_DEVICES = "/dev/snd/pcm*c"
_READ_TIMEOUT = 0.1
# The share by which a device's sound may be slower or faster than time: less cannot be
# told from a busy machine's wavering, in so few seconds.
_SAME_PACE = 0.02
# Seconds of sound at the beginning that tell nothing, for some devices open with a
# burst; and as many as it takes to tell a pace.
_SETTLING, _ENOUGH = 0.3, 2.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """Says what some seconds of sound were like."""

    description: str
    """The source's own name, for people."""
    seconds: float
    floor: float
    """The level of the room's own noise, in dBFS."""
    loudest: float
    """The level of the loudest frame, in dBFS."""
    clipped: float
    """The share of frames that reach full scale."""
    health: SourceHealth = SourceHealth.GOOD
    """What the sound of these seconds says about the source."""
    advice: str = ""
    """What the source says against bad health; empty where it is good."""
    remarks: Sequence[str] = ()
    """What the source says of itself that differs from what was promised."""
    drift: float | None = None
    """The share by which its sound comes slower than time goes by, below 0 faster; None
    where that cannot be told."""


def measure(
    source: AudioSource, patience: float, meter: Callable[[float], None]
) -> Measurement:
    """Listen for METERED seconds of sound, and not longer than `patience` seconds.

    `meter` is given each frame's level, dBFS. Raises MicrophoneError.
    """
    deadline = time.monotonic() + patience
    gate = EnergyGate()
    loudest = 0.0
    frames = clipped = 0
    seconds = 0.0
    arrivals: list[tuple[float, float]] = []
    with closing(source):
        source.open()
        while seconds < METERED and time.monotonic() < deadline:
            read = source.read(_READ_TIMEOUT)
            arrived = time.monotonic()
            for frame in read:
                seconds += frame.seconds
                frames += 1
                samples = np.frombuffer(frame.pcm, "<i2").astype(np.int32)
                clipped += int(np.abs(samples).max() >= FULL_SCALE - 1)
                loudest = max(loudest, power(frame))
                gate.passes(frame)
                meter(dbfs(power(frame)))
            if read:
                arrivals.append((seconds * source.pace, arrived))
    if not frames:
        raise MicrophoneError("it opens, but no sound comes from it")
    health = _health(source, clipped / frames, zeros=loudest == 0)
    return Measurement(
        source.description,
        seconds,
        dbfs(gate.floor),
        dbfs(loudest),
        clipped / frames,
        health,
        source.advice(health),
        tuple(source.remarks),
        drift(arrivals),
    )


def drift(arrivals: Sequence[tuple[float, float]]) -> float | None:
    """Return by what share sound comes slower than time goes by, below 0 faster; None
    where it is too little to tell.

    `arrivals` are how many seconds of sound had come, each with the time when they had,
    in seconds of any clock. Sound may be late but never early, so the least late of the
    first third and of the last third are compared.
    """
    settled = [(heard, at) for heard, at in arrivals if heard >= _SETTLING]
    if not settled or settled[-1][0] - settled[0][0] < _ENOUGH:
        return None
    begin, end = settled[0][0], settled[-1][0]
    third = (end - begin) / 3
    first = min((at - heard, at) for heard, at in settled if heard <= begin + third)
    last = min((at - heard, at) for heard, at in settled if heard >= end - third)
    return (last[0] - first[0]) / (last[1] - first[1])


def _health(source: AudioSource, clipped: float, *, zeros: bool) -> SourceHealth:
    if source.health is SourceHealth.CANCELLING:
        return SourceHealth.CANCELLING
    if zeros:
        return SourceHealth.ZEROS
    return SourceHealth.CLIPPING if clipped > CLIPPING_SHARE else SourceHealth.GOOD


def judge(measured: Measurement) -> Result:
    """Judge whether a voice would be understood."""
    levels = (
        f"{measured.description}, {measured.seconds:.1f} s: noise floor "
        f"{measured.floor:.0f} dBFS, loudest {measured.loudest:.0f} dBFS"
    )
    match measured.health:
        case SourceHealth.GOOD:
            pass
        case SourceHealth.CLIPPING:
            meaning = f"{levels}; {measured.clipped:.0%} of it is clipped"
            return Result(NAME, Status.WARNING, meaning, measured.advice)
        case SourceHealth.ZEROS | SourceHealth.CANCELLING:
            meaning = f"{measured.description} {MEANINGS[measured.health]}"
            return Result(NAME, Status.FAILED, meaning, measured.advice)
        case _:
            assert_never(measured.health)
    if measured.drift is not None and abs(measured.drift) > _SAME_PACE:
        way = "slower" if measured.drift > 0 else "faster"
        return Result(
            NAME,
            Status.WARNING,
            f"{levels}; its sound comes {abs(measured.drift):.0%} {way} than time goes "
            "by: it loses sound, or names another rate than it has, and of several "
            "satellites it may answer out of turn",
            "try another port or device (auricle devices), or a machine that is less "
            "busy",
        )
    if measured.remarks:
        meaning = "; ".join([levels, *measured.remarks])
        return Result(NAME, Status.WARNING, meaning, "record it anew, if you can")
    if measured.floor > _LOUD_ROOM_DBFS:
        return Result(
            NAME,
            Status.WARNING,
            f"{levels}; that noise is nearly as loud as a voice across the room",
            "lower its gain (alsamixer, F4), or move it away from what is loud",
        )
    return Result(NAME, Status.OK, levels)


def refused(
    error: MicrophoneError, *, service_runs: bool, proc: Path = Path("/proc")
) -> Result:
    """Report a microphone that cannot be listened to, of which the running service may
    be the reason.

    `proc` is where the kernel lists processes and their open files.
    """
    if BUSY not in str(error):
        advice = "see what there is: auricle devices; then set microphone.device"
        return Result(NAME, Status.FAILED, str(error), advice)
    holders = dict(_holders(proc))
    if service_runs or OURS in holders.values():
        return Result(
            NAME,
            Status.SKIPPED,
            "the running service has it, as it should",
            "to measure it, stop the service: sudo systemctl stop auricle",
        )
    who = ", ".join(f"{name} (process {pid})" for pid, name in holders.items())
    return Result(
        NAME,
        Status.FAILED,
        f"another program has it: {who or error}",
        "end that program; to find it: sudo fuser -v /dev/snd/*",
    )


def _holders(proc: Path) -> Iterator[tuple[str, str]]:
    """The processes, number and name, that capture sound; root sees all of them."""
    for process in proc.glob("[0-9]*"):
        with suppress(OSError):
            if any(
                fnmatchcase(str(open_file.readlink()), _CAPTURE_DEVICES)
                for open_file in (process / "fd").iterdir()
            ):
                yield process.name, _name_of(process)


def _name_of(process: Path) -> str:
    command = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    # The interpreter first, then perhaps -m.
    ours = OURS in {Path(word).name for word in command[:3]}
    return OURS if ours else (process / "comm").read_text(errors="replace").strip()
