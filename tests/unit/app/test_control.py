"""What a person may change while the satellite runs."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import pytest

from auricle.app.choices import Choices, Configured
from auricle.app.control import USAGE_SAVED_WITHIN, Control, Targets
from auricle.app.remembered import Remembered
from auricle.mqtt.commands import Change, Listen, ListenAction, Restart, SetVocabulary
from auricle.mqtt.settings import Setting, Value
from auricle.turns.budget import Usage
from auricle.turns.events import (
    CancelRequested,
    Event,
    FollowUpRequested,
    ListenRequested,
    MuteRequested,
)

NOTHING = Remembered()


class Satellite:
    """Keeps what was ordered."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.wake_words: tuple[str, ...] | None = None
        self.thresholds: dict[str, float] = {}
        self.language: str | None = "unset"
        self.words: str | None = "unset"
        self.told: list[tuple[Setting, Value]] = []
        self.remembered = NOTHING
        self.within = 0.0
        self.restarted = False
        self.names_before: list[str] = []
        self.volume = -1.0
        self.group = "unset"

    def handle(self, *events: Event) -> None:
        self.events += events

    def listen_for(self, wake_words: tuple[str, ...]) -> None:
        self.wake_words = wake_words

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        self.thresholds[wake_word] = threshold

    def expect(self, language: str | None, words: str | None) -> None:
        self.language, self.words = language, words

    def tell_setting(self, setting: Setting, value: Value) -> None:
        self.told.append((setting, value))

    def join_group(self, group: str) -> None:
        self.group = group

    def remember(self, remembered: Remembered, *, within: float = 0.0) -> None:
        self.remembered = remembered
        self.within = within

    def set_volume(self, volume: float) -> None:
        self.volume = volume

    def restart(self) -> None:
        self.restarted = True


def control(
    satellite: Satellite,
    remembered: Remembered = NOTHING,
    *,
    thresholds: Mapping[str, float] = MappingProxyType({"okay_nabu": 0.85}),
    language: str = "auto",
    hints: str = "",
    continue_conversation: float = 0.0,
) -> Control:
    configured = Configured(
        {
            Setting.LANGUAGE: language,
            Setting.CONTEXT: hints,
            Setting.CONTINUE_CONVERSATION: continue_conversation,
            Setting.VOLUME: 0.8,
            Setting.GROUP: "all",
        },
        thresholds,
    )
    targets = Targets(
        hearing=satellite,
        runner=satellite,
        recognizer=satellite,
        loudspeaker=satellite,
        publisher=satellite,
        memory=satellite,
        restart=satellite.restart,
        renamed=satellite.names_before.append,
    )
    return Control("study", Choices(configured, remembered), targets)


def test_push_to_talk_reaches_the_satellite() -> None:
    satellite = Satellite()
    controls = control(satellite)

    for action in (ListenAction.START, ListenAction.CANCEL):
        controls.obey(Listen(action))

    assert satellite.events == [ListenRequested(), CancelRequested()]


def test_mute_is_remembered_at_once_and_told_by_who_closes_the_microphone() -> None:
    satellite = Satellite()

    control(satellite).obey(Change(Setting.MUTE, True))

    assert satellite.events == [MuteRequested(muted=True)]
    assert satellite.remembered.muted
    assert satellite.told == []


def test_a_language_overrides_the_configured_one() -> None:
    satellite = Satellite()
    controls = control(satellite, language="en")

    controls.obey(Change(Setting.LANGUAGE, "de"))

    assert satellite.language == "de"


def test_a_volume_counts_at_once_and_after_a_restart() -> None:
    satellite = Satellite()
    controls = control(satellite)
    controls.apply()
    assert satellite.volume == 0.8

    controls.obey(Change(Setting.VOLUME, 0.35))

    assert satellite.volume == 0.35
    assert satellite.told[-1] == (Setting.VOLUME, 0.35)
    again = Satellite()
    control(again, satellite.remembered).apply()
    assert again.volume == 0.35


def test_auto_leaves_the_language_to_the_recognizer() -> None:
    satellite = Satellite()
    controls = control(satellite, language="en")

    controls.obey(Change(Setting.LANGUAGE, "auto"))

    assert satellite.language is None


def test_one_wake_word_of_several_can_be_chosen() -> None:
    satellite = Satellite()
    controls = control(satellite, thresholds={"alexa": 0.9, "hey_jarvis": 0.97})

    controls.obey(Change(Setting.WAKE_WORD, "hey_jarvis"))

    assert controls.choices.wake_words == ("off", "all", "alexa", "hey_jarvis")
    assert satellite.wake_words == ("hey_jarvis",)
    assert satellite.told == [
        (Setting.WAKE_WORD, "hey_jarvis"),
        (Setting.THRESHOLD, 0.97),
    ]


def test_off_listens_for_none() -> None:
    satellite = Satellite()

    control(satellite).obey(Change(Setting.WAKE_WORD, "off"))

    assert satellite.wake_words == ()


def test_a_threshold_is_for_the_chosen_wake_word() -> None:
    satellite = Satellite()
    controls = control(satellite, thresholds={"alexa": 0.9, "hey_jarvis": 0.97})
    controls.obey(Change(Setting.WAKE_WORD, "alexa"))

    controls.obey(Change(Setting.THRESHOLD, 0.95))

    assert satellite.thresholds == {"alexa": 0.95, "hey_jarvis": 0.97}
    assert satellite.remembered.thresholds == {"alexa": 0.95}


