"""`auricle demo`: the real program, beside a private broker and recognizer.

Four processes: mosquitto, `auricle recognizer`, `auricle run`, and a subscriber that
has nothing to do with them. What is printed is what the subscriber read.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from importlib.resources import as_file
from math import inf
from pathlib import Path

from auricle.app import build
from auricle.assets.recordings import OKAY_NABU
from auricle.assets.requirements import remedy
from auricle.cli.demo_lines import tell
from auricle.config.loading import load
from auricle.config.sections import WakeWordSettings
from auricle.config.sources import DASHSCOPE_KEY, PREFIX
from auricle.config.toml import toml
from auricle.system.systemd import CREDENTIALS_VARIABLE

_NODE = "demo"
# Somebody else's broker, recognizer and key are none of the demo's; what the microphone
# is set to is.
_HEEDED = f"{PREFIX}MICROPHONE__"
_NOT_ITS_OWN = {DASHSCOPE_KEY, CREDENTIALS_VARIABLE}
# A model on a slow card takes its time to load; a stuck one shall not take for ever.
_START_TIMEOUT = 60.0
# A wake word is detected while it is said, or it is not. This much behind the end of
# the recording even a busy machine has heard all of it.
_WAKE_WORD_TIMEOUT = 5.0
# What may follow a wake word: the recognizer's silence, its final.
_AFTERWARDS = 45.0
# It shows the path, not the speed of a machine that may be busy or small.
_FINAL_TIMEOUT = 30.0


class _DemoError(Exception):
    """A part of the demo did not come up."""


def main(args: argparse.Namespace) -> int:
    """Start the four processes, print what the subscriber reads, and return the exit
    code: 69 where something is not installed, 70 where something does not start.

    Raises ConfigError where there is no such wake word.
    """
    if missing := _missing():
        for line in missing:
            print(f"auricle demo: {line}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    # As the satellite would refuse it, when all the others have started.
    build.wake_word_engines(WakeWordSettings(models=[args.wake_word]))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory("-auricle")))
        recording: Path | None = None
        if args.file:
            recording = Path(args.file)
        elif not args.microphone:
            recording = stack.enter_context(as_file(OKAY_NABU))
        try:
            return asyncio.run(_demo(args, folder, recording))
        except _DemoError as error:
            print(f"auricle demo: {error}", file=sys.stderr)
            return os.EX_SOFTWARE


def _missing() -> list[str]:
    missing = [
        f"{name} is not installed; run: sudo apt-get install {package}"
        for name, package in (
            ("mosquitto", "mosquitto"),
            ("mosquitto_sub", "mosquitto-clients"),
        )
        if not _path_of(name)
    ]
    if importlib.util.find_spec("faster_whisper") is None:
        missing.append(f"the local recognizer is not installed; {remedy('recognizer')}")
    return missing


async def _demo(args: argparse.Namespace, folder: Path, recording: Path | None) -> int:
    seconds = inf
    if recording is not None:
        name = "the bundled one, synthetic" if args.file is None else recording.name
        seconds, oddities = _examine(recording)
        print(f"recording    {name}, {seconds:.1f} s, played at its own pace")
        for oddity in oddities:
            print(f"note         {oddity}")
    async with contextlib.AsyncExitStack() as stack:
        port = _free_port()
        await stack.enter_async_context(_broker(port, folder))
        print(f"broker       mosquitto on 127.0.0.1:{port}")
        print("recognizer   loading the speech model …", flush=True)
        url = await stack.enter_async_context(_recognizer(folder))
        print(f"recognizer   {url}")
        subscription = await stack.enter_async_context(_subscriber(port))
        config = folder / "config.toml"
        text = _configuration(args, folder, port, url, recording)
        config.write_text(text, encoding="utf-8")
        satellite = await stack.enter_async_context(
            _auricle("run", "--config", str(config), log=folder / "satellite.log")
        )
        watching = asyncio.ensure_future(_watch(subscription, seconds))
        died = asyncio.ensure_future(satellite.wait())
        await asyncio.wait({watching, died}, return_when=asyncio.FIRST_COMPLETED)
        if satellite.returncode is not None:
            watching.cancel()
            raise _DemoError(last_words(folder / "satellite.log"))
        died.cancel()
        outcome = watching.result()
    if outcome is None:
        phrase = args.wake_word.replace("_", " ")
        print(f'No wake word was heard. The recording has to begin with "{phrase}".')
    return 0 if outcome == "transcript" else 1


def _examine(path: Path) -> tuple[float, list[str]]:
    """How long it is, as the satellite will hear it, and what is odd about it."""
    # The satellite is a process of its own: its environment is ours, its file is not.
    microphone = load(None).microphone
    with closing(build.recording(path, microphone)) as recording:
        seconds = sum(frame.seconds for frame in recording.frames())
        trouble = [recording.trouble] if recording.trouble else []
        return seconds, [*recording.remarks, *trouble]


def _configuration(
    args: argparse.Namespace, folder: Path, port: int, url: str, recording: Path | None
) -> str:
    device = f"recording = {toml(str(recording.resolve()))}" if recording else ""
    return f"""\
