"""What a sweep tells of the echo, and what that means."""

import pytest

from auricle.doctor import echo
from auricle.doctor.echo import Echo
from auricle.doctor.results import Status
from rigs.audio.echoes import echo_of
from rigs.audio.speech import frames, mix, noise, silence


@pytest.mark.parametrize(("delay", "gain"), [(0.02, 0.5), (0.3, 0.05), (1.6, 0.5)])
def test_what_comes_back_is_found_with_its_delay_and_level(
    delay: float, gain: float
) -> None:
    sweep = echo.sweep()
    back = silence(0.5) + echo_of(sweep, delay=delay, length=4, gain=gain)
    heard = frames(mix(back, noise(4.5, dbfs=-60)), start=480)
    found = echo.find_in(heard, sweep, begun=480 + 8000)
    assert found is not None
    assert found.delay == pytest.approx(delay, abs=0.002)
    expected = {0.5: -26, 0.05: -46}[gain]
    assert found.level == pytest.approx(expected, abs=1.5)
    assert not found.clipped


def test_an_echo_within_the_frame_in_which_it_began_is_not_heard_before_it() -> None:
    sweep = echo.sweep()
    heard = frames(echo_of(sweep, delay=0.5, length=4, gain=0.5))
    found = echo.find_in(heard, sweep, begun=8010)
    assert found is not None
    assert echo.judge(found).meaning.startswith("heard 0 ms late")


def test_a_microphone_at_full_scale_is_noticed() -> None:
    sweep = echo.sweep()
    heard = frames(echo_of(sweep, delay=0.1, length=3, gain=12))
    found = echo.find_in(heard, sweep, begun=0)
    assert found is not None
    assert found.clipped


def test_what_is_not_heard_is_not_found() -> None:
    assert echo.find_in(frames(noise(4, dbfs=-40)), echo.sweep(), begun=0) is None
    assert echo.find_in(frames(silence(4)), echo.sweep(), begun=0) is None
    assert echo.find_in(frames(silence(1)), echo.sweep(), begun=0) is None
    assert echo.find_in(frames(noise(4, dbfs=-40)), b"", begun=0) is None


def test_an_echo_like_a_voice_is_well() -> None:
    judged = echo.judge(Echo(0.12, -26.0, clipped=False))
    assert judged.status is Status.OK
    assert judged.meaning == (
        "heard 120 ms late, at -26 dBFS: about 4 dB louder than somebody two meters "
        "away; wake words are heard while it speaks"
    )


@pytest.mark.parametrize(
    ("found", "meaning"),
    [
        (Echo(0.1, -15.0, clipped=False), "half of the wake words"),
        (Echo(0.1, -5.0, clipped=False), "few wake words"),
        (Echo(0.1, -25.0, clipped=True), "at full scale"),
        (Echo(2.0, -35.0, clipped=False), "in the first seconds of an answer"),
    ],
)
def test_an_echo_that_hides_wake_words_is_told_with_a_remedy(
    found: Echo, meaning: str
) -> None:
    judged = echo.judge(found)
    assert judged.status is Status.WARNING
    assert meaning in judged.meaning
    assert judged.advice


def test_a_sound_that_the_microphone_does_not_hear_is_well() -> None:
    judged = echo.judge(None)
    assert judged.status is Status.OK
    assert "if you did not hear it either" in judged.advice


def test_without_a_loudspeaker_there_is_no_echo() -> None:
    assert echo.examine("").status is Status.SKIPPED


def test_with_the_library_it_says_how_to_measure() -> None:
    examined = echo.examine("default")
    assert examined.status is Status.OK
    assert "auricle doctor --echo" in examined.meaning
