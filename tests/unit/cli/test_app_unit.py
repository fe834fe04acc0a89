"""A program is looked after without systemd as its unit has it looked after with it."""

import re

import pytest
import yaml

from auricle.cli.app_unit import RECOGNIZER, SATELLITE, LifeSigns, UnitLimits
from rigs.pages import ROOT

UNITS = {"auricle": SATELLITE, "auricle-recognizer": RECOGNIZER}
APPS = {"satellite": SATELLITE, "recognizer": RECOGNIZER}


@pytest.mark.parametrize("name", UNITS)
def test_what_systemd_is_told_holds_without_it(name: str) -> None:
    unit = (ROOT / "systemd" / f"{name}.service").read_text()
    told = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))
    codes = frozenset(map(int, told["RestartPreventExitStatus"].split()))

    assert (told["Type"], told["Restart"]) == ("notify", "always")
    assert UNITS[name] == UnitLimits(
        starting=float(told["TimeoutStartSec"]),
        silence=float(told["WatchdogSec"]) if "WatchdogSec" in told else None,
        restart=float(told["RestartSec"]),
        stopping=float(told["TimeoutStopSec"]),
        for_a_person=codes,
    )


@pytest.mark.parametrize("name", APPS)
def test_home_assistant_gives_an_app_the_time_to_stop_what_it_runs(name: str) -> None:
    app = ROOT / "homeassistant" / "apps" / name / "config.yaml"

    assert yaml.safe_load(app.read_text())["timeout"] > APPS[name].stopping


def test_what_has_not_started_in_time_hangs() -> None:
    signs = LifeSigns(SATELLITE, now=10.0)
    signs.heard("STATUS=loads its models", now=50.0)
    signs.heard("WATCHDOG=1", now=60.0)

    assert signs.due == 10.0 + SATELLITE.starting


def test_what_asks_for_more_time_to_start_has_it_from_then_on() -> None:
    signs = LifeSigns(SATELLITE, now=0.0)
    dues = []
    for now in (5.0, 80.0, 95.0):
        signs.heard("EXTEND_TIMEOUT_USEC=20000000", now=now)
        dues.append(signs.due)

    assert dues == [90.0, 100.0, 115.0]


def test_what_runs_hangs_once_it_gives_no_sign_of_life() -> None:
    signs = LifeSigns(SATELLITE, now=0.0)
    dues = []
    for now, told in ((5.0, "READY=1"), (15.0, "STATUS=idle"), (18.0, "WATCHDOG=1")):
        signs.heard(told, now=now)
        dues.append(signs.due)

    assert dues == [25.0, 25.0, 38.0]


def test_what_gives_no_signs_of_life_may_be_silent_once_it_has_started() -> None:
    signs = LifeSigns(RECOGNIZER, now=0.0)
    before = signs.due
    signs.heard("STATUS=serving\nREADY=1", now=100.0)

    assert (before, signs.due) == (180.0, None)


@pytest.mark.parametrize("told", ["", "EXTEND_TIMEOUT_USEC=soon", "READY", "\0", "="])
def test_what_no_program_of_ours_says_changes_nothing(told: str) -> None:
    signs = LifeSigns(SATELLITE, now=0.0)
    signs.heard(told, now=1.0)

    assert signs.due == SATELLITE.starting
