"""The capture thread: reads the microphone, and keeps it open against all odds."""

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial

from auricle.audio.echo import OwnSound
from auricle.audio.frame import Frame
from auricle.audio.source import AudioSource
from auricle.audio.source_health import SourceHealth, trouble
from auricle.capture.attention import Attention
from auricle.capture.capture_clock import CaptureClock
from auricle.capture.hearing_state import HearingState
from auricle.capture.wishes import Wishes
from auricle.errors import MicrophoneError, RecordingError
from auricle.retry import full_jitter
from auricle.system.clock import since_boot
from auricle.turns.events import (
    Heard,
    MicrophoneClosed,
    MicrophoneFact,
    MicrophoneFound,
    MicrophoneLost,
    WakeWordHeard,
)
from auricle.wake.detector import Detection

logger = logging.getLogger(__name__)

# Without a frame for so long the device counts as lost. Its first one may take longer:
# a sound server wakes an idle source, a Bluetooth headset opens its voice channel.
LONGEST_GAP, LONGEST_OPENING = 1.0, 3.0
# Listening again within 2 s of the device's return, opening it included.
RETRY_BASE, RETRY_CAP = 0.25, 1.5
# Longer than the frames that are read together take.
_READ_TIMEOUT = 0.25
# Nor does a busy machine take longer to come back from it.
_LONGEST_READ = 2 * _READ_TIMEOUT
# Sound that comes later by no more than that is a device's wavering, or its slow clock.
_WAVERING = 0.1

CaptureEvent = WakeWordHeard | Heard | MicrophoneFact


