"""An outbox that is used as a daemon uses it; run as a program, in its directory.

Beside it, it keeps the marks of what it began and finished, as JSON lines.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auricle.mqtt.outbox_file import OutboxFile, Purpose, Record

OUTBOX = "outbox.sqlite"
MARKS = "marks"

Turns = dict[str, str]
"""What the outbox holds: by turn, its body."""


def record(turn: str, body: str) -> Record:
    return Record(turn, Purpose.DELIVERY, "boot", 1.0, body)


class Marks:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._held: Turns | None = {}

    def forget(self) -> None:
        """What it holds from now on is anybody's guess."""
        self._held = None
        self._mark(None, None)

    @contextmanager
    def held(self, turns: Turns) -> Iterator[None]:
        """From before it to after it, the outbox comes to hold these."""
        self._mark(self._held, turns)
        yield
        self._held = turns
        self._mark(turns, turns)

    def _mark(self, before: Turns | None, after: Turns | None) -> None:
        os.write(self._file, json.dumps([before, after]).encode() + b"\n")


def work(directory: Path) -> None:
    marks = Marks(directory / MARKS)
    held: Turns = {}
    for run in range(3):
        outbox = OutboxFile(directory / OUTBOX)
        outbox.open()
        for number in range(4):
            turn = f"turn{run}{number}"
            held = {**held, turn: "x" * 300 * number}
            with marks.held(held):
                outbox.put(record(turn, held[turn]))
        held = {**held, turn: "amended"}
        with marks.held(held):
            outbox.amend(record(turn, held[turn]))
        for turn in list(held)[:2]:
            held = {name: body for name, body in held.items() if name != turn}
            with marks.held(held):
                outbox.remove(turn, Purpose.DELIVERY)
        held = dict(list(held.items())[1:])
        with marks.held(held):
            outbox.replace_all([record(turn, body) for turn, body in held.items()])
        outbox.close()
    marks.forget()
    (directory / OUTBOX).write_bytes(b"no database" * 500)
    outbox.open()
    with marks.held({"last": "one"}):
        outbox.put(record("last", "one"))
    outbox.close()


if __name__ == "__main__":
    work(Path(sys.argv[1]))
