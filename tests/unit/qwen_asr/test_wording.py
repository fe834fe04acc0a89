import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr.wording import (
    has_words,
    joined,
    language_label,
    repeats_hints,
)


@pytest.mark.parametrize("label", ["en", "yue", "zh-CN", "pt_BR", "zh-Hant-TW"])
def test_a_language_code_is_taken(label: str) -> None:
    assert language_label(label) == label


@pytest.mark.parametrize(
    "label", ["", "../../etc", "en en", "e", "x" * 100, 5, None, ["en"], "en\n"]
)
def test_what_is_no_language_code_is_left_out(label: object) -> None:
    assert language_label(label) is None


@pytest.mark.parametrize(
    "text",
    [
        "Stop.",
        "5",
        "5?",
        "打开",
        "もう一度",
        "켜",
        "да",
        "لا",
        "नहीं",
        "¿Sí?",
        "[Music] stop",
        # Said beside a song, or with a note that belongs to nothing.
        "♪ la la ♪ Turn on the light.",
        "Turn on the light. ♪ la la ♪",
        "♪ la ♪ Stop. ♪ la ♪",
        "♪ Turn on the light.",
        "Stop. ♪",
        "Stop ♪ la ♪ la ♪",
    ],
)
def test_a_letter_or_a_digit_of_any_script_is_a_word(text: str) -> None:
    assert has_words(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "...", "…", "。", "-", "—", "♪", "♪♪", "?!", "、", "\u200b"),
        *(
            "[BLANK_AUDIO]",
            " [ Silence ] ",
            "(upbeat music)",
            "*sighs*",
            "<|nospeech|>",
        ),
        *(
            "【音乐】",
            "\uff08掌声\uff09",
            "[Music] (applause)",
            "♪ [music] ♪",
            "[noise].",
        ),
        *(
            "♪ la la ♪",
            " ♪♪ La la la. ♪♪ ",
            "♫ in the jungle ♬",
            "🎵 歌 🎶",
            "♪ la la ♪\n♪ la ♪",
            "♪ la ♪ la ♪",
            "(music) ♪ la la ♪",
        ),
    ],
)
def test_signs_and_the_names_of_noises_are_no_word(text: str) -> None:
    assert not has_words(text)


@given(st.text())
def test_what_has_words_has_a_letter_or_a_digit(text: str) -> None:
    assert not has_words(text) or any(map(str.isalnum, text))


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
        (["불 켜 줘.", "거실도."], "불 켜 줘. 거실도."),
    ],
    ids=str,
)
def test_texts_are_joined_as_their_language_is_written(
    texts: list[str], whole: str
) -> None:
    assert joined(texts) == whole


VERBS = "turn on, turn off, the kitchen light, the bedroom light"
SCENES = "Movie night in the living room, Good morning, Good night, Stop"
NAMES = "Kitchen light, living room, hallway. Nabu!"
CHINESE = "打开厨房灯 关闭厨房灯 打开客厅灯 晚安"


@pytest.mark.parametrize(
    ("hints", "text", "voice"),
    [
        # One word, or the name of a scene.
        (SCENES, "Stop.", 0.3),
        (SCENES, "Good night.", 0.6),
        (SCENES, "Movie night in the living room.", 1.5),
        ("Movie night in the living room", "Movie night in the living room.", 1.5),
        (CHINESE, "晚安", 0.5),
        (CHINESE, "打开厨房灯", 0.9),
        # Half of the hints; all of them.
        (VERBS, "Turn on the kitchen light.", 1.3),
        (VERBS, "Turn off the bedroom light and the kitchen light.", 2.5),
        (VERBS, "Turn on, turn off.", 1.2),
        (SCENES, "Good morning. Good night.", 1.4),
        ("turn on, the kitchen light", "Turn on the kitchen light.", 1.3),
        ("turn on, kitchen light, please", "Turn on kitchen light, please.", 1.3),
        (NAMES, "Kitchen light, living room, hallway, Nabu.", 3.0),
        # Said fast, to a detector that heard but half of it.
        (VERBS, "Turn on the kitchen light.", 0.6),
    ],
)
def test_a_command_made_of_hints_is_one_where_somebody_spoke(
    hints: str, text: str, voice: float
) -> None:
    assert not repeats_hints(text, hints, voice)


@pytest.mark.parametrize(
    ("hints", "text"),
    [
        (SCENES, "Stop."),
        (SCENES, "Movie night in the living room."),
        (VERBS, "Turn on the kitchen light."),
        (VERBS, VERBS),
        (NAMES, "kitchen LIGHT living room hallway nabu"),
        (NAMES, "Living room, hallway, kitchen light."),
        (CHINESE, "打开厨房灯"),
    ],
)
def test_the_same_repeats_the_hints_where_nobody_spoke(hints: str, text: str) -> None:
    assert repeats_hints(text, hints, 0.0)


@pytest.mark.parametrize(
    ("hints", "text", "voice"),
    [
        (VERBS, "Turn on the kitchen light.", 0.2),
        (SCENES, "Movie night in the living room, good morning, good night.", 0.6),
        (NAMES, "Kitchen light, living room, hallway.", 0.5),
        (CHINESE, "打开厨房灯关闭厨房灯", 0.3),
    ],
)
def test_more_than_can_be_said_in_that_time_repeats_the_hints(
    hints: str, text: str, voice: float
) -> None:
    assert repeats_hints(text, hints, voice)


@pytest.mark.parametrize(
    ("hints", "text"),
    [
        (VERBS, VERBS),
        (SCENES, "Movie night in the living room, good morning, good night, st"),
        ("淋巴结 臀位 积液 颈部 脾脏 胰腺", "淋巴结 臀位 积液 颈部 脾脏 胰"),
    ],
)
def test_a_list_read_out_from_its_start_repeats_the_hints_whatever_was_heard(
    hints: str, text: str
) -> None:
    assert repeats_hints(text, hints, 10.0)


@pytest.mark.parametrize("voice", [0.0, 0.2, 3.0])
@pytest.mark.parametrize(
    ("hints", "text"),
    [
        (NAMES, "Turn on the kitchen light, please."),
        (CHINESE, "请打开卧室的窗帘"),
        (NAMES, ""),
        (NAMES, "..."),
        ("", "Turn on the light."),
    ],
)
def test_words_that_are_no_hints_repeat_none(
    hints: str, text: str, voice: float
) -> None:
    assert not repeats_hints(text, hints, voice)


@given(st.text(), st.text(), st.floats(0, 60))
def test_any_text_repeats_the_hints_or_does_not(
    text: str, hints: str, voice: float
) -> None:
    assert repeats_hints(text, hints, voice) in (True, False)
