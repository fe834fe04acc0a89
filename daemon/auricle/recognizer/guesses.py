"""How many keys may be tried from one place in the network.

Of so many satellites there, or of a person who mistypes, nobody is hindered. Beyond
that, a key is looked at once a second, right or wrong: if the right one had its answer
at once, whoever has none within a moment would know to try the next.
"""

from ipaddress import IPv6Address, ip_address

MOST_AT_ONCE = 10
"""Wrong keys that are free; one a second is forgotten."""
LONGEST = 3.0
"""Seconds that a client may be held: a satellite's speech waits as long."""
# Of each that tried a wrong one within the last 13 s, a number is kept.
_MOST_PLACES = 10_000
_MOST_KNOWN = 1000
_SUBNET = 64  # bits, of which every machine there has as many addresses as it likes


class Guesses:
    """The keys that were tried of late, by where they came from."""

    def __init__(self) -> None:
        self._forgotten_at: dict[str, float] = {}
        self._known: dict[str, None] = {}

    def place(self, host: str) -> str:
        """Return what the tries of the IP address `host` are counted for.

        Of IPv6 that is its subnet, which may be all of a house: but an address that a
        right key came from, among the last thousand of them, counts for itself.
        """
        address = _plain(host)
        return address if address in self._known else _subnet(address)

    def reserve(self, host: str, now: float) -> float:
        """Return in how many seconds a key from `host` may be looked at; unless that
        is more than LONGEST, it counts as a wrong one until it is told to be right.
        """
        place = self.place(host)
        forgotten_at = max(now, self._forgotten_at.get(place, now)) + 1.0
        wait = max(0.0, forgotten_at - now - MOST_AT_ONCE)
        if wait <= LONGEST:
            self._forgotten_at.pop(place, None)
            self._forgotten_at[place] = forgotten_at
            self._forget_others(now)
        return wait

    def was_right(self, host: str) -> None:
        """Take back what was reserved for a key from `host`: it is right."""
        place, address = self.place(host), _plain(host)
        if place in self._forgotten_at:
            self._forgotten_at[place] -= 1.0
        self._known.pop(address, None)
        self._known[address] = None
        if len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _forget_others(self, now: float) -> None:
        oldest = next(iter(self._forgotten_at))
        many = len(self._forgotten_at) > _MOST_PLACES
        if many or self._forgotten_at[oldest] <= now:
            del self._forgotten_at[oldest]


def _plain(host: str) -> str:
    """Return `host`, of IPv4 as such where it comes in IPv6's way."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _subnet(address: str) -> str:
    if ":" not in address:
        return address
    network = int(IPv6Address(address)) >> (128 - _SUBNET) << (128 - _SUBNET)
    return f"{IPv6Address(network)}/{_SUBNET}"
