"""The local recognizer's server: sessions over WebSockets."""

import asyncio
import contextlib
import errno
import json
import logging
import secrets
import socket
import ssl
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from auricle import __version__
from auricle.audio.frame import SAMPLE_BYTES
from auricle.errors import ConfigError
from auricle.qwen_asr.address import FINAL_TIMEOUT, PATH, is_loopback
from auricle.recognizer.admission import (
    Admission,
    HandshakeRefusal,
    deadline_of,
    model_of,
)
from auricle.recognizer.codecs import make_decoder
from auricle.recognizer.conversation import ClientGoneError, Conversation
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.weights import WHO_KNOWS_OTHERS
from auricle.recognizer.guesses import MOST_AT_ONCE
from auricle.recognizer.inference import Inference, InTime
from auricle.recognizer.intake import MakeSegmenter
from auricle.recognizer.session import RecognizerSession
from auricle.recognizer.transcriptions import Transcribe
from auricle.system.log import silent_logger
from auricle.system.tls import load_identity

logger = logging.getLogger(__name__)

# An append may hold 15 MiB of base64; of such giants, one is read and one waits.
_MAX_MESSAGE = 24 * 1024 * 1024
_MAX_QUEUE = 1
# The official SDK answers a close and then holds the TCP connection for ten seconds.
_CLOSE_TIMEOUT = 1
# DHCP and DNS may come later than we do, and who has the port may soon end. Of an
# address that is not ours, later Pythons tell no number.
_NOT_YET = (errno.EADDRNOTAVAIL, errno.EADDRINUSE, socket.EAI_AGAIN, None)
# Somebody who tries keys for a night leaves no more lines than can be read.
_WARN_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the recognizer is served, and to whom."""

    host: str = "127.0.0.1"
    port: int = 0
    """The TCP port to listen on; 0 takes a free one."""
    api_keys: Collection[str] = field(default=(), repr=False)
    """A client needs one of them; without keys, whoever reaches it may use it."""
    tls_cert: Path | None = None
    """The certificate and its chain (PEM); without one, everything goes in clear."""
    tls_key: Path | None = None
    """The certificate's key, where that is not in the same file."""
    deadline: float = 4.0
    """Seconds that a client waits for a final where it does not say so itself. Who
    would wait for longer is refused at once."""
    max_sessions: int = 32
    """So many clients are served at a time, however fast the engine is."""
    idle_timeout: float = 60.0
    """Seconds that a client may be silent."""
    linger: float = 10.0
    """Seconds for a client to close, once all is said."""
    open_timeout: float = 10.0
    """Seconds for a client to open its session: for TLS, and for what follows."""
    ping_every: float = 20.0
    """Seconds between two pings."""


async def require_address(host: str, port: int) -> None:
    """Raise what `RecognizerServer.start` would, before a model is loaded for it."""
    loop = asyncio.get_running_loop()
    with _told_of(host, port):
        bound = await loop.create_server(
            asyncio.Protocol, host, port, start_serving=False
        )
        bound.close()


