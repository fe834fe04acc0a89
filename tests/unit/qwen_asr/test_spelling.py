import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr.spelling import consonants


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kathryn", "Catherine"),
        ("Philip", "Filipp"),
        ("Schmidt", "shmidt"),
        ("whole", "hole"),
        ("Renée", "Renee"),
    ],
)
def test_what_is_written_differently_and_said_alike_sounds_alike(
    one: str, other: str
) -> None:
    assert consonants(one) == consonants(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("coffee", "copy"), ("shot", "shop"), ("mocha", "motor"), ("light", "tight")],
)
def test_another_consonant_sounds_different(one: str, other: str) -> None:
    assert consonants(one) != consonants(other)


def test_of_another_script_nothing_is_known() -> None:
    assert consonants("客厅") == ""


@given(st.text())
def test_case_and_punctuation_say_nothing(text: str) -> None:
    assert consonants(f" {text}, ") == consonants(text)
