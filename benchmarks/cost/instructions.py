"""How many aarch64 instructions a second of sound takes: the regression gate.

Counted, not timed: QEMU runs Debian's Python and the real arm64 wheels, and a plugin of
ours adds up. The count does not depend on what else the machine does.
"""

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parents[1]
_ARM64 = _HERE / "arm64"
_TREE = _HERE.parent / ".cache/arm64"
_RECORD = _HERE / "instructions.toml"
_SHORT, _LONG = 5.0, 25.0
TOLERANCE = 0.10
UNAVAILABLE = 69
"""Exit status (EX_UNAVAILABLE of sysexits.h)."""

OURS = "auricle"
PARTS = {
    OURS: "from the captured frame to the wake decision",
    "pymicro-wakeword": "the same engine in a bare loop",
    "silero": "voice activity, during a turn only",
    "webrtc": "the lighter voice activity, likewise",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """Instructions per second of sound, by part."""

    versions: str
    """Of Python and of the wheels."""
    parts: Mapping[str, int]


def count(*parts: str) -> Counted:
    """Of the parts that are named. Makes the arm64 tree where there is none; exits with
    UNAVAILABLE where that cannot be fetched.
    """
    if not (_TREE / "versions").exists():
        made = subprocess.run([_ARM64 / "tree", _TREE], check=False)
        if made.returncode:
            print("Debian's Python for arm64 cannot be fetched: nothing is counted")
            sys.exit(UNAVAILABLE)
    plugin = _TREE / "instructions.so"
    source = _ARM64 / "instructions.c"
    subprocess.run(
        ["gcc", "-Wall", "-shared", "-fPIC", "-O2", "-o", plugin, source], check=True
    )
    return Counted(
        (_TREE / "versions").read_text().strip(),
        {
            part: round((_run(part, _LONG) - _run(part, _SHORT)) / (_LONG - _SHORT))
            for part in parts
        },
    )


def _run(part: str, seconds: float) -> int:
    done = subprocess.run(
        [
            *("qemu-aarch64", "-cpu", "cortex-a53", "-L", _TREE),
            *("-plugin", _TREE / "instructions.so", "-d", "plugin"),
            *(_TREE / "usr/bin/python3", "-s"),
            *(_ARM64 / "listen.py", part, str(seconds)),
        ],
        check=True,
        capture_output=True,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": f"{_TREE / 'packages'}:{_HERE.parent / 'daemon'}",
            "OPENBLAS_NUM_THREADS": "1",
        },
    )
    (line,) = (s for s in done.stderr.splitlines() if s.startswith("instructions "))
    return int(line.split()[1])


def recorded() -> Counted:
    table = tomllib.loads(_RECORD.read_text())
    return Counted(table["versions"], table["instructions"])


def record(counted: Counted) -> None:
    lines = [
        "# Instructions (aarch64) per second of sound, as last recorded with",
        "# scripts/bench --record; scripts/bench --check compares.",
        f'versions = "{counted.versions}"',
        "",
        "[instructions]",
        *(f"{part} = {number}" for part, number in counted.parts.items()),
    ]
    _RECORD.write_text("\n".join(lines) + "\n")


def check() -> bool:
    """Whether listening takes no more than what is recorded, nearly; prints both."""
    now, before = count(OURS), recorded()
    if now.versions != before.versions:
        print(f"counted with {now.versions}\nrecorded with {before.versions}")
    print(
        f"{now.parts[OURS] / 1e6:.2f} million instructions a second of sound, "
        f"{before.parts[OURS] / 1e6:.2f} recorded: {growth(now, before):+.1%}"
    )
    return growth(now, before) <= TOLERANCE


def growth(now: Counted, before: Counted) -> float:
    """Of what listening takes, as a share of what it took."""
    return now.parts[OURS] / before.parts[OURS] - 1
