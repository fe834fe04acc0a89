"""A recognizer that opens so many sessions a second, and no more."""

import time
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from rigs.audio.room import NumberedRecognizer


@dataclass(frozen=True)
class Attempt:
    """To open a session."""

    at: float
    client: str
    admitted: bool


class OpenLimit:
    """At most so many in any one second."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._admitted: deque[float] = deque()

    def admits(self, now: float) -> bool:
        while self._admitted and self._admitted[0] <= now - 1.0:
            self._admitted.popleft()
        if len(self._admitted) >= self._per_second:
            return False
        self._admitted.append(now)
        return True


class LimitedRecognizer(NumberedRecognizer):
    """Refuses with 429 whoever comes beyond the limit; notes who came and when.

    Clients tell their names as the workspace to be billed.
    """

    def __init__(self, opens_per_second: int) -> None:
        super().__init__()
        self.log: list[Attempt] = []
        self._limit = OpenLimit(opens_per_second)

    async def _admit(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        now = time.monotonic()
        client = request.headers.get("X-DashScope-WorkSpace", "")
        admitted = self._limit.admits(now)
        self.log.append(Attempt(now, client, admitted))
        if not admitted:
            return connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "too many\n")
        return await super()._admit(connection, request)
