"""Recorded exchanges between a client and a recognizer.

A file of `tests/data/asr` holds one session, a message a line: `> ` went to the
server, `< ` came from it, `# ` says what is special. In place of an append's base64
stands the number of bytes.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "data" / "asr"


@dataclass(frozen=True)
class Line:
    from_server: bool
    text: str

    @property
    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.text)
        return message


def read_exchange(path: Path) -> list[Line]:
    return [
        Line(line.startswith("< "), line[2:])
        for line in path.read_text().splitlines()
        if not line.startswith("# ")
    ]
