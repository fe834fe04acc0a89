"""What the doctor finds of lights, a button and hooks, which it does not open."""

import grp
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from auricle.config.panel_parts import panel_parts
from auricle.config.settings import Settings
from auricle.doctor import panel, service
from auricle.doctor.results import Status
from auricle.doctor.service import Service

OURS = (grp.getgrgid(os.getgid()).gr_name,)


def settings(**sections: Any) -> Settings:
    return Settings.model_validate(sections)


def unit(active: str = "active", code: int = 0) -> Service:
    shown = f"ActiveState={active}\nSubState=x\nExecMainStatus={code}\n"
    return service.describe(service.parse_properties(shown), "", panel.UNIT)


LIT = settings(lights={"device": "respeaker_2mic"})
HOOKED = settings(hooks={"on_final": "/bin/true"})


@pytest.fixture
def device() -> Iterator[Path]:
    """A file where devices are, for whoever is in the group of ours."""
    with TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "spidev"
        path.touch()
        path.chmod(0o660)
        yield path


@pytest.mark.parametrize(
    ("sections", "parts"),
    [
        ({}, []),
        ({"lights": {"device": "apa102"}}, ["lights"]),
        ({"button": {"pin": 0}}, ["button"]),
        ({"xvf3800": {"right": "silence"}}, ["xvf3800"]),
        ({"hooks": {"on_state": "x"}, "xvf3800": {"mute": True}}, ["xvf3800", "hooks"]),
        ({"lights": {"brightness": 0.5}, "hooks": {"timeout": 1}}, []),
    ],
)
def test_what_is_configured_is_what_the_panel_serves(
    sections: dict[str, Any], parts: list[str]
) -> None:
    assert panel_parts(settings(**sections)) == parts


def test_where_nothing_is_configured_nothing_is_missed() -> None:
    assert panel.judge(settings(), None, as_services=True).status is Status.SKIPPED
    assert panel.examine_devices(settings()).status is Status.SKIPPED


def test_hooks_need_a_service_and_no_device() -> None:
    assert panel.examine_devices(HOOKED).status is Status.SKIPPED
    found = panel.judge(HOOKED, unit("inactive"), as_services=True)
    assert found.status is Status.WARNING
    assert "systemctl enable --now auricle-panel" in found.advice


def test_a_service_that_is_not_installed_is_named_with_its_package() -> None:
    found = panel.judge(LIT, None, as_services=True)
    assert found.status is Status.FAILED
    assert "auricle-panel.service is not installed" in found.meaning
    assert "apt install ./auricle-panel_*.deb" in found.advice


def test_whoever_starts_the_satellite_by_hand_starts_the_panel_so() -> None:
    assert panel.judge(LIT, None, as_services=False).status is Status.SKIPPED


def test_a_service_that_runs_is_well() -> None:
    assert panel.judge(LIT, unit(), as_services=True).status is Status.OK


def test_of_a_device_that_cannot_be_used_the_panel_s_own_log_tells() -> None:
    found = panel.judge(LIT, unit("failed", 78), as_services=True)
    assert found.status is Status.FAILED
    assert "journalctl -u auricle-panel" in found.advice


def test_a_device_for_the_groups_of_the_service_may_be_used(device: Path) -> None:
    lit = settings(lights={"device": "apa102", "spi": str(device)})
    found = panel.examine_devices(lit, OURS)
    assert (found.status, found.advice) == (Status.OK, "")
    assert str(device) in found.meaning


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o606])
def test_a_device_for_root_alone_lacks_its_udev_rule(device: Path, mode: int) -> None:
    device.chmod(mode)
    lit = settings(lights={"device": "ws2812", "spi": str(device)})
    found = panel.examine_devices(lit, OURS)
    assert found.status is Status.FAILED
    assert "udev" in found.advice


def test_spi_that_is_off_is_told_how_to_switch_on() -> None:
    lit = settings(lights={"device": "apa102", "spi": "/dev/spidev9.9"})
    found = panel.examine_devices(lit, OURS)
    assert found.status is Status.FAILED
    assert "/dev/spidev9.9 is not there" in found.meaning
    assert "dtparam=spi=on" in found.advice


def test_every_device_that_is_missing_is_told_and_no_advice_twice() -> None:
    both = settings(
        lights={"device": "apa102", "spi": "/dev/spidev9.9"}, xvf3800={"mute": True}
    )
    found = panel.examine_devices(both, OURS)
    assert "lights.spi" in found.meaning
    assert "2886:001a" in found.meaning
    assert len(found.advice.splitlines()) == 2


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[-1:])
    monkeypatch.delitem(sys.modules, "spidev", raising=False)
    found = panel.examine_devices(LIT, OURS)
    assert "spidev is not installed" in found.meaning
    assert "panel" in found.advice


def test_the_array_is_found_where_linux_lists_usb(tmp_path: Path) -> None:
    for name, vendor, bus, device in (
        ("1-1", "2886", "1", "4"),
        ("1-2", "046d", "1", "5"),
        ("3-1.4", "2886", "3", "12"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "idVendor").write_text(f"{vendor}\n")
        (tmp_path / name / "idProduct").write_text("001a\n")
        (tmp_path / name / "busnum").write_text(f"{bus}\n")
        (tmp_path / name / "devnum").write_text(f"{device}\n")
    (tmp_path / "1-1:1.0").mkdir()

    assert panel.usb_nodes(0x2886, 0x001A, tmp_path) == [
        Path("/dev/bus/usb/001/004"),
        Path("/dev/bus/usb/003/012"),
    ]


def test_the_groups_are_those_of_the_unit_and_of_the_udev_rules() -> None:
    systemd = Path(__file__).parents[3] / "systemd"
    text = (systemd / "auricle-panel.service").read_text()
    rules = (systemd / "auricle-panel.rules").read_text()

    assert f"SupplementaryGroups={' '.join(panel.GROUPS)}\n" in text
    assert all(f'GROUP="{group}"' in rules for group in panel.GROUPS)
