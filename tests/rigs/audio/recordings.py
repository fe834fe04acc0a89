"""Sound files of every kind to test with, and people's recordings where there are."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

AURICLE_RECORDINGS = os.environ.get("AURICLE_RECORDINGS")

needs_people = pytest.mark.skipif(
    not AURICLE_RECORDINGS,
    reason="AURICLE_RECORDINGS names no folder of people's recordings",
)


def people(pattern: str) -> list[Path]:
    """Recordings in that folder; none where there is no folder."""
    return sorted(Path(AURICLE_RECORDINGS or "/nonexistent").glob(pattern))


def save(
    path: Path, pcm: bytes, *, rate: int = 16_000, subtype: str = "PCM_16"
) -> Path:
    """Mono s16le as a file of the format that its name says."""
    soundfile.write(path, np.frombuffer(pcm, "<i2"), rate, subtype=subtype)
    return path
