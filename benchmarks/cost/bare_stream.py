"""A bare loop around the same WebSocket library: what sending sound alone costs.

    python -m benchmarks.cost.bare_stream URL SECONDS

It takes sound as often as auricle takes frames, and sends it in pieces of 0.1 s as the
service's examples do: first so many seconds without sending, then with. Prints the
processor seconds per second of both.
"""

import asyncio
import base64
import json
import os
import sys
import time

from websockets.asyncio.client import ClientConnection, connect

from auricle.audio.frame import FRAME_BYTES, FRAME_SECONDS, SAMPLE_BYTES, SAMPLE_RATE
from auricle.qwen_asr.encoding import encode_client_event
from auricle.qwen_asr.events import SessionSettings, SessionUpdate

_PIECE = round(0.1 * SAMPLE_RATE) * SAMPLE_BYTES


async def main(url: str, seconds: float) -> None:
    async with connect(url, compression=None) as websocket:
        settings = SessionSettings(turn_detection=None)
        await websocket.send(encode_client_event(SessionUpdate("event_0", settings)))
        answers = asyncio.create_task(_drain(websocket))
        for send in (False, True):
            print(await _window(websocket, seconds, send=send))
        answers.cancel()


async def _window(websocket: ClientConnection, seconds: float, *, send: bool) -> float:
    """Processor seconds per second."""
    # Noise, so that nothing on the way could find it empty.
    frame = os.urandom(FRAME_BYTES)
    held = bytearray()
    frames = round(seconds / FRAME_SECONDS)
    due = time.monotonic()
    before = time.process_time()
    for number in range(frames):
        due += FRAME_SECONDS
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        held += frame
        if len(held) >= _PIECE:
            piece = bytes(held[:_PIECE])
            del held[:_PIECE]
            if send:
                append = {
                    "event_id": f"event_{number}",
                    "type": "input_audio_buffer.append",
                    "audio": base64.b64encode(piece).decode(),
                }
                await websocket.send(json.dumps(append))
    return (time.process_time() - before) / (frames * FRAME_SECONDS)


async def _drain(websocket: ClientConnection) -> None:
    async for _ in websocket:
        pass


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
