"""Sounds of Home Assistant's as Wave files, whatever they are made of."""

import asyncio
import io
import wave
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator

import aiohttp
from homeassistant.components import ffmpeg
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from custom_components.auricle.sound import NoSoundError, in_words
from custom_components.auricle.wav import UnusableSoundError, WavReader

_BLOCK = 16_384
_CONVERTED = ("-f", "wav", "-acodec", "pcm_s16le", "-ar", "22050", "-ac", "1")


async def fetched(hass: HomeAssistant, url: str) -> AsyncGenerator[bytes]:
    """Yield a file that has an address, as it comes.

    Raises NoSoundError where it cannot be had.
    """
    try:
        async with async_get_clientsession(hass).get(url) as answer:
            answer.raise_for_status()
            async for block in answer.content.iter_chunked(_BLOCK):
                yield block
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = in_words(error)
        raise NoSoundError(f"the file cannot be fetched: {reason}") from error


async def as_wav(
    hass: HomeAssistant, source: AsyncGenerator[bytes]
) -> AsyncGenerator[bytes]:
    """Yield the same sound as a Wave file.

    Raises NoSoundError where that is impossible.
    """
    begin = b""
    reader = WavReader()
    playable = True
    try:
        async for block in source:
            begin += block
            try:
                reader.feed(block)
            except UnusableSoundError:
                playable = False
                break
            if reader.format is not None:
                break
        if not begin:
            raise NoSoundError("the voice said nothing")
        if playable:
            yield begin
            async for block in source:
                yield block
        else:
            async for block in _converted(hass, begin, source):
                yield block
    finally:
        await source.aclose()


async def tone(pcm: bytes, rate: int) -> AsyncGenerator[bytes]:
    """Yield one of our own sounds."""
    with io.BytesIO() as file:
        with wave.open(file, "wb") as writer:
            writer.setparams((1, 2, rate, 0, "NONE", ""))
            writer.writeframes(pcm)
        yield file.getvalue()


async def _converted(
    hass: HomeAssistant, first: bytes, source: AsyncGenerator[bytes]
) -> AsyncGenerator[bytes]:
    binary = ffmpeg.get_ffmpeg_manager(hass).binary
    arguments = ("-hide_banner", "-loglevel", "error", "-i", "pipe:0", *_CONVERTED)
    try:
        process = await asyncio.create_subprocess_exec(
            binary, *arguments, "pipe:1", stdin=PIPE, stdout=PIPE
        )
    except OSError as error:
        raise NoSoundError(f"{binary} is needed for this file, and missing") from error
    assert process.stdin is not None
    assert process.stdout is not None
    feeding = asyncio.create_task(_feed(process.stdin, first, source))
    try:
        while block := await process.stdout.read(_BLOCK):
            yield block
        await feeding
        if await process.wait() != 0:
            raise NoSoundError(f"{binary} cannot read this file")
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _feed(
    pipe: asyncio.StreamWriter, first: bytes, source: AsyncGenerator[bytes]
) -> None:
    try:
        pipe.write(first)
        async for block in source:
            pipe.write(block)
            await pipe.drain()
    except ConnectionError:
        # The program has what it wants, or has given up: its status tells.
        return
    finally:
        pipe.close()
