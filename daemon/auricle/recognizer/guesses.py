"""How many keys may be tried from one address.

Of so many satellites at an address, or of a person who mistypes, nobody is hindered.
Beyond that, a key is looked at once a second, right or wrong: if the right one had its
answer at once, whoever has none within a moment would know to try the next.
"""

from ipaddress import IPv6Address, ip_address

MOST_AT_ONCE = 10
"""Wrong keys that an address has free; one a second is forgotten."""
LONGEST = 3.0
"""Seconds that a client may be held: a satellite's speech waits as long."""
# Of each that tried a wrong one within the last 13 s, a number is kept.
_MOST_ADDRESSES = 10_000
_SUBNET = 64  # bits, of which every machine there has as many addresses as it likes


class Guesses:
    """The keys that were tried of late, by where they came from."""

    def __init__(self) -> None:
        self._forgotten_at: dict[str, float] = {}

    def reserve(self, address: str, now: float) -> float:
        """Return in how many seconds a key from `address` may be looked at; unless that
        is more than LONGEST, it counts as a wrong one until it is told to be right.
        """
        forgotten_at = max(now, self._forgotten_at.get(address, now)) + 1.0
        wait = max(0.0, forgotten_at - now - MOST_AT_ONCE)
        if wait <= LONGEST:
            self._forgotten_at.pop(address, None)
            self._forgotten_at[address] = forgotten_at
            self._forget_others(now)
        return wait

    def was_right(self, address: str) -> None:
        """Take back what was reserved for a key that is right."""
        if address in self._forgotten_at:
            self._forgotten_at[address] -= 1.0

    def _forget_others(self, now: float) -> None:
        oldest = next(iter(self._forgotten_at))
        many = len(self._forgotten_at) > _MOST_ADDRESSES
        if many or self._forgotten_at[oldest] <= now:
            del self._forgotten_at[oldest]


def where_from(host: str) -> str:
    """Return what is taken for one address: of IPv6, all that one machine can have."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    network = int(address) >> (128 - _SUBNET) << (128 - _SUBNET)
    return f"{IPv6Address(network)}/{_SUBNET}"
