"""Answers put into a settings file."""

import math
import tomllib
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.errors import ConfigError
from auricle.setup.settings_file import filled
from rigs.any_settings import schemas, values
from rigs.spelled_toml import spelled

EXAMPLE = (
    files("auricle.assets").joinpath("config.example.toml").read_text(encoding="utf-8")
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
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


@pytest.mark.parametrize(
    "text",
    [
        '[mqtt]\n  host = "old" # in the cellar\n',
        '[mqtt]\nhost = "old"\t# in the cellar, "not # above"\n',
        '[mqtt]\n# host = "old"  # in the cellar\n',
    ],
)
def test_a_comment_behind_a_value_stays_and_so_does_what_is_before_it(
    text: str,
) -> None:
    new = filled(text, {"mqtt.host": "a # b"})

    assert new == text.replace("old", "a # b").replace("# host", "host")
    assert filled(new, {"mqtt.host": "old"}) == new.replace("a # b", "old")


def test_a_key_of_another_section_with_the_same_name_is_left_alone() -> None:
    text = '[microphone]\ndevice = "usb"\n\n[loudspeaker]\n'

    assert by_name(filled(text, {"loudspeaker.device": "hw"})) == {
        "microphone.device": "usb",
        "loudspeaker.device": "hw",
    }


def is_written_in_toml(value: object) -> bool:
    match value:
        case str():
            return not any("\ud800" <= character <= "\udfff" for character in value)
        case float():
            return not math.isnan(value)
        case list():
            return all(map(is_written_in_toml, value))
        case dict():
            return all(map(is_written_in_toml, (*value, *value.values())))
    return True


SOME_SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        name: values(schema, ["", "a", "[mqtt]", "a\nhost = 1\n", "é\"'"]).filter(
            is_written_in_toml
        )
        for name, schema in schemas().items()
        if name.partition(".")[0] in ("mqtt", "lights", "wake_word")
    },
)


@given(SOME_SETTINGS, SOME_SETTINGS, st.data())
def test_whatever_the_spelling_the_new_values_are_said_and_all_others_or_it_is_refused(
    before: dict[str, Any], answers: dict[str, Any], data: st.DataObject
) -> None:
    sections: dict[str, dict[str, Any]] = {}
    for name, value in before.items():
        section, _, key = name.partition(".")
        sections.setdefault(section, {})[key] = value
    text = data.draw(spelled(sections))
    assert by_name(text) == before

    try:
        found = by_name(filled(text, answers))
    except ConfigError:
        return

    assert found == before | answers


@pytest.mark.parametrize(
    "text",
    [
        '[ mqtt ]\nhost = "a"\n',
        '  [mqtt]\n  host = "a"\n',
        "['mqtt'] # the broker\nhost = 'a'\n",
        '[mqtt]\n"host" = "a"\n',
        "[mqtt]\n'host'='a'\n",
    ],
)
def test_a_section_and_a_key_are_found_in_every_spelling_of_their_names(
    text: str,
) -> None:
    assert by_name(filled(text, {"mqtt.host": "b"})) == {"mqtt.host": "b"}


@pytest.mark.parametrize(
    "text",
    [
        'mqtt.host = "a"\n',
        'mqtt = { host = "a" }\n',
        '[mqtt]\nhost = """\na"""\n',
        '[log]\nlevel = """\n[mqtt]\nhost = 1\n"""\n',
    ],
)
def test_a_text_that_would_say_something_else_is_refused_and_the_key_is_named(
    text: str,
) -> None:
    with pytest.raises(ConfigError, match=r"mqtt\.host") as refusal:
        filled(text, {"mqtt.host": "secret", "asr.language": "de"})

    assert "asr" not in str(refusal.value)
    assert "secret" not in str(refusal.value)
