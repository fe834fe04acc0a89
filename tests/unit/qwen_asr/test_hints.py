import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auricle.qwen_asr.hints import MOST_TOKENS, fitting, tokens
from auricle.qwen_asr.wording import words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("kitchen light", 2),
        ("kitchen light, hall", 4),
        ("refrigerator", 2),
        ("客厅的灯", 4),
        ("거실 조명", 4),
        ("кухня", 3),
    ],
)
def test_tokens_are_neither_characters_nor_words(text: str, count: int) -> None:
    assert tokens(text) == count


@example("¼")
@example("㏂")
@example("\ufdfa")
@given(st.text())
def test_no_text_has_fewer_tokens_than_the_server_counts(text: str) -> None:
    assert tokens(text) >= len(words(text))


def test_hints_of_many_characters_fit() -> None:
    hints = "kitchen light, living room\n" * 1500
    assert len(hints) > 40_000
    assert fitting(hints) == hints


@pytest.mark.parametrize("separator", [", ", "\n", "、"])
def test_what_fits_ends_with_a_whole_hint(separator: str) -> None:
    names = [f"客厅的灯 {number}" for number in range(3000)]
    fits = fitting(separator.join(names))
    assert fits.split(separator) == names[: fits.count(separator) + 1]
    assert 0.99 * MOST_TOKENS < tokens(fits) <= MOST_TOKENS


def test_a_text_that_is_no_list_is_cut_where_it_is_full() -> None:
    assert fitting("灯" * 12_000) == "灯" * 10_000


@given(st.text("灯a, \n", max_size=50).map(lambda text: text * 500))
def test_what_fits_is_the_beginning_and_within_the_limit(hints: str) -> None:
    fits = fitting(hints)
    assert hints.startswith(fits)
    assert tokens(fits) <= MOST_TOKENS
    assert fitting(fits) == fits
