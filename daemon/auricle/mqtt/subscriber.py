"""What the house tells the satellite: orders, words, and that it has started."""

import logging
from collections.abc import Callable

from auricle.mqtt.commands import Command, Options, Rejected
from auricle.mqtt.hermes import Hermes
from auricle.mqtt.incoming import HomeAssistantStarted, RunFound, interpret
from auricle.mqtt.link.broker import Received
from auricle.mqtt.topics import Action, Setting, Topics

logger = logging.getLogger(__name__)


class Subscriber:
    """Calls back what it understands, and warns of the rest."""

    def __init__(
        self,
        topics: Topics,
        options: Options,
        *,
        heed_vocabulary: bool,
        hermes: Hermes | None,
        on_command: Callable[[Command], None],
        on_house_started: Callable[[], None],
        on_rejected: Callable[[Setting], None],
        on_run: Callable[[str], None],
    ) -> None:
        """`on_rejected`: the house shows what it asked for, until it is told again;
        `on_run` hears which run was here last with our name.
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
        self._on_command = on_command
        self._on_house_started = on_house_started
        self._on_rejected = on_rejected
        self._on_run = on_run
        self._warned: set[Setting | Action | None] = set()

    def received(self, received: Received) -> None:
        order = self._hermes.interpret(received) if self._hermes else None
        if order is not None:
            self._on_command(order)
            return
        match interpret(received, self._topics, self._options):
            case None:
                return
            case HomeAssistantStarted():
                self._on_house_started()
            case RunFound(run_id):
                self._on_run(run_id)
            case Rejected() as rejected:
                self._reject(rejected)
            case command:
                self._on_command(command)

    def _reject(self, rejected: Rejected) -> None:
        # Once each: a log must not grow with what anybody on the network sends.
        known = rejected.what in self._warned
        self._warned.add(rejected.what)
        logger.log(
            logging.DEBUG if known else logging.WARNING,
            "ignoring what was sent to %s: %s",
            rejected.what or "the vocabulary",
            rejected.why,
        )
        if isinstance(rejected.what, Setting):
            self._on_rejected(rejected.what)
