"""How the device is introduced to Home Assistant: at once, or entity by entity.

At once is one message, which a broker may find too large. Entity by entity is one for
each, under the same ids, so that Home Assistant lets each keep its name, its place and
its past. From one to the other it wants to be told to let go first; of an entity that
is known from two topics it heeds one alone, and warns of the other at every start.
Whether there are single ones, the broker itself remembers, as it does them.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from auricle.mqtt.link.message import Message

_LET_GO = json.dumps({"migrate_discovery": True})
"""Home Assistant then unloads what it knows from this topic, and forgets nothing."""
_SINGLE = "single"
_MOMENT = 1.0
"""Seconds for Home Assistant to have let go: what comes sooner from another topic is
ignored for as long as it runs, where it is busy."""


@dataclass(frozen=True, slots=True)
class IntroductionStep:
    """One message of the introduction, which waits for the one before."""

    message: Message
    to_be_heard: bool = False
    """What follows would be misunderstood by who did not hear this."""
    pause: float = 0.0
    """Seconds between the message before and this one."""


@dataclass(frozen=True, slots=True)
class Introduction:
    """Everything that Home Assistant is to be told of the device, in either way."""

    whole: Message
    parts: Sequence[Message]
    """One for each entity or trigger; empty where it is to be removed."""
    shell: Message
    """The device without an entity, of which Home Assistant makes nothing: what is kept
    instead of the whole. To clear the topic would be the end of the single ones.
    """
    satellite: Message
    """What the satellite can do, for an integration that adds to the device: it is to
    be told behind all else, for the device has to be there."""
    note: str
    """The topic where the broker remembers that there are single ones."""

    def steps(
        self, fits: Callable[[Message], bool], *, single: bool
    ) -> list[IntroductionStep]:
        """Return what to publish, each when the one before has arrived.

        `fits` says whether the broker takes a message; `single`, whether the entities
        were told one by one before.
        """
        if fits(self.whole):
            if not single:
                return [IntroductionStep(self.whole)]
            cleared = [replace(part, payload="") for part in self.parts]
            return [
                *(
                    step
                    for part in cleared
                    for step in (_let_go(part), IntroductionStep(part))
                ),
                IntroductionStep(self.whole, pause=_MOMENT),
                IntroductionStep(Message(self.note, "", retain=True)),
            ]
        letting_go = (
            [] if single else [_let_go(self.whole), IntroductionStep(self.shell)]
        )
        pause = 0.0 if single else _MOMENT
        note = Message(self.note, _SINGLE, retain=True)
        # The smallest first: of a broker that drops whoever sends too much, the first
        # one that does not pass tells of all that follow.
        parts = sorted(self.parts, key=lambda part: len(part.payload.encode()))
        return [
            *letting_go,
            IntroductionStep(note, pause=pause),
            *(IntroductionStep(part) for part in parts if fits(part)),
        ]

    def left_out(self, fits: Callable[[Message], bool]) -> list[Message]:
        """Return the parts that the broker takes in neither way."""
        if fits(self.whole):
            return []
        return [part for part in self.parts if not fits(part)]


def _let_go(known: Message) -> IntroductionStep:
    return IntroductionStep(Message(known.topic, _LET_GO), to_be_heard=True)
