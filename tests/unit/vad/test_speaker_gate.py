import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_SAMPLES, Frame
from auricle.vad.energy_gate import EnergyGate
from auricle.vad.speaker_gate import SpeakerGate

ROOM_FRAMES, PHRASE_FRAMES = 65, 35


def sound(*levels: int) -> list[Frame]:
    return [
        Frame(np.full(FRAME_SAMPLES, level, "<i2").tobytes(), 0) for level in levels
    ]


def memory(*, room: int, speaker: int) -> list[Frame]:
    return sound(*[room] * ROOM_FRAMES, *[speaker] * PHRASE_FRAMES)


def voices(gate: SpeakerGate, *levels: int) -> list[bool]:
    """What the gate says of frames that all hold a voice."""
    return [gate.passes(frame, voice=True) for frame in sound(*levels)]


@pytest.fixture
def gate() -> SpeakerGate:
    return SpeakerGate()


def test_what_is_no_voice_does_not_pass(gate: SpeakerGate) -> None:
    gate.attune(memory(room=10, speaker=5000), woken=True)
    assert not any(gate.passes(frame, voice=False) for frame in sound(*[5000] * 9))


def test_a_voice_as_loud_as_the_wake_word_passes(gate: SpeakerGate) -> None:
    gate.attune(memory(room=100, speaker=5000), woken=True)
    assert all(voices(gate, *[4000] * 9))


def test_a_soft_voice_passes_in_a_quiet_room(gate: SpeakerGate) -> None:
    gate.attune(memory(room=10, speaker=5000), woken=True)
    assert voices(gate, 200) == [True]


def test_a_television_does_not_pass_though_it_is_a_voice(gate: SpeakerGate) -> None:
    # It talks with pauses: its loud moments are far above the floor.
    talk = [1000, 1000, 50] * 22
    gate.attune([*sound(*talk), *sound(*[5000] * PHRASE_FRAMES)], woken=True)
    assert not any(voices(gate, *[1000, 1000, 50] * 5))
    assert voices(gate, 4000) == [True]


def test_in_a_room_as_loud_as_the_speaker_the_speaker_passes(gate: SpeakerGate) -> None:
    # Somebody was talking just before: maybe the speaker.
    talk = [5000, 5000, 50] * 22
    gate.attune([*sound(*talk), *sound(*[5000] * PHRASE_FRAMES)], woken=True)
    assert voices(gate, 4000) == [True]


def test_in_noise_it_holds_on_between_words(gate: SpeakerGate) -> None:
    gate.attune(memory(room=1000, speaker=8000), woken=True)
    verdicts = voices(gate, *[8000] * 10, *[1000] * 10)
    assert verdicts == [True] * 16 + [False] * 4


def test_in_a_quiet_room_it_soon_lets_go(gate: SpeakerGate) -> None:
    gate.attune(memory(room=10, speaker=8000), woken=True)
    verdicts = voices(gate, *[8000] * 10, *[10] * 10)
    assert verdicts == [True] * 12 + [False] * 8


def test_a_clatter_is_not_held_on_to_for_longer_than_it_was_heard(
    gate: SpeakerGate,
) -> None:
    gate.attune(memory(room=1000, speaker=8000), woken=True)
    assert voices(gate, 8000, *[1000] * 4) == [True, True, False, False, False]
    assert voices(gate, 8000, *[1000] * 4) == [True, True, False, False, False]


def test_without_a_word_before_there_is_nothing_to_hold_on_to(
    gate: SpeakerGate,
) -> None:
    gate.attune(memory(room=1000, speaker=8000), woken=True)
    assert not any(voices(gate, *[1000] * 9))


def test_push_to_talk_says_nothing_of_the_speaker(gate: SpeakerGate) -> None:
    gate.attune(memory(room=1000, speaker=8000), woken=False)
    assert voices(gate, 3000, 1000) == [True, False]


def test_a_wake_word_right_after_the_start_says_nothing_of_the_room(
    gate: SpeakerGate,
) -> None:
    gate.attune(sound(*[20] * 10, *[5000] * 20), woken=True)
    assert voices(gate, 100, 20) == [True, False]


def test_after_a_reset_nothing_is_known(gate: SpeakerGate) -> None:
    gate.attune(memory(room=1000, speaker=8000), woken=True)
    gate.reset()
    assert voices(gate, 100, 100, 1000) == [False, False, True]


@given(
    st.lists(st.integers(0, 20_000), max_size=120),
    st.lists(st.tuples(st.integers(0, 20_000), st.booleans()), max_size=60),
)
def test_what_it_was_not_attuned_to_is_judged_by_the_noise_alone(
    before: list[int], then: list[tuple[int, bool]]
) -> None:
    gate, noise = SpeakerGate(), EnergyGate()
    gate.attune(sound(*before), woken=False)
    for frame in sound(*before):
        noise.passes(frame)
    for level, voice in then:
        (frame,) = sound(level)
        assert gate.passes(frame, voice=voice) == (noise.passes(frame) and voice)
