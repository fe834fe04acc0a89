"""What the environment says of systemd's wishes."""

import os

from auricle.system.systemd import Notifier


def test_without_systemd_nobody_is_told_and_nothing_watched() -> None:
    notifier = Notifier({})
    notifier.ready()
    assert notifier.watchdog is None


def test_the_watchdog_is_given_in_microseconds() -> None:
    assert Notifier({"WATCHDOG_USEC": "20000000"}).watchdog == 20


def test_a_watchdog_of_this_process_is_ours() -> None:
    environ = {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": str(os.getpid())}
    assert Notifier(environ).watchdog == 5


def test_a_watchdog_of_another_process_is_not_ours() -> None:
    environ = {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": str(os.getppid())}
    assert Notifier(environ).watchdog is None
