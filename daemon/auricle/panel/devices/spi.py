"""Strips of pixels on SPI, through Linux's spidev."""

from spidev import SpiDev

from auricle.errors import DeviceError
from auricle.panel.effects import Picture
from auricle.panel.pixels import SPEEDS, Strip, encode

# Clock and data as all of these chips want them.
_MODE = 0


class SpiStrip:
    """Is a strip that is open; the whole picture leaves in one transfer."""

    def __init__(self, path: str, strip: Strip) -> None:
        """Open the SPI device at `path`. Raises OSError where it is not there, or not
        for us.
        """
        self._path = path
        self._strip = strip
        self._device = SpiDev()
        self._device.open_path(path)
        self._device.mode = _MODE
        self._device.max_speed_hz = SPEEDS[strip]

    def show(self, picture: Picture) -> None:
        """Send `picture`. Raises DeviceError."""
        try:
            self._device.writebytes2(encode(self._strip, picture).data)
        except OSError as error:
            raise DeviceError(f"{self._path}: {error.strerror or error}") from error

    def close(self) -> None:
        """Give the device back."""
        self._device.close()