[satellite]
name = "{_NODE}"
state_directory = {toml(str(folder))}
[microphone]
{device}
[wake_word]
models = [{toml(args.wake_word)}]
[utterance]
mode = {toml(args.mode)}
[asr]
url = {toml(url)}
language = "en"
final_timeout = {_FINAL_TIMEOUT}
[mqtt]
host = "127.0.0.1"
port = {port}
"""


async def _watch(subscription: Process, seconds: float) -> str | None:
    """Print each message as a person would tell it, until there is an outcome: which
    one, or None where a recording of so many seconds woke nobody.

    A microphone, which hears for `inf` seconds, is watched for ever.
    """
    assert subscription.stdout is not None
    loop = asyncio.get_running_loop()
    started = loop.time()
    awaited = "the satellite does not listen"
    try:
        async with asyncio.timeout(_START_TIMEOUT) as patience:
            async for line in subscription.stdout:
                topic, _, payload = line.decode(errors="replace").strip().partition(" ")
                topic = topic.removeprefix(f"auricle/{_NODE}/")
                if told := tell(topic, payload):
                    print(f"{loop.time() - started:6.2f} s  {told}", flush=True)
                match topic, payload:
                    case "state", "idle" if awaited:
                        awaited = ""
                        patience.reschedule(loop.time() + seconds + _WAKE_WORD_TIMEOUT)
                    case "event/wake", _:
                        awaited = "the turn does not end"
                        patience.reschedule(loop.time() + seconds + _AFTERWARDS)
                    case "event/utterance", _ if seconds < inf:
                        return str(json.loads(payload)["event_type"])
    except TimeoutError:
        if awaited:
            raise _DemoError(awaited) from None
    return None


def _path_of(name: str) -> str | None:
    """Find a program, also where Debian keeps daemons, which a person's PATH does not
    reach; None where it is not installed.
    """
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@contextlib.asynccontextmanager
async def _broker(port: int, folder: Path) -> AsyncIterator[None]:
    """A mosquitto that accepts connections. Raises _DemoError."""
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    mosquitto = _path_of("mosquitto")
    assert mosquitto is not None
    async with _running(mosquitto, "-c", str(config), log=folder / "broker.log"):
        await _accepts(port, folder / "broker.log")
        yield


async def _accepts(port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise _DemoError(f"mosquitto does not start: {last_words(log)}")


@contextlib.asynccontextmanager
async def _recognizer(folder: Path) -> AsyncIterator[str]:
    """The local recognizer's URL, once its model is loaded. Raises _DemoError."""
    log = folder / "recognizer.log"
    async with _auricle("recognizer", "--port", "0", log=log, stdout=PIPE) as process:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                line = (await process.stdout.readline()).decode()
        except TimeoutError:
            line = ""
        if not line.startswith("serving on "):
            raise _DemoError(f"the recognizer does not start: {last_words(log)}")
        yield line.split()[2]


@contextlib.asynccontextmanager
async def _subscriber(port: int) -> AsyncIterator[Process]:
    """Prints each of the satellite's messages as a line: topic, space, payload."""
    arguments = ("-p", str(port), "-F", "%t %p", "-t", f"auricle/{_NODE}/#")
    mosquitto_sub = _path_of("mosquitto_sub")
    assert mosquitto_sub is not None
    async with _running(mosquitto_sub, *arguments, stdout=PIPE) as process:
        yield process


def _auricle(
    *arguments: str, log: Path, stdout: int = DEVNULL
) -> contextlib.AbstractAsyncContextManager[Process]:
    """This very program, with these arguments."""
    command = (sys.executable, "-Pm", "auricle", *arguments)
    return _running(*command, log=log, stdout=stdout)


@contextlib.asynccontextmanager
async def _running(
    *command: str, log: Path | None = None, stdout: int = DEVNULL
) -> AsyncIterator[Process]:
    with contextlib.ExitStack() as stack:
        stderr = stack.enter_context(log.open("wb")) if log else DEVNULL
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=private_environment(os.environ),
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 5)
                except TimeoutError:
                    process.kill()
                    await process.wait()


def private_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return an environment that sets up no satellite, but for its microphone."""
    return {
        name: value
        for name, value in given.items()
        if name.upper().startswith(_HEEDED)
        or not (name.upper().startswith(PREFIX) or name in _NOT_ITS_OWN)
    }


def last_words(log: Path) -> str:
    """Return the last line of a log, which names what went wrong."""
    lines = log.read_text(errors="replace").strip().splitlines()
    # Whoever reads it knows our name.
    return lines[-1].removeprefix("auricle: ") if lines else "it says nothing"


def _free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
