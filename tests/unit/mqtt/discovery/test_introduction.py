import json

from hypothesis import given
from hypothesis import strategies as st

from auricle.mqtt.discovery.payload import (
    SatelliteDevice,
    discovery,
    single_discoveries,
)
from auricle.mqtt.link.message import Message
from auricle.mqtt.messages import Disclosure
from auricle.mqtt.settings import Options
from auricle.mqtt.topics import Topics

TOPICS = Topics("auricle", "study")
DEVICE = SatelliteDevice(
    *("Study voice", "0.1.0", "Pi"),
    area="Library",
    speaks=True,
    updates=True,
    currency="USD",
)
OPTIONS = Options(("auto", "en"), ("off", "okay_nabu"))
INTRODUCTION = discovery(TOPICS, DEVICE, Disclosure(), OPTIONS)
LARGEST_PART = max(len(part.payload) for part in INTRODUCTION.parts)


def within(limit: int, *, single: bool = False) -> list[Message]:
    steps = INTRODUCTION.steps(lambda m: len(m.payload) <= limit, single=single)
    return [step.message for step in steps]


class HomeAssistant:
    """What it makes of discovery: each entity from the one topic that it let not go."""

    def __init__(self) -> None:
        self.retained: dict[str, str] = {}
        self.known: dict[str, str] = {}
        """The topic of each entity, by its unique id."""
        self.complaints = 0

    def take(self, message: Message) -> None:
        if message.retain:
            self.retained[message.topic] = message.payload
        self._heed(message.topic, message.payload)

    def restart(self) -> None:
        self.known.clear()
        # The single ones first: in the order of its subscriptions.
        for topic in sorted(self.retained, key=lambda topic: "/device/" in topic):
            if self.retained[topic]:
                self._heed(topic, self.retained[topic])

    def _heed(self, topic: str, payload: str) -> None:
        if not topic.startswith("homeassistant/"):
            return
        config = json.loads(payload) if payload else {}
        if not config or config == {"migrate_discovery": True}:
            # On the device's topic, it is about all entities, whoever told of them.
            affected = [
                entity
                for entity, at in self.known.items()
                if at == topic or "/device/" in topic
            ]
            for entity in affected:
                self._forget(entity, topic)
            return
        for entity in config.get("components", {topic.split("/")[-2]: config}):
            if self.known.setdefault(entity, topic) != topic:
                self.complaints += 1

    def _forget(self, entity: str, topic: str) -> None:
        if self.known[entity] == topic:
            del self.known[entity]
        else:
            self.complaints += 1


def test_what_fits_is_told_at_once() -> None:
    assert within(20_000) == [INTRODUCTION.whole]


def test_what_does_not_fit_is_told_one_by_one_the_smallest_first() -> None:
    parts = [s for s in within(4000) if s.topic in single_discoveries(TOPICS)]

    assert len(parts) == len(INTRODUCTION.parts)
    assert parts == sorted(parts, key=lambda part: len(part.payload.encode()))
    assert INTRODUCTION.whole not in within(4000)


def test_what_fits_in_no_way_is_left_out() -> None:
    limit = LARGEST_PART - 1
    left_out = INTRODUCTION.left_out(lambda m: len(m.payload) <= limit)

    assert left_out
    assert all(len(part.payload) > limit for part in left_out)
    assert not set(left_out) & set(within(limit))
    assert len(left_out) + len(within(limit)) == len(INTRODUCTION.parts) + 3
    assert INTRODUCTION.left_out(lambda _: True) == []


def test_every_entity_is_the_same_in_either_way() -> None:
    whole = json.loads(INTRODUCTION.whole.payload)
    shared = {key: fact for key, fact in whole.items() if key != "components"}
    singles = {part.topic: part.payload for part in INTRODUCTION.parts}

    assert list(singles) == single_discoveries(TOPICS)
    for key, component in whole["components"].items():
        platform = component.pop("platform")
        single = singles[f"homeassistant/{platform}/auricle_study/{key}/config"]
        assert (json.loads(single) if single else None) == (
            {**shared, **component} if component else None
        )


def test_only_who_has_let_go_is_told_the_other_way() -> None:
    def fits(message: Message) -> bool:
        return len(message.payload) <= 4000

    change = INTRODUCTION.steps(fits, single=False)
    back = INTRODUCTION.steps(lambda _: True, single=True)

    for steps in (change, back):
        assert steps[0].to_be_heard
        assert not steps[0].message.retain
        for step in steps:
            assert step.to_be_heard == ("migrate_discovery" in step.message.payload)
        # What is known from the one topic is gone before it comes from the other.
        known_again = next(step for step in steps if step.pause)
        before = steps[: steps.index(known_again)]
        assert all(
            step.to_be_heard
            or step.message == INTRODUCTION.shell
            or not step.message.payload
            for step in before
        )
    for same in (
        INTRODUCTION.steps(fits, single=True),
        INTRODUCTION.steps(lambda _: True, single=False),
    ):
        assert not any(step.to_be_heard or step.pause for step in same)


def test_the_broker_remembers_which_way_it_was_before_anything_depends_on_it() -> None:
    one_by_one, at_once = within(4000), within(20_000, single=True)
    note = [step for step in one_by_one if step.topic == INTRODUCTION.note]
    cleared = [step for step in at_once if step.topic == INTRODUCTION.note]

    assert [step.payload for step in note] == ["single"]
    assert one_by_one.index(note[0]) < one_by_one.index(
        min(INTRODUCTION.parts, key=lambda part: len(part.payload) or 1_000)
    )
    assert [step.payload for step in cleared] == [""]
    assert at_once[-1] == cleared[0]


@given(st.lists(st.tuples(st.sampled_from([900, 4000, 20_000]), st.booleans())))
def test_no_entity_is_ever_known_twice_nor_lost(
    ways: list[tuple[int, bool]],
) -> None:
    home_assistant = HomeAssistant()
    for limit, restarts in ways:
        single = bool(home_assistant.retained.get(INTRODUCTION.note))
        for step in within(limit, single=single):
            home_assistant.take(step)
        if restarts:
            home_assistant.restart()

        assert home_assistant.complaints == 0
        expected = {key_of(part) for part in INTRODUCTION.parts if part.payload}
        left_out = INTRODUCTION.left_out(
            lambda m, limit=limit: len(m.payload) <= limit  # type: ignore[misc]  # bound
        )
        told = expected - {key_of(part) for part in left_out}
        assert told <= set(home_assistant.known) <= expected | {"partial_transcript"}


def key_of(part: Message) -> str:
    return part.topic.split("/")[-2]
