"""The broker: whether it lets us in, what it lets us do, and who listens there."""

from collections.abc import Sequence
from dataclasses import dataclass

from auricle.doctor.results import Result, Status
from auricle.mqtt.discovery.introduction import Introduction
from auricle.mqtt.link.broker import (
    Connected,
    DeliveryResult,
    Disconnected,
    Problem,
    Version,
)
from auricle.mqtt.link.packet_limit import packet_size
from auricle.mqtt.name_check import Namesake
from auricle.mqtt.topics import Topics

BROKER, TOPICS, HOME_ASSISTANT = "broker", "topics", "home assistant"
NAME, GROUP = "name", "group"


@dataclass(frozen=True, slots=True)
class BrokerVisit:
    """Holds what the broker said and did during a visit."""

    broker: str
    fact: Connected | Disconnected
    topics: Topics
    denied: Sequence[str] = ()
    """Topics that it does not let us subscribe to."""
    answers: "Answers | None" = None
    """What became of our messages; None where it did not let us in, or stopped
    answering."""
    introduction: Introduction | None = None
    """What Home Assistant is told of our device; None where nothing is."""
    group: str = ""
    """The group of satellites that ours is in; empty: none."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Holds what became of the messages that were published to the broker."""

    probe: DeliveryResult
    """What became of a message below our own node, where nobody in particular listens.
    """
    came_back: bool
    """Whether a command to us reached us."""
    announcement: DeliveryResult | None = None
    """What became of the message of a device without entities, which Home Assistant
    makes nothing of; None where none was sent."""
    birth: str | None = None
    """What Home Assistant says of itself, if it is retained."""
    as_large: DeliveryResult | None = None
    """What became of a message as large as our introduction; None where the broker
    says itself what it takes."""
    namesake: Namesake | None = None
    """Another satellite with our name, if one replied."""
    bids_come: bool = True
    """Whether what is told to our group reached us."""
    members: frozenset[str] = frozenset()
    """The names of the others of the group that said that they are there."""


def judge_broker(visit: BrokerVisit) -> Result:
    """Judge whether the broker lets us in, and takes at once what we have to say."""
    match visit.fact:
        case Connected(version, largest):
            meaning = f"{visit.broker} lets us in, MQTT {version}"
            return _judge_limit(visit, version, largest, meaning)
        case Disconnected(problem, detail):
            return Result(BROKER, Status.FAILED, detail, _ADVICE[problem])


def _judge_limit(
    visit: BrokerVisit, version: Version, largest: int | None, meaning: str
) -> Result:
    """Whether the broker takes at once what we have to say."""
    introduction = visit.introduction
    if introduction is None:
        return Result(BROKER, Status.OK, meaning)
    size = packet_size(introduction.whole, version)
    if visit.answers is not None and visit.answers.as_large is DeliveryResult.LOST:
        meaning += f", and drops us for {size} bytes at once, as our device needs"
        return Result(BROKER, Status.WARNING, meaning, _MORE_AT_ONCE)
    if largest is None or size <= largest:
        return Result(BROKER, Status.OK, meaning)
    meaning += f"; it takes {largest} bytes at once, our device needs {size}: "
    left_out = introduction.left_out(
        lambda message: packet_size(message, version) <= largest
    )
    if not left_out:
        return Result(BROKER, Status.OK, meaning + "its entities go one by one")
    names = ", ".join(part.topic.split("/")[-2] for part in left_out)
    return Result(BROKER, Status.WARNING, f"{meaning}without {names}", _MORE_AT_ONCE)


_MORE_AT_ONCE = (
    "let it take packets of 16384 bytes; at mosquitto, that is max_packet_size or "
    "message_size_limit"
)
_ADVICE = {
    Problem.UNREACHABLE: "is the broker running? correct mqtt.host and mqtt.port",
    Problem.TLS: "check mqtt.tls, mqtt.port, mqtt.ca_file, and the clock",
    Problem.AUTH_FAILED: "correct mqtt.username and mqtt.password; at mosquitto, "
    "mosquitto_passwd sets them",
    Problem.VERSION: "it is too old: MQTT 3.1.1 or 5 is needed",
    Problem.REFUSED: "its log says why",
    Problem.TAKEN_OVER: "give each satellite a satellite.name of its own",
    Problem.TOO_LARGE: _MORE_AT_ONCE,
    Problem.CLOSED: "its log says more",
    Problem.LOST: "is mqtt.port that of MQTT, not of TLS or a web page? its log says "
    "more",
}


