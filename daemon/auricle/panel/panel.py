"""The panel as a program: one satellite's lights, button and hooks, over MQTT."""

import asyncio
import logging
import secrets
import signal
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    Disconnected,
    Received,
    Report,
)
from auricle.mqtt.link.client import MqttClient, ReconnectSettings
from auricle.mqtt.link.message import Message
from auricle.mqtt.link.route import reconnect_delays
from auricle.mqtt.topics import Topics
from auricle.panel.actions import mute
from auricle.panel.array import ArrayParts, ArrayWatch
from auricle.panel.button import Button, ButtonParts
from auricle.panel.commands import HookParts
from auricle.panel.hooks import HookEvent
from auricle.panel.lights import Lights
from auricle.panel.muting import Mute, MuteMirror, Side
from auricle.panel.scene import SatelliteView, Scene
from auricle.system.clock import since_boot
from auricle.system.systemd import Notifier
from auricle.system.threads import hand_to_loop

logger = logging.getLogger(__name__)

# Signs of life in the time after which a watchdog acts.
_SIGNS = 3


class Panel:
    """Shows what a satellite does, hands it what a button orders, and runs commands."""

    def __init__(
        self,
        brokers: Sequence[BrokerSettings],
        topics: Topics,
        notifier: Notifier,
        *,
        lights: Lights | None,
        button: ButtonParts | None,
        array: ArrayParts | None,
        hooks: HookParts | None,
    ) -> None:
        """Be a client of the satellite's `brokers` beside it.

        Raises ConfigError for a certificate or key that cannot be used.
        """
        self._lights = lights
        self._hooks = hooks
        self._notifier = notifier
        self._loop = asyncio.get_running_loop()
        self._view = SatelliteView(topics)
        self._scene: Scene | None = None
        # Nobody acts on it; a client has to have something to say when it leaves.
        self._nothing = Message(f"{topics.root}/panel", "", qos=0)
        # Of two clients with one id, the broker throws the first one out. A satellite
        # may have lights here and hooks elsewhere, or a panel in a terminal as well.
        name = f"panel_{secrets.token_hex(4)}"
        self._client = MqttClient(
            [replace(b, client_id=f"{b.client_id}_{name}") for b in brokers],
            ReconnectSettings(reconnect_delays),
            will=self._nothing,
            subscriptions=(
                *self._view.subscriptions,
                *(hooks.events.subscriptions if hooks else ()),
            ),
            on_report=self._take,
        )
        self._button = None
        if button is not None:
            self._button = Button(button, self._view, self._order)
        self._array = None
        if array is not None:
            self._array = ArrayWatch(array, partial(self._mirror, Side.ARRAY))
        self._topics = topics
        self._mute_mirror = MuteMirror()
        self._mirrors_mute = array is not None and array.mirrors_mute
        self._rounds: int | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit code.

        Raises ConfigError where a device cannot be used, and whatever ended the lights.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._end)
        watching = asyncio.create_task(self._watch(), name="watch")
        try:
            if self._lights is not None:
                self._lights.start()
                self._end_with(self._lights.drawing)
            if self._array is not None:
                self._array.start()
                self._end_with(self._array.watching)
            if self._button is not None:
                self._button.start()
            self._client.start()
            self._look()
            self._notifier.ready()
            await self._ended
        finally:
            self._notifier.stopping()
            watching.cancel()
            if self._button is not None:
                self._button.stop()
            if self._lights is not None:
                await self._lights.stop()
            if self._array is not None:
                await self._array.stop()
            if self._hooks is not None:
                await self._hooks.commands.stop()
            await self._client.stop(self._nothing)
        return 0

    def _end_with(self, thread: Future[None] | None) -> None:
        assert thread is not None
        thread.add_done_callback(
            lambda ended: hand_to_loop(self._loop, self._end, ended.exception())
        )

    def _end(self, error: BaseException | None = None) -> None:
        if self._ended.done():
            return
        if error is None:
            self._ended.set_result(None)
        else:
            self._ended.set_exception(error)

    def _take(self, report: Report) -> None:
        match report:
            case Connected() | Disconnected():
                # What the broker keeps comes anew.
                self._view.forget()
                self._look()
            case Received(topic, payload, retained):
                if self._view.heard(topic, payload):
                    self._look()
                elif self._hooks is not None:
                    self._run(
                        self._hooks.events.heard(topic, payload, retained=retained)
                    )

    def _mirror(self, side: Side, muted: bool | None) -> None:
        """Have the other one muted as this one is now."""
        match self._mute_mirror.said(side, muted):
            case Mute(Side.ARRAY, wanted) if self._array is not None:
                self._array.mute(muted=wanted)
            case Mute(Side.SATELLITE, wanted):
                order = mute(muted=wanted, topics=self._topics, view=self._view)
                if order is not None:
                    self._order(order)

    def _order(self, message: Message) -> None:
        # It may wait in a connection that hangs for as long as in the broker.
        life = since_boot() + (message.expiry or 0.0)
        self._client.publish(replace(message, not_after=life))

    def _look(self) -> None:
        if self._mirrors_mute:
            self._mirror(Side.SATELLITE, self._view.muted)
        scene = self._view.scene
        if scene is self._scene:
            return
        logger.debug("%s -> %s", self._scene, scene)
        self._scene = scene
        self._notifier.status(f"the satellite: {scene}")
        if self._lights is not None:
            self._lights.show(scene)
        if self._hooks is not None:
            self._run(self._hooks.events.saw(scene))

    def _run(self, event: HookEvent | None) -> None:
        if event is not None and self._hooks is not None:
            self._hooks.commands.run(event)

    async def _watch(self) -> None:
        while self._notifier.watchdog is not None:
            if self._makes_progress():
                self._notifier.alive()
            await asyncio.sleep(self._notifier.watchdog / _SIGNS)

    def _makes_progress(self) -> bool:
        before, self._rounds = self._rounds, self._client.rounds
        stuck = self._lights is not None and self._lights.stuck
        return not stuck and (before is None or before != self._rounds)
