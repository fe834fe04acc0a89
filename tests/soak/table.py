"""The faults and what was measured of them, as a table in Markdown."""

import statistics
from collections.abc import Iterator, Sequence
from itertools import groupby

from rigs.faults.catalogue import FaultCase, Observation

# What is known of others, by the first letters of a fault: measured, published, or read
# in their source.
PEERS = {
    "F01": "websockets by default: 39.8 s, 37.9 s of speech lost",
    "F02": "the command is dropped",
    "F04": "Home Assistant's pipeline: up to 5 minutes",
    "F05": "executed late",
    "F08": "retried for ever",
    "F10": "an unbounded queue",
    "F17": "paho: all delivered, late",
    "F18": "a duplicate without an id",
    "F19": "paho: 119 s, with a keepalive of 10 s: 19 s",
    "F20": "silent",
    "F21": "silent",
    "F23": "paho: 99 of 300 messages lost",
    "F28": "wyoming-openwakeword: falls behind",
    "F30": "PortAudio, linux-voice-assistant: deaf until restarted",
}


def table(seen: Sequence[tuple[FaultCase, Observation]]) -> Iterator[str]:
    yield (
        "| | fault | n | ends as | noticed after | ended after | works again after "
        "| others |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    by_id = sorted(seen, key=lambda one: one[0].id)
    for _, of_one_kind in groupby(by_id, key=lambda one: one[0].id):
        cases, observations = zip(*of_one_kind, strict=True)
        yield _row(cases[0], observations)


def _row(case: FaultCase, seen: Sequence[Observation]) -> str:
    ends = sorted({o.end + (f" ({o.reason})" if o.reason else "") for o in seen})
    noticed = [o.noticed for o in seen if o.noticed is not None]
    cells = [
        case.id,
        f"{case.what}, {case.moment}",
        str(len(seen)),
        ", ".join(ends),
        _seconds(noticed),
        _seconds([o.seconds for o in seen]),
        _seconds([o.recovery for o in seen]),
        PEERS.get(case.id[:3], ""),
    ]
    return f"| {' | '.join(cells)} |"


def _seconds(values: Sequence[float]) -> str:
    """The median, and the longest where there are several."""
    if not values:
        return ""
    longest = f" ({max(values):.1f})" if len(values) > 1 else ""
    return f"{statistics.median(values):.1f} s{longest}"
