"""Whether a broker would take us: connects under another name, and leaves."""

import asyncio
import ssl
from dataclasses import replace

from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    Disconnected,
    Problem,
    Report,
    Version,
)
from auricle.mqtt.link.connection import BrokerConnection
from auricle.mqtt.link.message import Message


async def probe(
    broker: BrokerSettings, tls: ssl.SSLContext | None, will: Message, patience: float
) -> Disconnected | None:
    """Return why `broker` would not take us in `patience` seconds; None: it would."""
    end = await _probe(broker, Version.V5, tls, will, patience)
    if end is not None and end.problem in (Problem.VERSION, Problem.LOST):
        end = await _probe(broker, Version.V311, tls, will, patience)
    return end


async def _probe(
    broker: BrokerSettings,
    version: Version,
    tls: ssl.SSLContext | None,
    will: Message,
    patience: float,
) -> Disconnected | None:
    answer: asyncio.Future[Connected | Disconnected]
    answer = asyncio.get_running_loop().create_future()

    def take(report: Report) -> None:
        if not answer.done() and isinstance(report, Connected | Disconnected):
            answer.set_result(report)
        if isinstance(report, Disconnected):
            connection.dispose()

    # Of two clients with one id, the broker throws the first one out.
    other = replace(broker, client_id=f"{broker.client_id}_probe")
    connection = BrokerConnection(other, version, tls, will, take)
    try:
        async with asyncio.timeout(patience):
            await connection.open()
            said = await answer
    except TimeoutError:
        return Disconnected(Problem.UNREACHABLE, f"no answer from {broker} in time")
    finally:
        connection.close()
    return said if isinstance(said, Disconnected) else None
