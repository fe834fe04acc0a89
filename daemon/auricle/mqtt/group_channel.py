"""What the satellites of a group tell each other, sent and received.

Nothing waits in here: a bid that leaves late would be about a word that nobody said
just then.
"""

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from auricle.arbitration.messages import Done, GroupMessage
from auricle.arbitration.told import Inquiry, ToldTurns, Verdict
from auricle.mqtt.group_messages import (
    Ask,
    Gone,
    Here,
    Presence,
    Remembrance,
    Told,
    UnreadableError,
    Untold,
    Who,
    decode,
    encode,
)
from auricle.mqtt.link.broker import Received, Subscription
from auricle.mqtt.link.client import MqttClient
from auricle.mqtt.link.message import Message
from auricle.mqtt.membership import SAYS_AGAIN, Membership
from auricle.mqtt.topics import Topics
from auricle.system.clock import since_boot

logger = logging.getLogger(__name__)

# Seconds. What could not be written by then is about a turn that others have taken
# over; a connection that lets it wait is no better for a command.
LATEST = 5.0
# Seconds at most until somebody who asks is told that we are here: of many that are
# asked at once, each has a moment of its own.
ANSWER_JITTER = 0.3
# Seconds between two such answers.
ANSWER_PAUSE = 1.0
# Seconds after which all are asked again: the nodes of a cluster tell each other late
# of a new subscription, and an answer may come before.
ASK_AGAIN = 5.0


# A lost packet must not decide about a command.
SAID_TIMES = 2


@dataclass(slots=True)
class _Question:
    """What is asked after a command, and who waits for the answer."""

    ask: Ask
    inquiry: Inquiry
    then: Callable[[bool], None]
    timer: asyncio.TimerHandle | None = field(default=None)


