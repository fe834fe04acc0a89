"""A turn whose link dies without a word, in a network namespace of its own.

Run as a program inside a fresh namespace; prints what happened as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time

from rigs.recognizer.one_turn import MANUAL, OneTurn, client_of, voice
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import elapse, eventually


def _run(*arguments: str) -> None:
    subprocess.run(arguments, check=True, timeout=10)


async def _turn() -> dict[str, object]:
    async with (
        ScriptedRecognizer("Turn on the light.") as server,
        client_of(server.url) as client,
    ):
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.0))
        await eventually(lambda: server.heard and server.heard[0].seconds > 0.9)
        _run("nft", "add", "table", "ip", "cut")
        _run(
            *("nft", "add", "chain", "ip", "cut", "input"),
            "{ type filter hook input priority 0; policy drop; }",
        )
        cut = time.monotonic()
        while not turn.failures and time.monotonic() - cut < 20:
            turn.say(voice(0.03))
            await elapse(0.03)
        noticed = time.monotonic() - cut
        _run("nft", "delete", "table", "ip", "cut")
        turn.session.replay()
        turn.session.end_utterance()
        await eventually(lambda: turn.finals or len(turn.failures) > 1)
        turn.session.close()
        return {
            "noticed": noticed,
            "reason": turn.failures[0].reason,
            "transient": turn.failures[0].transient,
            "final": turn.finals[0].text if turn.finals else None,
            "spoken": turn.seconds,
            "heard_again": server.heard[-1].seconds,
        }


if __name__ == "__main__":
    _run("ip", "link", "set", "lo", "up")
    sys.stdout.write(json.dumps(asyncio.run(_turn())))
