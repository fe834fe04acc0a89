"""What the house tells the satellite: orders, words, and that it has started."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from auricle.mqtt.commands import (
    Command,
    Rejected,
    SetVocabulary,
    Speak,
    parse,
    parse_vocabulary,
)
from auricle.mqtt.hermes import Hermes
from auricle.mqtt.link.broker import Received
from auricle.mqtt.name_check import RunQuery, read_query
from auricle.mqtt.settings import Options, Setting
from auricle.mqtt.topics import Action, Topics
from auricle.turns.sounds import SpeechRequested

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HomeAssistantStarted:
    """Home Assistant came up, and may have to be told everything again."""


class Subscriber:
    """Says what to subscribe to, and what a message that arrives means."""

    def __init__(
        self,
        topics: Topics,
        options: Options,
        *,
        heed_vocabulary: bool,
        hermes: Hermes | None,
        speaks: bool,
        new_sound_id: Callable[[], str],
    ) -> None:
        """`speaks` where texts can be made sound of; `new_sound_id` makes the id of
        each.
        """
        self.subscriptions = [
            topics.commands,
            topics.birth,
            *([topics.vocabulary] if heed_vocabulary else ()),
            *(hermes.subscriptions if hermes else ()),
        ]
        self._topics = topics
        self._options = options
        self._hermes = hermes
        self._speaks = speaks
        self._new_sound_id = new_sound_id
        self._warned: set[Setting | Action | None] = set()
        self._vocabulary_cut = False

    def interpret(
        self, received: Received
    ) -> Command | Rejected | HomeAssistantStarted | RunQuery | None:
        """Return what it means; None for what concerns nobody here.

        What is rejected is told to the log as well.
        """
        order = self._hermes.interpret(received) if self._hermes else None
        meaning = order or self._meaning(received)
        if isinstance(meaning, Rejected):
            self._warn(meaning)
        return meaning

    def _meaning(
        self, received: Received
    ) -> Command | Rejected | HomeAssistantStarted | RunQuery | None:
        topics = self._topics
        if received.topic == topics.birth:
            is_news = received.payload == b"online" and not received.retain
            return HomeAssistantStarted() if is_news else None
        if received.topic == topics.vocabulary:
            return self._vocabulary(received.payload)
        if received.topic == topics.run_query:
            return None if received.retain else read_query(received.payload)
        what = self._addressee(received.topic)
        if what is None:
            return None
        if received.retain:
            # It would be obeyed at every reconnect, for years.
            return Rejected(
                what, "somebody retained this command; it has to be sent live"
            )
        command = parse(what, received.payload, self._options)
        return self._speech(command) if isinstance(command, Speak) else command

    def _vocabulary(self, payload: bytes) -> SetVocabulary | Rejected:
        vocabulary = parse_vocabulary(payload)
        if isinstance(vocabulary, SetVocabulary) and vocabulary.left_out:
            logger.log(
                logging.DEBUG if self._vocabulary_cut else logging.WARNING,
                "the vocabulary has %d characters too many: its end is left out",
                vocabulary.left_out,
            )
            self._vocabulary_cut = True
        return vocabulary

    def _speech(self, command: Speak) -> SpeechRequested | Rejected | None:
        if not self._speaks:
            return Rejected(
                Action.SPEAK, "nothing is configured that speaks (speech.engine)"
            )
        if not command.text:
            return None
        return SpeechRequested(self._new_sound_id(), command.text)

    def _addressee(self, topic: str) -> Setting | Action | None:
        everything: tuple[Setting | Action, ...] = (*Setting, *Action)
        return next(
            (what for what in everything if topic == self._topics.command(what)), None
        )

    def _warn(self, rejected: Rejected) -> None:
        # Once each: a log must not grow with what anybody on the network sends.
        known = rejected.what in self._warned
        self._warned.add(rejected.what)
        logger.log(
            logging.DEBUG if known else logging.WARNING,
            "ignoring what was sent to %s: %s",
            rejected.what or "the vocabulary",
            rejected.why,
        )
