"""`auricle demo`: the real program, beside a private broker and recognizer.

Four processes: mosquitto, `auricle recognizer`, `auricle run`, and a subscriber that
has nothing to do with them. What is printed is what the subscriber read.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import json
import sys
import tempfile
from asyncio.subprocess import Process
from contextlib import closing
from importlib.resources import as_file
from math import inf
from pathlib import Path

from auricle.app import build
from auricle.assets.recordings import OKAY_NABU
from auricle.cli.demo_lines import tell
from auricle.cli.demo_processes import (
    NODE,
    START_TIMEOUT,
    DemoError,
    auricle,
    broker,
    free_port,
    last_words,
    program,
    recognizer,
    subscriber,
)
from auricle.config.loading import load
from auricle.config.toml import toml

# A wake word is detected while it is said, or it is not. This much behind the end of
# the recording even a busy machine has heard all of it.
_WAKE_WORD_TIMEOUT = 5.0
# What may follow a wake word: the recognizer's silence, its final.
_AFTERWARDS = 45.0
# It shows the path, not the speed of a machine that may be busy or small.
_FINAL_TIMEOUT = 30.0


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
        f"{name} is not installed; run: sudo apt-get install {package}"
        for name, package in (
            ("mosquitto", "mosquitto"),
            ("mosquitto_sub", "mosquitto-clients"),
        )
        if not program(name)
    ]
    if importlib.util.find_spec("faster_whisper") is None:
        missing.append(
            "the local recognizer is not installed; "
            "run: pip install 'auricle[recognizer]'"
        )
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
        port = free_port()
        await stack.enter_async_context(broker(port, folder))
        print(f"broker       mosquitto on 127.0.0.1:{port}")
        print("recognizer   loading the speech model …", flush=True)
        url = await stack.enter_async_context(recognizer(folder))
        print(f"recognizer   {url}")
        subscription = await stack.enter_async_context(subscriber(port))
        config = folder / "config.toml"
        text = _configuration(args, folder, port, url, recording)
        config.write_text(text, encoding="utf-8")
        satellite = await stack.enter_async_context(
            auricle("run", "--config", str(config), log=folder / "satellite.log")
        )
        watching = asyncio.ensure_future(_watch(subscription, seconds))
        died = asyncio.ensure_future(satellite.wait())
        await asyncio.wait({watching, died}, return_when=asyncio.FIRST_COMPLETED)
        if satellite.returncode is not None:
            watching.cancel()
            raise DemoError(last_words(folder / "satellite.log"))
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
name = "{NODE}"
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
        async with asyncio.timeout(START_TIMEOUT) as patience:
            async for line in subscription.stdout:
                topic, _, payload = line.decode(errors="replace").strip().partition(" ")
                topic = topic.removeprefix(f"auricle/{NODE}/")
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