def test_the_house_vocabulary_is_added_to_ones_own_words() -> None:
    satellite = Satellite()
    controls = control(satellite, hints="larder")

    controls.obey(SetVocabulary("kitchen, hall"))
    first = satellite.words
    controls.obey(Change(Setting.CONTEXT, "attic"))

    assert first == "larder\nkitchen, hall"
    assert satellite.words == "attic\nkitchen, hall"


def test_listening_again_is_as_configured_until_it_is_changed() -> None:
    satellite = Satellite()
    controls = control(satellite, continue_conversation=8.0)

    controls.apply()
    controls.obey(Change(Setting.CONTINUE_CONVERSATION, 0.0))

    assert satellite.events == [FollowUpRequested(8.0), FollowUpRequested(0.0)]
    assert satellite.remembered.changed == {Setting.CONTINUE_CONVERSATION: 0.0}
    assert satellite.told[-1] == (Setting.CONTINUE_CONVERSATION, 0.0)


def test_a_satellite_is_of_the_group_that_was_chosen_and_may_be_of_none() -> None:
    satellite = Satellite()
    controls = control(satellite)

    joined = []
    controls.apply()
    joined.append(satellite.group)
    for group in ("upstairs", ""):
        controls.obey(Change(Setting.GROUP, group))
        joined.append(satellite.group)

    assert joined == ["all", "upstairs", ""]
    assert satellite.remembered.changed == {Setting.GROUP: ""}
    assert satellite.told[-1] == (Setting.GROUP, "")


def test_no_words_are_sent_where_there_are_none() -> None:
    satellite = Satellite()

    control(satellite).apply()

    assert satellite.words is None


def test_what_was_remembered_is_in_force_from_the_start() -> None:
    satellite = Satellite()
    remembered = Remembered(
        muted=True,
        changed={
            Setting.LANGUAGE: "de",
            Setting.WAKE_WORD: "alexa",
            Setting.CONTEXT: "attic",
            Setting.CONTINUE_CONVERSATION: 4.0,
        },
        thresholds={"alexa": 0.7},
    )

    control(satellite, remembered, thresholds={"alexa": 0.9, "okay_nabu": 0.85}).apply()

    assert satellite.wake_words == ("alexa",)
    assert satellite.thresholds == {"alexa": 0.7, "okay_nabu": 0.85}
    assert (satellite.language, satellite.words) == ("de", "attic")
    assert satellite.events == [FollowUpRequested(4.0)]
    assert dict(satellite.told) == {
        Setting.LANGUAGE: "de",
        Setting.WAKE_WORD: "alexa",
        Setting.THRESHOLD: 0.7,
        Setting.CONTEXT: "attic",
        Setting.CONTINUE_CONVERSATION: 4.0,
        Setting.VOLUME: 0.8,
        Setting.GROUP: "all",
    }


def test_a_remembered_wake_word_that_is_gone_falls_back_to_the_configured() -> None:
    satellite = Satellite()
    remembered = Remembered(
        changed={Setting.WAKE_WORD: "hey_house"}, thresholds={"hey_house": 0.5}
    )

    control(satellite, remembered).apply()

    assert satellite.wake_words == ("okay_nabu",)
    assert satellite.thresholds == {"okay_nabu": 0.85}


@pytest.mark.parametrize("before", ["", "study", "kitchen", None])
def test_the_name_of_the_last_run_is_told_where_it_was_another_one(
    before: str | None,
) -> None:
    satellite = Satellite()

    control(satellite, Remembered(muted=True, name=before)).apply()

    told = before == "kitchen"
    assert satellite.names_before == ([before] if told else [])
    saved = told or before == ""
    kept = Remembered(muted=True, name="study")
    assert satellite.remembered == (kept if saved else NOTHING)


def test_what_could_not_be_read_is_written_over_once_somebody_changes_it() -> None:
    satellite = Satellite()
    controls = control(satellite, Remembered(muted=True, name=None))
    controls.apply()
    assert satellite.remembered == NOTHING

    controls.obey(Change(Setting.MUTE, False))

    assert satellite.remembered == Remembered(name="study")


def test_a_restart_can_be_ordered() -> None:
    satellite = Satellite()

    control(satellite).obey(Restart())

    assert satellite.restarted


def test_what_was_spent_is_remembered_beside_the_settings() -> None:
    satellite = Satellite()
    controls = control(satellite, Remembered(muted=True))
    usage = Usage(date(2026, 11, 21), 4.5)

    controls.remember_usage(usage, limit_reached=False)
    assert satellite.within == USAGE_SAVED_WITHIN
    controls.obey(Change(Setting.LANGUAGE, "de"))

    assert satellite.remembered == Remembered(
        muted=True, changed={Setting.LANGUAGE: "de"}, usage=usage
    )


def test_that_a_limit_is_reached_is_remembered_at_once() -> None:
    satellite = Satellite()
    usage = Usage(date(2026, 11, 21), 3600.0)

    control(satellite).remember_usage(usage, limit_reached=True)

    assert satellite.remembered == Remembered(usage=usage)
    assert satellite.within == 0
