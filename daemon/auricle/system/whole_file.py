"""A file that is written whole or not at all, even when the power fails meanwhile."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replaced(
    path: Path, content: bytes, mode: int, owner: os.stat_result | None = None
) -> Iterator[None]:
    """Have a file hold this when the block ends, and leave it as it is where that
    raises; `owner` is whose it is to be, as far as that may be decided. Raises OSError
    that names a file.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if owner is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(descriptor, owner.st_uid, owner.st_gid)
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        yield
        new.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        # A disk that is full names none.
        error.filename = error.filename or str(path)
        raise
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Have a file hold this, or leave it as it is. Raises OSError that names a file."""
    with replaced(path, content, mode):
        pass
