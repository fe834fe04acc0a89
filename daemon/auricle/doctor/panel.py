"""Lights, button and hooks: whether their service runs, and has its devices.

Nothing is opened here: what is there, and who may use it, is seen from outside.
"""

import grp
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from auricle.app.exit_codes import EX_OPTIONS
from auricle.assets.requirements import is_32_bit, remedy
from auricle.config import usb
from auricle.config.choices import LightsDevice
from auricle.config.panel_parts import panel_parts
from auricle.config.settings import Settings
from auricle.doctor.results import Result, Status
from auricle.doctor.service import Service, judge_unit

NAME, DEVICES = "panel", "panel's devices"
UNIT = "auricle-panel.service"
GROUPS = ("gpio", "spi", "plugdev")
"""The groups of whoever may use pins, SPI and the array: the unit is in them."""
_SPI_OFF = (
    "switch SPI on: sudo raspi-config nonint do_spi 0, or dtparam=spi=on in "
    "/boot/firmware/config.txt; then reboot"
)
_RULES = (
    "the udev rule of auricle-panel is missing, or did not have its turn yet: sudo "
    "udevadm trigger, or plug it in again"
)
_INSTALL = (
    "sudo apt install ./auricle-panel_*.deb, or scripts/install --panel from a checkout"
)
_START = "then sudo systemctl enable --now auricle-panel"
_ADVICE_AFTER = {
    EX_OPTIONS: "an option in its unit is wrong: systemctl cat auricle-panel",
    os.EX_CONFIG: "a device, a program of a hook or a setting cannot be used, and its "
    "log says which: journalctl -u auricle-panel -e; then sudo systemctl restart "
    "auricle-panel",
}
_USB_DEVICES = Path("/sys/bus/usb/devices")


@dataclass(frozen=True, slots=True)
class Need:
    """Names what a part of the panel cannot do without."""

    key: str
    """The setting that asks for it."""
    package: str
    """The Python package that speaks to it."""
    missing: str
    """What is said where the device is not there."""
    advice: str
    """What to do then."""
    find: Callable[[], Sequence[Path]]
    """Returns the device's files, any of which will do."""


def judge(settings: Settings, unit: Service | None, *, as_services: bool) -> Result:
    """Judge whether the panel's service runs, where something is configured for it;
    `as_services`: the satellite is one.
    """
    parts = panel_parts(settings)
    if not parts:
        return Result(NAME, Status.SKIPPED, "no lights, no button, no hooks")
    told = f"{', '.join(parts)}: served by auricle panel"
    if unit is not None:
        return judge_unit(unit, NAME, _ADVICE_AFTER)
    if as_services:
        meaning = f"{told}, and {UNIT} is not installed"
        install = remedy("panel") if is_32_bit() else _INSTALL
        return Result(NAME, Status.FAILED, meaning, f"{install}; {_START}")
    return Result(NAME, Status.SKIPPED, f"{told}, which is to be started beside it")


def examine_devices(
    settings: Settings, groups: Collection[str] | None = GROUPS
) -> Result:
    """Look for what the panel drives; `groups` are those of the unit, None is this user
    as it is.
    """
    needs = list(_needs(settings))
    if not needs:
        wants = "hooks need none" if panel_parts(settings) else "none are configured"
        return Result(DEVICES, Status.SKIPPED, wants)
    faults = [fault for need in needs if (fault := _fault(need, groups)) is not None]
    if faults:
        meanings = "; ".join(meaning for meaning, _ in faults)
        advices = dict.fromkeys(advice for _, advice in faults)
        return Result(DEVICES, Status.FAILED, meanings, "\n".join(advices))
    found = dict.fromkeys(str(path) for need in needs for path in need.find()[:1])
    return Result(DEVICES, Status.OK, f"{', '.join(found)}: there, and may be used")


def _needs(settings: Settings) -> Iterator[Need]:
    lights, on_usb = settings.lights, LightsDevice.XVF3800
    pins = (LightsDevice.GPIO, LightsDevice.RESPEAKER_4MIC)
    no_pins = ("no /dev/gpiochip", "pins are a Raspberry Pi's: is this one?")
    if lights.device not in (LightsDevice.NONE, LightsDevice.GPIO, on_usb):
        path = Path(lights.spi)
        key, missing = "lights.spi", f"{path} is not there"
        yield Need(key, "spidev", missing, _SPI_OFF, lambda: _existing([path]))
    if lights.device in pins:
        yield Need("lights.device", "gpiozero", *no_pins, _gpio_chips)
    if settings.button.pin is not None:
        yield Need("button.pin", "gpiozero", *no_pins, _gpio_chips)
    if lights.device is on_usb or "xvf3800" in panel_parts(settings):
        vendor, product = usb.XVF3800
        yield Need(
            "lights.device" if lights.device is on_usb else "xvf3800",
            "usb",
            f"no ReSpeaker XVF3800 on USB ({vendor:04x}:{product:04x})",
            "plug it in; lsusb lists what there is",
            lambda: usb_nodes(vendor, product),
        )


def _existing(paths: Sequence[Path]) -> Sequence[Path]:
    return [path for path in paths if path.exists()]


def _gpio_chips() -> Sequence[Path]:
    return sorted(Path("/dev").glob("gpiochip*"))


def usb_nodes(
    vendor: int, product: int, devices: Path = _USB_DEVICES
) -> Sequence[Path]:
    """Return the files of those devices on USB; `devices` is where Linux lists all."""
    return [
        Path(f"/dev/bus/usb/{_number(it, 'busnum'):03}/{_number(it, 'devnum'):03}")
        for it in sorted(devices.glob("*"))
        if (_text(it / "idVendor"), _text(it / "idProduct"))
        == (f"{vendor:04x}", f"{product:04x}")
    ]


def _number(device: Path, name: str) -> int:
    text = _text(device / name)
    return int(text) if text.isdecimal() else 0


def _text(path: Path) -> str:
    # It may be pulled out at any moment.
    with suppress(OSError):
        return path.read_text(encoding="ascii").strip()
    return ""


def _fault(need: Need, groups: Collection[str] | None) -> tuple[str, str] | None:
    """Return what is wrong, and what to do; None: nothing is."""
    if find_spec(need.package) is None:
        missing = f"the Python package {need.package} is not installed"
        return f"{need.key}: {missing}", remedy("panel")
    paths = need.find()
    if not paths:
        return f"{need.key}: {need.missing}", need.advice
    if not any(_may_use(path, groups) for path in paths):
        shown = ", ".join(map(str, paths[:4]))
        whose = " or ".join(groups or ["this user"])
        return f"{need.key}: {shown} is not for {whose}", _RULES
    return None


def _may_use(path: Path, groups: Collection[str] | None) -> bool:
    if groups is None:
        return os.access(path, os.R_OK | os.W_OK)
    try:
        info = path.stat()
    except OSError:
        return False
    ours = [name for name in groups if _gid(name) == info.st_gid]
    needed = stat.S_IRGRP | stat.S_IWGRP if ours else stat.S_IROTH | stat.S_IWOTH
    return info.st_mode & needed == needed


def _gid(group: str) -> int | None:
    with suppress(KeyError):
        return grp.getgrnam(group).gr_gid
    return None
