"""The processes of the demo: broker, recognizer, satellite and subscriber.

Each ends with its context, by force where it must.
"""

import asyncio
import contextlib
import shutil
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

NODE = "demo"
# A model on a slow card takes its time to load; a stuck one shall not take for ever.
START_TIMEOUT = 60.0


class DemoError(Exception):
    """A part of the demo did not come up."""


def program(name: str) -> str | None:
    """Its path, also where Debian keeps daemons, which a person's PATH does not reach;
    None where it is not installed.
    """
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@contextlib.asynccontextmanager
async def broker(port: int, folder: Path) -> AsyncIterator[None]:
    """A mosquitto that accepts connections. Raises DemoError."""
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    mosquitto = program("mosquitto")
    assert mosquitto is not None
    async with _running(mosquitto, "-c", str(config), log=folder / "broker.log"):
        await _accepts(port, folder / "broker.log")
        yield


async def _accepts(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise DemoError(f"mosquitto does not start: {last_words(log)}")


@contextlib.asynccontextmanager
async def recognizer(folder: Path) -> AsyncIterator[str]:
    """The local recognizer's URL, once its model is loaded. Raises DemoError."""
    log = folder / "recognizer.log"
    async with auricle("recognizer", "--port", "0", log=log, stdout=PIPE) as process:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_TIMEOUT):
                line = (await process.stdout.readline()).decode()
        except TimeoutError:
            line = ""
        if not line.startswith("serving on "):
            raise DemoError(f"the recognizer does not start: {last_words(log)}")
        yield line.split()[2]


@contextlib.asynccontextmanager
async def subscriber(port: int) -> AsyncIterator[Process]:
    """Prints each of the satellite's messages as a line: topic, space, payload."""
    arguments = ("-p", str(port), "-F", "%t %p", "-t", f"auricle/{NODE}/#")
    mosquitto_sub = program("mosquitto_sub")
    assert mosquitto_sub is not None
    async with _running(mosquitto_sub, *arguments, stdout=PIPE) as process:
        yield process


def auricle(
    *arguments: str, log: Path, stdout: int = DEVNULL
) -> contextlib.AbstractAsyncContextManager[Process]:
    """This very program, with these arguments."""
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


def last_words(log: Path) -> str:
    """The last line of a log, which names what went wrong."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
