"""Devices on USB that Linux takes for real ones: its own gadgets, on its own dummy bus.

The kernel's dummy_hcd is a bus with both ends in this machine; its configfs makes a
device of any ids there, and functionfs hands each control request to us.

https://docs.kernel.org/usb/functionfs.html
"""

import contextlib
import os
import struct
import subprocess
import threading
from pathlib import Path

GADGETS = Path("/sys/kernel/config/usb_gadget")
IN = 0x80
_SETUP = 4
# FUNCTIONFS_DESCRIPTORS_MAGIC_V2, of both speeds; every control request is ours.
_MAGIC, _FLAGS = 3, 1 | 2 | 64
_STRINGS = struct.pack("<4I", 2, 16, 0, 0)


class Gadget:
    """One device with one interface, plugged in while it is `start`ed."""

    NAME = ""
    VENDOR = PRODUCT = 0
    INTERFACE = b""
    """The interface's descriptor, and what belongs to it but the endpoint."""
    ENDPOINT = b""
    """Its endpoint's attributes and the largest packet."""

    def __init__(self, bus: int) -> None:
        """`bus` is the number of the dummy bus that it is plugged into."""
        self._bus = bus
        self._lock = threading.Lock()

    def start(self) -> None:
        """Plug it in, and answer from now on."""
        folder = GADGETS / self.NAME
        function = folder / "functions" / f"ffs.{self.NAME}"
        (folder / "strings/0x409").mkdir(parents=True)
        (folder / "configs/c.1").mkdir(parents=True)
        function.mkdir()
        (folder / "idVendor").write_text(f"{self.VENDOR:#06x}")
        (folder / "idProduct").write_text(f"{self.PRODUCT:#06x}")
        (folder / "bcdUSB").write_text("0x0200")
        (folder / "strings/0x409/product").write_text(self.NAME)
        (folder / "configs/c.1" / function.name).symlink_to(function)
        files = Path("/run") / self.NAME
        files.mkdir()
        subprocess.run(["mount", "-t", "functionfs", self.NAME, str(files)], check=True)
        self._control = os.open(files / "ep0", os.O_RDWR)
        attributes, full, high = struct.unpack("<BHH", self.ENDPOINT)
        descriptors = b"".join(
            self.INTERFACE + struct.pack("<BBBBHB", 7, 5, 0x81, attributes, size, 4)
            for size in (full, high)
        )
        count = _count(self.INTERFACE) + 1
        head = struct.pack("<5I", _MAGIC, 20 + len(descriptors), _FLAGS, count, count)
        os.write(self._control, head + descriptors)
        os.write(self._control, _STRINGS)
        threading.Thread(target=self._serve, daemon=True).start()
        self.plug_in()

    def plug_in(self) -> None:
        """Be on the bus."""
        (GADGETS / self.NAME / "UDC").write_text(f"dummy_udc.{self._bus}")

    def pull_out(self) -> None:
        """Be there no more."""
        (GADGETS / self.NAME / "UDC").write_text("\n")

    def answer(self, kind: int, request: int, value: int, index: int) -> bytes | None:
        """Return what is read from it; None: it does not know such a request."""
        raise NotImplementedError

    def take(self, request: int, value: int, index: int, data: bytes) -> None:
        """Obey what is written to it."""
        raise NotImplementedError

    def _serve(self) -> None:
        while events := os.read(self._control, 12 * 4):
            for at in range(0, len(events), 12):
                kind, request, value, index, length, event = struct.unpack_from(
                    "<BBHHHB", events, at
                )
                if event != _SETUP:
                    continue
                try:
                    self._setup(kind, request, value, index, length)
                except OSError as error:
                    print(f"{self.NAME}: a request of type {kind:#x}: {error}")

    def _setup(
        self, kind: int, request: int, value: int, index: int, length: int
    ) -> None:
        if not kind & IN:
            data = os.read(self._control, length)
            with self._lock:
                self.take(request, value, index, data)
            return
        with self._lock:
            answer = self.answer(kind, request, value, index)
        if answer is None:
            # The wrong direction is how functionfs is told to refuse.
            with contextlib.suppress(OSError):
                os.read(self._control, 0)
        else:
            os.write(self._control, answer[:length])


def _count(descriptors: bytes) -> int:
    """Return how many there are: each begins with its length."""
    found, at = 0, 0
    while at < len(descriptors):
        at += descriptors[at]
        found += 1
    return found