class RecognizerServer:
    """Each client that connects is served a session; one engine recognizes for all."""

    def __init__(
        self,
        engine: Engine,
        make_segmenter: MakeSegmenter,
        settings: ServerSettings | None = None,
    ) -> None:
        """`make_segmenter` makes a session's VAD, of the settings that it asks for.

        Raises ConfigError where the whole network could use it without a key, and where
        the certificate cannot be read.
        """
        settings = settings or ServerSettings()
        host = settings.host
        if not is_loopback(host) and not settings.api_keys:
            raise ConfigError(
                f"serving on {host} needs an API key, or the whole network could use "
                "it: write one into a file, and name that with --api-key-file"
            )
        self._tls = _tls_context(settings.tls_cert, settings.tls_key)
        if not is_loopback(host) and self._tls is None:
            logger.warning(
                "serving on %s without TLS: speech and key cross the network in clear; "
                "see --tls-cert and --tls-key",
                host,
            )
        self._admission = Admission(settings.api_keys)
        self._inference = Inference(
            engine,
            settings.deadline,
            self._listening,
            self._deadlines,
            self._about_to_pause,
        )
        self._conversations: dict[ServerConnection, Conversation] = {}
        self._languages = engine.languages
        self._make_segmenter = make_segmenter
        self._settings = settings
        self._port = settings.port
        self._server: Server | None = None
        self._warn_again_at = 0.0

    @property
    def port(self) -> int:
        """The port it listens on, known once it has started."""
        return self._port

    @property
    def url(self) -> str:
        """What a client on this machine connects to; it adds its model."""
        scheme = "ws" if self._tls is None else "wss"
        host = self._settings.host
        host = f"[{host}]" if ":" in host else host
        return f"{scheme}://{host}:{self._port}{PATH}"

    async def measure(self, pcm: bytes) -> tuple[float, int] | None:
        """Learn how fast the engine is, from speech: mono s16le at 16 kHz.

        Return how many seconds it is at a command of 3 s, and how many it can be given
        at once; None where it found no words in it, or failed. A server that does not
        know it learns it from its clients.
        """
        half = len(pcm) // 2
        for sound in (pcm, pcm[: half - half % SAMPLE_BYTES]):
            await self._inference.transcribe(Transcribe("", sound, True, None, None))
        workload = self._inference.workload
        if not workload.speed_known:
            return None
        at_once = workload.most_at_once(self._settings.max_sessions)
        return workload.command_takes, at_once

    async def start(self) -> None:
        """Listen.

        Raises OSError where the address is not ours, not known or taken, and may be
        had later; ConfigError where a person must act.
        """
        with _told_of(self._settings.host, self._settings.port):
            self._server = await serve(
                self._serve,
                self._settings.host,
                self._settings.port,
                process_request=self._admit,
                compression=None,
                max_size=_MAX_MESSAGE,
                max_queue=_MAX_QUEUE,
                open_timeout=self._settings.open_timeout,
                close_timeout=_CLOSE_TIMEOUT,
                # For the routers in between. Of a client that uploads faster than the
                # engine works, nothing is read for a while, its pongs included.
                ping_interval=self._settings.ping_every,
                ping_timeout=None,
                server_header=f"auricle/{__version__}",
                ssl=self._tls,
                ssl_handshake_timeout=self._settings.open_timeout
                if self._tls
                else None,
                logger=silent_logger("websockets"),
            )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def aclose(self) -> None:
        """Close every session, and wait for what the engine is at."""
        if self._server is not None:
            self._server.close()
            try:
                async with asyncio.timeout(2 * _CLOSE_TIMEOUT):
                    await self._server.wait_closed()
            except TimeoutError:
                # Of who reads nothing, websockets waits for the close frame to be read.
                for connection in self._conversations:
                    with contextlib.suppress(AttributeError):
                        connection.transport.abort()
                await self._server.wait_closed()
        await self._inference.aclose()

    async def _admit(
        self, connection: ServerConnection, request: Request
    ) -> Response | None:
        peer: tuple[str, ...] = connection.remote_address or ("nowhere",)
        host = peer[0]
        held = self._admission.hold(host, asyncio.get_running_loop().time())
        if isinstance(held, HandshakeRefusal):
            return _response(connection, held)
        if held:
            self._warn_of_guesses(self._admission.place(host))
            await asyncio.sleep(held)
        deadline = self._inference.strictest(self._patience(request))
        refusal = self._admission.refusal(
            request.path,
            _header(request, "Authorization"),
            self._inference.no_room(
                deadline,
                full=len(connection.server.connections) >= self._settings.max_sessions,
            ),
            host,
        )
        if refusal is None:
            return None
        logger.info("refused a client at %s: %s", host, refusal.code)
        if refusal.retry_after is not None:
            logger.info(
                "%d sessions are open, a command takes %.2f s here, and one of them "
                "waits %g s for it: have fewer satellites at once, a smaller model, or "
                "more --threads, or let satellites wait for longer (asr.final_timeout)",
                len(connection.server.connections),
                self._inference.workload.command_takes,
                deadline,
            )
        return _response(connection, refusal)

    def _warn_of_guesses(self, place: str) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._warn_again_at:
            return
        self._warn_again_at = now + _WARN_EVERY
        logger.warning(
            "more than %d keys from %s were wrong: somebody is guessing; of those that "
            "come from there, one a second is looked at",
            MOST_AT_ONCE,
            place,
        )

    def _patience(self, request: Request | None) -> float:
        """Seconds that a client waits for a final."""
        told = _header(request, FINAL_TIMEOUT) if request else None
        return deadline_of(told) or self._settings.deadline

    def _deadlines(self) -> list[float]:
        """Seconds that each client waits for a final."""
        return [self._patience(client.request) for client in self._conversations]

    def _listening(self) -> list[float]:
        """Seconds of the utterance under way in each session where one may be."""
        clients = self._server.connections if self._server else ()
        heard = [
            # Of one whose handshake has just ended, everything is to come.
            known.listening if (known := self._conversations.get(client)) else 0.0
            for client in clients
        ]
        return [seconds for seconds in heard if seconds is not None]

    def _about_to_pause(self) -> bool:
        """Whether the final may be wanted in a moment of what somebody said."""
        return any(client.about_to_pause for client in self._conversations.values())

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        session_id = f"sess_{secrets.token_hex(10)}"
        session = RecognizerSession(
            session_id,
            model_of(connection.request.path),
            self._make_segmenter,
            make_decoder,
            self._languages,
            WHO_KNOWS_OTHERS,
        )
        client = _Client(connection, self._settings.idle_timeout)
        conversation = Conversation(
            session,
            client,
            InTime(self._inference, self._patience(connection.request)),
            self._settings.idle_timeout,
            # The official SDK leaves closing to its program.
            self._settings.linger,
        )
        self._conversations[connection] = conversation
        logger.debug("%s opened", session_id)
        try:
            await conversation.run()
        except* ClientGoneError:
            pass
        except* Exception:  # a programming error costs one session, not the server
            logger.exception("%s ended in a programming error", session_id)
            await client.close(1011, "internal error")
        finally:
            del self._conversations[connection]
        logger.debug("%s closed: %s", session_id, connection.close_code)


