"""One state directory, one satellite: two would throw each other off the broker, and
write over each other's settings.

The kernel lets go of the lock when its process ends, however that ends.
"""

import contextlib
import fcntl
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from auricle.errors import StateInUseError
from auricle.system.clock import boot_id

logger = logging.getLogger(__name__)

NAME = "satellite.lock"
# Seconds for one that is about to end, or that only looks who is there.
PATIENCE = 1.0
_LOOKS = 0.05
# A command line may be of any length.
_LONGEST_TEXT = 400


@contextlib.contextmanager
def locked(directory: Path, run_id: str) -> Iterator[str | None]:
    """Hold the state directory for a run of this id; yield the id of the run that held
    it before.

    That one is certain to be over: None where it may have had another directory, of
    which this one is a copy, or another machine; or where nothing is known.

    Raises StateInUseError, which names who has it. Where nothing can be locked (a disk
    that is read-only, a network's), the satellite runs all the same, and the log says
    so.
    """
    try:
        lock = _open(directory)
    except OSError as error:
        _warn(directory, error)
        yield None
        return
    try:
        yield _take(lock, directory, run_id)
    finally:
        os.close(lock)


def holder(directory: Path) -> str | None:
    """Return the process that is a satellite with this directory; None if none is."""
    try:
        lock = os.open(directory / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(lock)
    except OSError:
        return None
    finally:
        os.close(lock)
    return None


def running(directory: Path) -> str | None:
    """Return the id of the run that is a satellite with this directory; None if none
    is.
    """
    if holder(directory) is None:
        return None
    with contextlib.suppress(OSError):
        lock = os.open(directory / NAME, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # Who holds it lives, so it is of this start of the machine; which need not
            # have the same id for both: a container may show another one to those who
            # look from outside of the service's sandbox.
            return _run_in(lock, f"/{_file(lock)}")
        finally:
            os.close(lock)
    return None


def _open(directory: Path) -> int:
    with contextlib.suppress(OSError):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    # Who may not write there can still be two.
    return os.open(directory, os.O_RDONLY | os.O_CLOEXEC)


def _take(lock: int, directory: Path, run_id: str) -> str | None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StateInUseError(directory, _holder(lock)) from None
            time.sleep(_LOOKS)
        except OSError as error:
            _warn(directory, error)
            return None
        else:
            break
    earlier = _run_in(lock, _here(lock))
    # A full disk costs the name, and not the lock.
    with contextlib.suppress(OSError):
        os.ftruncate(lock, 0)
        command = " ".join(["auricle", *sys.argv[1:]])
        told = f"run {run_id} {_here(lock)}\nprocess {os.getpid()} ({command})\n"
        os.pwrite(lock, told.encode(errors="replace"), 0)
    return earlier


def _run_in(lock: int, where: str) -> str | None:
    """The run that was last written down, if it was at a place with this end."""
    for line in _lines(lock):
        match line.split():
            case ["run", run_id, told] if told.endswith(where):
                return run_id
    return None


def _here(lock: int) -> str:
    """What no copy has: this start of the machine, and this very file."""
    return f"{boot_id()}/{_file(lock)}"


def _file(lock: int) -> str:
    file = os.fstat(lock)
    return f"{file.st_dev}/{file.st_ino}"


def _holder(lock: int) -> str:
    """What the holder says of itself, on one line."""
    told = (line for line in _lines(lock) if line.startswith("process "))
    return "".join(filter(str.isprintable, next(told, "another process")))


def _lines(lock: int) -> list[str]:
    try:
        said = os.pread(lock, _LONGEST_TEXT, 0).decode(errors="replace")
    except OSError:  # Such as a directory's.
        return []
    return said.split("\n")


def _warn(directory: Path, error: OSError) -> None:
    logger.warning(
        "%s cannot be locked (%s): a second satellite there would not be noticed",
        directory,
        error.strerror or error,
    )
