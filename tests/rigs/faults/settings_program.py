"""Settings that a person changes; run as a program, in their directory."""

import sys
from pathlib import Path

from auricle.app.remembered import Remembered
from auricle.app.state_file import StateFile
from auricle.mqtt.settings import Setting
from rigs.faults.marks import Kept, Marks

STATE = "state.json"


def kept_in(directory: Path) -> Kept:
    """What the next run finds."""
    found = StateFile(directory / STATE).load()
    return {"muted": str(found.muted)} | {
        str(setting): str(value) for setting, value in found.changed.items()
    }


def work(directory: Path) -> None:
    marks, file = Marks(directory), StateFile(directory / STATE)
    # Of a satellite that remembers nothing yet, nothing can be lost.
    marks.forget()
    file.save(Remembered())
    for number in range(20):
        muted, context = number % 3 == 0, "x" * 100 * number + "."
        with marks.keeping({"muted": str(muted), "context": context}):
            file.save(Remembered(muted, changed={Setting.CONTEXT: context}))


if __name__ == "__main__":
    work(Path(sys.argv[1]))
