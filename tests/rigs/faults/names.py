"""A name server that knows what a test tells it, for one event loop only."""

import asyncio
import socket
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from auricle.system.event_loop import EventLoop

T = TypeVar("T")


class _Naming(EventLoop):
    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self._names = names

    async def getaddrinfo(
        self, host: bytes | str | None, port: bytes | str | int | None, **hints: int
    ) -> Any:
        if not isinstance(host, str) or host not in self._names:
            return await super().getaddrinfo(host, port, **hints)
        if not self._names[host]:
            raise socket.gaierror(socket.EAI_NONAME, "nobody knows it")
        found = [
            await super(_Naming, self).getaddrinfo(address, port, **hints)
            for address in self._names[host]
        ]
        return [each for addresses in found for each in addresses]


def run_with_names(
    names: Mapping[str, Sequence[str]], main: Coroutine[Any, Any, T]
) -> T:
    """Each of `names` has these addresses, in the order in which they are to be used;
    without any, nobody knows it.
    """
    with asyncio.Runner(loop_factory=lambda: _Naming(names)) as runner:
        return runner.run(main)
