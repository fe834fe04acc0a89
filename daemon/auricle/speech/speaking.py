"""One text after the other is said, as far as an hour's limit goes."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from auricle.audio.playing import SoundFormat
from auricle.errors import SynthesisError
from auricle.speech.hourly_limit import HourlyLimit
from auricle.speech.synthesizer import Synthesizer
from auricle.system.clock import since_boot
from auricle.turns.sounds import (
    PlayReason,
    SoundArrived,
    SoundKind,
    SoundOpening,
    SpeechFailed,
    Then,
)

logger = logging.getLogger(__name__)


class Speaking:
    """Has texts made sound of, one at a time: a small machine has one processor to
    spare. It lives on the event loop, and no call waits.
    """

    def __init__(
        self,
        synthesizer: Synthesizer,
        *,
        per_hour: int,
        deliver: Callable[[SoundArrived | SpeechFailed], None],
    ) -> None:
        """`per_hour` texts, 0 for any number; `deliver` is handed the sound of each as
        it is made, and why there is none.
        """
        self._synthesizer = synthesizer
        self._limit = HourlyLimit(per_hour)
        self._per_hour = per_hour
        self._deliver = deliver
        self._one_at_a_time = asyncio.Lock()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failing = False
        self._limited = False

    def synthesize(self, sound_id: str, text: str) -> None:
        """Make the sound of this id, which says `text`."""
        admitted = self._limit.admit(since_boot())
        if not admitted and not self._limited:
            logger.warning(
                "more than %d texts an hour (speech.per_hour): what comes now is not "
                "spoken",
                self._per_hour,
            )
        self._limited = not admitted
        if not admitted:
            self._deliver(SpeechFailed(sound_id, PlayReason.LIMIT))
            return
        task = asyncio.create_task(self._say(sound_id, text), name="speech")
        self._tasks[sound_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(sound_id))

    def stop(self, sound_id: str) -> None:
        """Make nothing more of the sound of this id."""
        if (task := self._tasks.get(sound_id)) is not None:
            task.cancel()

    async def aclose(self) -> None:
        """Stop all of it."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _say(self, sound_id: str, text: str) -> None:
        try:
            async with self._one_at_a_time:
                await self._deliver_sound(sound_id, text)
        except SynthesisError as error:
            level = logging.DEBUG if self._failing else logging.WARNING
            logger.log(level, "a text is not spoken: %s", error)
            self._fail(sound_id)
        except Exception as error:
            # Whoever sent it is to know what became of it, whatever that is. The
            # message may repeat the text, and so may the traceback, which ends in it.
            logger.error("a text cannot be spoken: %s", type(error).__name__)
            logger.debug("it failed here", exc_info=True)
            self._fail(sound_id)

    def _fail(self, sound_id: str) -> None:
        self._failing = True
        self._deliver(SpeechFailed(sound_id, PlayReason.SYNTHESIZER))

    async def _deliver_sound(self, sound_id: str, text: str) -> None:
        seq, sound_format, opening = 0, None, None
        async with aclosing(self._synthesizer.synthesize(text)) as stretches:
            async for stretch in stretches:
                if sound_format is None:
                    opening = _opening(stretch.format)
                # Whoever makes no samples may not know the rate of the others.
                if not stretch.pcm:
                    continue
                if sound_format not in (None, stretch.format):
                    raise SynthesisError("its sound changes its rate on the way")
                sound_format = stretch.format
                self._deliver(SoundArrived(sound_id, seq, stretch.pcm, opening))
                seq, opening = seq + 1, None
        if self._failing:
            logger.info("texts are spoken again")
        self._failing = False
        self._deliver(SoundArrived(sound_id, seq, b"", opening, Then.IDLE))


def _opening(sound_format: SoundFormat) -> SoundOpening:
    return SoundOpening(SoundKind.ANNOUNCEMENT, sound_format)
