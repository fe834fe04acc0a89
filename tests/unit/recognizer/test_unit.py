"""What the recognizer's service does that its processes cannot."""

from rigs.pages import ROOT

UNIT = ROOT / "systemd" / "auricle-recognizer.service"


def test_a_trial_that_is_ended_for_memory_does_not_end_the_service() -> None:
    """By default, systemd stops a service of which any process is ended so; then nobody
    reads which model is too large.
    """
    assert "OOMPolicy=continue" in UNIT.read_text().splitlines()
