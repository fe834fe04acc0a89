"""One speech engine for all sessions, off the event loop."""

import asyncio
import logging
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.transcriptions import RecognizedText, Transcribe

logger = logging.getLogger(__name__)


# The final has to wait for a draft that is under way when the utterance ends. Of one
# that is long beside the time that a draft takes, more is likely to come.
_WORTH_A_DRAFT = 3
# Each satellite has words of its own to expect, and says them again in every session.
_MOST_CORPORA = 100


class Inference:
    """One engine recognizes for all sessions, in a thread of its own.

    Finals wait for each other; an interim is for an engine that has time. No more waits
    than there are sessions: each has one order at most.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inference")
        self._orders = 0
        self._draft_took = 0.0
        self._corpora: deque[int] = deque(maxlen=_MOST_CORPORA)

    async def transcribe(self, work: Transcribe) -> RecognizedText | None:
        """Return what is said; None if the engine failed, or has no time for it now."""
        if not work.final and (self._orders or not self._worth_a_draft(work)):
            return None
        self._orders += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._transcribe, work)
        except Exception:  # a foreign engine may raise anything: its item fails
            logger.exception("the engine %s failed", self._engine.name)
            return None
        finally:
            self._orders -= 1

    async def aclose(self) -> None:
        """Wait for what the engine is at, and drop what waits."""
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    def _worth_a_draft(self, work: Transcribe) -> bool:
        return work.seconds >= _WORTH_A_DRAFT * self._draft_took

    def _transcribe(self, work: Transcribe) -> RecognizedText:
        self._tell_what_is_left_out(work.corpus)
        began = time.monotonic()
        try:
            return self._engine.transcribe(
                work.pcm,
                language=work.language,
                corpus=work.corpus,
                final=work.final,
            )
        finally:
            took = time.monotonic() - began
            # A draft takes no longer than a final: a busy moment is got over.
            self._draft_took = min(self._draft_took, took) if work.final else took

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