class _Client:
    """A connection that ends in one way only, whatever ended it."""

    def __init__(self, connection: ServerConnection, patience: float) -> None:
        """The client may take `patience` seconds to read what it is told."""
        self._connection = connection
        self._patience = patience

    async def send(self, message: str) -> None:
        with _gone():
            try:
                async with asyncio.timeout(self._patience):
                    await self._connection.send(message)
            except TimeoutError as error:
                self._connection.transport.abort()
                raise ClientGoneError("the client reads nothing") from error

    async def recv(self) -> str | bytes:
        with _gone():
            return await self._connection.recv()

    async def close(self, code: int, reason: str) -> None:
        with contextlib.suppress(ClientGoneError), _gone():
            await self._connection.close(code, reason)


@contextlib.contextmanager
def _told_of(host: str, port: int) -> Iterator[None]:
    """Name the address in what keeps it from being served on."""
    where = f"cannot serve on {host}:{port}"
    try:
        yield
    except UnicodeError as error:
        raise ConfigError(f"{where}: no such host") from error
    except OSError as error:
        reason = error.strerror or error
        if error.errno == errno.EADDRINUSE:
            reason = (
                "another program has that port; stop it, or choose another port with "
                "--port"
            )
        if error.errno in _NOT_YET:
            raise OSError(error.errno, f"{where}: {reason}") from error
        raise ConfigError(f"{where}: {reason}") from error


@contextlib.contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    # AttributeError is what asyncio makes of aborting, as websockets does, a transport
    # that was closed behind a full buffer.
    except (ConnectionClosed, AttributeError) as error:
        raise ClientGoneError("the client is gone") from error


def _response(connection: ServerConnection, refusal: HandshakeRefusal) -> Response:
    body = {"code": refusal.code, "message": refusal.message}
    response = connection.respond(HTTPStatus(refusal.status), json.dumps(body))
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _header(request: Request, name: str) -> str | None:
    """Return the value of the header; None where there is none, or more than one."""
    values = request.headers.get_all(name)
    return values[0] if len(values) == 1 else None


def _tls_context(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if cert is None:
        if key is not None:
            raise ConfigError("--tls-key needs --tls-cert")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    load_identity(context, cert, key, names=("--tls-cert", "--tls-key"))
    return context
