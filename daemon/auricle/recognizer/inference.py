"""One speech engine for all sessions, off the event loop."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.transcriptions import (
    Answer,
    RecognizedText,
    TooBusy,
    Transcribe,
)
from auricle.recognizer.workload import Decode, Workload

logger = logging.getLogger(__name__)

# Each satellite has words of its own to expect, and says them again in every session.
_MOST_CORPORA = 100


class Inference:
    """One engine recognizes for all sessions, in a thread of its own.

    It knows from what it did how long a final takes. What cannot be done in time is
    said at once, and not done: nobody waits for it any more when it would be.
    """

    def __init__(
        self,
        engine: Engine,
        deadline: float,
        listening: Callable[[], Collection[float]],
        deadlines: Callable[[], Collection[float]],
        about_to_pause: Callable[[], bool],
    ) -> None:
        """Who does not say how long it waits for a final waits for `deadline` seconds.

        `listening` returns how much of an utterance has come in each session whose
        utterance is not over, and `deadlines` how long each session waits for a final.
        `about_to_pause` tells whether in any of them somebody stopped speaking a moment
        ago, and the final may be wanted in another.
        """
        self.workload = Workload(deadline)
        """What it has to do."""
        self._engine = engine
        self._listening = listening
        self._deadlines = deadlines
        self._about_to_pause = about_to_pause
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inference")
        self._asked: dict[Decode, tuple[Transcribe, asyncio.Future[Answer]]] = {}
        self._overdue: dict[Decode, asyncio.TimerHandle] = {}
        self._corpora: deque[int] = deque(maxlen=_MOST_CORPORA)

    async def transcribe(
        self, work: Transcribe, deadline: float | None = None
    ) -> Answer:
        """Return what is said, or why nobody knows; a final within `deadline`."""
        decode = Decode(work.seconds, work.final, work.ahead)
        in_time = work.final and not work.behind_its_own and not work.ahead
        if not in_time and not self._has_time_for(work, deadline):
            return None
        now = time.monotonic()
        if in_time and (pause := self.workload.no_time(work.seconds, now, deadline)):
            return TooBusy(pause)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[decode] = work, answer
        self.workload.join(decode)
        self._start_next()
        if in_time:
            self._be_in_time(decode, answer, deadline)
        try:
            return await answer
        finally:
            # Whoever asked may be gone.
            self._forget(decode)

    def confirm(self, work: Transcribe, deadline: float | None = None) -> None:
        """Have a final that was asked for ahead made within `deadline`, as others are:
        whoever spoke waits for it now.
        """
        for decode, (asked, answer) in self._asked.items():
            if asked is not work:
                continue
            now = time.monotonic()
            if pause := self.workload.no_time(work.seconds, now, deadline):
                self._forget(decode)
                answer.set_result(TooBusy(pause))
            else:
                self.workload.confirm(decode)
                self._be_in_time(decode, answer, deadline)
            return

    def withdraw(self, work: Transcribe) -> None:
        """Do not begin with a final that was asked for ahead: nobody needs it. What has
        begun is not broken off.
        """
        for decode, (asked, answer) in self._asked.items():
            if asked is work:
                self._forget(decode)
                answer.set_result(None)
                return

    def strictest(self, deadline: float | None = None) -> float:
        """Return within how many seconds all finals have to come, those of a session
        with this deadline included.
        """
        return self.workload.strictest(deadline, self._deadlines())

    def no_room(self, deadline: float | None = None, *, full: bool) -> int | None:
        """Return after how many seconds a further session may come that waits for so
        long for its finals; None: it may now.

        `full`: it may not, whatever the engine has to do.
        """
        now = time.monotonic()
        if full:
            return self.workload.pause(now)
        return self.workload.no_room(self._listening(), now, deadline)

    async def aclose(self) -> None:
        """Wait for what the engine is at, and drop what waits."""
        for decode, (_, answer) in list(self._asked.items()):
            if self._forget(decode):
                answer.cancel()
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    def _has_time_for(self, work: Transcribe, deadline: float | None) -> bool:
        if work.behind_its_own:
            return True
        # It is in the way of everybody's finals.
        strictest = self.strictest(deadline)
        listening = self._listening()
        if work.ahead:
            return self.workload.has_time_to_spare(work.seconds, listening, strictest)
        # Who has just finished would wait for it, and there is time for one later.
        if self._about_to_pause():
            return False
        return self.workload.wants_draft(
            work.seconds, listening, time.monotonic(), strictest
        )

    def _be_in_time(
        self, decode: Decode, answer: asyncio.Future[Answer], deadline: float | None
    ) -> None:
        patience = self.workload.patience(decode.seconds, deadline)
        loop = asyncio.get_running_loop()
        self._overdue[decode] = loop.call_later(patience, self._give_up, decode, answer)

    def _start_next(self) -> None:
        decode = self.workload.start(time.monotonic())
        if decode is None:
            return
        work, answer = self._asked.pop(decode)
        loop = asyncio.get_running_loop()
        decoding = loop.run_in_executor(self._thread, self._transcribe, work)
        decoding.add_done_callback(partial(self._decoded, answer))

    def _decoded(
        self, answer: asyncio.Future[Answer], decoding: asyncio.Future[RecognizedText]
    ) -> None:
        if decoding.cancelled():  # we close
            return
        text = None
        if error := decoding.exception():  # a foreign engine may raise anything
            logger.error("the engine %s failed", self._engine.name, exc_info=error)
        else:
            text = decoding.result()
        self.workload.done(time.monotonic(), told=bool(text and text.text))
        if not answer.done():
            answer.set_result(text)
        self._start_next()

    def _give_up(self, decode: Decode, answer: asyncio.Future[Answer]) -> None:
        if self._forget(decode):
            answer.set_result(TooBusy(self.workload.pause(time.monotonic())))

    def _forget(self, decode: Decode) -> bool:
        """Whether it was still waiting."""
        self._asked.pop(decode, None)
        if overdue := self._overdue.pop(decode, None):
            overdue.cancel()
        return self.workload.leave(decode)

    def _transcribe(self, work: Transcribe) -> RecognizedText:
        self._tell_what_is_left_out(work.corpus)
        return self._engine.transcribe(
            work.pcm, language=work.language, corpus=work.corpus, final=work.final
        )

    def _tell_what_is_left_out(self, corpus: str | None) -> None:
        if corpus is None or hash(corpus) in self._corpora:
            return
        self._corpora.append(hash(corpus))
        if (usable := self._engine.usable(corpus)) is not None:
            logger.warning(
                "%s heeds %s of the words to expect that a client sent (corpus.text)",
                self._engine.name,
                usable,
            )


class InTime:
    """The engine, for a client that waits for so long for a final."""

    def __init__(self, inference: Inference, deadline: float) -> None:
        """`deadline` is in seconds."""
        self._inference = inference
        self._deadline = deadline

    async def transcribe(self, work: Transcribe) -> Answer:
        """Return what is said, or why nobody knows."""
        return await self._inference.transcribe(work, self._deadline)

    def confirm(self, work: Transcribe) -> None:
        """Have a final that was asked for ahead made in time."""
        self._inference.confirm(work, self._deadline)

    def withdraw(self, work: Transcribe) -> None:
        """Do not begin with a final that was asked for ahead."""
        self._inference.withdraw(work)
