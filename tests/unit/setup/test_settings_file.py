"""Answers put into a settings file."""

import tomllib
from importlib.resources import files
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auricle.setup.settings_file import filled

EXAMPLE = (
    files("auricle.assets").joinpath("config.example.toml").read_text(encoding="utf-8")
)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "satellite.name": TEXTS,
        "mqtt.host": TEXTS,
        "mqtt.tls": st.booleans(),
        "asr.url": TEXTS,
        "loudspeaker.device": TEXTS,
        "loudspeaker.volume": st.floats(0, 1),
        "something.new": st.integers(),
    },
)


def by_name(text: str) -> dict[str, Any]:
    return {
        f"{section}.{key}": value
        for section, keys in tomllib.loads(text).items()
        for key, value in keys.items()
    }


@given(ANSWERS)
def test_a_new_file_holds_the_answers_and_nothing_else(
    answers: dict[str, object],
) -> None:
    assert by_name(filled(EXAMPLE, answers)) == answers


@given(ANSWERS, ANSWERS)
def test_a_file_that_exists_keeps_what_was_not_asked_for(
    before: dict[str, object], answers: dict[str, object]
) -> None:
    assert by_name(filled(filled(EXAMPLE, before), answers)) == before | answers


@given(ANSWERS)
def test_the_same_answers_twice_change_nothing(answers: dict[str, object]) -> None:
    once = filled(EXAMPLE, answers)

    assert filled(once, answers) == once


def test_only_the_line_of_an_answer_changes() -> None:
    text = '# mine\n[mqtt]\n# host = "localhost"\nusername = "me" # who I am\n\n[log]\n'

    assert filled(text, {"mqtt.host": "broker"}) == text.replace(
        '# host = "localhost"', 'host = "broker"'
    )


def test_a_value_that_is_set_is_replaced_and_not_the_comment_above_it() -> None:
    text = '[mqtt]\n# host = "example"\nhost = "old"\n'

    assert filled(text, {"mqtt.host": "new"}) == text.replace("old", "new")


def test_a_key_of_another_section_with_the_same_name_is_left_alone() -> None:
    text = '[microphone]\ndevice = "usb"\n\n[loudspeaker]\n'

    assert by_name(filled(text, {"loudspeaker.device": "hw"})) == {
        "microphone.device": "usb",
        "loudspeaker.device": "hw",
    }
