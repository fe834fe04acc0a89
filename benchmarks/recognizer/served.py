"""`auricle recognizer` as a process: clients that speak to it, and what it costs."""

import asyncio
import base64
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from benchmarks.recognizer.spoken import Spoken

_CHUNK = 3200
_SECONDS_A_CHUNK = 0.1
# A machine so slow that a final takes longer is of no use.
_PATIENCE = 120
_VAD = {"type": "server_vad", "threshold": 0.0, "silence_duration_ms": 400}
# A satellite waits for 0.4 s of silence, and hears late that it began.
_COMMIT_BEHIND = 0.5
_COMMIT = '{"type": "input_audio_buffer.commit"}'
_FINISH = '{"type": "session.finish"}'


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recognizer made of one recording."""

    transcript: str
    """Of all that was said, and of nothing behind it."""
    delay: float
    """Seconds from the end of speech to the `completed` that covers it."""
    surplus: int
    """Utterances that began behind the end of speech: nobody's."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds, so that what else the machine does counts little."""

    loop: float
    """The event loop's thread: sockets, JSON, base64, voice activity, the session."""
    model: float
    """All other threads: the model, and its samples on their way in."""

    def __sub__(self, before: "Spent") -> "Spent":
        return Spent(self.loop - before.loop, self.model - before.model)


class Recognizer:
    """One process that serves on loopback."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self._pid = pid

    async def listen(
        self,
        spoken: Sequence[Spoken],
        sessions: int,
        progress: Callable[[], None] = lambda: None,
        *,
        committed: bool = False,
    ) -> list[Heard | None]:
        """Everything, `sessions` at a time, each at a person's pace, in server VAD mode
        or `committed` half a second behind the end of speech.

        None is a session that failed, or heard nobody.
        """
        turns = asyncio.Semaphore(sessions)

        async def speak(one: Spoken) -> Heard | None:
            async with turns:
                heard = await self._speak(one, committed=committed)
            progress()
            return heard

        return await asyncio.gather(*map(speak, spoken))

    async def take(self, spoken: Sequence[Spoken]) -> list[str]:
        """Everything in one session in manual mode, as fast as it is taken."""
        transcripts = []
        async with self._session(None) as connection:
            for one in spoken:
                await _send(connection, one.pcm)
                await connection.send(_COMMIT)
                event = await _event(connection, ".completed", ".failed")
                transcripts.append(event.get("transcript", ""))
        return transcripts

    @property
    def spent(self) -> Spent:
        ticks = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        hundredths = int(ticks[11]) + int(ticks[12])
        loop = Path(f"/proc/{self._pid}/task/{self._pid}/schedstat").read_text()
        on_processor = int(loop.split()[0]) / 1e9
        return Spent(on_processor, hundredths / 100 - on_processor)

    @property
    def memory(self) -> int:
        """MB that are this process's alone, and its part of what is shared."""
        for line in Path(f"/proc/{self._pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) // 1024
        return 0

    async def _speak(self, one: Spoken, *, committed: bool) -> Heard | None:
        try:
            async with (
                asyncio.timeout(one.seconds + _PATIENCE),
                self._session(None if committed else _VAD) as connection,
            ):
                if committed:
                    return await _commit(connection, one)
                return await _converse(connection, one)
        except (TimeoutError, OSError, WebSocketException) as error:
            print(f"a session failed: {error!r}", file=sys.stderr)
            return None

    @asynccontextmanager
    async def _session(self, vad: object) -> AsyncIterator[ClientConnection]:
        async with connect(self.url, proxy=None, compression=None) as connection:
            settings = {
                "input_audio_transcription": {"language": "en"},
                "turn_detection": vad,
            }
            await connection.send(
                json.dumps({"type": "session.update", "session": settings})
            )
            await _event(connection, "session.updated")
            yield connection


async def _converse(connection: ClientConnection, one: Spoken) -> Heard | None:
    began = time.monotonic()
    sending = asyncio.create_task(_send(connection, one.pcm, began, _FINISH))
    begins: dict[str, float] = {}
    transcripts: dict[str, str] = {}
    completed: dict[str, float] = {}
    while True:
        event = await _event(
            connection, ".speech_started", ".completed", "session.finished"
        )
        if event["type"] == "session.finished":
            break
        item = event["item_id"]
        if event["type"].endswith(".completed"):
            completed[item] = time.monotonic() - began
            transcripts[item] = event["transcript"]
        else:
            begins[item] = event["audio_start_ms"] / 1000
    await sending
    said = [item for item, begin in begins.items() if begin < one.end]
    if not said or said[-1] not in completed:
        return None
    return Heard(
        " ".join(transcripts[item] for item in said if item in transcripts),
        completed[said[-1]] - one.end,
        len(begins) - len(said),
    )


async def _commit(connection: ClientConnection, one: Spoken) -> Heard | None:
    began = time.monotonic()
    sent = round((one.end + _COMMIT_BEHIND) * SAMPLE_RATE) * SAMPLE_BYTES
    await _send(connection, one.pcm[:sent], began, _COMMIT)
    event = await _event(connection, ".completed", ".failed")
    delay = time.monotonic() - began - one.end
    await connection.send(_FINISH)
    await _event(connection, "session.finished")
    transcript = event.get("transcript")
    return None if transcript is None else Heard(transcript, delay, 0)


async def _event(connection: ClientConnection, *names: str) -> dict[str, Any]:
    """The next event whose type ends like this."""
    while True:
        event: dict[str, Any] = json.loads(await connection.recv())
        if event["type"].endswith(names):
            return event


async def _send(
    connection: ClientConnection,
    pcm: bytes,
    began: float | None = None,
    then: str | None = None,
) -> None:
    """All of it, paced from `began` on, and `then` this."""
    for number, at in enumerate(range(0, len(pcm), _CHUNK), start=1):
        if began is not None:
            due = began + number * _SECONDS_A_CHUNK
            await asyncio.sleep(due - time.monotonic())
        audio = base64.b64encode(pcm[at : at + _CHUNK]).decode()
        await connection.send(
            json.dumps({"type": "input_audio_buffer.append", "audio": audio})
        )
    if then is not None:
        await connection.send(then)


@asynccontextmanager
async def recognizer(
    model: str, *options: str, source: Path | None = None
) -> AsyncIterator[Recognizer]:
    """Ready to serve, its model loaded; `source` is the folder of another auricle."""
    command = ["-m", "auricle", "recognizer", "--port", "0", "--model", model]
    # However late: that is what is measured.
    command += ["--deadline", "30", *options]
    environment = dict(os.environ)
    if source is not None:
        environment["PYTHONPATH"] = str(source)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=PIPE, env=environment
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        if not line.startswith("serving on "):
            raise SystemExit("the recognizer did not start")
        url = f"{line.split()[2]}?model=qwen3-asr-flash-realtime"
        yield Recognizer(url, process.pid)
    finally:
        process.terminate()
        await process.wait()
