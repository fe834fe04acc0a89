"""How far it has got, for whoever waits."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

_T = TypeVar("_T")
_EVERY = 5.0


def told(things: Iterable[_T], what: str, total: int | None = None) -> Iterator[_T]:
    """The same things; on standard error, now and then, how many there were."""
    if total is None and isinstance(things, Sized):
        total = len(things)
    last = time.monotonic()
    for number, thing in enumerate(things, start=1):
        yield thing
        if time.monotonic() - last > _EVERY or number == total:
            last = time.monotonic()
            print(f"{what}: {number} of {total}", file=sys.stderr, flush=True)
