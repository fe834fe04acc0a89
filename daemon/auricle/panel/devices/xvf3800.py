"""The ReSpeaker XVF3800 on USB, through pyusb and libusb.

One object is it, for its lights and for its microphones: it is opened when it is first
asked for something, and again when it was gone.
"""

import threading
import time

import usb.core
import usb.util
from usb.backend import IBackend

from auricle.config.usb import XVF3800
from auricle.errors import ConfigError, DeviceError
from auricle.panel import xvf3800
from auricle.panel.effects import Picture
from auricle.panel.xvf3800 import Channel, Request

# Milliseconds; an answer takes less than 10.
_TIMEOUT = 500
_OUT = usb.util.CTRL_OUT | usb.util.CTRL_TYPE_VENDOR | usb.util.CTRL_RECIPIENT_DEVICE
_IN = usb.util.CTRL_IN | usb.util.CTRL_TYPE_VENDOR | usb.util.CTRL_RECIPIENT_DEVICE
# An answer that is not ready is asked for again after so many seconds, so often.
_PAUSE, _TIMES = 0.01, 20


class Xvf3800:
    """The array, whether it is there or not; from any thread."""

    def __init__(self, backend: IBackend | None = None) -> None:
        """`backend` is pyusb's way to the bus; None: libusb."""
        self._backend = backend
        self._lock = threading.Lock()
        self._device: usb.core.Device | None = None
        self._version: tuple[int, ...] = ()
        self._lit = False

    def show(self, picture: Picture) -> None:
        """Show `picture` on the ring. Raises DeviceError."""
        with self._lock:
            device = self._open()
            if not self._lit:
                self._write(device, xvf3800.take_over_lights(self._version))
                self._lit = True
            self._write(device, xvf3800.lights(picture, self._version))

    @property
    def muted(self) -> bool:
        """Whether its microphones are cut off. Raises DeviceError."""
        with self._lock:
            return xvf3800.is_muted(self._read(self._open(), xvf3800.OUTPUTS))

    def mute(self, *, muted: bool) -> None:
        """Cut its microphones off, or let them in again. Raises DeviceError."""
        with self._lock:
            self._write(self._open(), xvf3800.mute(muted=muted))

    def route(self, channel: Channel, category: int, source: int) -> None:
        """Let a channel carry a source. Raises DeviceError."""
        with self._lock:
            self._write(self._open(), xvf3800.route(channel, category, source))

    def close(self) -> None:
        """Give it back, until it is asked for something again."""
        with self._lock:
            self._drop()

    def _open(self) -> usb.core.Device:
        if self._device is not None:
            return self._device
        vendor, product = XVF3800
        try:
            device = usb.core.find(
                idVendor=vendor, idProduct=product, backend=self._backend
            )
        except usb.core.NoBackendError as error:
            raise ConfigError(
                "the ReSpeaker XVF3800 needs libusb: apt install libusb-1.0-0; a unit "
                "of your own has to let it ask what is plugged in "
                "(RestrictAddressFamilies=AF_NETLINK)"
            ) from error
        except usb.core.USBError as error:
            raise DeviceError(f"USB: {error}") from error
        if device is None:
            raise DeviceError(
                f"no ReSpeaker XVF3800 on USB ({vendor:04x}:{product:04x})"
            )
        self._device = device
        self._version = tuple(self._read(device, xvf3800.VERSION))
        return device

    def _write(self, device: usb.core.Device, request: Request) -> None:
        value, index = request.command, request.resource
        try:
            device.ctrl_transfer(_OUT, 0, value, index, request.data, _TIMEOUT)
        except usb.core.USBError as error:
            raise self._gone(error) from error

    def _read(self, device: usb.core.Device, request: Request) -> bytes:
        value, index = xvf3800.READ | request.command, request.resource
        for _ in range(_TIMES):
            try:
                answer = bytes(
                    device.ctrl_transfer(
                        _IN, 0, value, index, request.length + 1, _TIMEOUT
                    )
                )
            except usb.core.USBError as error:
                raise self._gone(error) from error
            if len(answer) == request.length + 1 and answer[0] == xvf3800.DONE:
                return answer[1:]
            if answer[:1] != bytes((xvf3800.AGAIN,)):
                break
            time.sleep(_PAUSE)
        self._drop()
        raise DeviceError("the ReSpeaker XVF3800 does not answer as it should")

    def _gone(self, error: usb.core.USBError) -> DeviceError:
        self._drop()
        denied = "; may this user use it (group plugdev)?" if error.errno == 13 else ""
        return DeviceError(f"the ReSpeaker XVF3800: {error}{denied}")

    def _drop(self) -> None:
        device, self._device, self._lit = self._device, None, False
        if device is not None:
            usb.util.dispose_resources(device)
