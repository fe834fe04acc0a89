from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr.wording import words
from auricle.recognizer.hints import (
    MOST_TOLD,
    corrected,
    corrections,
    read,
    worth_telling,
)

COFFEE = "light roast, iced mocha, triple shot, soy milk"

_words = st.sampled_from(
    ("lamp", "lamps", "Lamb", "kitchen", "chicken", "the", "a", "ß", "don't", "½", "灯")
)
texts = st.one_of(
    st.text(max_size=40),
    st.lists(_words, max_size=8).map(" ".join),
    st.lists(_words, max_size=8).map(", ".join),
)


def told(transcript: str, corpus: str) -> list[str]:
    return [hint.text for hint in worth_telling(transcript, read(corpus))]


def taken(transcript: str, again: str, corpus: str) -> str:
    return corrected(transcript, corrections(transcript, again, read(corpus)))


# --- which are told ---


@pytest.mark.parametrize(
    "corpus",
    [
        "kitchen lamp, study",
        "kitchen lamp\nstudy",
        "Kitchen lamp. Study!",
        "kitchen lamp;study",
    ],
)
def test_hints_stand_between_commas_lines_and_the_ends_of_sentences(
    corpus: str,
) -> None:
    assert [hint.words for hint in read(corpus)] == [("kitchen", "lamp"), ("study",)]


def test_a_hint_that_is_sent_twice_is_one() -> None:
    assert [hint.text for hint in read("lamp, Lamp, " + "lamp\n" * 200)] == ["lamp"]


def test_what_sounds_like_something_heard_is_told_the_likest_first() -> None:
    assert told("Make me a light rose mocha.", f"{COFFEE}, light ross") == [
        "light ross",
        "light roast",
        "iced mocha",
    ]


def test_what_sounds_like_nothing_heard_is_not_told() -> None:
    assert told("Close the garage door.", COFFEE) == []


def test_where_all_stand_there_word_for_word_there_is_nothing_to_tell() -> None:
    assert told("A light roast with soy milk.", "light roast, soy milk") == []


def test_what_stands_there_is_told_beside_what_does_not() -> None:
    heard = "A light roast with soil milk."
    assert told(heard, "light roast, soy milk") == ["light roast", "soy milk"]


def test_a_word_that_was_written_in_two_is_recognized() -> None:
    assert told("Call Cath Ryn.", "Kathryn") == ["Kathryn"]


def test_no_more_are_told_than_a_model_heeds() -> None:
    many = ", ".join(f"lamp {letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
    assert len(told("Turn on lamp.", many)) == MOST_TOLD


def test_of_no_words_nothing_is_made() -> None:
    assert told("", COFFEE) == []
    assert told("...", COFFEE) == []


# --- what is taken ---


def test_what_a_hint_explains_is_taken() -> None:
    heard, again = "Make me a light rose latte.", "Make me a light roast latte."
    assert taken(heard, again, COFFEE) == again


def test_what_no_hint_explains_is_not() -> None:
    heard = "I want a light rose latte."
    assert taken(heard, "I went a light roast. Lattice.", COFFEE) == (
        "I want a light roast latte."
    )


def test_a_hint_is_written_as_whoever_sent_it_writes_it() -> None:
    heard, again = "Call Catherine now.", "Call. KATHRYN. Now."
    assert taken(heard, again, "Kathryn") == "Call Kathryn now."


def test_the_first_word_of_a_transcript_keeps_its_capital() -> None:
    assert taken("Kitchens lump on.", "Kitchen lamp on.", "kitchen lamp") == (
        "Kitchen lamp on."
    )


def test_two_hints_that_stand_side_by_side_are_taken_together() -> None:
    heard = "Give me a medium row strip of shot please."
    again = "Give me a medium roast. Triple shot. Please."
    assert words(taken(heard, again, "medium roast, triple shot")) == words(again)


@pytest.mark.parametrize(
    ("heard", "again", "corpus"),
    [
        ("Turn on the lights.", "Turn on the light.", "light"),
        ("Turn on the kitchen lamp.", "Turn on the kitchen lamps.", "kitchen lamps"),
        ("Open the boxes.", "Open the box.", "box"),
        ("Die Lampe an.", "Die Lampen an.", "Lampen"),
        ("Bake it.", "Baked it.", "baked"),
    ],
)
def test_an_ending_alone_is_never_changed(heard: str, again: str, corpus: str) -> None:
    assert taken(heard, again, corpus) == heard


@pytest.mark.parametrize(
    ("heard", "again"),
    [
        ("Turn on the light.", "Lamp. Lamp. Lamp. Lamp."),
        ("Turn on the light.", ""),
        ("Turn on the light.", "Turn on the lamp light."),
        ("Turn on the lamp light.", "Turn on the light."),
        ("Turn it on.", "Lamp."),
    ],
)
def test_what_resembles_nothing_that_was_heard_is_not_taken(
    heard: str, again: str
) -> None:
    assert taken(heard, again, "lamp") == heard


def test_a_chinese_name_is_taken_by_its_characters() -> None:
    heard, again = "打开客听的灯", "打开客厅的灯"
    assert taken(heard, again, "客厅的灯") == again


# --- whatever is heard ---


def parts(transcript: str, again: str, corpus: str) -> Sequence[tuple[int, int, str]]:
    found = corrections(transcript, again, read(corpus))
    return [(change.start, change.end, change.replacement) for change in found]


@given(texts, texts, texts)
def test_a_transcript_is_never_emptied(heard: str, again: str, corpus: str) -> None:
    after = taken(heard, again, corpus)
    assert bool(words(after)) == bool(words(heard))


@given(texts, texts)
def test_without_hints_a_transcript_stays_as_it_is(heard: str, again: str) -> None:
    assert taken(heard, again, "") == heard
    assert told(heard, "") == []


@given(texts, texts, texts)
def test_outside_of_what_a_hint_explains_nothing_changes(
    heard: str, again: str, corpus: str
) -> None:
    hinted = {word for hint in read(corpus) for word in hint.words}
    at, rest = 0, taken(heard, again, corpus)
    for start, end, replacement in parts(heard, again, corpus):
        assert rest.startswith(heard[at:start] + replacement)
        assert hinted & set(words(replacement))
        rest = rest.removeprefix(heard[at:start] + replacement)
        assert at <= start < end
        at = end
    assert rest == heard[at:]


@given(texts, texts, texts)
def test_what_was_taken_once_is_not_changed_again(
    heard: str, again: str, corpus: str
) -> None:
    after = taken(heard, again, corpus)
    assert taken(after, again, corpus) == after


@given(texts, texts)
def test_a_second_hearing_that_says_the_same_changes_nothing(
    heard: str, corpus: str
) -> None:
    assert taken(heard, heard, corpus) == heard


@given(texts, texts)
def test_what_is_told_was_sent_and_may_be_told_at_once(heard: str, corpus: str) -> None:
    hints = told(heard, corpus)
    assert len(hints) <= MOST_TOLD
    assert set(hints) <= {hint.text for hint in read(corpus)}
