import pytest

from auricle.recognizer.engines.plausible import is_endless, is_sayable


@pytest.mark.parametrize(
    "text", ["", "...", "♪♪♪♪?", "[BLANK_AUDIO]", "(upbeat music)"]
)
def test_signs_without_a_word_are_not_said(text: str) -> None:
    assert not is_sayable(text, seconds=3)


def test_a_phrase_without_an_end_is_not_said() -> None:
    assert not is_sayable("and the " * 40, seconds=3)


def test_a_room_without_a_word_is_not_endless() -> None:
    assert not is_endless("", seconds=0.1)
    assert is_endless("and the " * 40, seconds=3)


@pytest.mark.parametrize("text", ["Stop.", "no no no no no", "打开厨房的灯"])
def test_what_people_say_is(text: str) -> None:
    assert is_sayable(text, seconds=2)
