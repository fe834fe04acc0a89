"""What systemd is told, which is readiness, a status and signs of life, and tells us.

https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

import asyncio
import logging
import os
import socket
from collections.abc import Mapping

from auricle.system.redaction import OURS

logger = logging.getLogger(__name__)

CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
"""The variable in which systemd names the folder of a service's credentials."""
# Seconds until a busy systemd is told again.
_RETRY = 1.0


class Notifier:
    """Tells systemd how the service is; where nobody asked to be told, nothing is said.

    It lives on the event loop. What a busy systemd has no room for is told later, of
    several statuses the latest. Signs of life are not: they are of the moment.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            # Linux's abstract namespace.
            self._address = "\0" + self._address[1:]
        self._untold: dict[str, str] = {}
        """What is still to be told, by what it is about."""
        self._retrying = False
        self.watchdog: float | None = None
        """Seconds after which a service that is silent is killed; None: never."""
        wanted_of = environ.get("WATCHDOG_PID", str(os.getpid()))
        if "WATCHDOG_USEC" in environ and wanted_of == str(os.getpid()):
            self.watchdog = int(environ["WATCHDOG_USEC"]) / 1e6

    def ready(self) -> None:
        """Tell that the service does what it is for."""
        self._tell("READY", "1")

    def status(self, sentence: str) -> None:
        """Tell in a sentence how the service is; `systemctl status` shows it."""
        self._tell("STATUS", OURS.redacted(" ".join(sentence.split())))

    def alive(self) -> None:
        """Tell that all is well, until the watchdog's time has passed again."""
        self._send("WATCHDOG=1")

    def still_starting(self, seconds: float) -> None:
        """Tell that it is at work but not ready yet, and ask for so many seconds from
        now.
        """
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def stopping(self) -> None:
        """Tell that the service ends."""
        self._tell("STOPPING", "1")

    def _tell(self, what: str, value: str) -> None:
        # Behind what else waits.
        self._untold.pop(what, None)
        self._untold[what] = value
        if not self._retrying:
            self._tell_all()

    def _tell_all(self) -> None:
        self._retrying = False
        for what, value in list(self._untold.items()):
            if not self._send(f"{what}={value}"):
                self._retrying = True
                asyncio.get_running_loop().call_later(_RETRY, self._tell_all)
                return
            del self._untold[what]

    def _send(self, assignment: str) -> bool:
        """Return False where systemd has no room for it now."""
        if not self._address:
            return True
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                # A busy systemd must not hold up the event loop.
                sock.setblocking(False)
                sock.sendto(assignment.encode(), self._address)
        except BlockingIOError:
            return False
        except OSError as error:
            logger.debug("systemd was not told %s: %s", assignment, error)
        return True
