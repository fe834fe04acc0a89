"""What must not be lost, on its way out: in memory always, and on disk where possible.

```
good     -- the disk fails, or takes too long -->    trouble: memory is all there is
trouble  -- all that is open was written anew -->    good
```
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TypeVar

from auricle.mqtt.delivery.ledger import Purpose
from auricle.mqtt.delivery.outbox_file import OutboxFile, Record
from auricle.system.threads import hand_to_loop

logger = logging.getLogger(__name__)

# Seconds. A card that takes longer must not keep a command waiting.
PATIENCE = 0.5
RETRY = 30.0

_T = TypeVar("_T")


class Outbox:
    """Keeps records in memory, and in a file wherever the disk lets it.

    It lives on the event loop, its file in a thread: an SD card may take its time.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_found: Callable[[list[Record]], None],
        on_trouble: Callable[[str | None], None],
        patience: float = PATIENCE,
        retry: float = RETRY,
    ) -> None:
        """`on_found` learns once what an earlier run left, oldest first; `on_trouble`
        why nothing is kept on disk, and with None that it is again.
        """
        self._path = path
        self._file = OutboxFile(path)
        self._on_found = on_found
        self._on_trouble = on_trouble
        self._patience = patience
        self._retry = retry
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._records: dict[tuple[str, Purpose], Record] = {}
        self._changes = 0
        self._was_read = False
        self._in_trouble = False
        self._writes: set[asyncio.Task[None]] = set()
        self._opening: asyncio.Task[None] | None = None
        self._reopening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what an earlier run left; a disk that hangs is not waited for."""
        threading.Thread(target=self._work, name="outbox", daemon=True).start()
        opening = self._finish(self._open(), lambda: None)
        # It has no patience, and so is none of the writes that are waited for.
        self._opening = asyncio.create_task(opening, name="outbox opening")
        await asyncio.wait([self._opening], timeout=self._patience)

    async def flush(self) -> None:
        """Wait until all that is kept is on the disk, or is not going to be."""
        if self._writes:
            await asyncio.wait(self._writes)

    async def stop(self) -> None:
        """Close the file; a disk that hangs is not waited for."""
        for task in (self._opening, self._reopening):
            if task is not None:
                task.cancel()
        await self.flush()
        closed = self._submit(self._file.close)
        self._jobs.put(None)
        await asyncio.wait([closed], timeout=self._patience)

    def keep(self, record: Record, then: Callable[[], None] = lambda: None) -> None:
        """Keep `record`; call `then` when it is on the disk, or is not to be."""
        self._records[record.key] = record
        self._write(partial(self._file.put, record), then)

    def amend(self, record: Record) -> None:
        """Let `record` replace the one of its key, of which no trace remains."""
        self._records[record.key] = record
        self._write(partial(self._file.amend, record))

    def remove(self, turn: str, purpose: Purpose) -> None:
        """Keep the record no longer; no trace of it remains."""
        if self._records.pop((turn, purpose), None) is not None:
            self._write(partial(self._file.remove, turn, purpose))

    def _write(
        self, write: Callable[[], None], then: Callable[[], None] = lambda: None
    ) -> None:
        self._changes += 1
        if self._in_trouble:
            then()
            return
        written = asyncio.wait_for(self._submit(write), self._patience)
        task = asyncio.create_task(self._finish(written, then), name="outbox")
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def _finish(
        self, write: Coroutine[None, None, None], then: Callable[[], None]
    ) -> None:
        try:
            await write
        except Exception as error:  # noqa: BLE001  # a task's edge: a command must go, whatever became of the disk
            self._enter_trouble(error)
        then()

    async def _open(self) -> None:
        found = await self._submit(self._file.open)
        if self._was_read:
            return
        self._was_read = True
        self._records = {record.key: record for record in found} | self._records
        self._on_found(found)

    def _enter_trouble(self, error: Exception) -> None:
        if self._in_trouble:
            return
        self._in_trouble = True
        # A timeout has no words of its own.
        why = str(error) or f"no answer within {self._patience:g} s"
        logger.warning("commands are kept in memory only: %s: %s", self._path, why)
        self._on_trouble(why)
        self._reopening = asyncio.create_task(self._reopen(), name="outbox reopening")

    async def _reopen(self) -> None:
        while self._in_trouble:
            await asyncio.sleep(self._retry)
            try:
                await self._open()
                await self._write_all()
            except Exception as error:  # noqa: BLE001  # a task's edge: the next attempt may succeed
                logger.debug("the outbox still fails: %s", error)
            else:
                self._in_trouble = False
        logger.info("commands are kept on disk again")
        self._on_trouble(None)

    async def _write_all(self) -> None:
        written = None
        while written != self._changes:
            written = self._changes
            records = list(self._records.values())
            await self._submit(partial(self._file.replace_all, records))

    def _submit(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Let the thread do it, after all that it was given before."""
        future: asyncio.Future[_T] = self._loop.create_future()

        def job() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001  # a thread's edge: whoever waits is told
                self._hand_over(future, partial(future.set_exception, error))
            else:
                self._hand_over(future, partial(future.set_result, result))

        self._jobs.put(job)
        return future

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _hand_over(
        self, future: asyncio.Future[_T], resolve: Callable[[], None]
    ) -> None:
        hand_to_loop(self._loop, lambda: None if future.done() else resolve())
