"""docs/troubleshooting.md knows of whatever a turn, or the service, may fail."""

import re

from auricle.errors import Reason
from rigs.pages import ROOT, Page

PAGE = Page(ROOT / "docs" / "troubleshooting.md")


def test_every_reason_for_a_failure_is_told_and_no_other() -> None:
    table = PAGE.section("Why a turn failed")

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(Reason)


def test_what_only_a_person_can_mend_is_what_systemd_does_not_start_again() -> None:
    table = PAGE.section("Exit statuses")
    unit = (ROOT / "systemd" / "auricle.service").read_text()
    [prevented] = re.findall(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)

    told = re.findall(r"^\| (\d+) \| \*\*", table, re.MULTILINE)
    assert told == prevented.split()
