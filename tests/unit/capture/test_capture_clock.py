"""When something was said, whatever became of its sound on the way."""

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE
from auricle.capture.capture_clock import CaptureClock

TRANSPORT = 0.02
"""Seconds from the room to us, at best."""
OPENED = 1000.0


@dataclass
class Room:
    """Makes sound all the time, and hands it over when somebody listens."""

    clock: CaptureClock = field(default_factory=CaptureClock)
    keeps: float = 60.0
    """Seconds of sound that the device keeps for a listener who is away."""
    rate: float = 1.0
    """Seconds of its sound in a true one."""
    now: float = OPENED
    position: int = 0
    slept: float = 0.0
    made: list[tuple[int, float]] = field(default_factory=list)
    """Of each frame that was handed over: its end, and when that was made."""
    missing: float = 0.0
    """Seconds of sound that the clock says were lost."""

    def listen(self, seconds: float, together: int = 5, late: float = 0.0) -> None:
        """At the pace of the sound; `late`: seconds that this machine takes."""
        for _ in range(round(seconds / FRAME_SECONDS / together)):
            for _ in range(together):
                self.now += FRAME_SECONDS / self.rate
                self._make(self.now)
            self._arrive(self.now + TRANSPORT + late)

    def be_away(self, seconds: float, together: int = 5, *, eager: bool = True) -> None:
        """Stopped, or asleep; then all that the device has kept comes at once.

        `eager`: we take it as fast as it comes, and never find that more waits.
        """
        back = self.now + seconds
        while self.now + FRAME_SECONDS <= back:
            self.now += FRAME_SECONDS / self.rate
            if back - self.now >= seconds - self.keeps:
                self._make(self.now)
                if self.position // FRAME_SAMPLES % together == 0:
                    self._arrive(back + TRANSPORT, all_of_it=eager)
        self._arrive(back + TRANSPORT)

    def sleep(
        self, seconds: float, waits: float = 0.0, together: int = 5, *, eager: bool
    ) -> None:
        """Sleep with the device, which has made sound for `waits` seconds that nobody
        has taken yet; then it comes at once.
        """
        waiting = round(waits / FRAME_SECONDS)
        back = self.now + waiting * FRAME_SECONDS / self.rate + seconds
        self.slept += seconds
        for frame in range(1, waiting + 1):
            self.now += FRAME_SECONDS / self.rate
            self._make(self.now)
            if frame % together == 0:
                self._arrive(back + TRANSPORT, all_of_it=eager)
        self.now = back

    def _arrive(self, at: float, *, all_of_it: bool = True) -> None:
        self.missing += self.clock.arrived(
            self.position, at, all_of_it=all_of_it, slept=self.slept
        )

    def _make(self, moment: float) -> None:
        self.position += FRAME_SAMPLES
        self.made.append((self.position, moment))

    def error(self, frame: int = -1) -> float:
        """Seconds by which a frame is taken for newer than it is."""
        position, moment = self.made[frame]
        told = self.clock.time_of(position)
        assert told is not None
        return told - moment


def test_nothing_is_known_before_anything_came() -> None:
    assert CaptureClock().time_of(0) is None


def test_what_happens_is_placed_in_the_sound_of_the_same_moment() -> None:
    assert CaptureClock().position_of(OPENED) is None
    room = Room()
    room.listen(3.0)
    room.be_away(2.0)
    room.listen(3.0)
    arrived = room.now + TRANSPORT
    assert room.clock.position_of(arrived) == pytest.approx(room.position, abs=1)
    second = room.clock.position_of(arrived - 1.0)
    assert second == pytest.approx(room.position - SAMPLE_RATE, abs=1)


def test_what_happens_behind_a_loss_of_sound_is_placed_behind_it() -> None:
    room = Room(keeps=0.5)
    room.listen(3.0)
    before = room.position
    room.be_away(20.0)
    lost = room.position
    room.listen(10.0)
    arrived = room.now + TRANSPORT
    assert room.clock.position_of(arrived) == pytest.approx(room.position, abs=1)
    assert lost < before + SAMPLE_RATE
    at_the_first = room.clock.position_of(OPENED + 1.0 + TRANSPORT)
    assert at_the_first == pytest.approx(SAMPLE_RATE, abs=1)


def test_a_sample_is_as_old_as_it_is() -> None:
    room = Room()
    room.listen(3.0)
    assert room.error() == pytest.approx(TRANSPORT)
    assert room.error(0) == pytest.approx(TRANSPORT)


def test_what_waited_while_we_were_stopped_is_as_old_as_it_is() -> None:
    room = Room()
    room.listen(3.0)
    room.be_away(20.0)
    assert max(map(room.error, range(len(room.made)))) == pytest.approx(TRANSPORT)
    room.listen(5.0)
    assert max(map(room.error, range(len(room.made)))) == pytest.approx(TRANSPORT)


@pytest.mark.parametrize(("keeps", "missing"), [(0.5, 19.5), (60.0, 0.0)])
def test_it_is_told_how_much_sound_was_lost(keeps: float, missing: float) -> None:
    room = Room(keeps=keeps)
    room.listen(3.0)
    room.be_away(20.0)
    room.listen(5.0)
    assert room.missing == pytest.approx(missing, abs=FRAME_SECONDS)


def test_what_was_said_just_before_sound_was_lost_stays_old() -> None:
    room = Room(keeps=0.5)
    room.listen(3.0)
    last_word = len(room.made) - 1
    room.be_away(20.0)
    room.listen(10.0)
    assert room.error(last_word) == pytest.approx(TRANSPORT)
    assert room.error(last_word + 10) == pytest.approx(TRANSPORT)


