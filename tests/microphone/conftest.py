import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from auricle.audio.devices.microphone import Microphone
from rigs.audio.virtual_microphone import VirtualMicrophone, virtual_microphone


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VirtualMicrophone]:
    """A room with a microphone in it, which is this process's sound system."""
    with virtual_microphone(tmp_path) as microphone:
        for name, value in microphone.environment.items():
            monkeypatch.setenv(name, value)
        yield microphone


@pytest.fixture
def microphone(room: VirtualMicrophone) -> Iterator[Microphone]:
    """An open one."""
    with contextlib.closing(Microphone()) as microphone:
        microphone.open()
        yield microphone
