"""`auricle listen`: what the satellite hears, while it hears it; kept with `--record`,
and made a threshold of with `--tune`.
"""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from auricle.app import build
from auricle.app.state_file import StateFile
from auricle.audio.files.recording import read_recording
from auricle.audio.frame import FrameCutter
from auricle.cli.terminal import Screen
from auricle.cli.withheld import refused, without_key
from auricle.config.loading import default_file
from auricle.config.settings import Settings
from auricle.config.toml import toml
from auricle.doctor import service
from auricle.doctor.configuration import API_KEY
from auricle.errors import ConfigError
from auricle.listen.collection import Collection
from auricle.listen.live_satellite import LiveSatellite
from auricle.listen.rehearing import highest_passed
from auricle.listen.tuning import propose
from auricle.listen.tuning_picture import lines, svg
from auricle.system.event_loop import run
from auricle.wake.detector import WakeWordEngine

# Seconds.
_REDRAW_EVERY, _LINE_EVERY = 0.1, 1.0


def main(args: argparse.Namespace) -> int:
    """Draw what the satellite hears until Ctrl-C, or to a recording's end; return the
    exit code.
    """
    # What goes wrong is in the picture; a line of log would tear it.
    logging.getLogger().addHandler(logging.NullHandler())
    if args.say and args.record is None:
        raise ConfigError("--say belongs to --record FOLDER, which keeps what is said")
    options = {"microphone.recording": args.recording}
    settings, withheld = service.settings_of(args.config or default_file(), options)
    if args.tune is not None:
        return _tune(settings, Collection(args.tune, new=False))
    if args.transcribe and not settings.asr.url and without_key(settings, withheld):
        return refused("listen", API_KEY)
    collection = None
    if args.record is not None:
        collection = Collection(args.record, new=True)
        if collection.full:
            raise ConfigError(
                f"{args.record} is full, with {collection.count} sounds: use --tune, "
                "delete some, or name another folder"
            )
    return run(_listen(settings, args, collection))


async def _listen(
    settings: Settings, args: argparse.Namespace, collection: Collection | None
) -> int:
    listening = LiveSatellite(
        settings,
        transcribe=args.transcribe,
        collection=collection,
        prompts=args.say,
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if not sys.stdout.isatty():
        print(listening.view.promise, flush=True)
    listening.start()
    try:
        with ExitStack() as stack:
            screen = stack.enter_context(Screen()) if sys.stdout.isatty() else None
            shown = ""
            while not stopped.is_set() and not listening.over():
                shown = _show(listening, screen, shown)
                if screen is not None and screen.takes_keys:
                    for key in screen.typed():
                        listening.press(key)
                with suppress(TimeoutError):
                    every = _REDRAW_EVERY if screen else _LINE_EVERY
                    await asyncio.wait_for(stopped.wait(), every)
    finally:
        await listening.stop()
    view = listening.look()
    trouble = [listening.trouble] if listening.trouble else []
    print("\n".join([*view.new_remarks(), *trouble, *view.summary()]))
    if collection is not None:
        print(
            f"{collection.count} sounds are kept in {collection.folder}; auricle "
            f"listen --tune {collection.folder} makes thresholds of them"
        )
    return 0


def _tune(settings: Settings, collection: Collection) -> int:
    """Print what each threshold would have cost, and which one suits."""
    engines = build.wake_word_engines(settings.wake_word)
    state = StateFile(build.state_directory(settings) / "state.json").load()
    thresholds = build.choices(settings, engines, state).thresholds
    proposed = dict(settings.wake_word.thresholds)
    names = [name for name in collection.wake_words if name in thresholds]
    print(f"{collection.count} sounds are heard again, as the satellite does")
    for name in names:
        heard = collection.evidence(name, _hearing_again(engines, name))
        now = thresholds[name]
        proposal = propose(heard)
        print(
            f"{name}: {len(heard.wanted)} wake words that were said, "
            f"{len(heard.unwanted)} sounds that only resemble it in "
            f"{heard.hours:.1f} h"
        )
        print("\n".join(lines(heard, now=now, proposed=proposal.threshold)))
        picture = svg(name, heard, now=now, proposed=proposal.threshold)
        try:
            print(f"picture: {collection.draw(name, picture)}")
        except OSError as error:
            print(f"no picture: {(error.strerror or str(error)).lower()}")
        if proposal.threshold is None:
            print(f"no threshold is proposed: {proposal.reason}\n")
        else:
            print(f"threshold {proposal.threshold:g}: {proposal.reason}\n")
            proposed[name] = proposal.threshold
    for name in collection.wake_words:
        if name not in thresholds:
            print(f"{name} is kept, but not among wake_word.models")
    if proposed != settings.wake_word.thresholds:
        print("in the configuration:\n")
        print(f"[wake_word]\nthresholds = {toml(proposed)}")
        if any(name in state.thresholds for name in proposed):
            print(
                "\nwhat was set over MQTT or in Home Assistant counts more: set it "
                "there, too"
            )
    return 0


def _hearing_again(
    engines: Sequence[WakeWordEngine], name: str
) -> Callable[[Path], float]:
    engine = next(engine for engine in engines if name in engine.wake_words)

    def highest(path: Path) -> float:
        frames = FrameCutter().push(read_recording(path))
        return highest_passed(engine, name, frames)

    return highest


def _show(listening: LiveSatellite, screen: Screen | None, before: str) -> str:
    """Draw on the screen, or print a line where it says anything new; return it."""
    view = listening.look()
    if screen is not None:
        screen.draw(view.lines(screen.width))
        return before
    for remark in view.new_remarks():
        print(remark, flush=True)
    line = view.line()
    if line != before:
        print(line, flush=True)
    return line
