"""A Home Assistant with rooms, a real voice, agents, and our integration."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rigs.homes import wyoming_voice
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.home_assistant_events import Events
from rigs.mqtt.broker import free_port
from rigs.waiting import answered

ROOMS = ("Den", "Attic")
LIGHTS = tuple(f"{room} lamp" for room in ROOMS)
BUILT_IN = "conversation.home_assistant"
STORYTELLER = "conversation.storyteller"
VOICE = "tts.voice"


@contextlib.contextmanager
def voice_server() -> Iterator[int]:
    """A text-to-speech server; its port."""
    port = free_port()
    program = str(Path(str(wyoming_voice.__file__)))
    process = subprocess.Popen([sys.executable, program, str(port)])
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


async def furnish(home: HomeAssistant) -> None:
    """Rooms with a lamp each."""
    async with Events(home) as events:
        for room, light in zip(ROOMS, LIGHTS, strict=True):
            area = await events.ask("config/area_registry/create", name=room)
            entity = f"light.{light.lower().replace(' ', '_')}"
            await home.fits(entity, lambda state: state is not None)
            await events.ask(
                "config/entity_registry/update",
                entity_id=entity,
                area_id=area["area_id"],
            )


async def use(home: HomeAssistant, agent: str = BUILT_IN, **changes: Any) -> None:
    """Let the preferred pipeline have this agent, the real voice, and `changes`."""
    await home.fits(VOICE, lambda state: state not in (None, "unavailable"))
    async with Events(home) as events:
        known = await events.ask("assist_pipeline/pipeline/list")
        [pipeline] = [
            each
            for each in known["pipelines"]
            if each["id"] == known["preferred_pipeline"]
        ]
        pipeline["pipeline_id"] = pipeline.pop("id")
        language = "*" if agent == STORYTELLER else "en"
        pipeline |= {
            "conversation_engine": agent,
            "conversation_language": language,
            "language": "en",
            "tts_engine": VOICE,
            "tts_language": "en",
            "tts_voice": "slt",
        }
        await events.ask("assist_pipeline/pipeline/update", **{**pipeline, **changes})


async def add(home: HomeAssistant, name: str, area: str | None = None) -> str:
    """Add the satellite that was found, unless it is here; its device's id."""
    entity = f"assist_satellite.{name.lower().replace(' ', '_')}"
    async with Events(home) as events:
        if await home.value(entity) is None:
            flow = await _found(events, name)
            path = f"/api/config/config_entries/flow/{flow}"
            result = await home.call(path, {})
            assert result["type"] == "create_entry", result
        await home.fits(entity, lambda state: state not in (None, "unavailable"))
        device = await home.render(f"{{{{ device_id('{entity}') }}}}")
        if area is not None:
            await events.ask(
                "config/device_registry/update",
                device_id=device,
                area_id=area.lower(),
            )
    return device


async def _found(events: Events, name: str) -> str:
    async def ours() -> list[str]:
        return [
            flow["flow_id"]
            for flow in await events.ask("config_entries/flow/progress")
            if flow["handler"] == "auricle"
            if flow["context"].get("title_placeholders", {}).get("name") == name
        ]

    return (await answered(ours, bool, of=f"what was found of {name}"))[0]


async def call(
    home: HomeAssistant, action: str, entity: str, **data: Any
) -> Mapping[str, Any]:
    """What Home Assistant answers a person who performs an action, errors included."""
    domain, service = action.split(".")
    async with Events(home) as events:
        return await events.answer(
            "call_service",
            domain=domain,
            service=service,
            service_data=data,
            target={"entity_id": entity},
            return_response=action.endswith("ask_question"),
        )


async def repairs(home: HomeAssistant, of: str | None = None) -> set[str]:
    """What our integration says is wrong, with all satellites or the one of this name,
    by translation key.
    """
    async with Events(home) as events:
        listed = await events.ask("repairs/list_issues")
    return {
        issue["translation_key"]
        for issue in listed["issues"]
        if issue["domain"] == "auricle"
        and of in (None, issue["translation_placeholders"]["name"])
    }


async def repaired(home: HomeAssistant, *wanted: str, of: str | None = None) -> None:
    """Wait until exactly this is wrong."""
    await answered(
        lambda: repairs(home, of),
        lambda found: found == set(wanted),
        of="what is wrong",
    )
