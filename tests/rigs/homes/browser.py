"""A real Chromium without a screen, logged in to a Home Assistant."""

import asyncio
import base64
import itertools
import json
import tempfile
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

from rigs.homes.home_assistant import HomeAssistant
from rigs.waiting import eventually

# Home Assistant's pages are trees of shadow roots.
_ALL_TEXT = """
(function text(node) {
  const children = [...(node.shadowRoot ? [node.shadowRoot] : []), ...node.childNodes];
  const own = node.nodeType === Node.TEXT_NODE ? node.data : "";
  return own + children.map(text).join(" ");
})(document.body)
"""


class Browser:
    """One page; an async context manager."""

    def __init__(self, home_assistant: HomeAssistant, width: int, height: int) -> None:
        self._home_assistant = home_assistant
        self._size = {"width": width, "height": height}
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._numbers = itertools.count(1)
        self._session: str | None = None

    async def __aenter__(self) -> Self:
        self._process = await self._start()
        port_file = Path(self._profile.name) / "DevToolsActivePort"
        await eventually(lambda: port_file.exists() and port_file.read_text(), 60)
        port, path = port_file.read_text().split()
        url = f"ws://127.0.0.1:{port}{path}"
        self._socket: ClientConnection = await connect(url, max_size=None, proxy=None)
        target = await self._ask("Target.createTarget", url="about:blank")
        attached = await self._ask(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = str(attached["sessionId"])
        await self._ask("Page.enable")
        await self._ask(
            "Emulation.setDeviceMetricsOverride",
            **self._size,
            deviceScaleFactor=1,
            mobile=False,
        )
        login = json.dumps(json.dumps(self._home_assistant.login()))
        await self._ask(
            "Page.addScriptToEvaluateOnNewDocument",
            source=f"localStorage.setItem('hassTokens', {login});"
            """localStorage.setItem('dockedSidebar', '"always_hidden"')""",
        )
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._socket.close()
        self._process.terminate()
        await self._process.wait()
        self._profile.cleanup()

    async def open(self, path: str) -> None:
        await self._ask("Page.navigate", url=self._home_assistant.url + path)

    async def text(self) -> str:
        """All that the page says, hidden or not."""
        answer = await self._ask(
            "Runtime.evaluate", expression=_ALL_TEXT, returnByValue=True
        )
        return str(answer["result"].get("value", ""))

    async def picture(self) -> bytes:
        """The page as PNG."""
        answer = await self._ask("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    async def _start(self) -> Process:
        return await asyncio.create_subprocess_exec(
            "chromium",
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *("--remote-debugging-port=0", f"--user-data-dir={self._profile.name}"),
            stdout=DEVNULL,
            stderr=DEVNULL,
        )

    async def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its answer."""
        number = next(self._numbers)
        order = {"id": number, "method": method, "params": params}
        if self._session is not None:
            order["sessionId"] = self._session
        await self._socket.send(json.dumps(order))
        async with asyncio.timeout(60):
            while True:
                answer = json.loads(await self._socket.recv())
                if answer.get("id") == number:
                    assert "error" not in answer, answer
                    result = answer["result"]
                    assert isinstance(result, dict)
                    return result
