from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.pacing import LEAD, LEAST_LEAD, Pacing
from auricle.audio.playing import SoundFormat

MONO = SoundFormat(22_050, 1)


def test_before_the_loudspeaker_plays_it_gets_no_more_than_the_lead() -> None:
    pacing = Pacing(MONO)

    first, silence = pacing.due(0.0, MONO.size(10), more=True)

    assert (first, silence) == (MONO.size(LEAD), 0)
    assert pacing.due(5.0, MONO.size(10), more=True) == (0, 0)


def test_a_sound_is_handed_over_as_fast_as_it_is_played() -> None:
    pacing = Pacing(MONO)
    pacing.due(0.0, MONO.size(10), more=True)
    pacing.begin(1.0)

    assert pacing.due(1.1, MONO.size(10), more=True) == (MONO.size(0.1), 0)


def test_a_chunk_that_does_not_come_in_time_is_silence_just_before_it_is_missed() -> (
    None
):
    pacing = Pacing(MONO)
    pacing.due(0.0, MONO.size(0.2), more=True)
    pacing.begin(0.0)

    assert pacing.due(0.04, 0, more=True) == (0, 0)
    sound, silence = pacing.due(0.1, 0, more=True)
    assert sound == 0
    assert abs(MONO.seconds(silence) - (LEAST_LEAD - 0.1)) < 0.001


def test_behind_the_last_chunk_comes_no_silence() -> None:
    pacing = Pacing(MONO)
    pacing.due(0.0, MONO.size(0.2), more=False)
    pacing.begin(0.0)

    assert pacing.due(0.19, 0, more=False) == (0, 0)
    assert pacing.over_at is not None
    assert abs(pacing.over_at - 0.2) < 0.001


def test_a_machine_that_was_held_up_does_not_hand_over_more_for_it() -> None:
    pacing = Pacing(MONO)
    pacing.due(0.0, MONO.size(60), more=True)
    pacing.begin(0.0)

    sound, _ = pacing.due(30.0, MONO.size(60), more=True)

    assert sound == MONO.size(LEAD)
    assert pacing.over_at is not None
    assert abs(pacing.over_at - 30.3) < 0.001


@dataclass
class Loudspeaker:
    """Plays what it is handed, second for second, and counts what it was missing."""

    sound_format: SoundFormat
    held: float = 0.0
    missed: float = 0.0
    most: float = 0.0
    now: float = 0.0
    played: list[float] = field(default_factory=list)

    def take(self, size: int) -> None:
        self.held += self.sound_format.seconds(size)
        self.most = max(self.most, self.held)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.missed += max(0.0, seconds - self.held)
        self.held = max(0.0, self.held - seconds)


FORMATS = st.builds(
    SoundFormat, st.sampled_from([8_000, 22_050, 44_100, 48_000]), st.integers(1, 2)
)
STEPS = st.lists(
    st.tuples(st.floats(0.001, 0.1), st.integers(0, 40_000)), min_size=5, max_size=80
)


@given(FORMATS, STEPS)
def test_whatever_comes_the_loudspeaker_never_runs_dry_and_all_of_it_is_played(
    sound_format: SoundFormat, steps: list[tuple[float, int]]
) -> None:
    pacing, loudspeaker = Pacing(sound_format), Loudspeaker(sound_format)
    waiting = sound_format.size(0.05)
    sent = waiting
    total = 0
    for number, (seconds, size) in enumerate(steps):
        sound, silence = pacing.due(loudspeaker.now, waiting, more=True)
        assert sound % sound_format.frame_bytes == 0
        assert silence % sound_format.frame_bytes == 0
        loudspeaker.take(sound + silence)
        waiting -= sound
        total += sound
        if number == 0:
            pacing.begin(loudspeaker.now)
            sound, silence = pacing.due(loudspeaker.now, waiting, more=True)
            loudspeaker.take(sound + silence)
            waiting -= sound
            total += sound
        loudspeaker.wait(seconds)
        waiting += size
        sent += size
    assert loudspeaker.missed == 0
    assert loudspeaker.most <= LEAD + 0.001
    assert total + waiting == sent
