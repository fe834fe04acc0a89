"""What became of sounds: told until the broker has it, by the next run if need be."""

import asyncio
import logging
from functools import partial
from pathlib import Path

from auricle.mqtt.announcer import ASK_AGAIN, HOUSE_PATIENCE
from auricle.mqtt.delivery.outbox import PATIENCE
from auricle.mqtt.link.broker import Delivered, DeliveryResult
from auricle.mqtt.link.client import MqttClient
from auricle.mqtt.messages import Messages
from auricle.mqtt.play_ledger import PlayLedger
from auricle.system import whole_file
from auricle.system.clock import since_boot
from auricle.system.threads import end_of, start_call
from auricle.turns.sounds import PlayReport

logger = logging.getLogger(__name__)

# Bytes. MOST_REPORTS ends of the longest ids are less than half of it: as JSON spells
# them, a character of an id takes 12 at most. The rest is for sounds still to end.
_LARGEST = 2 * 1024 * 1024


class PlayReports:
    """Publishes what becomes of each sound, and keeps in a file what is to be told.

    It lives on the event loop. The file is written by a thread that ends, and what is
    told is in it before: where the process is killed, the next run says the same. A
    disk that fails, or takes too long, is not waited for.
    """

    def __init__(self, client: MqttClient, messages: Messages, path: Path) -> None:
        self._client = client
        self._messages = messages
        self._path = path
        self._ledger = PlayLedger()
        self._kept = ""
        """What is in the file."""
        self._writing: asyncio.Task[None] | None = None
        self._in_trouble = False
        """The disk did not take the latest, or has not yet."""
        self._connected = 0.0
        self._asking: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Take up what an earlier run left."""
        try:
            with self._path.open("rb") as file:
                self._kept = file.read(_LARGEST).decode()
            self._ledger.take_up(self._kept)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, RecursionError) as error:
            logger.warning(
                "what became of earlier sounds cannot be told: %s: %s",
                self._path,
                error,
            )

    async def flush(self) -> None:
        """Have told what there is to tell; a disk that hangs is not waited for."""
        await self._written()
        self._ledger.noted(self._ledger.changes)
        self._tell()

    async def stop(self) -> None:
        """Write what the next run is to tell; a disk that hangs is not waited for."""
        if self._asking is not None:
            self._asking.cancel()
        self._keep()
        await self._written()

    def accepted(self, sound_id: str) -> None:
        """Note that the sound of this id is to come to an end, whatever becomes of this
        process.
        """
        self._ledger.accept(sound_id)
        self._keep()

    def report(self, report: PlayReport) -> None:
        """Publish what became of a sound, until somebody has it."""
        self._ledger.add(report)
        self._keep()
        self._tell()

    def connected(self) -> None:
        """Note that a broker is there, where listeners may come in a moment."""
        self._connected = since_boot()

    def listeners_came(self) -> None:
        """Tell everything again that nobody has heard so far."""
        self._ledger.listeners_came()
        self._tell()

    def delivered(self, delivered: Delivered) -> None:
        """Take what became of any message that was published."""
        late = since_boot() - self._connected < HOUSE_PATIENCE
        self._ledger.settle(delivered, listeners_are_late=late)
        unheard = delivered.result in (
            DeliveryResult.NO_LISTENER,
            DeliveryResult.FAILED,
        )
        if unheard and self._ledger.waits and self._asking is None:
            loop = asyncio.get_running_loop()
            self._asking = loop.call_later(ASK_AGAIN, self._ask_again)
        self._keep()
        self._tell()

    def _ask_again(self) -> None:
        self._asking = None
        self.listeners_came()

    def _tell(self) -> None:
        for report in self._ledger.due:
            message_id = self._client.publish(self._messages.play(report))
            if message_id is None:
                break
            self._ledger.sent(report, message_id)

    def _keep(self) -> None:
        if self._in_trouble:
            self._ledger.noted(self._ledger.changes)
        written = self._writing is None or self._writing.done()
        if written and self._ledger.text != self._kept:
            self._writing = asyncio.create_task(self._write(), name="sounds file")

    async def _write(self) -> None:
        while (text := self._ledger.text) != self._kept:
            changes = self._ledger.changes
            replacing = start_call(partial(self._replace, text), name="sounds file")
            await end_of(replacing, PATIENCE)
            if not replacing.done():
                self._enter_trouble(f"no answer within {PATIENCE:g} s")
            try:
                await asyncio.wrap_future(replacing)
            except OSError as error:
                self._enter_trouble(error)
                return
            self._in_trouble = False
            self._kept = text
            self._ledger.noted(changes)
            self._tell()

    async def _written(self) -> None:
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=PATIENCE)

    def _enter_trouble(self, why: object) -> None:
        logger.log(
            logging.DEBUG if self._in_trouble else logging.WARNING,
            "a crash would leave sounds without an end: %s: %s",
            self._path,
            why,
        )
        self._in_trouble = True
        self._ledger.noted(self._ledger.changes)
        self._tell()

    def _replace(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        whole_file.replace(self._path, text.encode())
