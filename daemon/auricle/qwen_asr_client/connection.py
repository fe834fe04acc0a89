"""A WebSocket to the recognizer, and nothing else."""

import asyncio
import contextlib
import errno
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, Self
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidProxy,
    InvalidProxyStatus,
    InvalidStatus,
    WebSocketException,
)
from websockets.proxy import parse_proxy

from auricle import __version__
from auricle.qwen_asr.address import FINAL_TIMEOUT, RecognizerAddress
from auricle.qwen_asr_client.errors import (
    ClockError,
    NotServedError,
    OfflineError,
    ProxyError,
    RecognizerError,
    UnreachableError,
    UntrustedError,
    ViolationError,
)
from auricle.qwen_asr_client.proxy import Proxy, proxy_for
from auricle.qwen_asr_client.refusals import (
    closed,
    refused_by_proxy,
    refused_handshake,
    seconds_to_wait,
)
from auricle.qwen_asr_client.request_rate import RequestRate
from auricle.system.clock import BUILT
from auricle.system.dialing import NEXT_ADDRESS, dial
from auricle.system.log import silent_logger
from auricle.system.racing import race
from auricle.system.tcp import notice_dead_links

# Of the service's messages, the longest is a transcript of some kB.
_MAX_MESSAGE = 256 * 1024
_PING_INTERVAL = 5
_PING_TIMEOUT = 5
_CLOSE_TIMEOUT = 1
_TIMES = "Retry-After", "Date"
# RFC 6455, 7.4.1: what breaks the protocol, is no text, or is longer than is read.
_UNREADABLE = frozenset({1002, 1007, 1009})
# TCP asks a second time only after 1 s, and then after 3 s, which is all that a speaker
# waits: where packets get lost, several that ask once are sooner through.
_ASK_AGAIN = 0.4
_ASK_AT_MOST = 3
_NO_NETWORK = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
)
_CERT_NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID
_CERT_HAS_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED


# All sessions of the process, in whatever thread their loop runs: the service counts
# those of a key together.
_request_rate = RequestRate()
_one_at_a_time = threading.Lock()


class Connection:
    """A WebSocket to the recognizer, open.

    Whatever goes wrong is raised as a RecognizerError.
    """

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket
        self._opening = True

    @classmethod
    async def open(
        cls,
        address: RecognizerAddress,
        tls: ssl.SSLContext | Literal[True] | None,
    ) -> Self:
        """Connect and shake hands, however long it takes.

        `tls` verifies the server, True by the authorities of the system; it is None
        for ws://.
        """
        proxy = proxy_for(address.url)
        if proxy is not None:
            _require_usable(proxy)
        where = f"{_host(address)} through {proxy}" if proxy else _host(address)
        await _turn_to_ask()
        try:
            websocket = await _Connect(
                address.url,
                additional_headers=_headers(address),
                user_agent_header=f"auricle/{__version__}",
                proxy=proxy.url if proxy else None,
                compression=None,
                open_timeout=None,
                ping_interval=_PING_INTERVAL,
                ping_timeout=_PING_TIMEOUT,
                close_timeout=_CLOSE_TIMEOUT,
                max_size=_MAX_MESSAGE,
                logger=silent_logger("websockets"),
                ssl=tls,
                happy_eyeballs_delay=NEXT_ADDRESS,
                create_connection=_ClosesInTime,
            )
        except InvalidStatus as error:
            headers = error.response.headers
            retry_after = seconds_to_wait(
                *(next(iter(headers.get_all(name)), None) for name in _TIMES)
            )
            raise refused_handshake(
                error.response.status_code, where, retry_after
            ) from error
        except InvalidProxyStatus as error:
            raise refused_by_proxy(error.response.status_code, str(proxy)) from error
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(address, error) from error
        except ImportError as error:  # a SOCKS proxy needs one more package
            raise NotServedError(
                f"cannot reach the recognizer at {where}: {error}"
            ) from error
        # websockets asserts that nobody speaks before it was asked.
        except (OSError, EOFError, WebSocketException, AssertionError) as error:
            message = f"cannot reach the recognizer at {where}: {_in_words(error)}"
            if isinstance(error, OSError) and _tells_of_no_network(error):
                raise OfflineError(message) from error
            raise UnreachableError(message) from error
        sock = websocket.transport.get_extra_info("socket")
        if sock is not None:
            notice_dead_links(sock)
        return cls(websocket)

    @property
    def server_date(self) -> datetime | None:
        """The server's clock at the handshake, to the second; None: it was not told."""
        response = self._websocket.response
        assert response is not None, "an open connection has had its handshake"
        try:
            return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        except (LookupError, ValueError, OverflowError):
            return None

    def session_opened(self) -> None:
        """Take note that the session is open: a close is no refusal any more."""
        self._opening = False

    async def send(self, message: str) -> None:
        """Send a text frame; it waits while the buffers are full."""
        with self._closing_explained():
            await self._websocket.send(message)

    async def receive(self) -> str | bytes:
        """Wait for a frame, and return it."""
        with self._closing_explained():
            return await self._websocket.recv()

    async def all_read(self) -> None:
        """Wait until the server has read what was sent: it answers in order."""
        with self._closing_explained():
            await (await self._websocket.ping())

    async def close(self) -> None:
        """Say goodbye, in a second at most."""
        with contextlib.suppress(RecognizerError), self._closing_explained():
            await self._websocket.close()

    def abort(self) -> None:
        """Drop the connection now; a closed one stays closed."""
        with contextlib.suppress(RecognizerError), self._closing_explained():
            self._websocket.transport.abort()

    @contextlib.contextmanager
    def _closing_explained(self) -> Iterator[None]:
        try:
            yield
        # AttributeError is what asyncio makes of aborting, as websockets does, a
        # transport that was closed behind a full buffer.
        except (ConnectionClosed, AttributeError) as error:
            if isinstance(error, ConnectionClosed) and (told := _unreadable(error)):
                raise ViolationError(
                    f"the recognizer sent what cannot be read: {told}"
                ) from error
            code, text = self._websocket.close_code, self._websocket.close_reason
            raise closed(code, text or "", opening=self._opening) from error


