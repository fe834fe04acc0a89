"""A ReSpeaker XVF3800 on the other side of pyusb: what libusb would find on the bus.

It keeps what it is told and answers as the array does, by its maker's list of commands.
"""

from array import array
from collections.abc import Iterator
from types import SimpleNamespace

import usb.core
from usb.backend import IBackend

VENDOR, PRODUCT = 0x2886, 0x001A
TO_HOST = 0x80
VENDORS_TO_DEVICE = 0x40


class UsbArray(IBackend):  # type: ignore[misc]  # published without types
    """One bus with one array, which may be unplugged."""

    def __init__(self, version: tuple[int, int, int] = (2, 1, 0)) -> None:
        self.version = version
        self._plugged = True
        self._times = 0
        self.busy = 0
        """So many answers are not ready yet."""
        self.outputs = bytearray((0, 0, 0, 1, 0))
        """The levels of its pins 11, 30, 31, 33 and 39."""
        self.told: list[tuple[int, int, bytes]] = []
        """Part, command and data of what it was told."""

    def unplug(self) -> None:
        self._plugged = False

    def plug_in(self) -> None:
        """Another device to whoever held the one before."""
        self._plugged = True
        self._times += 1

    @property
    def muted(self) -> bool:
        return self.outputs[1] == 1

    def press_mute(self) -> None:
        """As its button does, in the array itself."""
        self.outputs[1] ^= 1

    def told_to(self, part: int, command: int) -> list[bytes]:
        return [data for p, c, data in self.told if (p, c) == (part, command)]

    # --- what pyusb asks of a backend ---

    def enumerate_devices(self) -> Iterator[str]:
        yield from ["the array"] if self._plugged else []

    def get_device_descriptor(self, _device: str) -> SimpleNamespace:
        fields = (
            *("bLength", "bDescriptorType", "bcdUSB", "bDeviceClass"),
            *("bDeviceSubClass", "bDeviceProtocol", "bMaxPacketSize0", "bcdDevice"),
            *("iManufacturer", "iProduct", "iSerialNumber", "bNumConfigurations"),
            *("address", "bus", "port_number", "port_numbers", "speed"),
        )
        known = dict.fromkeys(fields, 0)
        return SimpleNamespace(**{**known, "idVendor": VENDOR, "idProduct": PRODUCT})

    def open_device(self, _device: str) -> str:
        self._require(self._handle)
        return self._handle

    def close_device(self, _handle: str) -> None:
        pass

    def ctrl_transfer(
        self,
        handle: str,
        kind: int,
        request: int,
        value: int,
        index: int,
        data: "array[int]",
        _timeout: int,
    ) -> int:
        self._require(handle)
        assert kind & ~TO_HOST == VENDORS_TO_DEVICE
        assert request == 0
        if kind & TO_HOST:
            assert value & 0x80
            answer = self._answer(index, value & 0x7F)
            data[: len(answer)] = array("B", answer)
            return len(answer)
        self.told.append((index, value, bytes(data)))
        if (index, value) == (20, 1):
            pin, level = data
            self.outputs[(11, 30, 31, 33, 39).index(pin)] = level
        return len(data)

    def _answer(self, part: int, command: int) -> bytes:
        if self.busy:
            self.busy -= 1
            return bytes((64,)) + bytes(self._length(part, command))
        match part, command:
            case 48, 0:
                return bytes((0, *self.version))
            case 20, 0:
                return bytes((0, *self.outputs))
        raise AssertionError(f"it has no command {command} of part {part}")

    def _length(self, part: int, command: int) -> int:
        return {(48, 0): 3, (20, 0): 5}[part, command]

    @property
    def _handle(self) -> str:
        return f"plugged in {self._times} times"

    def _require(self, handle: str) -> None:
        if not self._plugged or handle != self._handle:
            raise usb.core.USBError("No such device (it may have been disconnected)", 4)
