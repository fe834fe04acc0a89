import pytest
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


@pytest.mark.parametrize(
    "said",
    [
        [
            "地下室的洗衣机已经洗完了，衣服还在里面，请您有空的时候把它们拿出来晾干，谢谢您的帮助和耐心等待。",  # noqa: RUF001
            "外面正在下雨，阁楼的窗户还开着！要我把它关上吗？",  # noqa: RUF001
        ],
        [
            "地下室の洗濯機が終わりました。お母さんが「早く取り出して干してください。」と言っていましたよ！？",  # noqa: RUF001
            "外は雨です。",
        ],
    ],
    ids=["Chinese", "Japanese"],
)
def test_a_text_without_spaces_is_said_sentence_by_sentence(said: list[str]) -> None:
    assert sentences("".join(said)) == said


@pytest.mark.parametrize("sign", ["**", "🎉", "-" * 50 + ".", "…"])
def test_what_is_no_word_is_said_with_the_sentence_beside_it(sign: str) -> None:
    sentence = "The washing machine in the cellar has finished."

    assert sentences(f"{sentence} {sign}") == [f"{sentence} {sign}"]
    assert sentences(f"{sign} {sentence}") == [f"{sign} {sentence}"]
    assert sentences(f"{sentence} {sign} {sentence}") == [
        sentence,
        f"{sign} {sentence}",
    ]


@given(st.text(st.sampled_from("ab .!?…。！？；」』”’）\n")).filter(str.strip))  # noqa: RUF001
def test_nothing_of_a_text_is_lost_and_no_piece_is_without_a_word(text: str) -> None:
    pieces = sentences(text)

    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(piece.strip() for piece in pieces)
    has_word = any(map(str.isalnum, text))
    assert all(any(map(str.isalnum, piece)) for piece in pieces) is has_word