def judge_topics(visit: BrokerVisit) -> Result:
    """Judge whether the broker's access rules allow what a satellite does."""
    if visit.answers is None:
        return Result(TOPICS, Status.SKIPPED, "needs the broker")
    answers, topics = visit.answers, visit.topics
    if DeliveryResult.OVER_QUOTA in (answers.probe, answers.announcement):
        return Result(
            TOPICS,
            Status.FAILED,
            "the broker takes no more from us: its quota is exceeded",
            "raise its limits; its log says which one",
        )
    if DeliveryResult.FAILED in (answers.probe, answers.announcement):
        return Result(
            TOPICS,
            Status.FAILED,
            "the broker could not pass on what we published, for a reason of its own",
            "its log says why; of a cluster, see whether each node is well",
        )
    write = [
        topic
        for topic, result in (
            (f"{topics.root}/#", answers.probe),
            (topics.discovery, answers.announcement),
        )
        if result is DeliveryResult.REJECTED
    ]
    read = [topic for topic in visit.denied if topic != topics.bids(visit.group)]
    # Where we may not write, nothing could come back.
    if not answers.came_back and answers.probe is not DeliveryResult.REJECTED:
        read.append(topics.commands)
    if not write and not read:
        meaning = f"we may write {topics.root}/#, and read our commands"
        return Result(TOPICS, Status.OK, meaning)
    missing = [f"write {topic}" for topic in write] + [f"read {t}" for t in read]
    return Result(
        TOPICS,
        Status.FAILED,
        f"the broker's access rules do not let us {', '.join(missing)}",
        "allow it there; mosquitto/acl.example shows how",
    )


def judge_name(visit: BrokerVisit) -> Result:
    """Judge whether another satellite uses our name."""
    if visit.answers is None:
        return Result(NAME, Status.SKIPPED, "needs the broker")
    name, other = visit.topics.node, visit.answers.namesake
    if other is None:
        return Result(NAME, Status.OK, f"nobody else is {name!r} at this broker")
    return Result(
        NAME,
        Status.FAILED,
        f"another satellite is {name!r} at this broker: on the machine {other.host}, "
        f"since {other.since}",
        "give each satellite a satellite.name of its own",
    )


def judge_group(visit: BrokerVisit) -> Result:
    """Judge whether the satellites of our group can decide which of them answers."""
    if not visit.group:
        meaning = "this satellite is in none, and answers on its own"
        return Result(GROUP, Status.SKIPPED, meaning)
    if visit.answers is None or not isinstance(visit.fact, Connected):
        return Result(GROUP, Status.SKIPPED, "needs the broker")
    filter_ = visit.topics.bids(visit.group)
    # Where we may not write, nothing could come back.
    may_write = visit.answers.probe is not DeliveryResult.REJECTED
    if filter_ in visit.denied or (may_write and not visit.answers.bids_come):
        return Result(
            GROUP,
            Status.FAILED,
            f"the broker's access rules do not let us read {filter_}: of several "
            "satellites that hear the wake word, more than one may answer",
            "allow it there; mosquitto/acl.example shows how",
        )
    others = ", ".join(sorted(visit.answers.members))
    meaning = f"in {visit.group!r} there {'are' if ',' in others else 'is'} "
    meaning += others or "nobody else, so nobody waits"
    if visit.fact.version is not Version.V5:
        return Result(
            GROUP,
            Status.WARNING,
            f"{meaning}; a broker of MQTT {visit.fact.version} gives each satellite "
            "its own messages back, which are dropped",
            "a broker of MQTT 5, such as mosquitto 2, spares that",
        )
    return Result(GROUP, Status.OK, meaning)


def judge_home_assistant(visit: BrokerVisit) -> Result:
    """Judge whether Home Assistant waits for devices to introduce themselves."""
    if visit.answers is None:
        return Result(HOME_ASSISTANT, Status.SKIPPED, "needs the broker")
    answers = visit.answers
    if answers.birth == "online":
        return _seen("it says so itself")
    if answers.announcement is None:
        return Result(
            HOME_ASSISTANT,
            Status.SKIPPED,
            "home_assistant.discovery is off: no device is there, nor an Assist "
            "satellite to be found",
        )
    if answers.announcement is DeliveryResult.FAILED:
        return Result(HOME_ASSISTANT, Status.SKIPPED, "the broker could not pass it on")
    if answers.announcement in (DeliveryResult.REJECTED, DeliveryResult.OVER_QUOTA):
        return Result(HOME_ASSISTANT, Status.SKIPPED, "needs the right to be announced")
    if answers.announcement is DeliveryResult.NO_LISTENER:
        prefix = visit.topics.discovery_prefix
        return Result(
            HOME_ASSISTANT,
            Status.WARNING,
            f"not seen: nobody on this broker waits for devices on {prefix}/",
            "is it running, and its MQTT integration set up with this broker and this "
            "discovery prefix?",
        )
    if isinstance(visit.fact, Connected) and visit.fact.version is not Version.V5:
        return Result(HOME_ASSISTANT, Status.SKIPPED, "this broker does not tell")
    if answers.probe is not DeliveryResult.NO_LISTENER:
        meaning = "cannot be told from somebody who listens to everything here"
        return Result(HOME_ASSISTANT, Status.SKIPPED, meaning)
    return _seen("it waits for devices to introduce themselves")


def _seen(how: str) -> Result:
    return Result(HOME_ASSISTANT, Status.OK, f"it is there: {how}")
