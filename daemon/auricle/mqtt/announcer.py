"""What is true, told to the broker, and told again when it may have been forgotten."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from auricle.mqtt.discovery.introduction import Introduction, IntroductionStep
from auricle.mqtt.link.broker import Delivered, DeliveryResult, Received
from auricle.mqtt.link.client import MqttClient
from auricle.mqtt.link.message import Message
from auricle.mqtt.retained_messages import RetainedMessages
from auricle.system.clock import since_boot

# Home Assistant's birth message reaches all satellites at once; it asks for this.
BIRTH_JITTER = 5.0
# Seconds to leave a broker alone that has no room.
QUOTA_PAUSE = 30.0
# Seconds that Home Assistant has, behind an outage of the broker, to be there again; it
# is asked so often meanwhile. If it takes longer, it starts anew and knows nothing.
HOUSE_PATIENCE = 60.0
ASK_AGAIN = 1.0


class Announcer:
    """Tells the broker what is true, in retained messages, and keeps telling it.

    It lives on the event loop.
    """

    def __init__(
        self,
        client: MqttClient,
        online: Message,
        introduction: Introduction | None,
        random: Callable[[], float],
    ) -> None:
        """`online` is told last, when everything else is, the device itself and what
        the satellite can do, and before that where there is an event to tell; `random`
        returns numbers from 0 to 1.
        """
        self._client = client
        self._online = online
        self._introduction = introduction
        self._random = random
        self._retained = RetainedMessages()
        self._timer: asyncio.TimerHandle | None = None
        self._single = False
        """Whether the broker holds single ones of the device's entities."""
        self._steps: deque[IntroductionStep] | None = None
        """What is still to be done of the introduction; None where it is done, or not
        begun."""
        self._awaited: int | None = None
        """The id of a message that has to be heard before it goes on."""
        self._pause: asyncio.TimerHandle | None = None
        self._patient_until = 0.0
        self._online_told = False
        self._there = False
        """Whether this broker has been told at all that the satellite is there."""
        self._ended = False

    def put(self, message: Message, *, again: bool = False) -> None:
        """Publish what is true now; what the broker knows, only where `again`."""
        if not message.retain:
            self._client.publish(message)
        elif self._retained.put(message, since_boot()) or again:
            self._tell(message)

    def repeat(self, topic: str) -> None:
        """Say once more what is true of `topic`."""
        message = self._retained.get(topic)
        if message is not None:
            self._tell(message)

    def catch_up(self) -> None:
        """Publish what the broker did not take before; it may have room now."""
        for message in self._retained.take_untold(since_boot()):
            self._tell(message)

    def announce(self) -> None:
        """Publish everything that is true, and last that the satellite is there."""
        self.stop()
        for message in self._retained.take_all(since_boot()):
            self._tell(message)
        self._introduce()

    def connected(self) -> None:
        """Start anew: a broker says itself how the device was introduced to it."""
        self._there = False
        self._single = False
        self._steps = None
        self._cancel_pause()
        self._awaited = None
        self._patient_until = since_boot() + HOUSE_PATIENCE

    def be_there(self) -> None:
        """Say that the satellite is there, where this broker was not told yet.

        Home Assistant's automations do not see the events of one that is unavailable.
        """
        if not self._there and not self._ended:
            self._there = self._client.publish(self._online) is not None

    def noted(self, received: Received) -> bool:
        """Take `received` if it is what the broker remembers of the introduction.

        Return whether it was.
        """
        introduction = self._introduction
        if introduction is None or received.topic != introduction.note:
            return False
        single = bool(received.payload)
        # It comes with the first messages that we are sent, or soon behind them.
        if received.retain and single != self._single:
            self._single = single
            self._introduce()
        return True

    def delivered(self, delivered: Delivered) -> None:
        """Go on with the introduction, a message at a time.

        A broker that drops us for one of them has by then acknowledged all that matters
        more, and it is known for which.
        """
        if self._steps and delivered.id == self._awaited:
            self._awaited = None
            unheard = delivered.result in (
                DeliveryResult.NO_LISTENER,
                DeliveryResult.FAILED,
            )
            if unheard and since_boot() < self._patient_until:
                # Behind an outage of the broker, or of a node of a cluster, Home
                # Assistant is back later than we.
                self._tell_online()
                self._go_on_after(ASK_AGAIN)
                return
            self._steps.popleft()
        self._go_on()

    def end(self) -> None:
        """Tell nothing more: the goodbye that comes next is the last word."""
        self.stop()
        self._cancel_pause()
        self._steps = None
        self._ended = True

    def _introduce(self) -> None:
        if self._ended or not self._client.connected:
            return
        steps = []
        if self._introduction is not None:
            steps = self._introduction.steps(self._client.fits, single=self._single)
            left_out = self._introduction.left_out(self._client.fits)
            if left_out:
                self._client.leave_out(left_out)
        self._steps = deque(steps)
        self._cancel_pause()
        self._awaited = None
        self._online_told = False
        self._go_on()

    def _go_on(self) -> None:
        while self._steps is not None and self._client.idle and self._pause is None:
            if not self._steps:
                self._steps = None
                self._tell_online()
                return
            step = self._steps[0]
            if step.pause:
                self._steps[0] = replace(step, pause=0.0)
                self._go_on_after(step.pause)
                return
            message_id = self._client.publish(step.message)
            if message_id is None:
                return
            if step.to_be_heard:
                self._awaited = message_id
            else:
                self._steps.popleft()
                self._remember(step.message)

    def _go_on_after(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._pause = loop.call_later(seconds, self._go_on_behind_pause)

    def _go_on_behind_pause(self) -> None:
        self._pause = None
        self._go_on()

    def _remember(self, told: Message) -> None:
        if self._introduction is not None and told.topic == self._introduction.note:
            self._single = bool(told.payload)

    def _tell_online(self) -> None:
        if not self._online_told and not self._ended:
            self._online_told = True
            if self._introduction is not None:
                self._client.publish(self._introduction.satellite)
            self._there = self._client.publish(self._online) is not None

    @property
    def announces_soon(self) -> bool:
        """Whether everything is to be told again later on."""
        return self._timer is not None

    def announce_soon(self, then: Callable[[], None], *, after: float = 0.0) -> None:
        """Call `then`, which announces, `after` seconds and up to BIRTH_JITTER more:
        not at the same moment as every other satellite.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() + after + self._random() * BIRTH_JITTER
        if self._timer is None or self._timer.when() > due:
            self._cancel_timer()
            self._timer = loop.call_at(due, then)

    def stop(self) -> None:
        """Cancel the announcement that is due later; an introduction goes on."""
        self._cancel_timer()

    def _cancel_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self, message: Message) -> None:
        if not self._ended and self._client.publish(message) is None:
            self._retained.untold(message.topic)
