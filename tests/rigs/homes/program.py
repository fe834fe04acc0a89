"""`auricle run`, or another command of ours, as a process of its own, as systemd would
have it.
"""

import asyncio
import io
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import pytest

from auricle.__main__ import main
from auricle.config.toml import toml

Settings = Mapping[str, Mapping[str, Any]]
LOG = "auricle.log"
"""In the program's folder."""


class Program:
    """An async context manager; killed at the end, if a test has not stopped it."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        *arguments: str,
        command: str = "run",
        stdin: int | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`settings` by section; satellite.state_directory is `folder` by default.
        `environment` is on top of ours.
        """
        self._folder = folder
        self._command = command
        self._stdin = stdin
        self._environment = environment
        self._arguments = arguments
        name = "auricle" if command == "run" else command
        self.config = folder / f"{name}.config.toml"
        satellite = {"state_directory": str(folder), **settings.get("satellite", {})}
        write_settings(self.config, {**settings, "satellite": satellite})
        self._log_path = folder / f"{name}.log"
        self._process: Process | None = None
        self.starts = 0

    @property
    def log(self) -> str:
        return self._log_path.read_text(errors="replace")

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self.running:
            self._process.kill()
            await self._process.wait()

    async def start(self) -> None:
        self.starts += 1
        with self._log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "auricle", self._command),
                *("--config", str(self.config)),
                *self._arguments,
                stdin=self._stdin,
                stdout=log,
                stderr=log,
                env={**clean_environment(), **self._environment},
            )

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def stop(
        self, number: signal.Signals = signal.SIGTERM, timeout: float = 30.0
    ) -> int:
        """Send a signal and wait for the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return await self.ended(timeout)

    async def ended(self, timeout: float = 30.0) -> int:
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), timeout)


async def auricle(*arguments: str, timeout: float = 60.0) -> tuple[int, str, str]:
    """Run a command to its end: exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auricle", *arguments),
        stdout=PIPE,
        stderr=PIPE,
        env=clean_environment(),
    )
    out, err = await asyncio.wait_for(process.communicate(), timeout)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def told_here(
    *arguments: str, answers: Sequence[str] = ()
) -> tuple[int, str, str]:
    """The same without a process of its own, for what a command finds and says: to
    start one takes a second, and most commands are soon done. `answers`: what it reads
    from standard input, a line each.
    """
    with pytest.MonkeyPatch.context() as patched:
        for name in os.environ.keys() - clean_environment().keys():
            patched.delenv(name)
        patched.setattr(sys, "argv", ["auricle", *arguments])
        given = "".join(f"{answer}\n" for answer in answers)
        patched.setattr(sys, "stdin", io.StringIO(given))
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = await asyncio.wait_for(asyncio.to_thread(main), 60)
    return code, out.getvalue(), err.getvalue()


def write_settings(path: Path, settings: Settings) -> None:
    lines = []
    for section, keys in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {toml(value)}" for key, value in keys.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)


def clean_environment() -> dict[str, str]:
    """Ours, without settings that would leak into the program."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AURICLE_", "DASHSCOPE_", "XDG_"))
    }


@asynccontextmanager
async def local_recognizer(*arguments: str) -> AsyncIterator[str]:
    """`auricle recognizer` with its real model; the URL to reach it."""
    command = [sys.executable, "-m", "auricle", "recognizer", "--port", "0"]
    # Tests share the machine: slow is not refused.
    command += ["--deadline", "30", *arguments]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=PIPE,
        env=clean_environment(),
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 120)
        assert line.startswith(b"serving on "), line
        yield line.decode().split()[2]
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)
