"""Throws damaged files at the reader of the outbox: scripts/fuzz.

It must open whatever is on the disk, return nothing that was not written, and keep
what it is given next. Anything else is a crash.
"""

import contextlib
import logging
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["auricle.mqtt"]):
    from auricle.mqtt.delivery.ledger import Purpose
    from auricle.mqtt.delivery.outbox_file import OutboxFile, Record
    from auricle.mqtt.delivery.stored_final import from_text

# A disk that is waited for would take all the time.
MEMORY = Path("/dev/shm")
FOLDER = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
FILE = FOLDER / "outbox.sqlite"
RECORD = Record("turn-1", Purpose.DELIVERY, "boot", 100.0, "{}")


def good() -> bytes:
    """An outbox that nothing has happened to, with one record."""
    outbox = OutboxFile(FILE)
    outbox.open()
    outbox.replace_all([RECORD])
    outbox.close()
    return FILE.read_bytes()


GOOD = good()


def fuzz(data: bytes) -> None:
    """Two bytes say where in a good outbox the rest goes, or that it is all of it."""
    for file in FOLDER.iterdir():
        file.unlink()
    at = int.from_bytes(data[:2]) % (2 * len(GOOD))
    spoilt = GOOD[:at] + data[2:] + GOOD[at + len(data[2:]) :]
    FILE.write_bytes(spoilt if at < len(GOOD) else data[2:])
    outbox = OutboxFile(FILE)
    for record in outbox.open():
        assert record == RECORD
    with contextlib.suppress(ValueError):
        from_text(data.decode(errors="replace"))
    outbox.put(RECORD)
    outbox.close()
    assert OutboxFile(FILE).open() == [RECORD]


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()
