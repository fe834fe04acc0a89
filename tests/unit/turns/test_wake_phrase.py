import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auricle.turns.wake_phrase import SPELLINGS, Command, WakePhrase

NABU = WakePhrase("okay_nabu")
ALEXA = WakePhrase("alexa")


def command_in(transcript: str, phrase: WakePhrase = NABU) -> str:
    return phrase.remove_from(transcript).text


@pytest.mark.parametrize(
    "heard",
    [
        "Okay Nabu, turn on the light.",
        "Okay, Naboo. turn on the light.",
        "OK Nabu turn on the light.",
        "okay nabu… turn on the light.",
        "Okay-nabu! turn on the light.",
        "Okaynabu, turn on the light.",
        '"Okay Nabu," turn on the light.',
        "…nabu. turn on the light.",
        "Boo, turn on the light.",
    ],
)
def test_the_phrase_goes_with_what_sets_it_apart(heard: str) -> None:
    removed = NABU.remove_from(heard)
    assert removed.text.lstrip('" ') == "turn on the light."
    assert removed.raw_text == heard
    assert removed.confirmed


def test_one_letter_of_a_long_phrase_may_be_wrong() -> None:
    assert command_in("Okay, nabo. Stop.") == "Stop."
    assert command_in("Okey nabu, stop") == "stop"


def test_a_short_phrase_has_to_be_right() -> None:
    assert command_in("Alexa, stop.", ALEXA) == "stop."
    assert command_in("Annexe stop.", ALEXA) == "Annexe stop."


@pytest.mark.parametrize(
    "command",
    [
        "Okay, now turn on the light.",
        "Okay turn on the light",
        "Okay, not that one.",
        "Okay, never mind.",
        "Turn on okay nabu's lamp",
        "Boot the computer.",
        "Boo turn on the light",
        "No.",
        "",
        "  ",
        "…",
        "打开厨房的灯",
    ],
)
def test_a_command_without_the_phrase_stays_as_it_is(command: str) -> None:
    assert NABU.remove_from(command) == Command(command, command, confirmed=False)


@pytest.mark.parametrize("command", ["okay google", "Okay, stop.", "nabu is a god"])
def test_a_command_that_begins_like_the_phrase_is_kept_whole(command: str) -> None:
    assert command_in(f"Okay Nabu, {command}") == command


def test_the_phrase_is_removed_once() -> None:
    assert command_in("Alexa, alexa is a wake word", ALEXA) == "alexa is a wake word"


@pytest.mark.parametrize("heard", ["Okay Nabu.", "okay, naboo", "Nabu!", "Okay nabu …"])
def test_where_nothing_else_was_said_nothing_is_left(heard: str) -> None:
    removed = NABU.remove_from(heard)
    assert removed.text == ""
    assert removed.confirmed


def test_the_sign_and_the_decimals_of_a_number_are_part_of_the_command() -> None:
    assert command_in("Okay nabu, -5 degrees") == "-5 degrees"
    assert command_in("Okay nabu .5 degrees") == ".5 degrees"
    assert command_in("Okay nabu - set it to 5") == "set it to 5"


def test_a_phrase_in_front_of_chinese_is_removed() -> None:
    assert command_in("Okay nabu,打开厨房的灯") == "打开厨房的灯"
    assert command_in("okay nabu打开厨房的灯") == "打开厨房的灯"


def test_a_model_of_ones_own_is_spelled_as_it_is_called() -> None:
    assert command_in("Hey Pedro, stop", WakePhrase("hey_pedro")) == "stop"
    assert command_in("Hey Jarvis, stop", WakePhrase("hey_jarvis_v0.1")) == "stop"


def test_a_model_of_ones_own_may_be_given_spellings() -> None:
    phrase = WakePhrase("my_model_3", ["sesame öffne dich", "芝麻开门"])
    assert command_in("Sesame, Öffne dich! Licht an", phrase) == "Licht an"
    assert command_in("芝麻开门,开灯", phrase) == "开灯"


commands = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "Z"]), max_size=40
)
spelled = st.sampled_from(
    [
        (wake_word, phrase)
        for wake_word, others in SPELLINGS.items()
        for phrase in (wake_word.replace("_", " "), *others)
    ]
)


@given(st.sampled_from(sorted(SPELLINGS)), commands)
def test_what_is_left_is_the_end_of_what_was_heard(wake_word: str, heard: str) -> None:
    removed = WakePhrase(wake_word).remove_from(heard)
    assert removed.raw_text == heard
    assert heard.endswith(removed.text)
    assert removed.confirmed or removed.text == heard


@given(spelled, st.sampled_from([". ", ", ", "! ", " – "]), commands)  # noqa: RUF001
def test_every_spelling_is_found_and_no_word_behind_it_is_lost(
    spelling: tuple[str, str], between: str, command: str
) -> None:
    wake_word, phrase = spelling
    command = "turn " + command
    removed = WakePhrase(wake_word).remove_from(phrase.title() + between + command)
    assert removed.confirmed
    assert removed.text == command


@given(st.sampled_from(sorted(SPELLINGS)), commands)
def test_a_command_behind_another_word_is_never_touched(
    wake_word: str, command: str
) -> None:
    heard = f"please {command}"
    assume("please" not in wake_word)
    assert command_in(heard, WakePhrase(wake_word)) == heard
