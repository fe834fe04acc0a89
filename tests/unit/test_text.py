import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.text import LONGEST_TRANSCRIPT, clean, log_line, presentable


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
    assert len(clean("a" * 2**20)) == LONGEST_TRANSCRIPT


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


@given(st.text(st.characters(), max_size=4000))
def test_any_transcript_becomes_a_bounded_line_that_utf_8_can_carry(text: str) -> None:
    shown = presentable(text)

    assert len(shown) <= LONGEST_TRANSCRIPT
    assert shown == shown.strip()
    assert not set(shown) & {"\n", "\r", "\0", "\x1b", "\u202e"}
    shown.encode()


def test_lines_and_control_characters_become_one_line() -> None:
    assert presentable(" one\r\ntwo\tthree\x00\x1b[31m \u202efour\n") == (
        "one two three four"
    )


@given(st.text())
def test_nobody_can_forge_a_second_event(text: str) -> None:
    line = log_line(text)
    assert len(line.splitlines()) <= 1
    assert line.isprintable()
