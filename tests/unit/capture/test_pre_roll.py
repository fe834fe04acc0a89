from auricle.audio.frame import SAMPLE_RATE, Frame
from auricle.capture.pre_roll import PreRoll
from rigs.audio.speech import frames, noise, silence

_QUIET, _WORD, _COMMAND = (
    noise(2.1, dbfs=-60),
    noise(0.6, dbfs=-20),
    noise(0.3, dbfs=-20),
)
_GAP = noise(0.06, dbfs=-60)


def held(*sounds: bytes, margin: float = 0.0) -> PreRoll:
    pre_roll = PreRoll(margin, memory=3)
    for frame in frames(b"".join(sounds)):
        pre_roll.push(frame)
    return pre_roll


def pcm_of(kept: tuple[Frame, ...]) -> bytes:
    return b"".join(frame.pcm for frame in kept)


def position(*sounds: bytes) -> int:
    return len(b"".join(sounds)) // 2


def test_of_a_wake_word_and_its_command_the_command_is_kept() -> None:
    pre_roll = held(_QUIET, _WORD, _GAP, _COMMAND)
    kept = pre_roll.behind(position(_QUIET, _WORD))
    assert kept[-1].end == position(_QUIET, _WORD, _GAP, _COMMAND)
    assert pcm_of(kept).endswith(_COMMAND)
    softest = pcm_of(kept).lstrip(b"\0").removesuffix(_COMMAND)
    assert len(softest) < len(_GAP)
    assert _GAP.endswith(softest)


def test_what_the_first_frame_holds_of_the_wake_word_is_silent() -> None:
    word, command = noise(0.61, dbfs=-20), noise(0.29, dbfs=-20)
    end = position(_QUIET, word)
    (first, *_) = held(_QUIET, word, bytes(1920), command).behind(end)
    assert first.start < end
    assert not any(first.pcm[: 2 * (end - first.start)])


def test_a_margin_is_sent_of_the_wake_word_too() -> None:
    sounds = (_QUIET, _WORD, bytes(1920), _COMMAND)
    without = held(*sounds).behind(position(_QUIET, _WORD))
    with_it = held(*sounds, margin=0.3).behind(position(_QUIET, _WORD))
    assert with_it[-len(without) + 1 :] == without[1:]
    assert without[0].start - with_it[0].start == 0.3 * SAMPLE_RATE


def test_a_wake_word_that_is_still_being_said_has_nothing_behind_it_yet() -> None:
    pre_roll = held(_QUIET, _WORD)
    end = position(_QUIET, _WORD)
    assert pre_roll.behind(end + SAMPLE_RATE) == ()


def test_before_any_sound_there_is_nothing_behind_a_wake_word() -> None:
    assert held().behind(0) == ()


def test_the_last_seconds_are_remembered_oldest_first() -> None:
    room = frames(silence(6))
    pre_roll = held(silence(6))
    assert pre_roll.memory() == tuple(room[-100:])


def test_after_a_clear_it_starts_again_empty() -> None:
    pre_roll = held(_QUIET)
    pre_roll.clear()
    assert pre_roll.behind(0) == pre_roll.memory() == ()
