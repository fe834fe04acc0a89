"""One satellite, as its messages show it, and the way to it: MQTT and nothing else."""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady, HomeAssistantError

from custom_components.auricle import wire
from custom_components.auricle.const import CONF_ROOT, DOMAIN, MQTT

_LOGGER = logging.getLogger(__name__)

_T = TypeVar("_T")

_QOS = 1
_EXPIRY = 30
"""Seconds after which a broker forgets a sound that nobody fetched."""
_INTRODUCTION = 10.0
"""Seconds in which the broker hands out what is retained."""
AWAY = wire.Report("", "failed", "away")


class SatelliteLink:
    """Keeps what the satellite said last, and tells whoever wants to know."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        self.topics = wire.Topics(entry.data[CONF_ROOT])
        self.satellite: wire.Satellite | None = None
        self.state: str | None = None
        self.wake_word: str | None = None
        self.group: str | None = None
        self.on_change: list[Callable[[], None]] = []
        self.on_wake: list[Callable[[wire.Wake], None]] = []
        self.on_utterance: list[Callable[[wire.Utterance], None]] = []
        self.on_forgotten: Callable[[], None] | None = None
        self.on_introduced: Callable[[wire.Satellite | None], None] | None = None
        """Told what the satellite says of itself; None if it is too new for us."""
        self._hass = hass
        self._online = False
        self._known = asyncio.Event()
        self._sounds: dict[str, asyncio.Queue[wire.Report]] = {}
        self._ends: list[CALLBACK_TYPE] = []

    async def open(self) -> None:
        """Subscribe, and wait for the satellite to introduce itself.

        Raises ConfigEntryNotReady where it does not; `close` ends it, then as well.
        """
        topics = self.topics
        for topic, take in (
            (topics.satellite, self._introduced),
            (topics.availability, self._told_availability),
            (topics.state, self._told_state),
            (topics.wake_word, self._told_wake_word),
            (topics.group, self._told_group),
            (topics.wake, partial(self._happened, wire.wake, self.on_wake)),
            (
                topics.utterance,
                partial(self._happened, wire.utterance, self.on_utterance),
            ),
            (topics.play, self._played),
        ):
            end = await mqtt.async_subscribe(self._hass, topic, take, _QOS)
            self._ends.append(end)
        self._ends.append(
            mqtt.async_subscribe_connection_status(
                self._hass, callback(lambda _connected: self._changed())
            )
        )
        try:
            async with asyncio.timeout(_INTRODUCTION):
                await self._known.wait()
        except TimeoutError:
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN,
                translation_key="no_satellite",
                translation_placeholders={"topic": topics.satellite},
            ) from None

    def close(self) -> None:
        """Hear nothing more."""
        while self._ends:
            self._ends.pop()()

    @property
    def available(self) -> bool:
        """Whether the satellite can be reached."""
        return self._online and bool(mqtt.is_connected(self._hass))

    @property
    def plays(self) -> bool:
        """Whether the satellite has a loudspeaker."""
        return self.satellite is not None and self.satellite.plays

    # --- what it is told ---

    async def order(self, name: str, payload: str | bytes) -> None:
        """Tell the satellite something; returns once the broker has it.

        Raises HomeAssistantError where there is no broker.
        """
        options: dict[str, Any] = {}
        if _expires(self._hass):
            options["message_expiry_interval"] = _EXPIRY
        topic = self.topics.command(name)
        await mqtt.async_publish(self._hass, topic, payload, _QOS, **options)

    def soon(self, name: str, payload: str | bytes) -> None:
        """Tell the satellite something that it need not know where it is away."""

        async def order() -> None:
            try:
                await self.order(name, payload)
            except HomeAssistantError as error:
                _LOGGER.debug("%s is not told: %s", self.topics.root, error)

        self._hass.async_create_task(order(), f"{self.topics.root} {name}")

    def tell_error(self, error: str) -> None:
        """Let the room know that something went wrong."""
        if self.plays:
            self.soon("play", wire.error_message(error))

    @asynccontextmanager
    async def reports(self, sound_id: str) -> AsyncIterator[asyncio.Queue[wire.Report]]:
        """All that becomes of one sound meanwhile; `AWAY` if the satellite leaves."""
        queue: asyncio.Queue[wire.Report] = asyncio.Queue()
        self._sounds[sound_id] = queue
        try:
            yield queue
        finally:
            del self._sounds[sound_id]

    # --- what it says ---

    @callback
    def _introduced(self, message: mqtt.ReceiveMessage) -> None:
        if not message.payload:
            if self.on_forgotten is not None:
                self.on_forgotten()
            return
        try:
            self.satellite = wire.satellite(message.payload)
        except wire.NewerSatelliteError:
            if self.on_introduced is not None:
                self.on_introduced(None)
            return
        except ValueError as error:
            _LOGGER.warning("%s cannot be read: %s", message.topic, error)
            return
        if self.on_introduced is not None:
            self.on_introduced(self.satellite)
        self._known.set()
        self._changed()

    @callback
    def _told_availability(self, message: mqtt.ReceiveMessage) -> None:
        self._online = message.payload == wire.ONLINE
        if not self._online:
            for queue in self._sounds.values():
                queue.put_nowait(AWAY)
        self._changed()

    @callback
    def _told_state(self, message: mqtt.ReceiveMessage) -> None:
        self.state = str(message.payload)
        self._changed()

    @callback
    def _told_wake_word(self, message: mqtt.ReceiveMessage) -> None:
        self.wake_word = str(message.payload)
        self._changed()

    @callback
    def _told_group(self, message: mqtt.ReceiveMessage) -> None:
        try:
            self.group = wire.group(message.payload) if message.payload else None
        except ValueError as error:
            _LOGGER.warning("%s cannot be read: %s", message.topic, error)

    @callback
    def _happened(
        self,
        read: Callable[[wire.Payload], _T],
        listeners: list[Callable[[_T], None]],
        message: mqtt.ReceiveMessage,
    ) -> None:
        # An event that was retained is long over.
        if message.retain:
            return
        try:
            event = read(message.payload)
        except ValueError as error:
            _LOGGER.warning("%s cannot be read: %s", message.topic, error)
            return
        for tell in tuple(listeners):
            tell(event)

    @callback
    def _played(self, message: mqtt.ReceiveMessage) -> None:
        try:
            report = wire.report(message.payload)
        except ValueError as error:
            _LOGGER.warning("%s cannot be read: %s", message.topic, error)
            return
        if (queue := self._sounds.get(report.id)) is not None:
            queue.put_nowait(report)

    def _changed(self) -> None:
        for tell in tuple(self.on_change):
            tell()


def listen(listeners: list[_T], listener: _T) -> CALLBACK_TYPE:
    """Let somebody be told; the answer ends it."""
    listeners.append(listener)
    return partial(listeners.remove, listener)


def _expires(hass: HomeAssistant) -> bool:
    """Whether Home Assistant can tell its broker to forget a message in time."""
    # Since 2026.6, and an error where its connection speaks MQTT 3.
    if (
        "message_expiry_interval"
        not in inspect.signature(mqtt.async_publish).parameters
    ):
        return False
    entries = hass.config_entries.async_entries(MQTT)
    return any(entry.data.get("protocol") == "5" for entry in entries)


AuricleConfigEntry = ConfigEntry[SatelliteLink]
