"""What happens in a Home Assistant, as it happens."""

import asyncio
import itertools
import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

from rigs.homes.home_assistant import HomeAssistant
from rigs.waiting import eventually

_CONSEQUENCES = ("automation_triggered", "state_changed")


@dataclass(frozen=True)
class Action:
    """What an automation called, such as `light.turn_on`, or an event that it fired."""

    name: str
    data: dict[str, Any]


class Events:
    """All events since it was entered; an async context manager."""

    def __init__(self, home_assistant: HomeAssistant) -> None:
        self._home_assistant = home_assistant
        self._numbers = itertools.count(1)
        self._events: list[dict[str, Any]] = []
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._told: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        url = self._home_assistant.url.replace("http://", "ws://")
        self._socket: ClientConnection = await connect(
            f"{url}/api/websocket", max_size=None, proxy=None
        )
        await self._socket.recv()
        login = {"type": "auth", "access_token": self._home_assistant.token}
        await self._socket.send(json.dumps(login))
        assert json.loads(await self._socket.recv())["type"] == "auth_ok"
        self._reading = asyncio.create_task(self._read())
        await self.ask("subscribe_events")
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._socket.close()
        await self._reading

    async def ask(self, kind: str, **data: Any) -> Any:
        """The answer to a command; the events before it have been heard then."""
        answer = await self.answer(kind, **data)
        assert answer["success"], answer
        return answer["result"]

    async def answer(self, kind: str, **data: Any) -> dict[str, Any]:
        """The same, be it an error."""
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "type": kind, **data}))
        async with asyncio.timeout(60):
            answer = await self._answers[number]
        assert isinstance(answer, dict)
        return answer

    async def next_message(self, key: str) -> dict[str, Any]:
        """What a command tells later than in its answer, once it has this key."""
        await eventually(lambda: any(key in told for told in self._told))
        return next(told for told in self._told if key in told)

    def fired(self, kind: str) -> list[dict[str, Any]]:
        """The data of all events of this kind so far."""
        return [e["data"] for e in self._events if e["event_type"] == kind]

    async def _read(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if message["type"] == "event" and "event_type" in message["event"]:
                self._events.append(message["event"])
            elif message["type"] == "event":
                self._told.append(message["event"])
            else:
                self._answers[message["id"]].set_result(message)

    async def runs(self, automation: str) -> list[list[Action]]:
        """What each run of the automation with this name has done so far."""
        await self.ask("get_config")
        contexts = [
            event["context"]["id"]
            for event in self._events
            if event["event_type"] == "automation_triggered"
            and event["data"]["name"] == automation
        ]
        return [
            [
                action
                for event in self._events
                if event["context"]["id"] == context
                and (action := _action(event)) is not None
            ]
            for context in contexts
        ]


def _action(event: dict[str, Any]) -> Action | None:
    kind, data = event["event_type"], event["data"]
    if kind == "call_service":
        return Action(f"{data['domain']}.{data['service']}", data["service_data"])
    return None if kind in _CONSEQUENCES else Action(kind, data)
