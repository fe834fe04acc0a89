"""Sends a sound to a satellite while it is still being made, and sees it played."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.ulid import ulid_now

from custom_components.auricle import wire
from custom_components.auricle.link import SatelliteLink
from custom_components.auricle.wav import SoundFormat, UnusableSoundError, WavReader

_LOGGER = logging.getLogger(__name__)

_STILL_HERE = 2.0
"""Seconds after which the satellite is told that more will come."""
_GIVEN_UP = 5.0
"""Seconds after which it gives up a sound of which nothing more comes."""
_FIRST_SOUND = 60.0
"""Seconds that a voice has for its first sample."""
_PATIENCE = 15.0
"""Seconds beyond its length in which a sound must have been played."""
_LONGEST_QUEUE = 20
"""How often that patience is renewed while the satellite is busy otherwise."""
SILENT = "silent"
"""Why a sound failed of which the satellite told nothing."""
_BUSY = ("listening", "processing", "responding")


class NoSoundError(HomeAssistantError):
    """Nothing came of the voice or file that was to be heard."""


def in_words(error: Exception) -> str:
    """What an error says, or is, where it says nothing."""
    return str(error) or type(error).__name__


class Sound:
    """One sound on its way."""

    def __init__(
        self,
        link: SatelliteLink,
        kind: str,
        source: AsyncGenerator[bytes],
        *,
        prelude: Callable[[SoundFormat], bytes] | None = None,
        then: Callable[[], Awaitable[str]],
        turn: str | None = None,
    ) -> None:
        """`source` yields a Wave file; `prelude` is heard before it; `then` tells, at
        the end, whether the satellite is to listen.
        """
        self.id = ulid_now()
        self._link = link
        self._kind = kind
        self._source = source
        self._prelude = prelude
        self._then = then
        self._turn = turn
        self._reader = WavReader()
        self._pcm = bytearray()
        self._more = asyncio.Event()
        self._complete = False
        self._error: Exception | None = None
        self._next = 0
        self._sent = 0

    async def play(self) -> wire.Report:
        """Send it, and return what became of it.

        Raises HomeAssistantError where it could not be made or sent.
        """
        try:
            return await self._play()
        except HomeAssistantError:
            raise
        except Exception as error:  # voices are other people's
            raise NoSoundError(in_words(error)) from error

    async def _play(self) -> wire.Report:
        async with self._link.reports(self.id) as reports:
            sending = asyncio.create_task(self._send())
            seeing = asyncio.create_task(self._see(reports, sending))
            try:
                await asyncio.wait(
                    (sending, seeing), return_when=asyncio.FIRST_COMPLETED
                )
                if not seeing.done():
                    # An error of its own, or all of it is with the broker.
                    await sending
                end = await seeing
            except BaseException:
                self._withdraw()
                raise
            else:
                if end.reason == SILENT:
                    self._withdraw()
                return end
            finally:
                for task in (sending, seeing):
                    task.cancel()
                await asyncio.gather(sending, seeing, return_exceptions=True)

    async def _see(
        self, reports: asyncio.Queue[wire.Report], sending: asyncio.Task[None]
    ) -> wire.Report:
        """Wait for its end; for as long as it is being sent, whatever that takes."""
        started = False
        renewed = 0
        waited_from: float | None = None
        loop = asyncio.get_running_loop()
        while True:
            if sending.done() and waited_from is None:
                waited_from = loop.time()
            try:
                async with asyncio.timeout(1.0):
                    report = await reports.get()
            except TimeoutError:
                if waited_from is None:
                    continue
                late = loop.time() - waited_from > self._seconds + _PATIENCE
                if not late:
                    continue
                busy = not started and self._link.state in _BUSY
                if not busy or renewed == _LONGEST_QUEUE:
                    return wire.Report(self.id, "failed", SILENT)
                # It waits for a person or for another sound to end.
                renewed += 1
                waited_from = loop.time() - self._seconds
                continue
            if report.over:
                return report
            started = True
            if waited_from is not None:
                waited_from = loop.time()

    @property
    def _seconds(self) -> float:
        known = self._reader.format
        return 0.0 if known is None else known.seconds(self._sent)

    async def _send(self) -> None:
        making = asyncio.create_task(self._make())
        try:
            while True:
                patience = _STILL_HERE if self._next else _FIRST_SOUND
                try:
                    async with asyncio.timeout(patience):
                        await self._more.wait()
                except TimeoutError:
                    if not self._next:
                        raise NoSoundError("the voice stayed silent") from None
                    await self._send_chunk(b"")
                    continue
                self._more.clear()
                if self._error is not None:
                    raise self._error
                if await self._send_what_is_there():
                    return
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
            await self._source.aclose()

    async def _send_what_is_there(self) -> bool:
        """Whether that was all."""
        known = self._reader.format
        assert known is not None
        whole = wire.CHUNK - wire.CHUNK % known.frame
        while len(self._pcm) > whole:
            await self._send_chunk(self._take(whole))
        if self._complete:
            then = await self._then()
            # What is left may be part of a frame: a file that was cut off.
            rest = self._take(len(self._pcm) - len(self._pcm) % known.frame)
            if self._next == 0 and not rest:
                raise NoSoundError("there is nothing to be heard")
            await self._send_chunk(rest, last=True, then=then)
            return True
        if rest := self._take(len(self._pcm) - len(self._pcm) % known.frame):
            await self._send_chunk(rest)
        return False

    def _take(self, size: int) -> bytes:
        taken = bytes(self._pcm[:size])
        del self._pcm[:size]
        return taken

    async def _send_chunk(self, pcm: bytes, **more: Any) -> None:
        header: dict[str, Any] = {"id": self.id, "seq": self._next}
        if self._next == 0:
            known = self._reader.format
            assert known is not None
            header |= {
                "kind": self._kind,
                "rate": known.rate,
                "width": 2,
                "channels": known.channels,
            }
            if self._turn is not None:
                header["turn"] = self._turn
        self._next += 1
        self._sent += len(pcm)
        try:
            async with asyncio.timeout(_GIVEN_UP):
                await self._link.order("play", wire.sound_message(header | more, pcm))
        except TimeoutError:
            raise NoSoundError("the broker does not take it") from None

    async def _make(self) -> None:
        """Take the samples as they come."""
        try:
            async for data in self._source:
                before = self._reader.format
                pcm = self._reader.feed(data)
                known = self._reader.format
                if before is None and known is not None and self._prelude is not None:
                    self._pcm += self._prelude(known)
                self._pcm += pcm
                if self._pcm:
                    self._more.set()
            if self._reader.format is None:
                raise NoSoundError("the voice said nothing")
        except UnusableSoundError as error:
            self._error = NoSoundError(str(error))
        except Exception as error:  # noqa: BLE001  # voices are other people's
            self._error = error
        self._complete = True
        self._more.set()

    def _withdraw(self) -> None:
        """Let the satellite not wait for what will not come."""
        if self._next:
            self._link.soon("play", wire.sound_message({"id": self.id, "cancel": True}))
