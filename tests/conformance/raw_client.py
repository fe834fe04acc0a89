"""A client on a bare WebSocket, as the service's documentation writes it in Python.

Runs where websocket-client is installed. Arguments: URL without the model, `vad` or
`manual`, a file of 16 kHz s16le PCM; the key is in DASHSCOPE_API_KEY. Prints each event
it receives, one JSON object a line.
"""

import base64
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import websocket

MODEL = "qwen3-asr-flash-realtime"
CHUNK = 3200
SECONDS_BETWEEN_CHUNKS = 0.1


class Client:
    """Sends the session, then audio from a thread of its own; closes when finished."""

    def __init__(self, url: str, mode: str, audio: bytes) -> None:
        self._vad = mode == "vad"
        self._audio = audio
        self._running = True
        self._ready = threading.Event()
        self._socket = websocket.WebSocketApp(
            f"{url}?model={MODEL}",
            header=[
                f"Authorization: Bearer {os.environ['DASHSCOPE_API_KEY']}",
                "OpenAI-Beta: realtime=v1",
            ],
            on_open=self._opened,
            on_message=self._received,
        )

    def run(self) -> None:
        sending = threading.Thread(target=self._send_audio, daemon=True)
        sending.start()
        self._socket.run_forever()

    def _opened(self, _: Any) -> None:
        detection = {
            "type": "server_vad",
            "threshold": 0.0,
            "silence_duration_ms": 400,
        }
        # The documentation's sample uses this one id for every update.
        self._send(
            "event_123",
            "session.update",
            session={
                "modalities": ["text"],
                "input_audio_format": "pcm",
                "sample_rate": 16000,
                "input_audio_transcription": {"language": "en"},
                "turn_detection": detection if self._vad else None,
            },
        )
        # Nor does it wait for an answer, but for some seconds.
        self._ready.set()

    def _received(self, _: Any, message: str) -> None:
        event = json.loads(message)
        sys.stdout.write(f"{json.dumps(event)}\n")
        sys.stdout.flush()
        if event["type"] == "session.finished":
            self._running = False
            self._socket.close()

    def _send_audio(self) -> None:
        self._ready.wait(10)
        for at in range(0, len(self._audio), CHUNK):
            if not self._running:
                return
            chunk = base64.b64encode(self._audio[at : at + CHUNK]).decode("ascii")
            stamp = f"event_{int(time.time() * 1000)}"
            self._send(stamp, "input_audio_buffer.append", audio=chunk)
            time.sleep(SECONDS_BETWEEN_CHUNKS)
        if not self._vad:
            self._send("event_789", "input_audio_buffer.commit")
        self._send("event_987", "session.finish")

    def _send(self, event_id: str, name: str, **fields: Any) -> None:
        message = {"event_id": event_id, "type": name, **fields}
        self._socket.send(json.dumps(message))


if __name__ == "__main__":
    url, mode, path = sys.argv[1:]
    Client(url, mode, Path(path).read_bytes()).run()
