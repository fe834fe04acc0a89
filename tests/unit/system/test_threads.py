import asyncio
import gc
import subprocess
import sys
import threading

import pytest

from auricle.system.threads import end_of, hand_to_loop, start_call


def test_the_result_of_a_call_is_handed_on_from_a_thread_of_its_name() -> None:
    def name() -> str:
        return threading.current_thread().name

    assert start_call(name, name="names").result(5) == "names"


def test_what_a_call_raises_is_raised_where_its_result_is_asked_for() -> None:
    def leave() -> None:
        raise SystemExit("the library gave up")

    future = start_call(leave, name="names")

    with pytest.raises(SystemExit, match="gave up"):
        future.result(5)


def test_a_call_that_never_returns_does_not_keep_the_program_from_ending() -> None:
    program = """
import threading
from auricle.system.threads import start_call

begun = threading.Event()

def hang():
    begun.set()
    threading.Event().wait()

start_call(hang, name="hangs")
assert begun.wait(5)
"""
    subprocess.run([sys.executable, "-c", program], timeout=30, check=True)


async def test_what_a_thread_finds_is_handed_to_the_loop_in_its_order() -> None:
    loop = asyncio.get_running_loop()
    found: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    def find() -> None:
        for number in range(3):
            hand_to_loop(loop, lambda *told: found.put_nowait(told), "found", number)

    await asyncio.to_thread(find)

    assert [await found.get() for _ in range(3)] == [("found", n) for n in range(3)]


def test_a_thread_that_comes_after_the_loop_has_closed_is_not_disturbed() -> None:
    loop = asyncio.new_event_loop()
    loop.close()

    def come_late() -> str:
        hand_to_loop(loop, print, "too late")
        return "done"

    assert start_call(come_late, name="late").result(5) == "done"


async def test_whoever_waits_for_an_end_need_not_ask_what_came_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def leave() -> None:
        raise ValueError("the device is gone")

    future = start_call(leave, name="device")
    await end_of(future, within=5)
    gc.collect()

    assert "never retrieved" not in caplog.text
    with pytest.raises(ValueError, match="gone"):
        future.result()


async def test_an_end_that_does_not_come_is_waited_for_no_longer() -> None:
    hanging = threading.Event()
    future = start_call(hanging.wait, name="hangs")
    await end_of(future, within=0.01)

    assert not future.done()
    hanging.set()
