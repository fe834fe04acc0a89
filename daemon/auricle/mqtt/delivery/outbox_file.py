"""The outbox on disk: one SQLite file, written to gently and never trusted blindly."""

import contextlib
import logging
import os
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from auricle.mqtt.delivery.ledger import Purpose

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 1
DAMAGED_COPIES = 3
"""How many damaged files are kept for a person to look at."""

_APPLICATION_ID = 0x41555249
_LONGEST_ROW = 64 * 1024
_PRAGMAS = (
    # One writer, which needs no file of shared memory beside the log.
    "locking_mode = EXCLUSIVE",
    # A command then costs 20 KiB of an SD card's life; with pages of 4096, 24.
    "page_size = 1024",
    "journal_mode = WAL",
    "synchronous = FULL",
    "secure_delete = ON",
)
_TABLE = """CREATE TABLE record (
    turn TEXT NOT NULL,
    purpose TEXT NOT NULL,
    boot TEXT NOT NULL,
    spoken REAL NOT NULL,
    body TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (turn, purpose)
) WITHOUT ROWID"""
_CREATE = f"""
BEGIN;
{_TABLE};
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""
_INSERT = "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?)"
# What says nothing about the file itself: moving it aside would lose what it holds.
_OF_THE_DISK = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
    }
)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the file: what is kept of a turn for a purpose."""

    turn: str
    purpose: Purpose
    boot: str
    """The id of the machine's start that `spoken` belongs to."""
    spoken: float
    """The time when the utterance ended, in seconds since that start."""
    body: str

    @property
    def key(self) -> tuple[str, Purpose]:
        """What tells the record from all others."""
        return self.turn, self.purpose

    @property
    def checksum(self) -> int:
        """The CRC-32 of all fields. SQLite checks its structure, but not that a word is
        still the same word.
        """
        fields = (self.turn, self.purpose, self.boot, repr(self.spoken), self.body)
        return zlib.crc32("\0".join(fields).encode())


class OutboxFile:
    """Reads and writes the file, from one thread.

    Every call may raise sqlite3.Error or OSError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def open(self) -> list[Record]:
        """Open the file and return what an earlier run left, oldest first.

        Damage is moved aside, not raised.
        """
        self.close()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return self._open()
        # Python trips over an error message that quotes damaged text; SQLite asks for
        # as much memory as a damaged length says.
        except (sqlite3.Error, UnicodeDecodeError, MemoryError) as error:
            self.close()
            if not self._is_damage(error):
                raise
            self._move_aside(str(error) or type(error).__name__)
            return self._open()

    def put(self, record: Record) -> None:
        """Add `record`; it is on the disk when this returns."""
        with self._database as database:
            database.execute(_INSERT, _row(record))

    def amend(self, record: Record) -> None:
        """Let `record` take the place of another one of the same key."""
        with self._database as database:
            database.execute(_INSERT, _row(record))
        self._wipe()

    def remove(self, turn: str, purpose: Purpose) -> None:
        """Delete the record, and every trace of its words."""
        with self._database as database:
            database.execute(
                "DELETE FROM record WHERE turn = ? AND purpose = ?", (turn, purpose)
            )
        self._wipe()

    def replace_all(self, records: Iterable[Record]) -> None:
        """Let the file hold `records` and nothing else."""
        with self._database as database:
            database.execute("DELETE FROM record")
            database.executemany(_INSERT, [_row(record) for record in records])
        self._wipe()

    def close(self) -> None:
        """Close the file, if it is open; never raises."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # What was put is on the disk already, whatever this says.
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    @property
    def _database(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.OperationalError("the outbox is not open")
        return self._connection

    def _open(self) -> list[Record]:
        # SQLite itself would create it for everybody to read.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._connection = database = sqlite3.connect(
            self._path, timeout=0.0, isolation_level="IMMEDIATE"
        )
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_ROW)
        database.text_factory = lambda text: text.decode(errors="replace")
        for pragma in _PRAGMAS:
            database.execute(f"PRAGMA {pragma}").fetchall()
        if self._pragma("schema_version") == 0:
            database.executescript(_CREATE)
        self._check()
        rows = database.execute("SELECT * FROM record ORDER BY spoken").fetchall()
        records = [record for row in rows if (record := _record(row))]
        if len(records) < len(rows):
            self.close()
            self._move_aside(f"{len(rows) - len(records)} records are damaged")
            self._open()
            self.replace_all(records)
        return records

    def _check(self) -> None:
        if self._pragma("application_id") != _APPLICATION_ID:
            raise sqlite3.DatabaseError("it is not an outbox")
        version = self._pragma("user_version")
        if version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(
                f"its schema is version {version}, this release knows {SCHEMA_VERSION}"
            )
        schema = self._database.execute("SELECT sql FROM sqlite_schema").fetchall()
        if schema != [(_TABLE,)]:
            raise sqlite3.DatabaseError("its tables are not ours")
        verdict = self._pragma("quick_check")
        if verdict != "ok":
            raise sqlite3.DatabaseError(str(verdict))
        # One flipped bit of its header makes it read-only.
        self._database.execute("DELETE FROM record WHERE FALSE")
        self._database.rollback()

    def _pragma(self, name: str) -> object:
        row: tuple[object, ...] = self._database.execute(f"PRAGMA {name}").fetchone()
        return row[0]

    def _wipe(self) -> None:
        """Leave none of the words that were deleted in the write-ahead log."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _is_damage(self, error: Exception) -> bool:
        """Whether a fresh file would do, or the disk is at fault."""
        # The errors that are raised here, and not by SQLite, have no code.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            return os.access(self._path, os.W_OK) and os.access(
                self._path.parent, os.W_OK
            )
        return code not in _OF_THE_DISK

    def _move_aside(self, why: str) -> None:
        aside = _free_name(self._path)
        for suffix in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").replace(f"{aside}{suffix}")
        logger.warning("the outbox was damaged and is now %s: %s", aside, why)


def _row(record: Record) -> tuple[str, str, str, float, str, int]:
    return (
        record.turn,
        record.purpose,
        record.boot,
        record.spoken,
        record.body,
        record.checksum,
    )


def _record(row: tuple[object, ...]) -> Record | None:
    """Read a row; None where anything about it is not as it was written."""
    match row:
        case (str(turn), str(purpose), str(boot), float(spoken), str(body), checksum):
            with contextlib.suppress(ValueError):
                record = Record(turn, Purpose(purpose), boot, spoken, body)
                return record if record.checksum == checksum else None
    return None


def _free_name(path: Path) -> Path:
    names = [
        path.with_name(f"{path.name}.corrupt-{number}")
        for number in range(1, DAMAGED_COPIES + 1)
    ]
    return next((name for name in names if not name.exists()), names[-1])
