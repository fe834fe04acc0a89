"""Who may open a session: the checks of the handshake."""

import hmac
import math
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from auricle.qwen_asr.address import LONGEST_WAIT, PATH
from auricle.qwen_asr.events import THROTTLED
from auricle.recognizer.guesses import LONGEST, Guesses

_LONGEST_MODEL = 128


@dataclass(frozen=True, slots=True)
class HandshakeRefusal:
    """A client is turned away with this HTTP answer, in the shape of the service's."""

    status: int
    code: str
    message: str
    retry_after: int | None = None
    """Seconds after which there may be room."""


class Admission:
    """What a client asks for is compared with what is on offer."""

    def __init__(self, api_keys: Collection[str]) -> None:
        """Without any `api_keys`, everyone may come in."""
        self._api_keys = [key.encode() for key in api_keys]
        self._guesses = Guesses()

    def place(self, host: str) -> str:
        """Return what the wrong keys of a client at the IP address `host` count for."""
        return self._guesses.place(host)

    def hold(self, host: str, now: float) -> float | HandshakeRefusal:
        """Return for how many seconds to hold a client at the IP address `host` before
        its key is looked at, or that it cannot be by now.
        """
        wait = self._guesses.reserve(host, now) if self._api_keys else 0.0
        if wait <= LONGEST:
            return wait
        return HandshakeRefusal(
            429,
            THROTTLED,
            "Too many wrong API-keys from your address, please try again later.",
            math.ceil(wait),
        )

    def refusal(
        self,
        target: str,
        authorization: str | None,
        no_room: int | None,
        host: str = "",
    ) -> HandshakeRefusal | None:
        """Return why the request for `target` is refused; None lets the client in.

        `target` is path and query, `authorization` the header's value. `no_room` is
        after how many seconds to try again; None where there is room. The client was
        held as `hold` has it for its `host`.
        """
        if not self._authorized(authorization or ""):
            return HandshakeRefusal(401, "InvalidApiKey", "Invalid API-key provided.")
        self._guesses.was_right(host)
        try:
            parts = urlsplit(target)
        except ValueError:
            parts = urlsplit("")
        if parts.path.rstrip("/") != PATH:
            return HandshakeRefusal(
                404, "NotFound", f"Connect to {PATH}?model=<model name>."
            )
        if not 0 < len(model_of(target)) <= _LONGEST_MODEL:
            return HandshakeRefusal(
                400, "InvalidParameter", "Name a model: ?model=<name>."
            )
        if no_room is not None:
            return HandshakeRefusal(
                429,
                THROTTLED,
                "Requests rate limit exceeded, please try again later.",
                no_room,
            )
        return None

    def _authorized(self, authorization: str) -> bool:
        if not self._api_keys:
            return True
        # The official SDK of some versions writes "bearer".
        scheme, _, key = authorization.partition(" ")
        given = key.strip().encode()
        # All of them, always: the time it takes tells nothing.
        matches = [hmac.compare_digest(given, known) for known in self._api_keys]
        return scheme.lower() == "bearer" and any(matches)


def model_of(target: str) -> str:
    """Return the model that is named in the query of `target`; empty where none is."""
    values = parse_qs(urlsplit(target).query).get("model", [""])
    return values[0].strip()


def deadline_of(told: str | None) -> float | None:
    """Return how many seconds a client waits for a final, as `told` in FINAL_TIMEOUT;
    None where that is nothing that can be.
    """
    try:
        seconds = float(told or "")
    except ValueError:
        return None
    return seconds if 0 < seconds <= LONGEST_WAIT else None
