"""What a broker is asked before it is used: whether it would take us, and whether our
name is free there.

Of two clients with one id, the broker throws the first one out. So these connect under
an id that nobody else has, and leave nothing behind.
"""

import asyncio
import math
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol
from uuid import uuid4

from auricle.mqtt.link import disconnection
from auricle.mqtt.link.broker import (
    BrokerSettings,
    Connected,
    Delivered,
    Disconnected,
    Oversized,
    Problem,
    Received,
    Report,
    Subscription,
    Version,
)
from auricle.mqtt.link.connection import BrokerConnection
from auricle.mqtt.link.message import Message

# Seconds for whoever has our name to say so, by a wireless network that sleeps.
REPLY_TIME = 1.0
# Seconds behind its first answer for what a broker has retained: not each sends it
# before.
RETAINED_TIME = 0.1


class NameInquiry(Protocol):
    """Finds out whether somebody else has our name at a broker."""

    @property
    def subscriptions(self) -> Sequence[str]:
        """Where the answer may come."""

    def ask(self) -> Message:
        """Begin anew, and return the question."""

    def take(self, report: Received | Delivered) -> bool | None:
        """Return whether the name is free, as soon as that is known."""

    @property
    def may_be_used(self) -> bool:
        """Whether there is a sign that somebody has the name, or may be one yet."""


async def probe(
    broker: BrokerSettings, tls: ssl.SSLContext | None, patience: float
) -> Disconnected | None:
    """Return why `broker` would not take us in `patience` seconds; None: it would."""
    end = await _probe(broker, Version.V5, tls, patience)
    if end is not None and end.problem in (Problem.VERSION, Problem.LOST):
        end = await _probe(broker, Version.V311, tls, patience)
    return end


async def name_is_free(
    check: NameInquiry,
    broker: BrokerSettings,
    version: Version,
    tls: ssl.SSLContext | None,
    patience: float,
) -> bool | Disconnected:
    """Ask at `broker` whether our name is free; Disconnected says why nobody is there
    to ask, whatever our name.

    Where it takes us under our own name alone, or nobody replies, the name is free.
    """
    loop = asyncio.get_running_loop()
    # Emptied as fast as it is filled, for a second.
    reports: asyncio.Queue[Received | Delivered] = asyncio.Queue()
    visit = _visiting(broker, version, tls, patience, reports.put_nowait)
    async with visit as (connection, fact):
        match fact:
            case Disconnected(Problem.UNREACHABLE | Problem.TLS | Problem.VERSION):
                return fact
            case Disconnected():
                return True
        connection.subscribe(map(Subscription, check.subscriptions))
        # The broker heeds what we send in its order.
        connection.publish(check.ask())
        deadline = loop.time() + REPLY_TIME
        try:
            async with asyncio.timeout_at(deadline) as limit:
                while (free := check.take(await reports.get())) is None:
                    soon = math.inf if check.may_be_used else RETAINED_TIME
                    limit.reschedule(min(deadline, loop.time() + soon))
                return free
        except TimeoutError:
            return True


async def _probe(
    broker: BrokerSettings,
    version: Version,
    tls: ssl.SSLContext | None,
    patience: float,
) -> Disconnected | None:
    async with _visiting(broker, version, tls, patience, lambda _: None) as (_, fact):
        return fact if isinstance(fact, Disconnected) else None


@asynccontextmanager
async def _visiting(
    broker: BrokerSettings,
    version: Version,
    tls: ssl.SSLContext | None,
    patience: float,
    take: Callable[[Received | Delivered], None],
) -> AsyncIterator[tuple[BrokerConnection, Connected | Disconnected]]:
    answer: asyncio.Future[Connected | Disconnected]
    answer = asyncio.get_running_loop().create_future()

    def sort(report: Report | Oversized) -> None:
        if isinstance(report, Received | Delivered):
            take(report)
        if not answer.done() and isinstance(report, Connected | Disconnected):
            answer.set_result(report)
        if isinstance(report, Disconnected):
            connection.dispose()

    other = replace(broker, client_id=f"{broker.client_id}_{uuid4().hex[:8]}")
    connection = BrokerConnection(other, version, tls, None, sort)
    try:
        try:
            async with asyncio.timeout(patience):
                await connection.open()
                fact = await answer
        except TimeoutError:
            fact = disconnection.silent(broker)
        yield connection, fact
    finally:
        connection.close()
