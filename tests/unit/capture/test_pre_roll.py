from auricle.capture.pre_roll import PreRoll
from rigs.audio.speech import frames, silence


def test_it_holds_the_last_seconds_oldest_first() -> None:
    pre_roll = PreRoll(0.3, memory=3)
    room = frames(silence(6))
    for frame in room:
        pre_roll.push(frame)
    assert pre_roll.frames() == tuple(room[-10:])
    assert pre_roll.memory() == tuple(room[-100:])


def test_shortly_after_the_start_it_holds_what_there_is() -> None:
    pre_roll = PreRoll(0.3, memory=3)
    first, second = frames(silence(0.06))
    pre_roll.push(first)
    pre_roll.push(second)
    assert pre_roll.frames() == (first, second)


def test_without_a_pre_roll_the_room_is_remembered_all_the_same() -> None:
    pre_roll = PreRoll(0, memory=3)
    (frame,) = frames(silence(0.03))
    pre_roll.push(frame)
    assert pre_roll.frames() == ()
    assert pre_roll.memory() == (frame,)


def test_a_pre_roll_longer_than_the_memory_is_whole() -> None:
    pre_roll = PreRoll(5, memory=3)
    room = frames(silence(6))
    for frame in room:
        pre_roll.push(frame)
    assert len(pre_roll.frames()) == 167


def test_after_a_clear_it_starts_again_empty() -> None:
    pre_roll = PreRoll(1, memory=3)
    (frame,) = frames(silence(0.03))
    pre_roll.push(frame)
    pre_roll.clear()
    assert pre_roll.frames() == pre_roll.memory() == ()
