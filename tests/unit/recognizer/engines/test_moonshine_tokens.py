from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.recognizer.engines.moonshine_tokens import MoonshineTokens, tokens_in


def tokenizer(tokens: Sequence[bytes]) -> bytes:
    return b"".join(length(len(token)) + token for token in tokens)


def length(number: int) -> bytes:
    if number < 128:
        return bytes([number])
    return bytes([128 + number % 128, number // 128])


def spelled(*tokens: bytes) -> str:
    return MoonshineTokens(tokenizer(tokens)).text(range(len(tokens)))


@given(st.lists(st.binary(max_size=300)))
def test_the_tokens_of_any_length_are_read(tokens: list[bytes]) -> None:
    assert list(tokens_in(tokenizer(tokens))) == tokens


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_file_that_is_not_whole_is_refused(token: bytes, data: st.DataObject) -> None:
    whole = tokenizer([token])
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(ValueError, match="ends in the midst of the token at"):
        list(tokens_in(whole[:cut]))


def test_words_stand_apart() -> None:
    assert spelled("\u2581turn".encode(), "\u2581on".encode(), b".") == "turn on."


def test_a_character_may_be_spread_over_tokens() -> None:
    assert spelled(b"caf", b"\xc3", b"\xa9") == "café"


def test_half_a_character_is_left_out() -> None:
    assert spelled(b"caf", b"\xc3") == "caf"


def test_what_stands_for_no_sound_is_left_out() -> None:
    assert spelled(b"<s>", b"stop", b"</s>", b"<<ST_7>>") == "stop"


def test_a_sign_is_no_such_thing() -> None:
    assert spelled(b"<", b">", b"<>") == "<><>"
