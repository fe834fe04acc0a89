"""The recognizer: whether it is there, and takes the API key. No sound is sent."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from auricle.asr.failures import meaning
from auricle.asr.trust import tls_context
from auricle.assets.requirements import is_32_bit, remedy
from auricle.doctor.results import Result, Status
from auricle.errors import AsrError, Reason
from auricle.qwen_asr.address import RecognizerAddress, is_loopback
from auricle.qwen_asr.decoding import decode_server_event
from auricle.qwen_asr.events import ServerError, SessionCreated
from auricle.qwen_asr_client.connection import Connection
from auricle.qwen_asr_client.errors import RecognizerError
from auricle.qwen_asr_client.proxy import proxy_for
from auricle.qwen_asr_client.refusals import reported
from auricle.system import event_loop

NAME = "recognizer"


@dataclass(frozen=True, slots=True)
class RecognizerVisit:
    """Holds a handshake, and how it ended."""

    host: str
    seconds: float
    at: datetime
    failure: AsrError | None = None
    server_date: datetime | None = None
    """The server's clock, at `at`, where it tells."""
    proxy: str | None = None
    """The variable that names the one on the way there, if there is one."""

    @property
    def needs_the_right_time(self) -> bool:
        """Whether the recognizer's certificate is not valid yet by our clock."""
        failure = self.failure
        return failure is not None and failure.reason is Reason.CLOCK_UNSYNCED


def visit(address: RecognizerAddress, patience: float) -> RecognizerVisit:
    """Connect, wait for the session, and leave; `patience` seconds at most.

    Raises ConfigError where the certificate authority cannot be read.
    """
    return event_loop.run(_visit(address, patience))


async def _visit(address: RecognizerAddress, patience: float) -> RecognizerVisit:
    host = urlsplit(address.url).hostname or ""
    tls = tls_context(address)
    started = time.monotonic()
    failure, server_date = None, None
    try:
        async with asyncio.timeout(patience):
            connection = await Connection.open(address, tls)
            try:
                server_date = connection.server_date
                await _session_created(connection)
            finally:
                connection.abort()
    except TimeoutError:
        failure = AsrError(
            f"it opens no session within {patience:.0f} s",
            reason=Reason.ASR_TIMEOUT,
            transient=True,
        )
    except RecognizerError as error:
        failure = meaning(error)
    took = time.monotonic() - started
    proxy = proxy_for(address.url)
    return RecognizerVisit(
        host,
        took,
        datetime.now(UTC),
        failure,
        server_date,
        proxy.variable if proxy else None,
    )


async def _session_created(connection: Connection) -> None:
    while True:
        match decode_server_event(await connection.receive()):
            case SessionCreated():
                return
            case ServerError() as error:
                raise reported(error)


def judge(visit: RecognizerVisit) -> Result:
    """Judge whether the recognizer opens a session for us."""
    failure = visit.failure
    if failure is None:
        meaning = f"{visit.host} opened a session within {visit.seconds:.2f} s"
        return Result(NAME, Status.OK, meaning)
    if visit.needs_the_right_time:
        return Result(NAME, Status.SKIPPED, "needs a clock that is right")
    advice = _ADVICE.get(failure.reason, "")
    if failure.reason is Reason.ASR_UNREACHABLE and is_loopback(visit.host):
        start = remedy("recognizer") if is_32_bit() else "start it: auricle recognizer"
        advice = f"{start}; or correct asr.url"
    elif failure.reason in _OF_THE_WAY and visit.proxy is not None:
        advice = (
            f"correct or remove {visit.proxy}; or, where the way there is without a "
            f"proxy, add {visit.host} to no_proxy"
        )
    return Result(NAME, Status.FAILED, str(failure), advice)


_OF_THE_WAY = (Reason.ASR_UNREACHABLE, Reason.ASR_TIMEOUT)
_ADVICE = {
    Reason.AUTH_FAILED: "a key belongs to one region: asr.region is the other one, or "
    "the key is wrong, or its account may not use asr.model",
    Reason.ASR_UNREACHABLE: "is the network up, and asr.url right? a firewall must let "
    "port 443 out",
    Reason.ASR_TIMEOUT: "try again; if it stays, the service or the network is slow",
    Reason.RATE_LIMITED: "at home: try again when nobody speaks; if it stays, have "
    "fewer satellites, or start auricle recognizer with a lighter --model or more "
    "--threads. Of the service: the account has no quota left, or too many sessions "
    "are open",
}
