"""How a satellite becomes part of Home Assistant: it is found, or asked for."""

import asyncio
from typing import Any

import voluptuous as vol
from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.core import callback
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo

from custom_components.auricle import wire
from custom_components.auricle.const import CONF_DEVICE, CONF_ROOT, DOMAIN

_DEFAULT_ROOT = "auricle"
_LOOK = 2.0
"""Seconds in which the broker hands out what is retained."""


class AuricleConfigFlow(ConfigFlow, domain=DOMAIN):
    """One entry each."""

    VERSION = 1

    def __init__(self) -> None:
        self._found: dict[str, wire.Satellite] = {}

    async def async_step_mqtt(
        self, discovery_info: MqttServiceInfo
    ) -> ConfigFlowResult:
        """Take one that the broker told of."""
        try:
            satellite = wire.satellite(discovery_info.payload)
        except ValueError:
            return self.async_abort(reason="no_satellite")
        root = discovery_info.topic.removesuffix("/satellite")
        await self._is_new(root, satellite)
        self._found = {root: satellite}
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask before it is added."""
        [(root, satellite)] = self._found.items()
        if user_input is not None:
            return self._added(root, satellite)
        placeholders = {"name": satellite.name, "topic": root}
        self.context["title_placeholders"] = placeholders
        self._set_confirm_only()
        return self.async_show_form(
            step_id="confirm", description_placeholders=placeholders
        )

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where to look."""
        if not await mqtt.async_wait_for_mqtt_client(self.hass):
            return self.async_abort(reason="no_mqtt")
        errors = {}
        root = _DEFAULT_ROOT
        if user_input is not None:
            root = user_input[CONF_ROOT].strip().strip("/")
            if not root or set(root) & set("#+\0"):
                errors[CONF_ROOT] = "no_root"
            else:
                self._found = await self._look(root)
                if self._found:
                    return await self.async_step_pick()
                errors[CONF_ROOT] = "nothing_found"
        return self.async_show_form(
            step_id="user",
            data_schema=_form({vol.Required(CONF_ROOT, default=root): str}),
            errors=errors,
        )

    async def async_step_pick(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which of those that were found."""
        if user_input is None and len(self._found) > 1:
            names = {root: each.name for root, each in self._found.items()}
            return self.async_show_form(
                step_id="pick",
                data_schema=_form({vol.Required(CONF_ROOT): vol.In(names)}),
            )
        root = next(iter(self._found)) if user_input is None else user_input[CONF_ROOT]
        satellite = self._found[root]
        await self._is_new(root, satellite, offered=True)
        return self._added(root, satellite)

    async def _look(self, root: str) -> dict[str, wire.Satellite]:
        """All that are not yet here, where `root` is one, or has some below it."""
        here = {entry.unique_id for entry in self._async_current_entries()}
        found = {}

        @callback
        def take(message: mqtt.ReceiveMessage) -> None:
            try:
                satellite = wire.satellite(message.payload)
            except ValueError:
                return
            if satellite.device not in here:
                found[message.topic.removesuffix("/satellite")] = satellite

        ends = [
            await mqtt.async_subscribe(self.hass, topic, take, 1)
            for topic in (f"{root}/satellite", f"{root}/+/satellite")
        ]
        await asyncio.sleep(_LOOK)
        for end in ends:
            end()
        return found

    async def _is_new(
        self, root: str, satellite: wire.Satellite, *, offered: bool = False
    ) -> None:
        """Abort where it is here already; it may have moved to other topics.

        `offered`: whether it may wait to be confirmed meanwhile, as one that was found.
        """
        await self.async_set_unique_id(satellite.device, raise_on_progress=not offered)
        self._abort_if_unique_id_configured(updates={CONF_ROOT: root})

    def _added(self, root: str, satellite: wire.Satellite) -> ConfigFlowResult:
        return self.async_create_entry(
            title=satellite.name,
            data={CONF_ROOT: root, CONF_DEVICE: satellite.device},
        )


def _form(fields: dict[Any, Any]) -> Any:
    # Later releases put a library of their own under this name: another type.
    return vol.Schema(fields)
