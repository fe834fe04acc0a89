"""Automations made of blueprints, at work in a real Home Assistant."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from rigs.homes.blueprint_fillings import Filling, fillings
from rigs.homes.home_assistant import HomeAssistant, State
from rigs.homes.home_assistant_config import BLUEPRINTS
from rigs.homes.home_assistant_events import Action, Events
from rigs.waiting import answered


@dataclass(frozen=True)
class Automations:
    """A house with these automations only, and what they do."""

    fillings: Sequence[Filling]
    _home_assistant: HomeAssistant
    _events: Events

    async def state(self, filling: Filling) -> State:
        states = (await self._home_assistant.states()).values()
        titles = {state["attributes"].get("friendly_name"): state for state in states}
        return titles[filling.name]

    async def runs(self, filling: Filling) -> list[list[Action]]:
        """What each run has done so far."""
        return await self._events.runs(filling.name)

    async def run(self, filling: Filling, number: int = 1) -> list[Action]:
        """What it did in this run, the latest, once that is done."""

        async def done() -> bool:
            triggered = len(await self.runs(filling))
            attributes = (await self.state(filling))["attributes"]
            return triggered >= number and attributes["current"] == 0

        await answered(done, bool, of=f"that {filling.name} is done")
        [*before, latest] = await self.runs(filling)
        assert len(before) == number - 1
        return latest


@contextlib.asynccontextmanager
async def automations(
    home_assistant: HomeAssistant, *fillings: Filling
) -> AsyncIterator[Automations]:
    """These fillings, in place of the automations of its setup."""
    async with Events(home_assistant) as events:
        filled = [filling.automation for filling in fillings]
        async with home_assistant.automated_by(filled):
            yield Automations(fillings, home_assistant, events)


async def every_filling(home_assistant: HomeAssistant) -> list[Filling]:
    """Of all the blueprints that we ship."""
    async with Events(home_assistant) as events:
        known = await events.ask("blueprint/list", domain="automation")
    states = await home_assistant.states()
    return [
        filling
        for file in sorted(BLUEPRINTS.glob("*.yaml"))
        for inputs in [known[f"auricle/{file.name}"]["metadata"]["input"]]
        for filling in fillings(file.name, inputs, states)
    ]
