import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.asr.wording import (
    LONGEST_TEXT,
    clean,
    is_corpus_echo,
    joined,
    language_label,
)


@pytest.mark.parametrize(
    ("said", "cleaned"),
    [
        ("Turn on the light.", "Turn on the light."),
        ("one\r\ntwo\tthree", "one  two three"),
        ("nul\x00 bell\x07 delete\x7f c1\x85end", "nul bell delete c1 end"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1bcreset", "reset"),
        ("\x9b2Jgone", "gone"),
        ("abc\u202edef\u2066ghi", "abcdefghi"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("para\u2029graph", "para graph"),
        ("{{ states('lock.front') }}", "{{ states('lock.front') }}"),
        ("打开厨房的灯。", "打开厨房的灯。"),
        ("نور المطبخ", "نور المطبخ"),
        (
            "family \N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}",
            "family \U0001f468\u200d\U0001f469",
        ),
    ],
)
def test_what_is_said_stays_and_what_would_act_goes(said: str, cleaned: str) -> None:
    assert clean(said) == cleaned


def test_a_transcript_of_a_megabyte_is_cut() -> None:
    assert len(clean("a" * 2**20)) == LONGEST_TEXT


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_comes_out_printable_on_one_line(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert "\x1b" not in cleaned
    assert len(cleaned.splitlines()) <= 1
    assert len(cleaned) <= len(text)


@given(st.text(max_size=300))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("label", ["en", "yue", "zh-CN", "pt_BR", "zh-Hant-TW"])
def test_a_language_code_is_taken(label: str) -> None:
    assert language_label(label) == label


@pytest.mark.parametrize(
    "label", ["", "../../etc", "en en", "e", "x" * 100, 5, None, ["en"], "en\n"]
)
def test_what_is_no_language_code_is_left_out(label: object) -> None:
    assert language_label(label) is None


HINTS = "Kitchen light, living room, hallway. Nabu!"


@pytest.mark.parametrize(
    "text",
    [
        HINTS,
        "kitchen LIGHT living room hallway nabu",
        "Living room, hallway, kitchen light.",
    ],
)
def test_the_hints_said_back_are_an_echo(text: str) -> None:
    assert is_corpus_echo(text, HINTS)


@pytest.mark.parametrize(
    "text", ["", "...", "kitchen light", "Turn on the kitchen light, please."]
)
def test_a_command_that_uses_the_hints_is_no_echo(text: str) -> None:
    assert not is_corpus_echo(text, HINTS)


def test_chinese_hints_said_back_are_an_echo() -> None:
    assert is_corpus_echo("厨房灯客厅灯", "厨房灯 客厅灯")
    assert not is_corpus_echo("请打开卧室的窗帘", "厨房灯 客厅灯")


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        ([], ""),
        (["", " "], ""),
        (
            ["Turn on the light.", "", "And the radio."],
            "Turn on the light. And the radio.",
        ),
        (["打开灯。", "现在。"], "打开灯。现在。"),
        (["Schalte ein", "кухню"], "Schalte ein кухню"),
        (["ライトを", "つけて"], "ライトをつけて"),
        (["打开 TV", "现在"], "打开 TV现在"),
    ],
    ids=str,
)
def test_texts_are_joined_as_their_language_is_written(
    texts: list[str], whole: str
) -> None:
    assert joined(texts) == whole
