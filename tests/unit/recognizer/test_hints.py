import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr.wording import placed_words, words
from auricle.recognizer.hints import corrected, corrections, read, spellings

COFFEE = "light roast, iced mocha, triple shot, soy milk"

_words = st.sampled_from(
    ("lamp", "lamps", "Lamb", "kitchen", "chicken", "the", "a", "ß", "don't", "½", "灯")
)
texts = st.one_of(
    st.text(max_size=40),
    st.lists(_words, max_size=8).map(" ".join),
    st.lists(_words, max_size=8).map(", ".join),
)


def possible(transcript: str, corpus: str) -> set[str]:
    """The transcripts that there may be instead, each with one correction."""
    found = corrections(transcript, read(corpus))
    return {correction.of(transcript) for correction in found}


def taken(transcript: str, corpus: str, likelier: float) -> str:
    """What is made of it where the sound makes each correction so much likelier."""
    found = corrections(transcript, read(corpus))
    return corrected(transcript, [(correction, likelier) for correction in found])


def is_taken(transcript: str, corpus: str, meant: str, likelier: float) -> bool:
    """Whether that is made of it where the sound makes it so much likelier, and says
    nothing for another.
    """
    weighed = [
        (correction, likelier if correction.of(transcript) == meant else -99.0)
        for correction in corrections(transcript, read(corpus))
    ]
    return corrected(transcript, weighed) == meant


# --- where a hint may stand ---


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


def test_it_may_stand_where_words_are_spelled_somewhat_like_it() -> None:
    heard = "Make me a light rose marker."
    assert "Make me a light roast marker." in possible(heard, COFFEE)


def test_it_does_not_stand_where_nothing_is_like_it() -> None:
    assert possible("Close the garage door.", COFFEE) == set()


def test_what_is_a_hint_already_stays() -> None:
    assert possible("A light roast with soy milk.", "light roast, soy milk") == set()
    assert possible("Turn on the kitchen light.", "kitchen light, chicken light") == (
        set()
    )


@pytest.mark.parametrize(
    ("heard", "corpus", "meant"),
    [
        ("Call Cath Ryn.", "Kathryn", "Call Kathryn."),
        ("A single shot of Maricano.", "americano", "A single shot americano."),
    ],
)
def test_a_word_that_was_written_in_two_may_be_one(
    heard: str, corpus: str, meant: str
) -> None:
    assert meant in possible(heard, corpus)


def test_a_hint_is_written_as_whoever_sent_it_writes_it() -> None:
    assert "Call KATHRYN now." in possible("Call Catherine now.", "KATHRYN")


def test_the_first_word_of_a_transcript_keeps_its_capital() -> None:
    assert "Kitchen lump on." in possible("Chicken lump on.", "kitchen lump")


def test_only_what_differs_from_the_hint_is_replaced() -> None:
    heard = "Tilde's lamp, PLEASE?"
    assert "Tilda's lamp, PLEASE?" in possible(heard, "Tilda's LAMP")


@pytest.mark.parametrize(
    ("heard", "corpus"),
    [
        ("Turn on the lights.", "light"),
        ("Turn on the kitchen lamp.", "kitchen lamps"),
        ("Open the boxes.", "box"),
        ("Die Lampe an.", "Lampen"),
        ("Bake it.", "baked"),
    ],
)
def test_an_ending_alone_is_never_changed(heard: str, corpus: str) -> None:
    assert taken(heard, corpus, 99.0) == heard


@pytest.mark.parametrize(
    ("heard", "corpus"),
    [
        ("Turn on the light.", "light lamp"),
        ("Turn on the lamp light.", "lamp"),
        ("Turn it on.", "lamp"),
    ],
)
def test_no_word_is_merely_added_or_dropped(heard: str, corpus: str) -> None:
    assert taken(heard, corpus, 99.0) == heard


def test_a_chinese_name_is_found_by_its_characters() -> None:
    assert "打开客厅的灯" in possible("打开客听的灯", "客厅的灯")


def test_a_model_may_write_a_name_in_small_letters_or_with_capitals() -> None:
    assert spellings("iced Mocha") == {"iced Mocha", "iced mocha", "Iced Mocha"}


# --- what the sound must say ---


def test_a_sound_alike_is_taken_only_where_the_sound_speaks_for_it() -> None:
    heard, corpus = "A double shot with cream.", "double shop, iced motor"
    meant = "A double shop with cream."
    assert not is_taken(heard, corpus, meant, 0.4)
    assert is_taken(heard, corpus, meant, 0.6)


def test_where_a_hint_was_heard_word_for_word_others_are_expected() -> None:
    heard, corpus = "A light rose mocha.", "light roast, mocha"
    meant = "A light roast mocha."
    assert not is_taken(heard, corpus, meant, -5.1)
    assert is_taken(heard, corpus, meant, -4.9)


def test_what_sounds_the_same_is_spelled_as_the_hint_is() -> None:
    assert is_taken("Call Catherine.", "Kathryn", "Call Kathryn.", -4.9)
    assert not is_taken("Call Kathleen.", "Kathryn", "Call Kathryn.", -4.9)


def test_of_two_for_the_same_words_the_likelier_is_taken() -> None:
    heard = "A light ross mocha."
    rose, roast = (
        next(one for one in corrections(heard, read(corpus)) if one.of(heard) == meant)
        for corpus, meant in (
            ("light rose, mocha", "A light rose mocha."),
            ("light roast, mocha", "A light roast mocha."),
        )
    )
    assert corrected(heard, [(rose, -2.0), (roast, -1.0)]) == "A light roast mocha."
    assert corrected(heard, [(rose, -1.0), (roast, -2.0)]) == "A light rose mocha."


def test_two_hints_that_stand_side_by_side_are_taken_together() -> None:
    heard, corpus = "A medium rose triple shout.", "medium roast, triple shot"
    first = {"A medium roast triple shout.", "A medium rose triple shot."}
    weighed = [
        (correction, 1.0)
        for correction in corrections(heard, read(corpus))
        if correction.of(heard) in first
    ]
    assert corrected(heard, weighed) == "A medium roast triple shot."


# --- whatever is heard ---


@given(texts, texts, st.floats(-20, 20))
def test_a_transcript_is_never_emptied(
    heard: str, corpus: str, likelier: float
) -> None:
    assert bool(words(taken(heard, corpus, likelier))) == bool(words(heard))


@given(texts)
def test_without_hints_a_transcript_stays_as_it_is(heard: str) -> None:
    assert taken(heard, "", 99.0) == heard


@given(texts, texts)
def test_where_the_sound_speaks_against_all_nothing_changes(
    heard: str, corpus: str
) -> None:
    assert taken(heard, corpus, -5.1) == heard


@given(texts, texts)
def test_what_a_hint_replaces_it_stands_in_the_place_of(
    heard: str, corpus: str
) -> None:
    hints = read(corpus)
    for correction in corrections(heard, hints):
        after = [word.word for word in placed_words(correction.of(heard))]
        assert any(
            tuple(after[at : at + len(hint.words)]) == hint.words
            for hint in hints
            for at in range(len(after))
        )


@given(texts, texts, st.floats(-20, 20))
def test_outside_of_what_a_hint_replaces_nothing_changes(
    heard: str, corpus: str, likelier: float
) -> None:
    found = corrections(heard, read(corpus))
    touched = {at for one in found for at in range(one.start, one.end)}
    kept = [letter for at, letter in enumerate(heard) if at not in touched]
    rest = iter(taken(heard, corpus, likelier))
    assert all(letter in rest for letter in kept)
