"""An outbox that is used as a daemon uses it; run as a program, in its directory."""

import sys
from pathlib import Path

from auricle.mqtt.delivery.ledger import Purpose
from auricle.mqtt.delivery.outbox_file import OutboxFile, Record
from rigs.faults.marks import Kept, Marks

OUTBOX = "outbox.sqlite"


def kept_in(directory: Path) -> Kept:
    """What the next run finds."""
    outbox = OutboxFile(directory / OUTBOX)
    found = {record.turn: record.body for record in outbox.open()}
    outbox.close()
    return found


def record(turn: str, body: str) -> Record:
    return Record(turn, Purpose.DELIVERY, "boot", 1.0, body)


def work(directory: Path) -> None:
    marks = Marks(directory)
    held: Kept = {}
    for run in range(3):
        outbox = OutboxFile(directory / OUTBOX)
        outbox.open()
        for number in range(4):
            turn = f"turn{run}{number}"
            held = {**held, turn: "x" * 300 * number}
            with marks.keeping(held):
                outbox.put(record(turn, held[turn]))
        held = {**held, turn: "amended"}
        with marks.keeping(held):
            outbox.amend(record(turn, held[turn]))
        for turn in list(held)[:2]:
            held = {name: body for name, body in held.items() if name != turn}
            with marks.keeping(held):
                outbox.remove(turn, Purpose.DELIVERY)
        held = dict(list(held.items())[1:])
        with marks.keeping(held):
            outbox.replace_all([record(turn, body) for turn, body in held.items()])
        outbox.close()
    marks.forget()
    (directory / OUTBOX).write_bytes(b"no database" * 500)
    outbox.open()
    with marks.keeping({"last": "one"}):
        outbox.put(record("last", "one"))
    outbox.close()


if __name__ == "__main__":
    work(Path(sys.argv[1]))
