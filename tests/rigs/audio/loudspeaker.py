"""Loudspeakers without sound hardware: real ALSA devices, and what was played on them.

ALSA's own plugin writes into a file whatever a device gets, and as fast as it gets it.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from auricle.audio.echo import OwnSound
from auricle.audio.playing import PlayerFact

ASOUND = """
pcm.null {{ type null }}
pcm.file {{ type file slave.pcm null file "{file}" format raw }}
"""


@dataclass
class Listener:
    """Takes down what it is told of our own sounds."""

    heard: bytearray = field(default_factory=bytearray)
    told: list[str] = field(default_factory=list)
    knows_all: bool = True

    def expect(self, sound: OwnSound) -> None:
        self.told.append(f"expect {sound.seconds:g}")

    def played(self) -> None:
        self.told.append("played")

    def speaking(self, pcm: bytes | None) -> None:
        self.knows_all = self.knows_all and pcm is not None
        self.heard += pcm or b""
        if self.told[-1:] != ["speaking"]:
            self.told.append("speaking")

    def spoken(self) -> None:
        self.told.append("spoken")


@dataclass
class Loudspeaker:
    """The device `file`, and what was played on it."""

    path: Path
    facts: list[PlayerFact] = field(default_factory=list)
    listener: Listener = field(default_factory=Listener)

    @property
    def played(self) -> bytes:
        return self.path.read_bytes() if self.path.exists() else b""


@contextmanager
def loudspeaker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loudspeaker]:
    """One that is this process's sound system."""
    played = folder / "played.raw"
    configuration = folder / "asound.conf"
    configuration.write_text(ASOUND.format(file=played))
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(configuration))
    yield Loudspeaker(played)


def put_aplay_first(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have `script` run as aplay: for what a device does that needs hardware."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    aplay = programs / "aplay"
    aplay.write_text(f"#!/bin/sh\n{script}\n")
    aplay.chmod(aplay.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
