"""A server that speaks, of the Wyoming protocol: Home Assistant's Piper is one."""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

from auricle.audio.frame import SAMPLE_BYTES
from auricle.audio.playing import MOST_PLAYED_CHANNELS, PLAYED_RATES, SoundFormat
from auricle.errors import SynthesisError
from auricle.speech.sentences import sentences
from auricle.speech.synthesizer import PATIENCE, SpokenSound, Synthesizer
from auricle.speech.wyoming_events import (
    LONGEST_LINE,
    WyomingError,
    encode,
    parse_data,
    parse_head,
)
from auricle.system.dialing import dial

_DIAL = 5.0


class WyomingSynthesizer(Synthesizer):
    """Has a server say each sentence, on a connection of its own."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        voice: str,
        language: str,
        patience: float = PATIENCE,
    ) -> None:
        """`voice` and `language` as the server knows them; empty for its own. It may be
        silent for `patience` seconds.
        """
        self._patience = patience
        self._host = host
        self._port = port
        wanted = {"name": voice, "language": language}
        self._voice = {key: value for key, value in wanted.items() if value}

    async def synthesize(self, text: str) -> AsyncGenerator[SpokenSound, None]:
        made = False
        # Some servers say nothing until they have made all of it.
        for sentence in sentences(text):
            async with aclosing(self._say(sentence)) as sounds:
                async for sound in sounds:
                    made = True
                    yield sound
        if not made:
            with self._explained():
                raise WyomingError("cannot say it")

    async def _say(self, sentence: str) -> AsyncGenerator[SpokenSound, None]:
        """Yield nothing where the server makes no sound of it, as of signs alone."""
        asked: dict[str, Any] = {"text": sentence}
        if self._voice:
            asked["voice"] = self._voice
        with self._explained():
            async with self._connection() as (reader, writer):
                writer.write(encode("synthesize", asked))
                await writer.drain()
                # Of sound: a server may chat for ever and say nothing.
                loop = asyncio.get_running_loop()
                silent_until = loop.time() + self._patience
                while True:
                    async with asyncio.timeout_at(silent_until):
                        kind, data, payload = await _next_event(reader)
                    if payload:
                        silent_until = loop.time() + self._patience
                    match kind:
                        case "audio-start" | "audio-chunk":
                            yield SpokenSound(_format(data), payload)
                        case "audio-stop":
                            return
                        case "error":
                            # What it says of that may repeat the text.
                            raise WyomingError("cannot say it")
                        case _:
                            pass

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
        async with asyncio.timeout(_DIAL):
            connected = await dial(self._host, self._port)
        reader, writer = await asyncio.open_connection(
            sock=connected, limit=LONGEST_LINE
        )
        try:
            yield reader, writer
        finally:
            # Whoever has heard enough is not to wait for the rest.
            writer.transport.abort()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        server = f"speech.wyoming: {self._host}:{self._port}"
        try:
            yield
        except WyomingError as error:
            raise SynthesisError(f"{server} {error}") from error
        except TimeoutError:
            raise SynthesisError(f"{server} does not answer in time") from None
        except (asyncio.IncompleteReadError, ConnectionResetError) as error:
            message = f"{server} ended the connection before all was said"
            raise SynthesisError(message) from error
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            message = f"{server} cannot be reached: {why.lower()}"
            raise SynthesisError(message) from error


async def _next_event(reader: StreamReader) -> tuple[str, dict[str, Any], bytes]:
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError:
        raise WyomingError("does not speak the Wyoming protocol") from None
    head = parse_head(line)
    data = parse_data(head, await reader.readexactly(head.data_length))
    return head.kind, data, await reader.readexactly(head.payload_length)


def _format(data: dict[str, Any]) -> SoundFormat:
    rate = _whole_number(data.get("rate"), *PLAYED_RATES)
    channels = _whole_number(data.get("channels", 1), 1, MOST_PLAYED_CHANNELS)
    width = data.get("width", SAMPLE_BYTES)
    if rate is None or channels is None or width != SAMPLE_BYTES:
        raise WyomingError(
            "sends sound that cannot be played: 16 bits are, of 1 or 2 channels"
        )
    return SoundFormat(rate, channels)


def _whole_number(value: object, least: int, most: int) -> int | None:
    # True and False are numbers to Python.
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if least <= value <= most else None
