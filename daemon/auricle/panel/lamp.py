"""What a light is to whoever draws on it."""

from typing import Protocol

from auricle.panel.effects import Picture


class Lamp(Protocol):
    """One light or more that are drawn on as one; calls may block for a moment."""

    def show(self, picture: Picture) -> None:
        """Show `picture` until the next one. Raises DeviceError."""

    def close(self) -> None:
        """Give the device back; what is shown stays. Raises nothing."""
