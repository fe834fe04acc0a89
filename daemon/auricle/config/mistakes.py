"""All that is wrong with a configuration, told at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from auricle.errors import ConfigError


class Mistakes:
    """Notes what cannot be built, and goes on with the next part."""

    def __init__(self) -> None:
        self._told: list[str] = []

    @contextmanager
    def noted(self, prefix: str = "") -> Iterator[None]:
        """Keep a ConfigError of the block, with `prefix` before it, for later. What the
        block would have made does not exist then: use it behind `raise_any`.
        """
        try:
            yield
        except ConfigError as error:
            self._told.append(f"{prefix}{error}")

    def raise_any(self) -> None:
        """Raise a ConfigError with each mistake on a line of its own."""
        if self._told:
            # Two parts may need the same thing.
            raise ConfigError("\n".join(dict.fromkeys(self._told)))
