import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.mqtt.commands import (
    LONGEST_VOCABULARY,
    Change,
    Command,
    Listen,
    ListenAction,
    Rejected,
    Restart,
    SetVocabulary,
    parse,
    parse_vocabulary,
)
from auricle.mqtt.link.broker import Received
from auricle.mqtt.settings import LONGEST_TEXT, Options, Setting, Value
from auricle.mqtt.subscriber import HomeAssistantStarted, Subscriber
from auricle.mqtt.topics import Action, Topics

TOPICS = Topics("auricle", "study")
OPTIONS = Options(languages=("auto", "de", "en"), wake_words=("off", "okay_nabu"))


@pytest.mark.parametrize(
    ("setting", "payload", "value"),
    [
        (Setting.MUTE, "ON", True),
        (Setting.MUTE, " off\n", False),
        (Setting.LANGUAGE, "DE", "de"),
        (Setting.LANGUAGE, "auto", "auto"),
        (Setting.WAKE_WORD, "okay_nabu", "okay_nabu"),
        (Setting.WAKE_WORD, "Off", "off"),
        (Setting.THRESHOLD, "0.65", 0.65),
        (Setting.CONTEXT, "Möhrchen, HVAC", "Möhrchen, HVAC"),
        (Setting.CONTEXT, "", ""),
        (Setting.CONTINUE_CONVERSATION, "8", 8.0),
        (Setting.GROUP, " Upstairs", "upstairs"),
        (Setting.GROUP, "", ""),
        (Setting.CONTINUE_CONVERSATION, "0.0", 0.0),
    ],
)
def test_a_setting_is_changed_by_its_value_in_any_case(
    setting: Setting, payload: str, value: Value
) -> None:
    assert parse(setting, payload.encode(), OPTIONS) == Change(setting, value)


@pytest.mark.parametrize(
    ("action", "payload", "command"),
    [
        (Action.LISTEN, "start", Listen(ListenAction.START)),
        (Action.LISTEN, "CANCEL", Listen(ListenAction.CANCEL)),
        (Action.RESTART, "PRESS", Restart()),
    ],
)
def test_an_order_is_understood_in_any_case(
    action: Action, payload: str, command: Command
) -> None:
    assert parse(action, payload.encode(), OPTIONS) == command


@pytest.mark.parametrize(
    ("what", "payload", "why"),
    [
        (Setting.MUTE, b"yes", "none of ON, OFF"),
        (Setting.MUTE, b"", "none of ON, OFF"),
        (Setting.MUTE, b"\xff\xfe", "not UTF-8"),
        (Setting.LANGUAGE, b"../../etc", "none of auto, de, en"),
        (Setting.WAKE_WORD, b"hey_jarvis", "none of off, okay_nabu"),
        (Setting.THRESHOLD, b"nan", "not a number from 0 to 1"),
        (Setting.THRESHOLD, b"1e999", "not a number"),
        (Setting.THRESHOLD, b"-1", "not a number"),
        (Setting.THRESHOLD, b"1_0", "not a number"),
        (Setting.THRESHOLD, b"zero point five", "not a number"),
        (Setting.CONTEXT, b"x" * (LONGEST_TEXT + 1), "256 characters"),
        (Setting.CONTINUE_CONVERSATION, b"31", "not a number from 0 to 30"),
        (Setting.CONTINUE_CONVERSATION, b"-1", "not a number"),
        (Setting.CONTINUE_CONVERSATION, b"ON", "not a number"),
        (Setting.GROUP, b"x" * 65, "no word of at most 64"),
        (Setting.GROUP, b"up/stairs", "no word"),
        (Setting.GROUP, b"#", "no word"),
        (Setting.GROUP, "küche".encode(), "no word"),
        (Action.LISTEN, b"NOW", "none of START, STOP, CANCEL"),
        (Action.RESTART, b"", "none of PRESS"),
    ],
)
def test_what_means_nothing_is_rejected_with_the_reason(
    what: Setting | Action, payload: bytes, why: str
) -> None:
    rejected = parse(what, payload, OPTIONS)

    assert isinstance(rejected, Rejected)
    assert rejected.what is what
    assert why in rejected.why


@given(st.sampled_from([*Setting, *Action]), st.binary(max_size=300))
def test_no_payload_is_too_strange_to_be_answered(
    what: Setting | Action, payload: bytes
) -> None:
    parse(what, payload, OPTIONS)


@given(st.sampled_from([*Setting, *Action]), st.text("<secret>", min_size=8))
def test_a_rejection_repeats_nothing_of_the_payload(
    what: Setting | Action, payload: str
) -> None:
    command = parse(what, payload.encode(), OPTIONS)

    if isinstance(command, Rejected):
        assert payload not in command.why


def test_the_vocabulary_is_one_line_of_bounded_length() -> None:
    assert parse_vocabulary(b"kitchen lamp\nhall,\tden") == SetVocabulary(
        "kitchen lamp hall, den"
    )
    assert isinstance(parse_vocabulary(b"x" * (LONGEST_VOCABULARY + 1)), Rejected)
    assert isinstance(parse_vocabulary(b"\xff"), Rejected)


def test_a_vocabulary_that_is_too_long_is_heeded_up_to_the_last_whole_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = [f"the lamp of the {n:03}th room" for n in range(1_000)]

    heeded = received(TOPICS.vocabulary, ", ".join(names).encode(), retain=True)

    assert isinstance(heeded, SetVocabulary)
    kept = heeded.text.split(", ")
    assert kept == names[: len(kept)]
    assert LONGEST_VOCABULARY - 30 < len(heeded.text) <= LONGEST_VOCABULARY
    assert "characters too many" in caplog.text


def received(topic: str, payload: bytes, *, retain: bool = False) -> object:
    subscriber = Subscriber(
        TOPICS,
        OPTIONS,
        heed_vocabulary=True,
        hermes=None,
        speaks=False,
        new_sound_id=lambda: "sound",
    )
    return subscriber.interpret(Received(topic, payload, retain))


def test_a_live_command_is_obeyed_and_a_retained_one_is_not() -> None:
    topic = TOPICS.command(Setting.MUTE)

    assert received(topic, b"OFF") == Change(Setting.MUTE, False)
    assert isinstance(received(topic, b"OFF", retain=True), Rejected)


def test_the_vocabulary_is_heeded_though_it_is_retained() -> None:
    assert received(TOPICS.vocabulary, b"attic", retain=True) == SetVocabulary("attic")


@pytest.mark.parametrize("topic", ["auricle/kitchen/mute/set", "auricle/study/x/set"])
def test_what_is_for_somebody_else_concerns_nobody(topic: str) -> None:
    assert received(topic, b"ON") is None


def test_home_assistant_is_back_only_when_it_says_so_now() -> None:
    assert received(TOPICS.birth, b"online") == HomeAssistantStarted()
    assert received(TOPICS.birth, b"online", retain=True) is None
    assert received(TOPICS.birth, b"offline") is None
