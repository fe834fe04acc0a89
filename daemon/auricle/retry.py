"""How long to wait before the next attempt."""

from collections.abc import Callable, Iterator


def full_jitter(
    base: float, cap: float, random: Callable[[], float]
) -> Iterator[float]:
    """Delays drawn from 0 to a ceiling that doubles from `base` up to `cap`, for ever.

    `random` returns numbers from 0 to 1. The whole delay is random, not a part of it:
    when a broker restarts, a houseful of satellites must not come back as one.
    """
    ceiling = min(base, cap)
    while True:
        yield random() * ceiling
        ceiling = min(ceiling * 2, cap)
