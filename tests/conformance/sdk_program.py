"""The service's own Python SDK, unmodified, doing what a test tells it.

Runs in an environment that has it. Standard input is a plan: {"url", "key", "steps"},
each step a name and its arguments. Standard output is what happened, one JSON object a
line: {"event": …} as it was received, {"callback": name, "arguments": […]}, and
{"step": name, "raised": …}.
"""

import base64
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dashscope.audio.qwen_omni import (
    MultiModality,
    OmniRealtimeCallback,
    OmniRealtimeConversation,
)
from dashscope.audio.qwen_omni.omni_realtime import TranscriptionParams


class Callback(OmniRealtimeCallback):  # type: ignore[misc]  # it has no types
    """Tells of everything; the SDK calls it from a thread of its own."""

    def __init__(self) -> None:
        self.received = threading.Condition()
        self.types: list[str] = []

    def on_open(self) -> None:
        tell(callback="on_open", arguments=[])

    def on_close(self, close_status_code: Any, close_msg: Any) -> None:
        tell(callback="on_close", arguments=[close_status_code, close_msg])

    def on_event(self, message: dict[str, Any]) -> None:
        tell(event=message)
        with self.received:
            self.types.append(message["type"])
            self.received.notify_all()


def tell(**happened: Any) -> None:
    sys.stdout.write(f"{json.dumps(happened)}\n")
    sys.stdout.flush()


class Plan:
    """Its methods are the steps."""

    def __init__(self, url: str, key: str) -> None:
        self.callback = Callback()
        self.conversation = OmniRealtimeConversation(
            model="qwen3-asr-flash-realtime",
            callback=self.callback,
            url=url,
            api_key=key,
        )

    def connect(self) -> None:
        self.conversation.connect()

    def update_session(
        self, options: dict[str, Any], transcription: dict[str, Any] | None
    ) -> None:
        if transcription is not None:
            options["transcription_params"] = TranscriptionParams(**transcription)
        self.conversation.update_session(
            output_modalities=[MultiModality.TEXT], **options
        )

    def append(self, path: str, chunk: int, pause: float) -> None:
        audio = Path(path).read_bytes()
        for at in range(0, len(audio), chunk):
            encoded = base64.b64encode(audio[at : at + chunk]).decode("ascii")
            self.conversation.append_audio(encoded)
            time.sleep(pause)

    def append_until(self, name: str, count: int, path: str) -> None:
        """Speak, again and again, at a person's pace, until the events have come."""
        for _ in range(20):
            self.append(path, 3200, 0.1)
            if self.callback.types.count(name) >= count:
                return
        raise TimeoutError(f"no {name} in time")

    def commit(self) -> None:
        self.conversation.commit()

    def wait(self, name: str, count: int) -> None:
        """Until that many events of a type have come."""
        with self.callback.received:
            enough = self.callback.received.wait_for(
                lambda: self.callback.types.count(name) >= count, timeout=60
            )
        if not enough:
            raise TimeoutError(f"no {name} in time")

    def end_session(self) -> None:
        self.conversation.end_session(timeout=180)

    def close(self) -> None:
        self.conversation.close()


def main() -> None:
    given = json.load(sys.stdin)
    plan = Plan(given["url"], given["key"])
    for name, *arguments in given["steps"]:
        try:
            getattr(plan, name)(*arguments)
        except Exception as error:  # noqa: BLE001  # whatever it raises is the answer
            tell(step=name, raised=f"{type(error).__name__}: {error}")
        else:
            tell(step=name, raised=None)


if __name__ == "__main__":
    main()
