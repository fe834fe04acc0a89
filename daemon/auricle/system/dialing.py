"""A TCP connection to a name, whichever of its addresses answers."""

import asyncio
import errno
import itertools
import socket
from collections.abc import Sequence
from functools import partial

from auricle.system.racing import race

# Many a home has IPv6 addresses and no way out for them. Seconds to wait for one before
# the next is tried as well (RFC 8305 recommends as much).
NEXT_ADDRESS = 0.25
# TCP asks a second time only after 1 s: each address is asked that often meanwhile.
ROUNDS = 3
# It asks for the third time after 3 s. Where one address refuses us, as while the
# broker starts anew, one that swallows what is sent must not keep us from asking again.
ANSWER = 3.5

# What says something of this machine's network, and nothing of the other end.
_NO_WAY = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
)

_Address = tuple[int, int, int, tuple[object, ...]]
"""Family, type, protocol, and where."""


async def dial(host: str, port: int, *, rounds: int = ROUNDS) -> socket.socket:
    """Connect to a host by name, and return the socket, which does not block.

    The name may take as long as it takes; the addresses then have some seconds each,
    side by side, and are asked `rounds` times. Raises OSError, or UnicodeError for what
    is no name.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failures: list[OSError] = []

    async def connect(address: _Address) -> socket.socket:
        *kind, where = address
        try:
            connecting = socket.socket(*kind)
            try:
                connecting.setblocking(False)
                async with asyncio.timeout(ANSWER):
                    await loop.sock_connect(connecting, where)
            except BaseException:
                connecting.close()
                raise
        except OSError as error:
            failures.append(error)
            raise
        return connecting

    addresses = in_turn([(f, kind, proto, where) for f, kind, proto, _, where in found])
    try:
        return await race(
            [partial(connect, address) for address in addresses],
            socket.socket.close,
            after=NEXT_ADDRESS,
            rounds=rounds,
        )
    except OSError:
        raise min(failures, key=_how_little_it_tells) from None


def in_turn(addresses: Sequence[_Address]) -> list[_Address]:
    """Order addresses, each once, a family at a time, so that one that leads nowhere
    delays little.
    """
    families: dict[int, list[_Address]] = {}
    for address in dict.fromkeys(addresses):
        families.setdefault(address[0], []).append(address)
    rounds = itertools.zip_longest(*families.values())
    return [address for each in rounds for address in each if address is not None]


def _how_little_it_tells(error: OSError) -> int:
    """Rank what an error tells of the other end: that it refuses us says most."""
    return 2 if error.errno in _NO_WAY else int(isinstance(error, TimeoutError))
