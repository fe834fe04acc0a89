from hypothesis import given
from hypothesis import strategies as st

from auricle.recognizer.interim import InterimText


def taken(*texts: str) -> list[tuple[str, str] | None]:
    interim = InterimText("i")
    return [interim.take(text) for text in texts]


def test_what_is_heard_first_is_a_draft() -> None:
    assert taken("turn on") == [("", "turn on")]


def test_what_is_heard_twice_is_confirmed() -> None:
    assert taken("turn on", "turn on the light")[1] == ("turn on", " the light")


def test_half_a_word_is_not_confirmed() -> None:
    assert taken("turn on the kit", "turn on the kitchen")[1] == (
        "turn on the ",
        "kitchen",
    )


def test_the_same_twice_is_confirmed_and_then_no_news() -> None:
    assert taken("turn on", "turn on", "turn on") == [
        ("", "turn on"),
        ("turn on", ""),
        None,
    ]


def test_the_same_is_said_once_more_where_there_is_more_to_tell_of_it() -> None:
    interim = InterimText("i")
    interim.take("turn on")
    interim.take("turn on the light")
    assert interim.take("turn on the light", anyway=True) == ("turn on the light", "")
    assert interim.take("turn on the light", anyway=True) == ("turn on the light", "")
    assert interim.take("", anyway=True) is None


def test_a_full_stop_that_comes_and_goes_is_not_confirmed() -> None:
    assert taken("Turn on.", "Turn on the light.")[1] == ("Turn on", " the light.")


def test_nothing_at_all_is_no_news() -> None:
    assert taken("", "") == [None, None]


def test_a_draft_without_words_takes_none_back() -> None:
    assert taken("turn on", "", "turn on the light") == [
        ("", "turn on"),
        None,
        ("turn on", " the light"),
    ]


def test_what_was_confirmed_stays_when_the_engine_changes_its_mind() -> None:
    assert taken("turn on the", "turn on the light", "turn off the light now")[2] == (
        "turn on the",
        " light now",
    )


@given(st.lists(st.text("ab c", max_size=12), max_size=8))
def test_the_confirmed_prefix_only_grows(texts: list[str]) -> None:
    confirmed = ""
    for news in taken(*texts):
        if news is not None:
            assert news[0].startswith(confirmed)
            confirmed = news[0]


@given(st.text("ab c", max_size=12))
def test_the_first_interim_is_the_text_itself(text: str) -> None:
    news = InterimText("i").take(text)
    assert "".join(news or ("", "")) == text
