from datetime import UTC, datetime, timedelta

import pytest

from auricle.doctor import clock
from auricle.doctor.results import Status

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_a_clock_that_was_never_set_is_known_without_any_network() -> None:
    found = clock.judge(datetime(1970, 1, 1, tzinfo=UTC), None)
    assert found.status is Status.FAILED
    assert "timedatectl" in found.advice


@pytest.mark.parametrize(
    ("off", "status"),
    [
        (timedelta(seconds=2), Status.OK),
        (timedelta(minutes=-5), Status.WARNING),
        (timedelta(days=3), Status.FAILED),
    ],
)
def test_a_clock_is_compared_with_the_recognizers(
    off: timedelta, status: Status
) -> None:
    assert clock.judge(NOW, NOW + off).status is status


def test_a_certificate_of_the_future_is_a_clock_of_the_past() -> None:
    found = clock.judge(NOW, None, mistrusted=True)
    assert found.status is Status.FAILED
