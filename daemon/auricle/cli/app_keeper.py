"""Keeping a program running where there is no systemd, as its unit would have it.

It is given its secrets as credentials, and a socket for signs of life; it is started
anew where it ended or hangs, unless only a person can help.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import tempfile
from asyncio.subprocess import Process
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from auricle.cli.app_unit import LifeSigns, UnitLimits
from auricle.system.redaction import OURS
from auricle.system.systemd import CREDENTIALS_VARIABLE

logger = logging.getLogger(__name__)


def stopping() -> asyncio.Event:
    """Return what is set once we are told to stop, by SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


class ProgramKeeper:
    """Starts a program, again and again."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        secrets: Mapping[str, str],
        limits: UnitLimits,
    ) -> None:
        """`secrets`: the text of each credential, by name."""
        self._command = command
        self._environment = environment
        self._secrets = secrets
        self._limits = limits
        self._signs: LifeSigns | None = None
        self._told = asyncio.Event()
        OURS.keep(*secrets.values())

    async def run(self, stopped: asyncio.Event) -> int:
        """Run it until `stopped`, or only a person can help; return the exit code."""
        with _credentials(self._secrets) as folder, _socket() as signs:
            asyncio.get_running_loop().add_reader(signs, self._read, signs)
            environment = {**self._environment, "NOTIFY_SOCKET": signs.getsockname()}
            if self._secrets:
                environment[CREDENTIALS_VARIABLE] = str(folder)
            while True:
                code = await self._run_once(environment, stopped)
                if stopped.is_set():
                    return os.EX_OK
                if code in self._limits.for_a_person:
                    return code
                logger.warning("it ended with %d, and is started anew", code)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), self._limits.restart)
                    return os.EX_OK

    async def _run_once(
        self, environment: Mapping[str, str], stopped: asyncio.Event
    ) -> int:
        process = await asyncio.create_subprocess_exec(*self._command, env=environment)
        ended = asyncio.create_task(process.wait())
        asked = asyncio.create_task(stopped.wait())
        hangs = asyncio.create_task(self._silence())
        await asyncio.wait((ended, asked, hangs), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        hangs.cancel()
        if stopped.is_set():
            _send(process, signal.SIGTERM)
            await asyncio.wait((ended,), timeout=self._limits.stopping)
        elif not ended.done():
            logger.error("it gives no sign of life any more, and is killed")
        if not ended.done():
            _send(process, signal.SIGKILL)
        return await ended

    async def _silence(self) -> None:
        """Return when it should have told something, and did not."""
        now = asyncio.get_running_loop().time
        self._signs = LifeSigns(self._limits, now())
        while (due := self._signs.due) is None or due > now():
            self._told.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._told.wait()

    def _read(self, signs: socket.socket) -> None:
        now = asyncio.get_running_loop().time()
        with contextlib.suppress(BlockingIOError):
            while told := signs.recv(4096):
                if self._signs is not None:
                    self._signs.heard(told.decode(errors="replace"), now)
                self._told.set()


def _send(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


@contextlib.contextmanager
def _credentials(secrets: Mapping[str, str]) -> Iterator[Path]:
    """Write each in a file that nobody else may read."""
    with tempfile.TemporaryDirectory(prefix="auricle-") as folder:
        for name, secret in secrets.items():
            path = Path(folder) / name
            path.touch(mode=0o600)
            path.write_text(secret, encoding="utf-8")
        yield Path(folder)


@contextlib.contextmanager
def _socket() -> Iterator[socket.socket]:
    with (
        tempfile.TemporaryDirectory(prefix="auricle-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as signs,
    ):
        signs.setblocking(False)
        signs.bind(f"{folder}/signs")
        yield signs
