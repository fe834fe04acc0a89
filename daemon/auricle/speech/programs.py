"""Programs that speak: a text on standard input, a WAV file as it is made.

Neither the text nor the sound is ever in an argument or on a disk: both are in memory,
which the program has as a file where it needs one.
"""

import asyncio
import contextlib
import logging
import os
import shutil
from asyncio import StreamReader, StreamReaderProtocol
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from dataclasses import replace
from typing import BinaryIO, TypeVar

from auricle.audio.wave_reader import UnusableWaveError, WaveReader, read_wave
from auricle.errors import ConfigError, SynthesisError
from auricle.speech.engines import Program
from auricle.speech.sentences import sentences
from auricle.speech.synthesizer import PATIENCE, SpokenSound, Synthesizer
from auricle.system.programs import ending, running
from auricle.text import log_line

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_PIECE = 16_384
# Seconds. What a program leaves behind may still write, or hold the pipe open for ever.
_LEFT_BEHIND = 0.5
# espeak-ng, which then says nothing, and that all is well.
_NO_VOICE = "voice does not exist"


class StreamingProgram(Synthesizer):
    """Speaks by a program that writes a WAV file to its standard output."""

    def __init__(self, program: Program, patience: float = PATIENCE) -> None:
        """Run it as `program` says, which may be silent for `patience` seconds. Raises
        ConfigError where it is not installed.
        """
        _require(program)
        self._program = program
        self._patience = patience

    async def synthesize(self, text: str) -> AsyncGenerator[SpokenSound, None]:
        reader = WaveReader()
        async with (
            _pipe() as (sound, write_end),
            _running(self._program, text, stdout=write_end.fileno()) as process,
        ):
            write_end.close()
            # Bytes that are no sound do not count: a script may write titles for ever.
            silence = _Silence(self._program, self._patience)
            while data := await silence.at_most(_next_of(sound, process)):
                with _wave_of(self._program):
                    pcm = reader.push(data)
                if pcm and reader.format is not None:
                    silence.broken()
                    yield SpokenSound(reader.format, pcm)
            silence.broken()
            await silence.at_most(process.wait())
        with _wave_of(self._program):
            yield SpokenSound(reader.end(), b"")


class Flite(Synthesizer):
    """Speaks by flite, which goes back to its header: it needs a file to write to."""

    def __init__(self, program: Program) -> None:
        """Run it as `program` says, which leaves out where it is to write to. Raises
        ConfigError where it is not installed.
        """
        _require(program)
        self._program = program

    async def synthesize(self, text: str) -> AsyncGenerator[SpokenSound, None]:
        for sentence in sentences(text):
            yield await self._say(sentence)

    async def _say(self, sentence: str) -> SpokenSound:
        file = os.memfd_create("flite", os.MFD_CLOEXEC)
        try:
            known = self._program
            program = replace(known, argv=(*known.argv, "-o", f"/dev/fd/{file}"))
            async with _running(program, sentence, write_to=file) as process:
                await _Silence(known, PATIENCE).at_most(process.wait())
            with _wave_of(known):
                return SpokenSound(
                    *read_wave(os.pread(file, os.fstat(file).st_size, 0))
                )
        finally:
            os.close(file)


@contextlib.asynccontextmanager
async def _pipe() -> AsyncIterator[tuple[StreamReader, BinaryIO]]:
    """Open a pipe of our own. Of one of asyncio's, a process is not over before
    everybody has let go of it.
    """
    loop = asyncio.get_running_loop()
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    sound = StreamReader()
    with os.fdopen(write_end, "wb", 0) as writing:
        transport, _ = await loop.connect_read_pipe(
            lambda: StreamReaderProtocol(sound), os.fdopen(read_end, "rb", 0)
        )
        try:
            yield sound, writing
        finally:
            transport.close()


async def _next_of(sound: StreamReader, process: Process) -> bytes:
    """Return what is written next; nothing where nothing follows, or where the process
    has ended and what it left behind writes no more.
    """
    read = asyncio.ensure_future(sound.read(_PIECE))
    ended = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait((read, ended), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((read,), timeout=_LEFT_BEHIND)
        return read.result() if read.done() else b""
    finally:
        read.cancel()
        ended.cancel()


def _require(program: Program) -> None:
    if shutil.which(program.argv[0]) is None:
        raise ConfigError(program.missing)


@contextlib.asynccontextmanager
async def _running(
    program: Program, text: str, *, stdout: int | None = None, write_to: int = -1
) -> AsyncIterator[Process]:
    """Run it with `text` on its standard input; kill it, and whatever it started, when
    we leave. Raises SynthesisError where it cannot be run, and where it fails.
    """
    given = f"{text}\n".encode(errors="replace")
    pass_fds = () if write_to < 0 else (write_to,)
    async with running(program.argv, given, stdout=stdout, pass_fds=pass_fds) as child:
        if child is None:
            raise SynthesisError(program.missing)
        yield child.process
        complaint = child.complaint
    _judge(program, child.process.returncode, complaint)


def _judge(program: Program, status: int | None, text: str) -> None:
    """Raise SynthesisError where the program failed, by its exit status and by the
    `text` of its complaints.
    """
    if text:
        # It may repeat what it was to say.
        logger.debug("%s complains: %s", program.argv[0], log_line(text))
    if _NO_VOICE in text:
        raise SynthesisError(
            f"speech.voice: {program.argv[0]} has no such voice; {program.argv[0]} "
            "--voices lists them"
        )
    if status:
        raise SynthesisError(
            f"{program.key}: {program.argv[0]} failed, with {ending(status)}"
        )


class _Silence:
    """Gives a program up that makes no sound for too long."""

    def __init__(self, program: Program, patience: float) -> None:
        self._program = program
        self._patience = patience
        self.broken()

    def broken(self) -> None:
        """Wait as long again: there was sound."""
        self._until = asyncio.get_running_loop().time() + self._patience

    async def at_most(self, answer: Awaitable[_T]) -> _T:
        """Wait for `answer`, as far as patience goes. Raises SynthesisError."""
        try:
            async with asyncio.timeout_at(self._until):
                return await answer
        except TimeoutError:
            name, patience = self._program.argv[0], self._patience
            raise SynthesisError(
                f"{self._program.key}: {name} made no sound for {patience:g} s"
            ) from None


@contextlib.contextmanager
def _wave_of(program: Program) -> Iterator[None]:
    try:
        yield
    except UnusableWaveError as error:
        raise SynthesisError(
            f"{program.key}: what {program.argv[0]} wrote {error}"
        ) from error
