"""Threads that nobody waits for, and the way back from a thread to the event loop.

A call into a sound server, a name server or a slow disk may never return. asyncio's own
threads, and those of `concurrent.futures`, are waited for when the program ends.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def start_call(call: Callable[[], T], *, name: str) -> Future[T]:
    """Start `call` in a daemon thread of this name, and return at once.

    The future holds the call's result, or whatever it raised. Where the call hangs, the
    thread is left behind and ends with the process.
    """
    future: Future[T] = Future()
    # Nobody can cancel it: what came of the call would have nowhere to go.
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001  # raised again by who waits
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def hand_to_loop(
    loop: asyncio.AbstractEventLoop,
    callback: Callable[[*Ts], object],
    *args: *Ts,
) -> None:
    """Have `loop` call `callback` soon; may be called from any thread.

    Nothing happens where the loop is closed: the program ended, and did not wait for
    the thread.
    """
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *args)


async def end_of(call: Future[T], within: float) -> None:
    """Wait until a call has ended, for so many seconds at most; what came of it is
    somebody else's to ask.
    """
    ending = asyncio.wrap_future(call)
    # asyncio complains of an exception that it thinks nobody has seen.
    ending.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    await asyncio.wait([ending], timeout=within)
