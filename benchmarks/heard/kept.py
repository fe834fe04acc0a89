"""What was made of sound, and takes long to make."""

import hashlib
import os
from collections.abc import Callable

from benchmarks.turns.peers import CACHE


def kept(what: str, sound: bytes, make: Callable[[], str]) -> str:
    """What was made of this sound; it is made once."""
    folder = CACHE.parent / "heard"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{what}-{hashlib.sha256(sound).hexdigest()[:32]}"
    if not file.exists():
        made = file.with_suffix(f".{os.getpid()}")
        made.write_text(make())
        made.replace(file)
    return file.read_text()
