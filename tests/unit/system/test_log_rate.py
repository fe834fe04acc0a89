import logging

from auricle.system.log_rate import BURST, PER_SECOND, LogRate


def line(text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("auricle.x", logging.INFO, "x.py", 1, text, args, None)


def test_a_flood_of_one_kind_is_bounded_and_then_counted() -> None:
    now = 0.0
    rate = LogRate(lambda: now)

    passed = sum(rate.filter(line("turn %s", i)) for i in range(10_000))
    now = 1.0
    next_one = line("turn %s", "t")

    assert passed == BURST
    assert rate.filter(next_one)
    assert next_one.getMessage() == f"turn t (and {10_000 - BURST} more like it)"


def test_a_flood_of_one_kind_hides_no_other() -> None:
    rate = LogRate(lambda: 0.0)
    for i in range(10_000):
        rate.filter(line("turn %s", i))

    assert rate.filter(line("stopping"))


def test_what_comes_slowly_is_never_left_out() -> None:
    now = 0.0
    rate = LogRate(lambda: now)
    for _ in range(3 * BURST):
        now += 1 / PER_SECOND
        assert rate.filter(line("turn %s", "t"))


def test_a_percent_sign_in_the_text_is_no_gap() -> None:
    now = 0.0
    rate = LogRate(lambda: now)
    for _ in range(BURST + 1):
        rate.filter(line("%s %% done", 5))
    now = 1.0
    last = line("%s %% done", 5)
    rate.filter(last)

    assert last.getMessage() == "5 % done (and 1 more like it)"