class Xvf3800(Gadget):
    """ReSpeaker's array, as far as its control commands go."""

    NAME = "xvf3800"
    VENDOR, PRODUCT = 0x2886, 0x001A
    INTERFACE = bytes((9, 4, 0, 0, 1, 0xFF, 0, 0, 0))
    ENDPOINT = struct.pack("<BHH", 2, 64, 512)

    def __init__(self, bus: int) -> None:
        super().__init__(bus)
        self.outputs = bytearray(5)
        """The levels of its outputs; the second one cuts the microphones off."""
        self.told: list[tuple[int, int, bytes]] = []
        """What was written: resource, command and data."""

    @property
    def ring(self) -> set[int]:
        """The colors that its ring has, 0xRRGGBB each."""
        rings = [data for _, command, data in list(self.told) if command == 19]
        return set(struct.unpack("<12I", rings[-1])) if rings else set()

    def press(self) -> None:
        """Press its button, which mutes it or lets it hear again."""
        with self._lock:
            self.outputs[1] ^= 1

    def answer(self, kind: int, request: int, value: int, index: int) -> bytes | None:
        known = {(48, 0x80): bytes((2, 0, 7)), (20, 0x80): bytes(self.outputs)}
        found = known.get((index, value))
        return None if found is None else b"\0" + found

    def take(self, request: int, value: int, index: int, data: bytes) -> None:
        self.told.append((index, value, data))
        if (index, value) == (20, 1):
            self.outputs[1] = data[1]


class Cp2112(Gadget):
    """Silicon Labs' bridge, for its eight GPIOs: Linux has a driver, with interrupts.

    https://www.silabs.com/documents/public/application-notes/an495-cp2112-interface-specification.pdf
    """

    NAME = "cp2112"
    VENDOR, PRODUCT = 0x10C4, 0xEA90
    # Feature reports of the lengths that the driver wants, and one to be read.
    _REPORT = (
        bytes((0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01))
        + bytes((0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08))
        + b"".join(
            bytes((0x85, number, 0x95, length, 0x09, 0x01, 0xB1, 0x02))
            for number, length in ((2, 4), (3, 1), (4, 2), (5, 2), (6, 13))
        )
        + bytes((0x85, 0x13, 0x95, 61, 0x09, 0x01, 0x81, 0x02, 0xC0))
    )
    INTERFACE = (
        bytes((9, 4, 0, 0, 1, 3, 0, 0, 0))
        + bytes((9, 0x21, 0x11, 0x01, 0, 1, 0x22))
        + struct.pack("<H", len(_REPORT))
    )
    ENDPOINT = struct.pack("<BHH", 3, 64, 64)

    def __init__(self, bus: int) -> None:
        super().__init__(bus)
        self.levels = 0xFF
        """A bit for each GPIO: pulled up, as nothing pulls them down."""
        self.driven: list[tuple[int, bool]] = []
        """What was set: a GPIO, and whether high."""
        self._config = bytes((2, 0, 0, 0, 0))

    def hold(self, gpio: int, *, down: bool) -> None:
        """Connect a GPIO to ground, or let it go."""
        with self._lock:
            bit = 1 << gpio
            self.levels = self.levels & ~bit if down else self.levels | bit

    def level(self, gpio: int) -> bool:
        """Whether the GPIO was last set high."""
        return next((high for at, high in reversed(self.driven) if at == gpio), False)

    def answer(self, kind: int, request: int, value: int, index: int) -> bytes | None:
        match kind & 0x60, request, value & 0xFF:
            case 0x00, 6, _ if value >> 8 == 0x22:
                return self._REPORT
            case 0x20, 1, 2:
                return self._config
            case 0x20, 1, 3:
                return bytes((3, self.levels))
            case 0x20, 1, 5:
                return bytes((5, 0x0C, 0x03))
            case 0x20, 1, 6:
                return bytes((6, 0, 1, 0x86, 0xA0)) + bytes(9)
            case 0x20, 1, 0x20:
                return bytes((0x20, 0))
        return None

    def take(self, request: int, value: int, index: int, data: bytes) -> None:
        if request != 9:
            return
        match value & 0xFF:
            case 2:
                self._config = data
            case 4:
                mask, high = data[2], data[1]
                for gpio in range(8):
                    if mask >> gpio & 1:
                        self.driven.append((gpio, bool(high >> gpio & 1)))
