from auricle.speech.hourly_limit import HourlyLimit


def test_so_many_are_admitted_in_any_hour_and_no_more() -> None:
    limit = HourlyLimit(2)

    assert [limit.admit(now) for now in (0.0, 1800.0, 3599.0, 3600.0, 3601.0)] == [
        *(True, True, False, True, False),
    ]


def test_what_is_refused_does_not_count() -> None:
    limit = HourlyLimit(1)

    assert [limit.admit(now) for now in (0.0, *range(1, 3600), 3600.0)].count(True) == 2


def test_there_need_be_no_limit() -> None:
    limit = HourlyLimit(0)

    assert all(limit.admit(0.0) for _ in range(1000))