class _ClosesInTime(ClientConnection):
    """It ends soon behind a close frame, whether or not the other end closes TCP too.

    websockets waits for that until it has something to send.
    """

    _ending: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._ending is None and self.close_deadline is not None:
            self._ending = self.loop.call_at(self.close_deadline, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ending is not None:
            self._ending.cancel()
        super().connection_lost(exc)


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        # Speech goes to the host that was configured, or nowhere.
        return exc

    async def open_tcp_connection(self) -> ClientConnection:
        # asyncio, which websockets leaves a proxy to, loses the socket of an attempt
        # that is given up. A proxy is near, where packets do not get lost.
        if self.proxy is not None:
            return await super().open_tcp_connection()
        # Of the slower ones the service sees no request: it counts those.
        return await race(
            [self._open_directly],
            lambda slower: slower.transport.abort(),
            after=_ASK_AGAIN,
            rounds=_ASK_AT_MOST,
        )

    async def _open_directly(self) -> ClientConnection:
        attempt = copy(self)
        sock = await dial(self.ws_uri.host, self.ws_uri.port, rounds=1)
        attempt.create_connection_kwargs = self.create_connection_kwargs | {
            "sock": sock
        }
        return await super(_Connect, attempt).open_tcp_connection()


async def _turn_to_ask() -> None:
    """Wait until the service may be asked once more."""
    with _one_at_a_time:
        now = time.monotonic()
        due = _request_rate.reserve(now)
    if due <= now:
        return
    try:
        await asyncio.sleep(due - now)
    except asyncio.CancelledError:
        with _one_at_a_time:
            _request_rate.release(due)
        raise


def _headers(address: RecognizerAddress) -> dict[str, str]:
    headers = {}
    if address.api_key is not None:
        headers["Authorization"] = f"Bearer {address.api_key}"
    if address.workspace:
        headers["X-DashScope-WorkSpace"] = address.workspace
    if address.data_inspection:
        headers["X-DashScope-DataInspection"] = "enable"
    if address.patience is not None:
        headers[FINAL_TIMEOUT] = f"{address.patience:g}"
    return headers


def _require_usable(proxy: Proxy) -> None:
    try:
        parse_proxy(proxy.url)
    # ValueError is urllib's, of a port or a character. Neither's text is repeated here:
    # it quotes the password, or what is left of one that was not encoded.
    except (InvalidProxy, ValueError):
        raise ProxyError(
            f"{proxy} cannot be used: write http://host:port, or "
            "http://user:password@host:port with % codes for other than letters, "
            f"digits and .-_~ (%40 for @), into {proxy.variable}"
        ) from None


def _tells_of_no_network(error: OSError) -> bool:
    """Whether it is about this machine, and may be over in a moment."""
    if isinstance(error, socket.gaierror):
        return error.errno == socket.EAI_AGAIN
    if error.errno is not None:
        return error.errno in _NO_NETWORK
    # What became of several addresses, asyncio puts into one text. One of them that
    # was asked is an answer.
    told = {int(number) for number in re.findall(r"\[Errno (\d+)\]", str(error))}
    return bool(told) and told <= _NO_NETWORK


def _unreadable(error: ConnectionClosed) -> str | None:
    """Return why nothing more is read of what the server sends; None where it is."""
    if error.sent is None or error.rcvd_then_sent:
        return None
    return error.sent.reason if error.sent.code in _UNREADABLE else None


def _in_words(error: Exception) -> str:
    match error:
        case AssertionError():
            return "what answers there does not speak HTTP"
        case ConnectionRefusedError():
            return "nothing listens there"
        case socket.gaierror() if error.errno == socket.EAI_AGAIN:
            return "no name server answers"
        case socket.gaierror():
            return "nobody knows the address"
        case _:
            return str(error)


def _host(address: RecognizerAddress) -> str:
    return urlsplit(address.url).hostname or ""


def _untrusted(
    address: RecognizerAddress, error: ssl.SSLCertVerificationError
) -> UntrustedError:
    year = datetime.now(UTC).year
    if error.verify_code == _CERT_NOT_YET_VALID or (
        error.verify_code == _CERT_HAS_EXPIRED and year < BUILT
    ):
        return ClockError(f"the clock of this machine is not set: it says {year}")
    return UntrustedError(
        f"{_host(address)} cannot prove that it is the recognizer: "
        f"{error.verify_message}"
    )
