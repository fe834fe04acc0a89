"""Asking a server that the user named for the latest release, and telling the house."""

import asyncio
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.parse import urlsplit

from auricle.health.release import (
    DAY,
    LARGEST_ANSWER,
    Release,
    ReleaseError,
    pauses_after_failures,
    read_release,
)
from auricle.qwen_asr.address import is_loopback
from auricle.system.clock import since_boot
from auricle.system.threads import start_call
from auricle.system.tls import client_context

logger = logging.getLogger(__name__)

# Seconds for each answer of the network, and for the whole of it.
_PATIENCE = 10.0
_LONGEST = 60.0
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class AskingPauses:
    """Seconds between questions for the latest release."""

    answered: float = DAY
    failed: Callable[[], Iterator[float]] = pauses_after_failures
    """Makes those of one outage."""


class ReleaseWatch:
    """Asks for the latest release again and again. What fails is told once, and harms
    nobody.

    It lives on the event loop.
    """

    def __init__(
        self,
        url: str,
        installed: str,
        *,
        tell: Callable[[Release | None], None],
        pauses: AskingPauses | None = None,
    ) -> None:
        """`tell` takes the latest release, and first None: nobody knows yet."""
        self._url = url
        self._host = urlsplit(url).hostname
        self._installed = installed
        self._tell = tell
        self._pauses = pauses or AskingPauses()
        self._latest: Release | None = None
        self._failures = 0
        """How many since the last answer."""
        self._failing: Iterator[float] | None = None
        self._asking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Ask at once, and then once a day."""
        self._tell(None)
        self._asking = asyncio.create_task(self._ask_for_ever(), name="release")

    def stop(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()

    async def _ask_for_ever(self) -> None:
        while True:
            answer = start_call(lambda: _fetch(self._url), name="release")
            try:
                release = read_release(await asyncio.wrap_future(answer))
            except ReleaseError as error:
                pause = self._failed(error)
            else:
                self._answered(release)
                pause = self._pauses.answered
            await asyncio.sleep(pause)

    def _answered(self, release: Release) -> None:
        told, self._failures, self._failing = self._failures > 1, 0, None
        if told:
            logger.info("%s tells the latest release again", self._host)
        if release != self._latest:
            self._latest = release
            if release.is_newer_than(self._installed):
                where = f": {release.page}" if release.page else ""
                logger.info("auricle %s is out%s", release.version, where)
        self._tell(release)

    def _failed(self, error: ReleaseError) -> float:
        # At the machine's start, the network may be later than we: the first failure is
        # nothing to worry about, and the third nothing new.
        level = logging.WARNING if self._failures == 1 else logging.DEBUG
        self._failures += 1
        if self._failing is None:
            self._failing = self._pauses.failed()
        logger.log(
            level,
            "the latest release is not known (update.url): %s %s",
            self._host,
            error,
        )
        return next(self._failing)


def _fetch(url: str) -> bytes:
    """Return what a server answers, at most a little more than it may be long.

    Raises ReleaseError.
    """
    deadline = since_boot() + _LONGEST
    # It says who asks, as GitHub wants, and not which version: that is nobody's
    # business.
    headers = {"User-Agent": "auricle", "Accept": "application/json"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  # see _opener
    answer = bytearray()
    try:
        with _opener(url).open(request, timeout=_PATIENCE) as response:
            while piece := response.read1(_PIECE):
                answer += piece
                if len(answer) > LARGEST_ANSWER:
                    break
                if since_boot() > deadline:
                    raise ReleaseError("has not answered to the end within a minute")
    except urllib.error.HTTPError as error:
        error.close()
        raise ReleaseError(f"answers {error.code}") from None
    except urllib.error.URLError as error:
        raise ReleaseError(f"cannot be asked: {error.reason}") from None
    except (OSError, HTTPException, ValueError) as error:
        what = str(error) or type(error).__name__
        raise ReleaseError(f"cannot be asked: {what}") from None
    return bytes(answer)


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Make what speaks HTTP and nothing else: urllib would read files, too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=client_context("update")),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _SafeRedirects(),
    ):
        opener.add_handler(handler)
    if not is_loopback(urlsplit(url).hostname or ""):
        opener.add_handler(urllib.request.ProxyHandler())
    return opener


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        # Where nothing is encrypted, anybody on the way could name another release.
        # Nor is a server elsewhere to have this machine asked.
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        is_here = is_loopback(before.hostname or "") and is_loopback(
            after.hostname or ""
        )
        if after.scheme != "https" and not is_here:
            fp.close()
            raise ReleaseError("sends us to an address that is not https://")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
