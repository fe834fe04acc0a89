"""The whole satellite as a house has it: its process, a broker, a recognizer."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from rigs.audio.virtual_microphone import VirtualMicrophone, virtual_microphone
from rigs.homes.program import Program
from rigs.mqtt.broker import Broker, running_broker

NODE = "auricle/bench"
LISTENING = "listening to "
_STARTS_WITHIN = 60.0


@asynccontextmanager
async def broker() -> AsyncIterator[Broker]:
    """A real mosquitto, that writes nothing to disk but at its end."""
    with tempfile.TemporaryDirectory() as folder, running_broker(Path(folder)) as real:
        yield real


@contextmanager
def microphone() -> Iterator[VirtualMicrophone]:
    """One of PulseAudio's; its environment is for a daemon that shall hear it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        virtual_microphone(Path(folder)) as real,
    ):
        yield real


def knowing_nothing_else(microphone: VirtualMicrophone) -> dict[str, str]:
    """The microphone's environment, where ALSA knows of no other device or plugin:
    PortAudio opens whatever it knows of.
    """
    only = f"{microphone.environment['HOME']}/.asoundrc"
    return {**microphone.environment, "ALSA_CONFIG_PATH": only}


@asynccontextmanager
async def daemon(
    broker_port: int,
    recording: Path | str | None,
    *,
    recognizer: str = "ws://127.0.0.1:9/",
    stdin: int | None = None,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Program]:
    """`auricle run`, from when it listens to `recording`, or the microphone, on.

    With `stdin`, from its start on: it listens once it is sent sound.
    """
    settings: dict[str, Mapping[str, Any]] = {
        "satellite": {"name": "bench"},
        "mqtt": {"host": "127.0.0.1", "port": broker_port},
        "asr": {"url": recognizer, "language": "en"},
        "limits": {"turns_per_hour": 0, "seconds_per_day": 0},
    }
    for name, keys in (sections or {}).items():
        settings[name] = {**settings.get(name, {}), **keys}
    if recording is not None:
        given = settings.get("microphone", {})
        settings["microphone"] = {**given, "recording": str(recording)}
    with tempfile.TemporaryDirectory() as folder:
        program = Program(
            Path(folder), settings, stdin=stdin, environment=environment or {}
        )
        async with program:
            if stdin is None:
                await listening(program)
            yield program
            if program.running:
                await program.stop()


async def listening(program: Program) -> float:
    """Wait until it listens; when that was, by the monotonic clock."""
    deadline = time.monotonic() + _STARTS_WITHIN
    while LISTENING not in program.log:
        if not program.running or time.monotonic() > deadline:
            sys.exit(f"the satellite did not start:\n{program.log}")
        await asyncio.sleep(0.005)
    return time.monotonic()
