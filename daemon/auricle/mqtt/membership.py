"""Who else is in the satellite's group, by what they say.

Nobody is asked one by one: each satellite says that it is there when it comes and now
and then, and whoever comes asks all others to say so once.

| what happens | what follows |
|---|---|
| another satellite says anything | it is known |
| more than MOST_MEMBERS do | those beyond stay unknown |
| it says that it leaves, or nothing for FORGOTTEN | it is unknown |
| somebody asks who is there | we say so, once for all who asked meanwhile |
| the connection is over, or the group is another one | nobody is known |

Times are seconds of any clock that nobody sets.
"""

SAYS_AGAIN = 1800.0
"""Seconds between two signs of a satellite to which nothing else is to be said."""
FORGOTTEN = 5 * SAYS_AGAIN
MOST_MEMBERS = 256
"""Anybody on the network may speak in any number of names; no house has as many rooms.
"""


class Membership:
    """Knows the others of the group."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}

    @property
    def members(self) -> frozenset[str]:
        """The names of the others."""
        return frozenset(self._heard)

    def heard(self, member: str, now: float) -> None:
        """Note that `member` said something."""
        if member in self._heard or len(self._heard) < MOST_MEMBERS:
            self._heard[member] = now

    def left(self, member: str) -> None:
        """Note that `member` said that it leaves."""
        self._heard.pop(member, None)

    def expire(self, now: float) -> None:
        """Forget who has said nothing for long."""
        self._heard = {
            member: at for member, at in self._heard.items() if now - at < FORGOTTEN
        }

    def clear(self) -> None:
        """Forget all of them."""
        self._heard.clear()
