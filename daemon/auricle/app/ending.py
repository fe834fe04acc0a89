"""Why the program ends, as its exit code."""

import asyncio
import logging

from auricle.app.exit_codes import EX_CANTCREAT, EX_DEAF, EX_NOINPUT, EX_RESTART
from auricle.errors import RecordingError
from auricle.mqtt.name_check import Namesake
from auricle.system.threads import hand_to_loop

logger = logging.getLogger(__name__)


class Ending:
    """Waits for an order to end the program, and keeps why; lives on the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ordered = asyncio.Event()
        self.exit_code = 0

    def order(self, exit_code: int = 0) -> None:
        """End the program; of several exit codes, the latest that is not 0 counts."""
        self.exit_code = exit_code or self.exit_code
        self._ordered.set()

    def restart(self) -> None:
        """End the program, to be started anew by whoever supervises it."""
        logger.info("a restart was ordered")
        self.order(EX_RESTART)

    def hearing_failed(self, error: Exception) -> None:
        """End the program, for it can no longer hear; may be called in any thread."""
        logger.error("the satellite can no longer hear: %s", error)
        exit_code = EX_NOINPUT if isinstance(error, RecordingError) else EX_DEAF
        hand_to_loop(self._loop, self.order, exit_code)

    def name_taken(self, name: str, namesake: Namesake) -> None:
        """End the program, for another satellite has its name, and stays."""
        logger.error(
            "another satellite with the name %r runs on %s, since %s (run %s): "
            "stop one of them, or give this one a satellite.name of its own",
            name,
            namesake.host,
            namesake.since,
            namesake.run_id,
        )
        self.order(EX_CANTCREAT)

    async def ordered(self) -> None:
        """Return when the program is to end."""
        await self._ordered.wait()
