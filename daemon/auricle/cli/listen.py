"""`auricle listen`: what the satellite hears, while it hears it."""

import argparse
import asyncio
import logging
import signal
import sys
from contextlib import ExitStack, suppress

from auricle.cli.terminal import Screen
from auricle.config.loading import SYSTEM_FILE, default_file, load
from auricle.config.settings import Settings
from auricle.doctor import service
from auricle.listen.live_satellite import LiveSatellite
from auricle.system.event_loop import run

# Seconds.
_REDRAW_EVERY, _LINE_EVERY = 0.1, 1.0


def main(args: argparse.Namespace) -> int:
    """Draw what the satellite hears until Ctrl-C, or to a recording's end; return the
    exit code.
    """
    # What goes wrong is in the picture; a line of log would tear it.
    logging.getLogger().addHandler(logging.NullHandler())
    path = args.config or default_file()
    of_service = service.find_installed() if path == SYSTEM_FILE else None
    with service.folders_of(of_service) as (folders, _):
        settings = load(path, {"microphone.recording": args.recording}, folders)
    return run(_listen(settings, transcribe=args.transcribe))


async def _listen(settings: Settings, *, transcribe: bool) -> int:
    listening = LiveSatellite(settings, transcribe=transcribe)
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
                with suppress(TimeoutError):
                    every = _REDRAW_EVERY if screen else _LINE_EVERY
                    await asyncio.wait_for(stopped.wait(), every)
    finally:
        await listening.stop()
    view = listening.look()
    trouble = [listening.trouble] if listening.trouble else []
    print("\n".join([*view.new_remarks(), *trouble, *view.summary()]))
    return 0


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
