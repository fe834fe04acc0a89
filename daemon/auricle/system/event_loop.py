"""An event loop that knows when the machine slept, and waits for no name server."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar

from auricle.system.clock import since_boot
from auricle.system.threads import hand_to_loop, start_call

_Kind = socket.SocketKind
_Address = (
    tuple[Literal[socket.AddressFamily.AF_INET], _Kind, int, str, tuple[str, int]]
    | tuple[
        Literal[socket.AddressFamily.AF_INET6],
        _Kind,
        int,
        str,
        tuple[str, int, int, int] | tuple[int, bytes],
    ]
)

_T = TypeVar("_T")

# Lookups that hang, after which another one would only be one more.
MOST_LOOKUPS = 8


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """Run `main` as asyncio.run does, on an EventLoop."""
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        return runner.run(main)


class EventLoop(asyncio.SelectorEventLoop):
    """Counts time while the machine sleeps, and looks up names without waiting for
    threads.

    What was due while the machine slept is due when it wakes: by asyncio's own clock,
    which stands still meanwhile, it would come later by the whole night.

    Each name is looked up in a thread of its own, which nobody waits for. asyncio's own
    threads are few, shared with all that writes files, and waited for when the program
    ends: for half a minute, where the name server is away.
    """

    def __init__(self) -> None:
        super().__init__()
        self._free = threading.Semaphore(MOST_LOOKUPS)

    def time(self) -> float:
        """Return the seconds since the machine's start, those in suspend included."""
        return since_boot()

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[_Address]:
        """Look a name up as socket.getaddrinfo does.

        Raises socket.gaierror at once where MOST_LOOKUPS hang already.
        """
        if not self._free.acquire(blocking=False):
            raise socket.gaierror(socket.EAI_AGAIN, "the name server does not answer")

        def look_up() -> list[_Address]:
            try:
                return socket.getaddrinfo(host, port, family, type, proto, flags)
            finally:
                self._free.release()

        answered = asyncio.Event()
        found = start_call(look_up, name="names")
        found.add_done_callback(lambda _: hand_to_loop(self, answered.set))
        await answered.wait()
        return found.result()
