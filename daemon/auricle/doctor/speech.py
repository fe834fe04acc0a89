"""What speaks: whether it makes sound of a word."""

import asyncio
import time
from contextlib import aclosing

from auricle.app import build
from auricle.config.services import SpeechSettings
from auricle.doctor.results import Result, Status
from auricle.errors import ConfigError, SynthesisError
from auricle.speech.synthesizer import Synthesizer

NAME = "speech"
OVERDUE = "what speaks has made no sound of a word yet"
ADVICE = "see speech.engine in docs/speech.md"
_WORD = "Hello."


def examine(settings: SpeechSettings) -> Result:
    """Have the engine say a word to nobody."""
    try:
        synthesizer = build.synthesizer(settings)
        if synthesizer is None:
            meaning = "no text is spoken (speech.engine)"
            return Result(NAME, Status.SKIPPED, meaning)
        # In the thread of this check, which has no loop.
        first, seconds = asyncio.run(_try(synthesizer))
    except ConfigError as error:
        # It does not even start.
        return Result(NAME, Status.FAILED, str(error))
    except SynthesisError as error:
        return Result(NAME, Status.WARNING, f"no text is spoken: {error}", ADVICE)
    if not seconds:
        meaning = f"{settings.engine} makes no sound of a word"
        return Result(NAME, Status.WARNING, meaning, ADVICE)
    meaning = f"{settings.engine} speaks, after {first:.2f} s"
    return Result(NAME, Status.OK, meaning)


async def _try(synthesizer: Synthesizer) -> tuple[float, float]:
    """The seconds until there was sound of a word, and how long it sounds."""
    started = time.monotonic()
    first = seconds = 0.0
    async with aclosing(synthesizer.synthesize(_WORD)) as stretches:
        async for stretch in stretches:
            if not seconds and stretch.pcm:
                first = time.monotonic() - started
            seconds += stretch.format.seconds(len(stretch.pcm))
    return first, seconds