def test_what_is_said_soon_after_sound_was_lost_is_new() -> None:
    room = Room(keeps=0.0)
    room.listen(3.0)
    room.be_away(8 * 3600.0)
    room.listen(0.3)
    first_word = len(room.made)
    room.listen(1.5)
    assert room.error(first_word) == pytest.approx(TRANSPORT)


@pytest.mark.parametrize("seed", range(20))
def test_a_busy_machine_notices_a_loss_as_well(seed: int) -> None:
    chance = Random(seed)
    room = Room(keeps=0.0)
    for _ in range(50):
        room.listen(0.15, late=chance.uniform(0.0, 0.15))
    room.be_away(60.0)
    first_word = len(room.made)
    for _ in range(8):
        room.listen(0.15, late=chance.uniform(0.0, 0.15))
    # Some of the first second may be taken for old, as long as none of it is for new.
    assert room.error(first_word) < TRANSPORT + 0.16
    assert room.error() == pytest.approx(TRANSPORT, abs=0.16)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_said_when_a_machine_wakes_is_new_however_busy_that_is(
    seed: int,
) -> None:
    chance = Random(seed)
    room = Room()
    room.listen(3.0)
    room.sleep(8 * 3600.0, eager=True)
    # Of a command of which the wake word is the first.
    last_word = len(room.made) + round(1.2 / FRAME_SECONDS)
    awake = room.now
    while room.now < awake + 2.5:
        for _ in range(5):
            room.now += FRAME_SECONDS
            room._make(room.now)
        # Never at the same pace, and mostly with more that waits behind it.
        at = room.now + TRANSPORT + chance.uniform(0.0, 0.15)
        room._arrive(at, all_of_it=chance.random() < 0.5)
    assert room.error(last_word) == pytest.approx(TRANSPORT, abs=0.16)


def test_what_waited_when_the_machine_fell_asleep_is_as_old_as_it_is() -> None:
    room = Room()
    room.listen(3.0)
    before = len(room.made) - 1
    room.sleep(8 * 3600.0, waits=5.0, eager=True)
    waited = range(before, len(room.made))
    room.listen(5.0)
    assert max(map(room.error, waited)) == pytest.approx(TRANSPORT)
    assert room.error() == pytest.approx(TRANSPORT)


def test_of_sound_that_came_together_the_oldest_decides() -> None:
    room = Room(keeps=0.06)
    room.listen(3.0)
    # Its two frames are handed over with three that were made when we were back.
    position = room.position + 2 * FRAME_SAMPLES
    said = room.now + 2 * FRAME_SECONDS
    room.now += 20.0
    room.position = position
    room.listen(3.0)
    told = room.clock.time_of(position)
    assert told is not None
    assert told == pytest.approx(said + TRANSPORT)


def test_what_waited_may_come_slowly_at_first() -> None:
    room = Room()
    room.listen(3.0)
    stopped = room.now
    for _ in range(20):
        room.now += FRAME_SECONDS
        room._make(room.now)
        # As if it were made now, for a sound server is only waking up as well.
        room.clock.arrived(room.position, room.now + 20.0, all_of_it=True)
    assert room.error() == pytest.approx(TRANSPORT)
    room.be_away(stopped + 20.0 - room.now)
    room.listen(3.0)
    assert max(map(room.error, range(len(room.made)))) == pytest.approx(TRANSPORT)


@pytest.mark.parametrize("rate", [1.001, 0.999])
def test_the_clock_of_a_sound_card_may_be_wrong_for_hours(rate: float) -> None:
    room = Room(rate=rate)
    room.listen(4 * 3600.0)
    assert room.error() == pytest.approx(TRANSPORT, abs=0.05)


def test_a_machine_that_is_too_busy_makes_nothing_newer() -> None:
    room = Room()
    room.listen(3.0)
    for frame in range(1000):
        room.now += FRAME_SECONDS
        room._make(room.now)
        # Two seconds behind, at the very pace at which it is made.
        room.clock.arrived(room.position, room.now + 2.0, all_of_it=frame % 20 == 0)
    assert room.error() == pytest.approx(TRANSPORT)


def test_a_recording_that_is_played_faster_has_the_times_of_its_playing() -> None:
    clock = CaptureClock(pace=0.5)
    for second in range(1, 11):
        clock.arrived(second * SAMPLE_RATE, OPENED + second / 2, all_of_it=False)
    assert clock.time_of(4 * SAMPLE_RATE) == pytest.approx(OPENED + 2.0)


spans = st.floats(0.2, 4.0)
events = st.lists(
    st.one_of(
        st.tuples(st.just("listen"), spans, st.sampled_from([0.0, 0.01, 0.3])),
        st.tuples(st.just("away"), st.floats(0.0, 30.0), st.just(0.0)),
        st.tuples(st.just("sleep"), st.floats(1.0, 3e4), st.floats(0.0, 30.0)),
    ),
    max_size=12,
)


@given(
    events=events,
    keeps=st.sampled_from([0.0, 0.1, 0.5, 5.0, 60.0]),
    together=st.integers(1, 5),
    eager=st.booleans(),
)
def test_nothing_is_ever_taken_for_newer_than_it_is(
    events: list[tuple[str, float, float]], keeps: float, together: int, *, eager: bool
) -> None:
    room = Room(keeps=keeps)
    room.listen(1.0, together)
    for what, seconds, late in events:
        if what == "listen":
            room.listen(seconds, together, late)
        elif what == "sleep":
            room.sleep(seconds, late, together, eager=eager)
        else:
            room.be_away(seconds, together, eager=eager)
    room.listen(3.5, together)

    # A machine that is late all the time is not told from a room that is far.
    assert max(map(room.error, range(len(room.made)))) < TRANSPORT + 0.31
    assert room.error() == pytest.approx(TRANSPORT, abs=0.02)
