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
# As much as Linux keeps in a pipe.
_PIPE = 64 * 1024
# A killed process is gone at once; that it is may be noticed late on a busy machine.
_KILLED_WITHIN = 5.0
# What nobody but us is to know.
_OURS = ("AURICLE_", "DASHSCOPE_", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET")


def ending(status: int) -> str:
    """Return in words how a program ended, by its exit status; one below zero is the
    signal that ended it.
    """
    return f"exit status {status}" if status >= 0 else signal_name(-status)


def signal_name(number: int) -> str:
    """Return the name of a signal; of those for real time, most have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class RunningProgram:
    """A program that was started, and what it said of itself."""

    def __init__(self, process: Process, complaint: "_Tail") -> None:
        """`complaint` is what becomes of its standard error."""
        self.process = process
        self._complaint = complaint

    @property
    def complaint(self) -> str:
        """What it wrote to standard error last; it may repeat what it was given."""
        return self._complaint.text


class _Tail:
    """The last bytes of what is written into a pipe; whoever writes more is not kept
    waiting, and takes up no memory. It lives on the event loop.
    """

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._reader, False)
        self._held = b""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._reader, self._read)

    @property
    def text(self) -> str:
        """The end of what was written so far."""
        # What an ended program has left in the pipe; one that goes on writing must not
        # keep us.
        self._read()
        return self._held.decode(errors="replace")

    def started(self) -> None:
        """Leave writing to the program."""
        os.close(self.writer)
        self.writer = -1

    def close(self) -> None:
        """Read no more."""
        self._loop.remove_reader(self._reader)
        os.close(self._reader)
        if self.writer >= 0:
            os.close(self.writer)

    def _read(self) -> None:
        try:
            told = os.read(self._reader, _PIPE)
        except BlockingIOError:
            return
        if not told:
            # Everybody who could write is gone.
            self._loop.remove_reader(self._reader)
        self._held = (self._held + told)[-_COMPLAINT:]


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
    standard_input, complaint = _memory(given), _Tail()
    try:
        process = await _started(
            argv, standard_input, complaint.writer, stdout, pass_fds
        )
        if process is None:
            yield None
            return
        complaint.started()
        try:
            yield RunningProgram(process, complaint)
        finally:
            await _end(process)
    finally:
        os.close(standard_input)
        complaint.close()


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
