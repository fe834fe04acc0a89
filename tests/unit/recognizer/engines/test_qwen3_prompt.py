from hypothesis import given
from hypothesis import strategies as st

from auricle.recognizer.engines.qwen3_prompt import hotwords


def test_words_to_expect_are_told_one_by_one() -> None:
    told = hotwords("kitchen light, bedroom\nthe blue lamp;\uff0c lamp")
    assert told.text == "kitchen light,bedroom,the blue lamp,lamp"
    assert told.left_out is None


def test_of_too_many_words_the_first_are_told_and_the_number_is_said() -> None:
    told = hotwords(", ".join(f"the lamp number {number}" for number in range(200)))
    assert told.text.startswith("the lamp number 0,the lamp number 1,")
    assert told.left_out == f"the first {told.text.count(',') + 1} of 200"


@given(st.text(max_size=2000))
def test_what_is_told_leaves_room_for_the_transcript(corpus: str) -> None:
    assert len(hotwords(corpus).text.encode()) <= 300
