"""What a message that arrives means."""

from dataclasses import dataclass

from auricle.mqtt.commands import Command, Options, Rejected, parse, parse_vocabulary
from auricle.mqtt.link.broker import Received
from auricle.mqtt.topics import Action, Setting, Topics


@dataclass(frozen=True, slots=True)
class HomeAssistantStarted:
    """It may have to be told everything again."""


@dataclass(frozen=True, slots=True)
class RunFound:
    """The run of a satellite that was here last with our name."""

    run_id: str


def interpret(
    received: Received, topics: Topics, options: Options
) -> Command | Rejected | HomeAssistantStarted | RunFound | None:
    """None for what concerns nobody here."""
    if received.topic == topics.birth:
        is_news = received.payload == b"online" and not received.retain
        return HomeAssistantStarted() if is_news else None
    if received.topic == topics.vocabulary:
        return parse_vocabulary(received.payload)
    if received.topic == topics.run:
        found = RunFound(received.payload.decode(errors="replace"))
        return found if received.retain else None
    what = _addressee(topics, received.topic)
    if what is None:
        return None
    if received.retain:
        # It would be obeyed at every reconnect, for years.
        return Rejected(what, "somebody retained this command; it has to be sent live")
    return parse(what, received.payload, options)


def _addressee(topics: Topics, topic: str) -> Setting | Action | None:
    everything: tuple[Setting | Action, ...] = (*Setting, *Action)
    return next((what for what in everything if topic == topics.command(what)), None)
