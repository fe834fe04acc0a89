"""A real Home Assistant, in the root that tests/homeassistant/install.sh made."""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rigs.homes.home_assistant_config import write_config
from rigs.mqtt.broker import free_port
from rigs.waiting import answered, until

State = dict[str, Any]

# Its mount namespace ends with it, and the mounts with that.
_ENTER = """
mount -t proc proc "$1/proc"
mount --bind "$2" "$1/config"
exec chroot "$1" env -i PATH=/venv/bin:/usr/bin:/bin HOME=/config LANG=C.UTF-8 TZ=UTC \
  PYTHONPATH=/config/stand_ins \
  python -m homeassistant --config /config --skip-pip --log-no-color
"""


class HomeAssistant:
    """One instance and its memory, over its restarts."""

    def __init__(
        self,
        root: Path,
        directory: Path,
        broker_port: int,
        *,
        voice_port: int | None = None,
        lights: Sequence[str] = (),
    ) -> None:
        """`voice_port` and `lights`: see write_config."""
        self.version = (root / "installed").read_text().strip()
        self.url = f"http://127.0.0.1:{free_port()}"
        self._root = root
        self._config = directory / "config"
        self._log = directory / "home-assistant.log"
        self._token = write_config(
            self._config,
            self.version,
            int(self.url.rpartition(":")[2]),
            broker_port,
            voice_port,
            lights,
        )
        self._process: subprocess.Popen[bytes] | None = None

    # --- its life ---

    def start(self) -> None:
        with self._log.open("ab") as log:
            enter = ["unshare", "--mount", "sh", "-c", _ENTER, "sh"]
            self._process = subprocess.Popen(
                [*enter, str(self._root), str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._is_running, timeout=180)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(90)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(10)
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def complaints(self) -> list[str]:
        """The warnings and errors in its log, with all their lines."""
        records = re.split(r"^(?=\d{4}-\d\d-\d\d )", self.log, flags=re.MULTILINE)
        wanted = re.compile(r"\S+ \S+ (WARNING|ERROR|CRITICAL) ")
        return [record for record in records if wanted.match(record)]

    @property
    def token(self) -> str:
        """What opens its API."""
        return self._token

    def login(self) -> dict[str, Any]:
        """What its pages keep in the browser's storage once a person has logged in."""
        return {
            "hassUrl": self.url,
            "clientId": f"{self.url}/",
            "access_token": self._token,
            "token_type": "Bearer",
            "refresh_token": "",
            "expires_in": 3600,
            "expires": (time.time() + 3600) * 1000,
        }

    # --- what it shows ---

    async def states(self) -> dict[str, State]:
        """All entities' states by id."""
        states = await self.call("/api/states")
        return {state["entity_id"]: state for state in states}

    async def state(self, entity: str) -> State | None:
        """The entity's state and attributes, or None where there is no such entity."""
        return (await self.states()).get(entity)

    async def value(self, entity: str) -> str | None:
        state = await self.state(entity)
        return None if state is None else state["state"]

    async def attribute(self, entity: str, name: str) -> Any:
        state = await self.state(entity)
        return None if state is None else state["attributes"].get(name)

    async def render(self, template: str) -> str:
        return (await self._request("/api/template", {"template": template})).decode()

    async def renders(self, template: str, wanted: str, timeout: float = 60) -> None:
        """Wait until the template renders as `wanted`."""
        await answered(
            lambda: self.render(template),
            lambda found: found == wanted,
            timeout,
            of=template,
        )

    async def becomes(
        self, entity: str, value: str | None, timeout: float = 60
    ) -> None:
        """Wait until the entity's state is `value`; None: until it does not exist."""
        await self.fits(entity, lambda found: found == value, timeout)

    async def fits(
        self, entity: str, wanted: Callable[[str | None], bool], timeout: float = 60
    ) -> None:
        """Wait until the entity's state is as `wanted`."""
        await answered(lambda: self.value(entity), wanted, timeout, of=entity)

    # --- what it does ---

    async def act(self, action: str, entity: str | None = None, **data: Any) -> None:
        """Call an action, such as light.turn_on, as soon as its entity can be used."""
        if entity is not None:
            await self.fits(entity, lambda state: state not in (None, "unavailable"))
        domain, service = action.split(".")
        target = {} if entity is None else {"entity_id": entity}
        await self.call(f"/api/services/{domain}/{service}", target | data)

    async def automate(self, name: str, **automation: Any) -> None:
        """Add an automation, as its editor would."""
        path = f"/api/config/automation/config/{name}"
        await self.call(path, {"alias": name, **automation})

    @contextlib.asynccontextmanager
    async def automated_by(
        self, automations: Sequence[Mapping[str, Any]]
    ) -> AsyncIterator[None]:
        """These automations for a while, in place of those of its setup."""
        # JSON is YAML.
        async with self.automated_as_written(json.dumps(automations)):
            yield

    @contextlib.asynccontextmanager
    async def automated_as_written(self, automations: str) -> AsyncIterator[None]:
        """The same, in YAML."""
        file = self._config / "automations.yaml"
        before = file.read_text()
        file.write_text(automations)
        await self.act("automation.reload")
        try:
            yield
        finally:
            file.write_text(before)
            await self.act("automation.reload")

    async def call(self, path: str, data: Any = None) -> Any:
        """The answer of its API to `data`, or without any."""
        return json.loads(await self._request(path, data))

    async def _request(self, path: str, data: Any = None) -> bytes:
        return await asyncio.to_thread(self._request_now, path, data)

    def _request_now(self, path: str, data: Any = None) -> bytes:
        request = urllib.request.Request(
            self.url + path,
            data=None if data is None else json.dumps(data).encode(),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            body = response.read()
        assert isinstance(body, bytes)
        return body

    def _is_running(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log[-3000:]
        with contextlib.suppress(OSError, ValueError):
            config = json.loads(self._request_now("/api/config"))
            return bool(config["state"] == "RUNNING")
        return False
