"""The loudspeaker: one sound at a time, handed to it while it is played."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from auricle.assets.requirements import is_32_bit, missing
from auricle.audio.devices.aplay import Aplay
from auricle.audio.echo import OwnSound
from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.pacing import Pacing
from auricle.audio.playing import (
    PlaybackListener,
    PlayerFact,
    SoundFailed,
    SoundFinished,
    SoundFormat,
    SoundStarted,
)
from auricle.errors import PlaybackError

if TYPE_CHECKING:
    from auricle.audio.rendering import Rendering

logger = logging.getLogger(__name__)

# Seconds between looks at a sound that plays, and at one that is about to.
_TICK, _FIRST_TICK = 0.08, 0.005
# A Bluetooth loudspeaker wakes up first, and so may a sound server's device.
_LONGEST_OPENING = 4.0
# What plays takes some of what waits for it every few milliseconds.
_LONGEST_STALL = 2.0
# A device's buffers may be behind what it has taken.
_LONGEST_DRAINING = 2.0
_TRIED = 0.2


@dataclass(eq=False, slots=True)
class _Sound:
    """A sound that is being played, and what is there of it."""

    format: SoundFormat
    process: Aplay
    report: Callable[[PlayerFact], None]
    hear: Callable[[bytes | None], None]
    """Is told of each stretch before it can be in the air; None: of one that nobody
    knows."""
    over: Callable[[], None]
    """Is told that nothing more of it is played."""
    id: str = ""
    """The name of the sound; empty where it is one of our own short ones."""
    heard_out: bool = False
    """Whether another one that begins waits for its end."""
    waiting: bytearray = field(default_factory=bytearray)
    more: bool = True
    """Whether other bytes follow."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def has_a_sample(self) -> bool:
        """Whether something of it can be handed over: half a sample is none."""
        return len(self.waiting) >= self.format.frame_bytes

    @property
    def is_all_handed_over(self) -> bool:
        return not self.more and not self.has_a_sample


