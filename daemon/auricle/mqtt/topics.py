"""Every topic name, in one place."""

import re
from dataclasses import dataclass
from enum import StrEnum

from auricle.mqtt.settings import Setting

LONGEST_NAME = 64
"""The most characters of a satellite's name."""
_WORD = re.compile(rf"[a-z0-9_]{{1,{LONGEST_NAME}}}")
_LEVELS = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")


class Action(StrEnum):
    """What is ordered over MQTT and has no state; the value is its topic level."""

    LISTEN = "listen"
    RESTART = "restart"
    PLAY = "play"
    TIMER = "timer"
    SPEAK = "speak"


@dataclass(frozen=True, slots=True)
class Topics:
    """The topic tree of one satellite.

    Raises ValueError for unusable names.
    """

    base: str
    node: str
    """The satellite's name: lower-case letters, digits and underscores."""
    discovery_prefix: str = "homeassistant"

    def __post_init__(self) -> None:
        require_word(self.base, example="auricle")
        require_word(self.node, example=node_name(self.node))
        require_levels(self.discovery_prefix)

    @property
    def root(self) -> str:
        """What the topics of this satellite have in common."""
        return f"{self.base}/{self.node}"

    @property
    def device_id(self) -> str:
        """The satellite's id in discovery, and its MQTT client id."""
        return f"{self.base}_{self.node}"

    # --- what the satellite says ---

    @property
    def availability(self) -> str:
        """Whether the satellite is there; the will says when it is gone."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """What the satellite does now."""
        return f"{self.root}/state"

    @property
    def listening(self) -> str:
        """Whether it listens to somebody."""
        return f"{self.root}/listening"

    @property
    def ringing(self) -> str:
        """Whether a timer rings."""
        return f"{self.root}/ringing"

    @property
    def wake(self) -> str:
        """The event that a turn began."""
        return f"{self.root}/event/wake"

    @property
    def utterance(self) -> str:
        """The event that a turn ended, whichever way."""
        return f"{self.root}/event/utterance"

    @property
    def partial(self) -> str:
        """What was understood so far."""
        return f"{self.root}/transcript/partial"

    @property
    def final(self) -> str:
        """What was said, for everybody but Home Assistant."""
        return f"{self.root}/transcript/final"

    @property
    def last(self) -> str:
        """What was said last, kept for some time."""
        return f"{self.root}/transcript/last"

    @property
    def emotion(self) -> str:
        """The topic of the mood in which a command was said."""
        return f"{self.root}/emotion"

    @property
    def diagnostics(self) -> str:
        """How the satellite is."""
        return f"{self.root}/diag"

    @property
    def update(self) -> str:
        """The version that is installed, and the latest one."""
        return f"{self.root}/update"

    @property
    def delivery(self) -> str:
        """What became of the finals."""
        return f"{self.root}/delivery"

    @property
    def history(self) -> str:
        """Every final once its fate is known, however long that took."""
        return f"{self.root}/history"

    @property
    def run(self) -> str:
        """The topic of the run that has this name now.

        Like those of the question who that is, and of the reply, it is among the
        commands: of our own topics a broker's rules let us read those alone.
        """
        return f"{self.root}/run/set"

    @property
    def run_query(self) -> str:
        """Where a run asks who has its name."""
        return f"{self.root}/run_query/set"

    @property
    def run_reply(self) -> str:
        """Where the run that has the name says so."""
        return f"{self.root}/run_reply/set"

    @property
    def satellite(self) -> str:
        """What the satellite can do, for an integration that speaks through it."""
        return f"{self.root}/satellite"

    @property
    def play(self) -> str:
        """What becomes of each sound that is to be played."""
        return f"{self.root}/play"

    def bid(self, group: str) -> str:
        """Return where it tells the other satellites of its group what it heard."""
        return f"{self.root}/bid/{group}"

    def setting(self, setting: Setting) -> str:
        """Return the topic of what a setting is now."""
        return f"{self.root}/{setting}"

    @property
    def discovery(self) -> str:
        """What Home Assistant is told of the device, at once."""
        return f"{self.discovery_prefix}/device/{self.device_id}/config"

    def single_discovery(self, platform: str, key: str) -> str:
        """Return the topic where it is told of one entity.

        Home Assistant takes both topics for the same entity.
        """
        return f"{self.discovery_prefix}/{platform}/{self.device_id}/{key}/config"

    @property
    def single_discoveries(self) -> str:
        """The filter that matches the topics of all single entities."""
        return self.single_discovery("+", "+")

    @property
    def discovery_note(self) -> str:
        """What the broker remembers: that there are single ones.

        It is among the commands, for of our own topics a broker's rules let us read
        those alone.
        """
        return f"{self.root}/discovery/set"

    # --- what the satellite obeys or heeds ---

    def command(self, what: Setting | Action) -> str:
        """Return the topic where a setting is changed, or an action ordered."""
        return f"{self.root}/{what}/set"

    @property
    def commands(self) -> str:
        """The filter that matches every command."""
        return f"{self.root}/+/set"

    def bids(self, group: str) -> str:
        """Return the filter that matches what all satellites of a group tell it."""
        return f"{self.base}/+/bid/{group}"

    def bidder(self, topic: str, group: str) -> str | None:
        """Return the name of the satellite that tells `group` something on `topic`;
        None for another topic.
        """
        node = topic.removeprefix(f"{self.base}/").removesuffix(f"/bid/{group}")
        told = (
            bool(_WORD.fullmatch(node)) and topic == f"{self.base}/{node}/bid/{group}"
        )
        return node if told else None

    @property
    def vocabulary(self) -> str:
        """Words to expect, for every satellite of the house."""
        return f"{self.base}/vocabulary"

    @property
    def birth(self) -> str:
        """Where Home Assistant says that it is there."""
        return f"{self.discovery_prefix}/status"

    @property
    def retained(self) -> tuple[str, ...]:
        """All that the broker keeps for this satellite; the device itself first."""
        return (
            self.discovery,
            self.discovery_note,
            self.satellite,
            self.availability,
            self.state,
            self.listening,
            self.ringing,
            self.last,
            self.emotion,
            self.diagnostics,
            self.delivery,
            self.update,
            self.run,
            *(self.setting(setting) for setting in Setting),
        )


def require_word(value: str, *, example: str) -> str:
    """Return `value`, which has to be a single level of our topics.

    Raises ValueError, which says in words what is one, with an example.
    """
    if not _WORD.fullmatch(value):
        raise ValueError(
            f"use at most {LONGEST_NAME} lower-case letters, digits and _ "
            f"(it becomes a part of MQTT topics), such as {example}"
        )
    return value


def require_levels(value: str) -> str:
    """Return `value`, which has to be the prefix of discovery topics.

    Raises ValueError, which says in words what is one.
    """
    if not _LEVELS.fullmatch(value) or len(value) > LONGEST_NAME:
        raise ValueError(
            f"use at most {LONGEST_NAME} letters, digits, _ and -, with / between "
            "levels and at neither end, such as homeassistant"
        )
    return value


def node_name(hostname: str) -> str:
    """Return the usable node name that is nearest to a machine's host name."""
    plain = re.sub(r"[^a-z0-9]+", "_", hostname.partition(".")[0].lower()).strip("_")
    return plain[:LONGEST_NAME] or "satellite"
