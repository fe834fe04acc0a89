"""The panel's service has its devices, and no more rights than the satellite's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from auricle.doctor import service

SYSTEMD = Path(__file__).parents[3] / "systemd"
MOST = 1.3
ELSEWHERE = "needs systemd 250 or later (systemd-analyze security --offline)"


def allowed(name: str) -> set[str]:
    unit = (SYSTEMD / f"{name}.service").read_text()
    return set(re.findall(r"^DeviceAllow=(\S+)", unit, re.MULTILINE))


@pytest.mark.parametrize(
    "path", sorted(SYSTEMD.glob("*.service")), ids=lambda p: p.stem
)
def test_the_exposure_of_each_unit_is_small(path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip(ELSEWHERE)
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    exposure = re.search(r"exposure level.*: ([\d.]+)", told.stdout)
    if exposure is None:
        pytest.skip(ELSEWHERE)
    assert float(exposure[1]) <= MOST


def test_no_unit_has_the_devices_of_another() -> None:
    satellite, panel = allowed("auricle"), allowed("auricle-panel")

    assert satellite
    assert panel
    assert satellite & panel == set()


def test_what_the_satellite_may_read_by_its_group_so_may_the_panel() -> None:
    """Both sign in at the broker, with the key of one certificate."""
    satellite, panel = (
        service.describe({}, (SYSTEMD / f"{name}.service").read_text()).groups
        for name in ("auricle", "auricle-panel")
    )

    assert satellite
    assert panel
    assert satellite <= panel


def test_who_may_use_usb_may_ask_what_is_plugged_in() -> None:
    """libusb watches that by netlink, and where it cannot, finds no device at all."""
    unit = (SYSTEMD / "auricle-panel.service").read_text()
    [families] = re.findall(r"^RestrictAddressFamilies=(.*)$", unit, re.MULTILINE)

    assert "char-usb_device" in allowed("auricle-panel")
    assert "AF_NETLINK" in families.split()
