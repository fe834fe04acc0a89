"""A folder of what somebody let us keep: sounds, and what was made of them.

Nothing writes sound to disk but this, and only where it was asked to.
"""

import contextlib
import json
import os
import wave
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.errors import ConfigError
from auricle.listen.tuning import Evidence

MOST_CLIPS = 500
"""How many sounds are kept; then nothing more is."""
INDEX = "recordings.jsonl"
"""What was made of each sound, an object a line; and how long was listened."""
_PICTURE = ".svg"
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class Label(StrEnum):
    """Whether somebody called; it is the name of a folder, too."""

    WANTED = "wanted"
    UNWANTED = "unwanted"


@dataclass(frozen=True, slots=True)
class Clip:
    """Describes a sound that is kept, as a line of the index does."""

    file: str
    """The path below the folder."""
    wake_word: str
    label: Label
    score: float
    """The best score, 0 to 1."""
    threshold: float
    """The threshold that it was beside, then."""
    detected: bool
    """Whether the satellite woke up."""
    at: str
    """The time of day, as ISO 8601 writes it, with its zone."""


class Collection:
    """The folder; only its owner may look into it."""

    def __init__(self, folder: Path, *, new: bool) -> None:
        """Open `folder`; with `new`, make it where it is not there.

        Raises ConfigError where it cannot be used, or holds something else.
        """
        self.folder = folder
        self._clips: list[Clip] = []
        self._seconds: dict[str, float] = {}
        try:
            if new:
                folder.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
            self._refuse_others()
            if (folder / INDEX).exists():
                self._read()
            elif not new:
                raise ConfigError(
                    f"{folder} holds no recordings of auricle listen --record"
                )
            if new:
                folder.chmod(_FOLDER_MODE)
            self._last_number = self._highest_number()
        except OSError as error:
            raise ConfigError(f"{folder}: {(error.strerror or '').lower()}") from error

    @property
    def full(self) -> bool:
        """Whether nothing more is kept."""
        return len(self._clips) >= MOST_CLIPS

    @property
    def count(self) -> int:
        """The number of sounds that are kept."""
        return len(self._clips)

    @property
    def wake_words(self) -> list[str]:
        """The names of all wake words that something is known of."""
        return sorted({clip.wake_word for clip in self._clips} | self._seconds.keys())

    def evidence(
        self, wake_word: str, highest_passed: Callable[[Path], float]
    ) -> Evidence:
        """Return what is known of this wake word; `highest_passed` tells of a sound the
        score that a threshold has to be below for it to be heard.
        """
        scores: dict[Label, list[float]] = {label: [] for label in Label}
        for clip in self._clips:
            if clip.wake_word == wake_word:
                scores[clip.label].append(highest_passed(self.folder / clip.file))
        hours = self._seconds.get(wake_word, 0.0) / 3600
        return Evidence(scores[Label.WANTED], scores[Label.UNWANTED], hours)

    def keep(self, clip: Clip, pcm: bytes) -> Clip:
        """Keep a sound, 16 kHz mono s16le, whose `file` is chosen here. Raises
        OSError.
        """
        folder = self._folder_of(clip.label, clip.wake_word)
        self._last_number += 1
        path = folder / f"{self._last_number:04}.wav"
        _write(path, _wav(pcm))
        kept = replace(clip, file=str(path.relative_to(self.folder)))
        self._clips.append(kept)
        self.save()
        return kept

    def relabel(self, clip: Clip, label: Label) -> Clip | None:
        """Note that a sound was wanted, or not; return None where somebody has deleted
        it. Raises OSError.
        """
        if not (self.folder / clip.file).exists():
            self._clips.remove(clip)
            self.save()
            return None
        if clip.label is label:
            return clip
        file = f"{label}/{clip.wake_word}/{Path(clip.file).name}"
        moved = replace(clip, label=label, file=file)
        self._folder_of(label, clip.wake_word)
        (self.folder / clip.file).rename(self.folder / moved.file)
        self._clips[self._clips.index(clip)] = moved
        self.save()
        return moved

    def listened(self, wake_words: Iterable[str], seconds: float) -> None:
        """Count time in which nobody was asked to say any of these wake words."""
        for name in wake_words:
            self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def save(self) -> None:
        """Write the index. Raises OSError."""
        lines = [json.dumps(asdict(clip), ensure_ascii=False) for clip in self._clips]
        lines += [
            json.dumps({"wake_word": name, "listened_seconds": round(seconds, 1)})
            for name, seconds in sorted(self._seconds.items())
        ]
        # Whoever pulls the plug meanwhile keeps the index of before.
        unfinished = self.folder / f".{INDEX}"
        unfinished.unlink(missing_ok=True)
        _write(unfinished, "".join(f"{line}\n" for line in lines).encode())
        unfinished.replace(self.folder / INDEX)

    def draw(self, wake_word: str, svg: str) -> Path:
        """Write a picture, and return where it is. Raises OSError."""
        path = self.folder / f"{wake_word}{_PICTURE}"
        path.unlink(missing_ok=True)
        _write(path, svg.encode())
        return path

    def _folder_of(self, label: Label, wake_word: str) -> Path:
        folder = self.folder / label / wake_word
        # Whatever is made on the way to a folder has another mode.
        for made in (folder.parent, folder):
            made.mkdir(_FOLDER_MODE, exist_ok=True)
        return folder

    def _refuse_others(self) -> None:
        ours = {*Label, INDEX, f".{INDEX}"}
        for path in self.folder.iterdir():
            if path.name not in ours and path.suffix != _PICTURE:
                raise ConfigError(
                    f"{self.folder} holds something else ({path.name}): name a folder "
                    "that is empty, not there, or one of auricle listen --record"
                )

    def _read(self) -> None:
        text = (self.folder / INDEX).read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise ConfigError(
                    f"line {number} of {self.folder / INDEX} cannot be read: {error}"
                ) from error

    def _take(self, told: dict[str, Any]) -> None:
        if "listened_seconds" in told:
            self._seconds[str(told["wake_word"])] = float(told["listened_seconds"])
            return
        clip = Clip(**{**told, "label": Label(told["label"])})
        # What somebody has deleted is no evidence.
        if (self.folder / clip.file).exists():
            self._clips.append(replace(clip, score=float(clip.score)))

    def _highest_number(self) -> int:
        numbers = [0]
        # Whoever pulls the plug in time leaves a sound that is in no index.
        for file in self.folder.glob("*/*/*.wav"):
            with contextlib.suppress(ValueError):
                numbers.append(int(file.stem))
        return max(numbers)


def _wav(pcm: bytes) -> bytes:
    file = BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(SAMPLE_BYTES)
        wav.setframerate(SAMPLE_RATE)
        wav.writeframes(pcm)
    return file.getvalue()


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, _FILE_MODE), "wb") as file:
        file.write(content)
