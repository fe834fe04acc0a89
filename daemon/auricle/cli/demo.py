"""`auricle demo`: the real program, beside a private broker and recognizer.

Four processes: mosquitto, `auricle recognizer`, `auricle run`, and a subscriber that
has nothing to do with them. What is printed is what the subscriber read.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import json
import shutil
import socket
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from importlib.resources import as_file
from math import inf
from pathlib import Path

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.audio.recording import read_recording
from auricle.cli.telling import tell
from auricle.recordings import OKAY_NABU

_NODE = "demo"
# A model on a slow card takes its time to load; a stuck one shall not take for ever.
_START_TIMEOUT = 60.0
# A wake word is detected while it is said, or it is not. This much behind the end of
# the recording even a busy machine has heard all of it.
_WAKE_WORD_TIMEOUT = 5.0
# What may follow a wake word: the recognizer's silence, its final.
_AFTERWARDS = 45.0
# It shows the path, not the speed of a machine that may be busy or small.
_FINAL_TIMEOUT = 30.0


class DemoError(Exception):
    """A part of the demo did not come up."""


def main(args: argparse.Namespace) -> int:
    if missing := _missing():
        for line in missing:
            print(f"auricle demo: {line}", file=sys.stderr)
        return 69
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory("-auricle")))
        recording: Path | None = None
        if args.file:
            recording = Path(args.file)
        elif not args.microphone:
            recording = stack.enter_context(as_file(OKAY_NABU))
        try:
            return asyncio.run(_demo(args, folder, recording))
        except DemoError as error:
            print(f"auricle demo: {error}", file=sys.stderr)
            return 70


def _missing() -> list[str]:
    missing = [
        f"{program} is not installed; run: sudo apt-get install {package}"
        for program, package in (
            ("mosquitto", "mosquitto"),
            ("mosquitto_sub", "mosquitto-clients"),
        )
        if not _program(program)
    ]
    if importlib.util.find_spec("faster_whisper") is None:
        missing.append(
            "the local recognizer is not installed; "
            "run: pip install 'auricle[recognizer]'"
        )
    return missing


def _program(name: str) -> str | None:
    # Debian keeps daemons where a person's PATH does not reach.
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


async def _demo(args: argparse.Namespace, folder: Path, recording: Path | None) -> int:
    seconds = inf
    if recording is not None:
        name = "the bundled one, synthetic" if args.file is None else recording.name
        seconds = len(read_recording(recording)) / SAMPLE_BYTES / SAMPLE_RATE
        print(f"recording    {name}, {seconds:.1f} s, played at its own pace")
    async with contextlib.AsyncExitStack() as stack:
        port = _free_port()
        await stack.enter_async_context(_broker(port, folder))
        print(f"broker       mosquitto on 127.0.0.1:{port}")
        print("recognizer   loading the speech model …", flush=True)
        url = await stack.enter_async_context(_recognizer(folder))
        print(f"recognizer   {url}")
        subscriber = await stack.enter_async_context(_subscriber(port))
        config = folder / "config.toml"
        config.write_text(_configuration(args, folder, port, url, recording))
        satellite = await stack.enter_async_context(
            _process("run", "--config", str(config), log=folder / "satellite.log")
        )
        watching = asyncio.ensure_future(_watch(subscriber, seconds))
        died = asyncio.ensure_future(satellite.wait())
        await asyncio.wait({watching, died}, return_when=asyncio.FIRST_COMPLETED)
        if satellite.returncode is not None:
            watching.cancel()
            raise DemoError(_last_words(folder / "satellite.log"))
        died.cancel()
        outcome = watching.result()
    if outcome is None:
        phrase = args.wake_word.replace("_", " ")
        print(f'No wake word was heard. The recording has to begin with "{phrase}".')
    return 0 if outcome == "transcript" else 1


def _configuration(
    args: argparse.Namespace, folder: Path, port: int, url: str, recording: Path | None
) -> str:
    # JSON's strings are TOML's, too.
    device = f"recording = {json.dumps(str(recording.resolve()))}" if recording else ""
    return f"""\
[satellite]
name = "{_NODE}"
state_directory = {json.dumps(str(folder))}
[microphone]
{device}
[wake_word]
models = [{json.dumps(args.wake_word)}]
[utterance]
mode = {json.dumps(args.mode)}
[asr]
url = {json.dumps(url)}
language = "en"
final_timeout = {_FINAL_TIMEOUT}
[mqtt]
host = "127.0.0.1"
port = {port}
"""


@contextlib.asynccontextmanager
async def _broker(port: int, folder: Path) -> AsyncIterator[None]:
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    program = _program("mosquitto")
    assert program is not None
    async with _running(program, "-c", str(config), log=folder / "broker.log"):
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
    raise DemoError(f"mosquitto does not start: {_last_words(log)}")


@contextlib.asynccontextmanager
async def _recognizer(folder: Path) -> AsyncIterator[str]:
    log = folder / "recognizer.log"
    async with _process("recognizer", "--port", "0", log=log, stdout=PIPE) as process:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                line = (await process.stdout.readline()).decode()
        except TimeoutError:
            line = ""
        if not line.startswith("serving on "):
            raise DemoError(f"the recognizer does not start: {_last_words(log)}")
        yield line.split()[2]


@contextlib.asynccontextmanager
async def _subscriber(port: int) -> AsyncIterator[Process]:
    arguments = ("-p", str(port), "-F", "%t %p", "-t", f"auricle/{_NODE}/#")
    program = _program("mosquitto_sub")
    assert program is not None
    async with _running(program, *arguments, stdout=PIPE) as process:
        yield process


def _process(
    *arguments: str, log: Path, stdout: int = DEVNULL
) -> contextlib.AbstractAsyncContextManager[Process]:
    command = (sys.executable, "-m", "auricle", *arguments)
    return _running(*command, log=log, stdout=stdout)


@contextlib.asynccontextmanager
async def _running(
    *command: str, log: Path | None = None, stdout: int = DEVNULL
) -> AsyncIterator[Process]:
    with contextlib.ExitStack() as stack:
        stderr = stack.enter_context(log.open("wb")) if log else DEVNULL
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=stdout, stderr=stderr
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


async def _watch(subscriber: Process, seconds: float) -> str | None:
    """Print each message as a person would tell it, until there is an outcome: which
    one, or None where a recording of so many seconds woke nobody.

    A microphone, which hears for `inf` seconds, is watched for ever.
    """
    assert subscriber.stdout is not None
    loop = asyncio.get_running_loop()
    started = loop.time()
    awaited = "the satellite does not listen"
    try:
        async with asyncio.timeout(_START_TIMEOUT) as patience:
            async for line in subscriber.stdout:
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
            raise DemoError(awaited) from None
    return None


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
