"""Other programs that are run for a moment: what they read is in memory, and in no
argument, environment or file; none of them outlives who wanted it.
"""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence

_COMPLAINT = 4096
# A killed process is gone at once; that it is may be noticed late on a busy machine.
_KILLED_WITHIN = 5.0
# What nobody but us is to know.
_OURS = ("AURICLE_", "DASHSCOPE_", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET")


class RunningProgram:
    """A program that was started, and what it said of itself."""

    def __init__(self, process: Process, complaint: int) -> None:
        """`complaint` is the file that its standard error goes to."""
        self.process = process
        self._complaint = complaint

    @property
    def complaint(self) -> str:
        """What it wrote to standard error last; it may repeat what it was given."""
        size = os.fstat(self._complaint).st_size
        told = os.pread(self._complaint, _COMPLAINT, max(0, size - _COMPLAINT))
        return told.decode(errors="replace")


@contextlib.asynccontextmanager
async def running(
    argv: Sequence[str],
    given: bytes,
    *,
    stdout: int | None = None,
    pass_fds: Sequence[int] = (),
) -> AsyncIterator[RunningProgram | None]:
    """Run `argv`, without a shell, with `given` on its standard input; kill it, and
    whatever it started, when we leave. None where it cannot be run.
    """
    standard_input, complaint = _memory(given), _memory(b"")
    try:
        process = await _started(argv, standard_input, complaint, stdout, pass_fds)
        if process is None:
            yield None
            return
        try:
            yield RunningProgram(process, complaint)
        finally:
            await _end(process)
    finally:
        os.close(standard_input)
        os.close(complaint)


async def _started(
    argv: Sequence[str],
    standard_input: int,
    complaint: int,
    stdout: int | None,
    pass_fds: Sequence[int],
) -> Process | None:
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=standard_input,
            stdout=DEVNULL if stdout is None else stdout,
            stderr=complaint,
            pass_fds=pass_fds,
            env=_environment(),
            # Of a script that starts others, all are to end.
            start_new_session=True,
        )
    except OSError:
        return None


def _memory(held: bytes) -> int:
    """Return a file in memory, which is read from its start."""
    file = os.memfd_create("program", os.MFD_CLOEXEC)
    os.write(file, held)
    os.lseek(file, 0, os.SEEK_SET)
    return file


def _environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}


async def _end(process: Process) -> None:
    # Also what an ended script has left behind. Not by the process's own method: that
    # looks whether it has ended, and if so asyncio's watcher, which looks later, takes
    # it for somebody else's.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_KILLED_WITHIN):
                await process.wait()
