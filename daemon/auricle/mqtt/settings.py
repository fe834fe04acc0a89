"""The settings that are changed over MQTT: of each its topic, its values, its entity.

What is written here is all that MQTT has to know of a setting: its topics, what is
taken for a value and what is rejected, its entity in Home Assistant and its place in
the state file follow from it. What it does is `auricle.app.control`'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from auricle.turns.turn import LONGEST_FOLLOW_UP

ALL, OFF = "all", "off"
"""What the wake word may be set to beside names: all at once, or none, which leaves
push to talk.
"""
LONGEST_TEXT = 255
"""The most characters that a text entity of Home Assistant takes."""


class Setting(StrEnum):
    """What is controlled over MQTT and remembered; the value is its topic level."""

    MUTE = "mute"
    LANGUAGE = "language"
    WAKE_WORD = "wake_word"
    THRESHOLD = "threshold"
    CONTEXT = "context"
    CONTINUE_CONVERSATION = "continue_conversation"
    VOLUME = "volume"
    GROUP = "group"


Value = bool | float | str
"""What a setting can be: a bool for a Switch, a float for a Number, else a str."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings that are a Choice may be set to, on this satellite."""

    languages: tuple[str, ...]
    wake_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting that is `ON` or `OFF`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting that is one of several words."""

    among: Callable[[Options], tuple[str, ...]]
    """Tells its words from those of all choices."""


@dataclass(frozen=True, slots=True)
class Number:
    """A setting that is a number, from `least` to `most`."""

    least: float
    most: float
    step: float
    """The smallest difference that Home Assistant's slider makes."""


@dataclass(frozen=True, slots=True)
class Text:
    """A setting that is free text, which may be empty: so its state is JSON."""

    longest: int
    """The most characters that it may have; longer ones are rejected."""


@dataclass(frozen=True, slots=True)
class Word:
    """A setting that is a word of letters, digits and underscores, which becomes a part
    of topics, or none: so its state is JSON. Large letters are taken as small ones.
    """

    longest: int
    """The most characters that it may have; longer ones are rejected."""


@dataclass(frozen=True, slots=True)
class Description:
    """What MQTT and Home Assistant have to know of a setting."""

    name: str
    """What the entity is called; its key and its id follow from it, for ever."""
    icon: str
    values: Switch | Choice | Number | Text | Word
    entity: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What else the entity is to have, in the words of Home Assistant."""


DESCRIPTIONS: Mapping[Setting, Description] = {
    Setting.MUTE: Description("Mute", "mdi:microphone-off", Switch()),
    Setting.LANGUAGE: Description(
        "Language", "mdi:translate", Choice(lambda options: options.languages)
    ),
    Setting.WAKE_WORD: Description(
        "Wake word",
        "mdi:chat-alert-outline",
        Choice(lambda options: options.wake_words),
    ),
    Setting.THRESHOLD: Description(
        "Wake word threshold", "mdi:tune-vertical", Number(0.0, 1.0, step=0.01)
    ),
    Setting.CONTEXT: Description(
        "Recognition hints", "mdi:text-box-edit-outline", Text(LONGEST_TEXT)
    ),
    Setting.CONTINUE_CONVERSATION: Description(
        "Continue conversation",
        "mdi:forum-outline",
        Number(0.0, LONGEST_FOLLOW_UP, step=0.5),
        {"device_class": "duration", "unit_of_measurement": "s"},
    ),
    Setting.VOLUME: Description(
        "Volume", "mdi:volume-high", Number(0.0, 1.0, step=0.05)
    ),
    Setting.GROUP: Description("Group", "mdi:home-group", Word(64)),
}