class AplayPlayer:
    """Plays one sound at a time, in a process of its own, on an ALSA device.

    It never waits: a device that is missing, busy or hangs costs the sound, and nothing
    else; what is wrong is told once, until a sound is heard again.
    """

    def __init__(
        self,
        device: str,
        listener: PlaybackListener,
        report: Callable[[PlayerFact], None],
    ) -> None:
        """Play on `device` (see `aplay -L`), which is empty where there is none; tell
        `listener` what is in the air, and `report` what became of each sound.
        """
        self._device = device
        self._listener = listener
        self._report = report
        self._volume = 1.0
        self._current: _Sound | None = None
        self._next: _Sound | None = None
        """The house's, where the current one is to be heard out."""
        self._next_known: tuple[OwnSound, bool] | None = None
        """One of our own, and whether it is to be heard out."""
        self._tasks: dict[_Sound, asyncio.Task[None]] = {}
        self._failing = False
        self._noted_unknown = False

    # --- what the house sends ---

    def begin(
        self, sound_id: str, sound_format: SoundFormat, *, heard_out: bool = False
    ) -> None:
        """Play the sound of this id, whose bytes follow; another one that still plays
        is cancelled, but for one that is to be `heard_out`: its end is waited for.
        """
        self._next_known = None
        self._next = _Sound(
            sound_format,
            Aplay(self._device, sound_format),
            self._report,
            self._listener.speaking,
            self._listener.spoken,
            sound_id,
            heard_out,
        )
        if self._current is None or not self._current.heard_out:
            self._silence()
            self._start_next()

    def feed(self, sound_id: str, pcm: bytes) -> None:
        """Take the next bytes of the sound; where none come in time, it is silent
        meanwhile.
        """
        if (sound := self._known(sound_id)) is not None:
            sound.waiting += pcm
            sound.news.set()

    def end(self, sound_id: str) -> None:
        """Note that no more bytes follow: the sound finishes once it was heard."""
        if (sound := self._known(sound_id)) is not None:
            sound.more = False
            sound.news.set()

    def cancel(self, sound_id: str) -> None:
        """Be silent at once."""
        if self._next is not None and self._next.id == sound_id:
            self._next = None
        if self._current is not None and self._current.id == sound_id:
            self._silence()
            self._start_next()

    # --- our own ---

    def play_known(self, sound: OwnSound, *, heard_out: bool = False) -> None:
        """Play a short sound of our own: now, or as soon as the one before is over; of
        those that wait, the last. Where the house's sound plays or waits, it is left
        out. One that begins meanwhile ends it, unless it is to be `heard_out`.
        """
        if self._current is None:
            self._start_known(sound, heard_out=heard_out)
        elif not self._current.id and self._next is None:
            self._next_known = sound, heard_out

    def set_volume(self, volume: float) -> None:
        """Play at this volume from now on, 0 to 1."""
        self._volume = volume

    async def aclose(self) -> None:
        """Be silent, and let go of the device."""
        self._next = self._next_known = None
        self._silence()
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    def _known(self, sound_id: str) -> _Sound | None:
        for sound in (self._next, self._current):
            if sound is not None and sound.id == sound_id:
                return sound
        return None

    def _start_next(self) -> None:
        if self._next is not None:
            sound, self._next = self._next, None
            self._start(sound)
        elif self._next_known is not None:
            (known, heard_out), self._next_known = self._next_known, None
            self._start_known(known, heard_out=heard_out)

    def _start_known(self, known: OwnSound, *, heard_out: bool) -> None:
        sound_format = SoundFormat(SAMPLE_RATE, channels=1)
        self._listener.expect(known)
        self._start(
            _Sound(
                sound_format,
                Aplay(self._device, sound_format),
                report=lambda _: None,
                hear=lambda _: None,
                over=self._listener.played,
                heard_out=heard_out,
                waiting=bytearray(known.pcm),
                more=False,
            )
        )

    def _start(self, sound: _Sound) -> None:
        before = list(self._tasks.values())
        self._current = sound
        task = asyncio.create_task(self._play(sound, before), name="player")
        self._tasks[sound] = task
        # Not by the task itself: one that is cancelled before it began does nothing.
        task.add_done_callback(lambda _: self._tasks.pop(sound))

    def _silence(self) -> None:
        sound, self._current = self._current, None
        if sound is not None:
            sound.process.kill()
            self._tasks[sound].cancel()
            sound.over()

    # --- one sound, from its beginning to its end ---

    async def _play(self, sound: _Sound, before: "list[asyncio.Task[None]]") -> None:
        end: PlayerFact = SoundFinished(sound.id)
        try:
            if before:
                # A device that one program alone may use is free when it has ended.
                await asyncio.wait(before)
            await self._play_on_device(sound)
        except PlaybackError as error:
            self._note_failure(error)
            end = SoundFailed(sound.id)
        except Exception:
            # Whoever sent it is to know what became of it, whatever that is.
            logger.exception("a sound cannot be played")
            end = SoundFailed(sound.id)
        finally:
            await sound.process.aclose()
        # Nobody is told of a sound that was cancelled.
        if sound is self._current:
            self._current = None
            sound.over()
            sound.report(end)
            if self._current is None:
                self._start_next()

    async def _play_on_device(self, sound: _Sound) -> None:
        if not self._device:
            raise PlaybackError("there is no loudspeaker: name one, such as default")
        while not sound.has_a_sample:
            if not sound.more:
                sound.report(SoundStarted(sound.id))
                return
            await _wait(sound.news, _TICK)
        rendering, _ = await asyncio.gather(
            asyncio.to_thread(_rendering, sound.format), sound.process.start()
        )
        if not rendering.can_tell:
            self._note_unknown(sound.format)
        over_at = await self._hand_over(sound, rendering)
        sound.process.close()
        left = max(0.0, over_at - time.monotonic())
        try:
            async with asyncio.timeout(left + _LONGEST_DRAINING):
                await sound.process.wait()
        except TimeoutError:
            raise PlaybackError(_hangs(self._device)) from None
        # Some take all at once, such as a file.
        await asyncio.sleep(over_at - time.monotonic())

    async def _hand_over(self, sound: _Sound, rendering: "Rendering") -> float:
        """Write the sound while it plays; return when it will be over.

        Raises PlaybackError.
        """
        process, pacing = sound.process, Pacing(sound.format)
        outgoing = memoryview(b"")
        taken, progress = 0, time.monotonic()
        while True:
            now = time.monotonic()
            before, taken = taken, process.taken
            if taken and not before:
                process.check_rate()
                pacing.begin(now)
                self._note_success()
                sound.report(SoundStarted(sound.id))
            if taken > before or (taken == process.written and not outgoing):
                progress = now
            self._check(process, now - progress, opened=taken > 0)
            if not process.running:
                await process.wait()
                raise PlaybackError(f"{self._device!r} cannot be played to any more")
            if not outgoing:
                outgoing = memoryview(self._due(sound, pacing, rendering, now))
            if outgoing:
                outgoing = outgoing[process.write(outgoing) :]
            if sound.is_all_handed_over and not outgoing and pacing.over_at is not None:
                sound.hear(rendering.flush())
                return pacing.over_at
            await _wait(sound.news, _TICK if taken else _FIRST_TICK)

    def _check(self, process: Aplay, stalled: float, *, opened: bool) -> None:
        """Raise PlaybackError where the device has taken nothing for too long."""
        patience = _LONGEST_STALL if opened else _LONGEST_OPENING
        if process.running and stalled > patience:
            raise PlaybackError(_hangs(self._device))

    def _due(
        self, sound: _Sound, pacing: Pacing, rendering: "Rendering", now: float
    ) -> bytes:
        """What is to be written next, at its volume; whoever listens has it then."""
        size, silence = pacing.due(now, len(sound.waiting), more=sound.more)
        if not size and not silence:
            return b""
        pcm = bytes(sound.waiting[:size]) + bytes(silence)
        del sound.waiting[:size]
        pcm, reference = rendering.render(pcm, self._volume)
        sound.hear(reference)
        return pcm

    # --- what is told ---

    def _note_failure(self, error: PlaybackError) -> None:
        level = logging.DEBUG if self._failing else logging.WARNING
        logger.log(level, "no sound is heard (loudspeaker.device): %s", error)
        self._failing = True

    def _note_unknown(self, sound_format: SoundFormat) -> None:
        level = logging.DEBUG if self._noted_unknown else logging.WARNING
        self._noted_unknown = True
        logger.log(
            level,
            "no wake word is heard while a sound of %d Hz plays, for %s: %ssend sounds "
            "of %d Hz",
            sound_format.rate,
            missing("soxr"),
            "" if is_32_bit() else "install it, or ",
            SAMPLE_RATE,
        )

    def _note_success(self) -> None:
        if self._failing:
            logger.info("sounds are heard again")
        self._failing = False


async def try_device(device: str, pcm: bytes = b"") -> None:
    """Play `pcm`, 16 kHz mono s16le of some seconds at most; without it a moment of
    silence, which nobody hears. Raises PlaybackError.
    """
    sound_format = SoundFormat(SAMPLE_RATE, channels=1)
    process = Aplay(device, sound_format)
    try:
        await process.start()
        process.write(pcm or bytes(sound_format.size(_TRIED)))
        process.close()
        async with asyncio.timeout(_LONGEST_OPENING):
            await process.wait()
        process.check_rate()
    except TimeoutError:
        raise PlaybackError(_hangs(device)) from None
    finally:
        await process.aclose()


def _hangs(device: str) -> str:
    return f"{device!r} takes no sound: is it switched on?"


def _rendering(sound_format: SoundFormat) -> "Rendering":
    # What calculates costs memory, and takes a moment to load: only where it is needed.
    from auricle.audio.rendering import Rendering

    return Rendering(sound_format)


async def _wait(news: asyncio.Event, longest: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(longest):
            await news.wait()
    news.clear()
