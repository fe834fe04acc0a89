from hypothesis import given
from hypothesis import strategies as st

from auricle.speech.sentences import sentences


def test_a_long_text_is_said_sentence_by_sentence() -> None:
    text = (
        "The washing machine in the cellar has finished. Yes. "
        "It is raining, and the window in the attic is open! Close it?"
    )

    assert sentences(text) == [
        "The washing machine in the cellar has finished.",
        "Yes. It is raining, and the window in the attic is open!",
        "Close it?",
    ]


@given(st.text(st.sampled_from("ab .!?…。\n")).filter(str.strip))
def test_nothing_of_a_text_is_lost(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