class GroupChannel:
    """Tells the group, and calls back with what the others tell; on the event loop."""

    def __init__(
        self,
        client: MqttClient,
        topics: Topics,
        *,
        on_message: Callable[[GroupMessage], None],
        on_members: Callable[[frozenset[str]], None],
        on_told: Callable[[str], None],
        random: Callable[[], float],
    ) -> None:
        """`on_members` hears of the others each time that they are others than before;
        `on_told` the id of a turn whose command was told by who came back with it.

        `random` returns numbers from 0 to 1.
        """
        self._client = client
        self._topics = topics
        self._on_message = on_message
        self._on_members = on_members
        self._on_told = on_told
        self._random = random
        self._loop = asyncio.get_running_loop()
        self._group = ""
        self._membership = Membership()
        self._told: frozenset[str] = frozenset()
        self._asking: asyncio.TimerHandle | None = None
        self._saying: asyncio.TimerHandle | None = None
        self._answering: asyncio.TimerHandle | None = None
        self._answered_at = -ANSWER_PAUSE
        self._told_turns = ToldTurns()
        self._questions: dict[str, _Question] = {}

    @property
    def members(self) -> frozenset[str]:
        """The names of the others that are known."""
        return self._membership.members

    def join(self, group: str) -> None:
        """Leave the group that we are in, and join this one; empty: none."""
        if group == self._group:
            return
        if self._group:
            self.leave()
            self._client.unsubscribe(self._subscription)
        self._group = group
        if group:
            self._client.subscribe(self._subscription)
            if self._client.connected:
                self._introduce()

    def tell(self, message: GroupMessage) -> None:
        """Tell the group, if it can be told now."""
        self._told_turns.said(message)
        self._publish(message, not_after=since_boot() + LATEST)

    def ask(
        self,
        turn: str,
        stands_in_for: str | None,
        others: frozenset[str],
        then: Callable[[bool], None],
    ) -> bool:
        """Ask `others` whether the command of that turn is told, and call `then` with
        the answer. Return whether anybody is asked: else nothing is called.
        """
        if not self._group or not self._client.connected:
            return False
        question = _Question(
            Ask(self._topics.node, turn, stands_in_for),
            Inquiry(others, self._loop.time()),
            then,
        )
        self._questions[turn] = question
        for _ in range(SAID_TIMES):
            self._publish(question.ask)
        until = question.inquiry.until
        question.timer = self._loop.call_at(until, self._look_at, question, until)
        # Somebody may have told it while we were away for a moment.
        self._look_at(question, self._loop.time())
        return True

    def confirmed(self, turn: str, stands_in_for: str | None) -> None:
        """The broker confirmed the command of that turn, which is ours."""
        self._told_turns.note(turn, stands_in_for)

    def tell_of(self, turn: str, stands_in_for: str | None) -> None:
        """Tell that the broker has that command, with which we came back."""
        for _ in range(SAID_TIMES):
            self._publish(Told(self._topics.node, turn, stands_in_for))

    def connected(self) -> None:
        """Say that we are there, and find out who else is."""
        if self._group:
            self._introduce()

    def disconnected(self) -> None:
        """Do without the others: what they say does not reach us."""
        self._stop_timers()
        questions, self._questions = self._questions, {}
        for question in questions.values():
            if question.timer is not None:
                question.timer.cancel()
            question.then(False)
        self._membership.clear()
        self._tell_members()

    def leave(self) -> None:
        """Tell the others that we leave."""
        self._publish(Gone(self._topics.node))
        self.disconnected()

    def take(self, received: Received) -> bool:
        """Return whether it was for the group, and call back with what it says."""
        if not self._group:
            return False
        member = self._topics.bidder(received.topic, self._group)
        if member is None:
            return False
        # Only MQTT 5 keeps our own from us; and nobody may speak in our name.
        if member != self._topics.node and not received.retain:
            self._heed(member, received.payload)
        return True

    @property
    def _subscription(self) -> Subscription:
        return Subscription(self._topics.bids(self._group), no_local=True)

    def _heed(self, member: str, payload: bytes) -> None:
        try:
            message = decode(member, payload)
        except UnreadableError as error:
            logger.debug("ignoring what %s told the group: %s", member, error)
            return
        match message:
            case Who():
                self._answer_soon()
            case Gone():
                self._membership.left(member)
                self._tell_members()
            case Here():
                self._know(member)
            case Ask(_, turn, stands_in_for):
                self._know(member)
                self._answer_question(turn, stands_in_for)
            case Told(_, turn, stands_in_for):
                self._told_turns.note(turn, stands_in_for)
                self._heed_answer(member, turn, told=True)
                self._on_told(turn)
            case Untold(_, turn):
                self._heed_answer(member, turn, told=False)
            case Done():
                self._told_turns.heard(message)
                for question in list(self._questions.values()):
                    self._look_at(question, self._loop.time())
                # It may be the last word of one that has left.
                self._on_message(message)
            case _:
                self._know(member)
                self._on_message(message)

    def _know(self, member: str) -> None:
        self._membership.heard(member, self._loop.time())
        self._tell_members()

    def _tell_members(self) -> None:
        members = self._membership.members
        if members != self._told:
            self._told = members
            logger.debug("group %s: %s", self._group, ", ".join(sorted(members)))
            self._on_members(members)

    def _answer_question(self, turn: str, stands_in_for: str | None) -> None:
        match self._told_turns.knows(turn, stands_in_for):
            case True:
                self._publish(Told(self._topics.node, turn))
            case False:
                self._publish(Untold(self._topics.node, turn))

    def _heed_answer(self, member: str, turn: str, *, told: bool) -> None:
        question = self._questions.get(turn)
        if question is not None:
            question.inquiry.answered(member, told=told)
            self._look_at(question, self._loop.time())

    def _look_at(self, question: _Question, now: float) -> None:
        """Hand the answer over, once enough is answered to know it."""
        ask, inquiry = question.ask, question.inquiry
        if self._told_turns.knows(ask.turn, ask.stands_in_for):
            inquiry.answered(self._topics.node, told=True)
        verdict = inquiry.verdict(now)
        if verdict is Verdict.WAIT or self._questions.get(ask.turn) is not question:
            return
        del self._questions[ask.turn]
        if question.timer is not None:
            question.timer.cancel()
        question.then(verdict is Verdict.DROP)

    def _publish(
        self,
        message: GroupMessage | Presence | Remembrance,
        *,
        not_after: float = math.inf,
    ) -> None:
        # Who is there may be said late, by a machine that is busy with its start.
        if self._group:
            self._client.publish(
                Message(
                    self._topics.bid(self._group),
                    encode(message),
                    qos=0,
                    not_after=not_after,
                )
            )

    def _introduce(self) -> None:
        self._stop_timers()
        self._publish(Here(self._topics.node))
        self._publish(Who())
        self._asking = self._loop.call_later(ASK_AGAIN, self._publish, Who())
        self._saying = self._loop.call_later(SAYS_AGAIN, self._say_again)

    def _say_again(self) -> None:
        self._membership.expire(self._loop.time())
        self._tell_members()
        self._publish(Here(self._topics.node))
        self._saying = self._loop.call_later(SAYS_AGAIN, self._say_again)

    def _answer_soon(self) -> None:
        if self._answering is not None:
            return
        soon = self._loop.time() + ANSWER_JITTER * self._random()
        due = max(soon, self._answered_at + ANSWER_PAUSE)
        self._answering = self._loop.call_at(due, self._answer)

    def _answer(self) -> None:
        self._answering = None
        self._answered_at = self._loop.time()
        self._publish(Here(self._topics.node))

    def _stop_timers(self) -> None:
        for timer in (self._asking, self._saying, self._answering):
            if timer is not None:
                timer.cancel()
        self._asking = self._saying = self._answering = None
