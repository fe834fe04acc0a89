"""The machine: room for what is remembered, and how warm it is."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from auricle.app.remembered import Remembered
from auricle.doctor.results import Result, Status

DISK, TEMPERATURE, MUTE = "disk", "temperature", "mute"
_MEGABYTE = 1_000_000
_FULL, _NEARLY_FULL = 10 * _MEGABYTE, 200 * _MEGABYTE
# A Raspberry Pi slows down at 80 °C, and more at 85 °C.
_HOT = 80.0
_COMMAND_PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class Disk:
    """Describes where the state is kept."""

    directory: Path
    free: int
    """How many bytes are free for us."""
    refusal: str | None = None
    """Why nothing can be written."""


def look_at_disk(directory: Path) -> Disk:
    """Look at the disk that the directory is on, or will be; a file without a name is
    written there, and gone at once.
    """
    # It is made at the first start.
    existing = next(p for p in (directory, *directory.parents) if os.access(p, os.F_OK))
    refusal = None
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"auricle")
            file.flush()
    except OSError as error:
        refusal = error.strerror or str(error)
    return Disk(directory, shutil.disk_usage(existing).free, refusal)


def judge_disk(disk: Disk) -> Result:
    """Judge whether the state can be kept."""
    free = f"{disk.free / _MEGABYTE:,.0f} MB free"
    if disk.refusal is not None:
        return Result(
            DISK,
            Status.FAILED,
            f"{disk.directory} cannot be written to: {disk.refusal.lower()} ({free})",
            "mute and undelivered transcripts are lost with a restart: correct its "
            "owner, or satellite.state_directory",
        )
    told = f"{disk.directory} can be written to, {free}"
    if disk.free < _NEARLY_FULL:
        status = Status.FAILED if disk.free < _FULL else Status.WARNING
        return Result(DISK, status, told, "make room on it")
    return Result(DISK, Status.OK, told)


def judge_mute(remembered: Remembered) -> Result:
    """Judge what was last ordered over MQTT: a muted satellite hears nothing."""
    if remembered.muted:
        return Result(
            MUTE,
            Status.WARNING,
            "the satellite is muted: its microphone is closed, also after a restart",
            "unmute it in Home Assistant, or publish OFF to its mute/set",
        )
    return Result(MUTE, Status.OK, "the satellite is not muted")


def throttling() -> int | None:
    """Ask a Raspberry Pi for its flags of throttling; None on other machines."""
    try:
        told = subprocess.run(
            ["vcgencmd", "get_throttled"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_COMMAND_PATIENCE,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    flags = re.fullmatch(r"throttled=(0x[0-9a-f]+)\s*", told)
    return int(flags[1], 16) if flags else None


def judge_temperature(celsius: float | None, flags: int | None) -> Result:
    """Judge how warm the machine is, and whether it was slowed down.

    `flags` are as https://www.raspberrypi.com/documentation/computers/os.html has them
    under get_throttled.
    """
    if celsius is None and flags is None:
        return Result(TEMPERATURE, Status.SKIPPED, "this machine does not tell")
    told = "not told" if celsius is None else f"{celsius:.0f} °C"
    now = [text for bit, text in _FLAGS.items() if (flags or 0) >> bit & 1]
    before = [text for bit, text in _FLAGS.items() if (flags or 0) >> bit + 16 & 1]
    if now:
        told += f"; {', '.join(now)}"
    elif before:
        told += f"; since the start there was: {', '.join(before)}"
    power = _UNDER_VOLTAGE in (*now, *before)
    if power:
        advice = "use the power supply made for this machine, and a short cable"
    elif now or before or (celsius or 0) >= _HOT:
        advice = "give it air or a heat sink: hot, it hears with a delay"
    else:
        return Result(TEMPERATURE, Status.OK, told)
    return Result(TEMPERATURE, Status.WARNING, told, advice)


_UNDER_VOLTAGE = "under-voltage"
_FLAGS = {
    0: _UNDER_VOLTAGE,
    1: "a capped clock",
    2: "throttling",
    3: "the soft temperature limit",
}