class Hearing:
    """Owns the source and the thread that reads it.

    Idle frames stay in the thread. The event loop's side never waits: a wish takes
    effect with the next frames, those that are being waited for included, and of wishes
    about the same only the latest counts.
    """

    def __init__(
        self,
        source: AudioSource,
        attention: Attention,
        *,
        deliver: Callable[[Sequence[CaptureEvent]], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Read `source`, and let `attention` decide what of it is delivered.

        `deliver` takes one event or more, in their order; it and `failed` are called in
        the capture thread. After `failed` nothing more comes: the process should exit
        and be started anew.
        """
        self._source = source
        self._attention = attention
        self._deliver = deliver
        self._failed = failed
        self._wishes = Wishes()
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        self._state = HearingState.CLOSED
        self._problem: str | None = None
        self._answered = 0
        self._remarked: set[str] = set()
        self._told_health = SourceHealth.GOOD
        self._frames = self._inferences = self._losses = 0
        self._last_frame = time.monotonic()
        self._clock = CaptureClock(source.pace)

    # --- wishes, from the event loop ---

    def start(self) -> None:
        """Start the thread, with the microphone still closed."""
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Close the microphone and end the thread; return False if a hanging device
        prevents that for `timeout` seconds.
        """
        self._wishes.stop()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def open_microphone(self) -> None:
        """Want the microphone open; `MicrophoneFound` is delivered when its first frame
        has come.
        """
        self._wishes.want_microphone(wanted=True)

    def close_microphone(self) -> None:
        """Want the microphone released, and attend no more; `MicrophoneClosed` is
        delivered when it is done, unless it is wanted again before.
        """
        self._wishes.withdraw(self._attention.switch)
        self._wishes.want_microphone(wanted=False)

    def attend(self, *, on: bool, after: Detection | None) -> None:
        """Deliver every frame from the next one on, or no more; see
        Attention.switch.
        """
        switch = self._attention.switch
        self._wishes.wish(switch, partial(switch, on=on, after=after))

    def expect(self, sound: OwnSound) -> None:
        """Keep a sound of ours, about to be played, out of what is delivered."""
        self._wishes.add(partial(self._expect, sound))

    def played(self) -> None:
        """Note that the sound that was expected is over, but for its echo."""
        self._wishes.add(self._attention.played)

    def speaking(self, pcm: bytes | None) -> None:
        """Keep the next stretch of what we say out of what is delivered; see
        Attention.speaking.
        """
        self._wishes.add(partial(self._speaking, pcm))

    def spoken(self) -> None:
        """Note that we are silent from now on."""
        self._wishes.add(self._attention.spoken)

    def listen_for(self, wake_words: Collection[str]) -> None:
        """Detect only these wake words from now on."""
        listen_for = self._attention.listen_for
        self._wishes.wish(listen_for, partial(listen_for, wake_words))

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        """Change how sure the engine must be of this wake word."""
        set_threshold = self._attention.set_threshold
        self._wishes.wish(
            (set_threshold, wake_word), partial(set_threshold, wake_word, threshold)
        )

    def tell_again(self) -> None:
        """Deliver once more what the microphone is, as soon as the thread can."""
        self._wishes.wish(self._tell, self._tell)

    # --- facts, readable from any thread ---

    @property
    def state(self) -> HearingState:
        """What the capture thread does, as it said last."""
        return self._state

    @property
    def health(self) -> SourceHealth:
        """What the sound says about the device, as of the latest frame."""
        return self._source.health

    @property
    def scores(self) -> Mapping[str, float]:
        """The latest score of each wake word, 0 to 1."""
        return self._attention.scores

    @property
    def problem(self) -> str | None:
        """Why the microphone is lost; None where it is not."""
        return self._problem

    @property
    def wanted(self) -> bool:
        """Whether the microphone is to be open; `state` tells whether it is."""
        return self._wishes.microphone_wanted

    @property
    def wishes(self) -> int:
        """How often the microphone was wanted, or wanted no longer, until now."""
        return self._wishes.changes

    @property
    def rounds(self) -> int:
        """How often the thread looked for wishes; while it lives, once a second at
        least, unless the device holds it up.
        """
        return self._wishes.rounds

    @property
    def frames(self) -> int:
        """The number of frames captured since the start."""
        return self._frames

    @property
    def inferences(self) -> int:
        """The number of frames that went through the wake word engines
        since the start.
        """
        return self._inferences

    @property
    def last_frame(self) -> float:
        """When the latest frame came, in seconds of the monotonic clock."""
        return self._last_frame

    @property
    def clock(self) -> CaptureClock:
        """The clock that tells when what is delivered was said, by the time since the
        machine's start.

        There is a new one for each opening of the microphone, in which sample positions
        begin anew: from when the one before is over, for a turn may begin before its
        sound.
        """
        return self._clock

    @property
    def dropped(self) -> int:
        """The number of samples lost since the microphone was opened."""
        return self._source.dropped

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._listen_until_stopped()
        except RecordingError as error:
            # Only a person can mend it.
            self._problem = str(error)
            self._state = HearingState.FAILED
            self._failed(error)
        except Exception as error:
            # Alive and deaf is the one thing a satellite must never be.
            logger.exception("hearing has failed")
            self._state = HearingState.FAILED
            self._failed(error)

    def _listen_until_stopped(self) -> None:
        delays = _retry_delays()
        while not self._wishes.stopping:
            self._wishes.grant()
            opening_in = self._wishes.opening_in
            if opening_in > 0:
                self._be_closed()
                self._wishes.wait(opening_in)
                continue
            if self._capture():
                delays = _retry_delays()
            self._wishes.grant_for(next(delays))
        self._state = HearingState.CLOSED

    def _capture(self) -> bool:
        """Listen until the microphone fails or is not wanted; whether sound came."""
        frames_before = self._frames
        if self._state is HearingState.CLOSED:
            self._state = HearingState.OPENING
        try:
            self._source.open()
            self._told_health = SourceHealth.GOOD
            try:
                self._listen()
            finally:
                self._clock = CaptureClock(self._source.pace)
        except MicrophoneError as error:
            # Told before closing, which can take long where a sound server hangs.
            self._lose(error)
        finally:
            self._source.close()
            # Now, so that what is wished for until the next opening is not forgotten.
            self._attention.reset()
        if self._state is not HearingState.LOST:
            self._be_closed()
        return self._frames > frames_before

    def _listen(self) -> None:
        """Listen until the open microphone is not wanted. Raises MicrophoneError."""
        self._losses = 0
        silent, found = 0.0, False
        # It may have taken long to open.
        while self._wishes.microphone_wanted:
            asked = time.monotonic()
            frames = self._source.read(_READ_TIMEOUT, self._attention.batch)
            # What was wished for while these were waited for concerns them already:
            # they may hold the beginning of a sound of ours.
            if not self._wishes.grant():
                return
            now = time.monotonic()
            if not frames:
                # A process that was stopped meanwhile has not listened for so long.
                silent += min(now - asked, _LONGEST_READ)
                if silent > (LONGEST_GAP if found else LONGEST_OPENING):
                    raise MicrophoneError("no sound comes from the device")
                continue
            self._last_frame = now
            silent = 0.0
            at = since_boot()
            lost = self._clock.arrived(
                frames[-1].end,
                at,
                all_of_it=self._source.caught_up,
                slept=at - time.monotonic(),
            )
            if lost > _WAVERING:
                self._tell_of_a_loss(lost)
            if not found:
                found = True
                self._found()
            self._frames += len(frames)
            self._hear(frames)
            self._inferences += len(frames)
            self._tell_of_the_source()

    def _hear(self, frames: Sequence[Frame]) -> None:
        events = [event for frame in frames for event in self._attention.hear(frame)]
        if events:
            self._deliver(events)

    def _found(self) -> None:
        logger.info("listening to %s", self._source.description)
        self._state = HearingState.LISTENING
        self._problem = None
        self._deliver([MicrophoneFound()])

    def _be_closed(self) -> None:
        """The device is released, on purpose: nothing of the room is captured."""
        changes = self._wishes.changes
        # Whoever orders it is told, also where it was closed before.
        ordered = not self._wishes.microphone_wanted and changes != self._answered
        if self._state is HearingState.CLOSED and not ordered:
            return
        self._answered = changes
        self._state = HearingState.CLOSED
        self._problem = None
        if not self._wishes.stopping:
            logger.debug("%s is closed", self._source.description)
            self._deliver([MicrophoneClosed()])

    def _tell_of_the_source(self) -> None:
        for remark in self._source.remarks:
            if remark not in self._remarked:
                self._remarked.add(remark)
                logger.warning("%s", remark)
        health = self._source.health
        if health is self._told_health:
            return
        self._told_health = health
        description, advice = self._source.description, self._source.advice(health)
        if told := trouble(description, health, advice):
            logger.warning("%s", told)
        else:
            logger.info("%s sounds as it should again", description)

    def _tell_of_a_loss(self, seconds: float) -> None:
        self._losses += 1
        level = logging.WARNING if self._losses == 1 else logging.DEBUG
        missing = (
            "%s: %.1f s of sound are missing: is this machine too busy to take it?"
        )
        logger.log(level, missing, self._source.description, seconds)

    def _lose(self, error: MicrophoneError) -> None:
        self._problem = str(error)
        if self._state is HearingState.LOST:
            logger.debug("%s is still lost: %s", self._source.description, error)
            return
        logger.warning("%s is lost: %s", self._source.description, error)
        self._state = HearingState.LOST
        self._deliver([MicrophoneLost()])

    def _tell(self) -> None:
        match self._state:
            case HearingState.CLOSED:
                self._deliver([MicrophoneClosed()])
            case HearingState.LISTENING:
                self._deliver([MicrophoneFound()])
            case HearingState.LOST:
                self._deliver([MicrophoneLost()])
            case HearingState.OPENING | HearingState.FAILED:
                pass  # What becomes of it is told anyway.

    def _expect(self, sound: OwnSound) -> None:
        if self._state not in (HearingState.OPENING, HearingState.LISTENING):
            return
        if events := self._attention.expect(sound):
            self._deliver(events)

    def _speaking(self, pcm: bytes | None) -> None:
        # Of what is said before the first frame nobody knows when it is heard.
        if self._state is not HearingState.LISTENING:
            return
        if events := self._attention.speaking(pcm):
            self._deliver(events)


def _retry_delays() -> Iterator[float]:
    return full_jitter(RETRY_BASE, RETRY_CAP, random.random)
