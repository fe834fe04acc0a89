"""A real mosquitto on loopback, to be restarted, killed and frozen."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rigs.waiting import until

ANONYMOUS = ("allow_anonymous true",)


class Broker:
    """One mosquitto process; the same port and memory over its restarts."""

    def __init__(
        self,
        directory: Path,
        listener: Sequence[str] = ANONYMOUS,
        *,
        verbose: bool = True,
    ) -> None:
        """`listener`: further lines of mosquitto.conf for the one listener; those of
        the next start may be others; `verbose`: its log tells of each packet.
        """
        self.directory = directory
        self.port = free_port()
        self.listener = listener
        self._verbose = verbose
        self._log = directory / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, remember: bool = False) -> None:
        """Listen; `remember` what was retained before."""
        if not remember:
            for saved in self.directory.glob("*.db"):
                saved.unlink()
        config = self.directory / "mosquitto.conf"
        lines = [
            # Started as root, it would become a user who cannot write here.
            *(["user root"] if os.geteuid() == 0 else []),
            "persistence true",
            f"persistence_location {self.directory}/",
            f"listener {self.port} 127.0.0.1",
            *self.listener,
        ]
        config.write_text("\n".join(lines) + "\n")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [_mosquitto(), "-c", str(config), *(["-v"] if self._verbose else [])],
                stdout=log,
                stderr=log,
            )
        self._await_listening()

    def stop(self) -> None:
        """End it in good order: what is retained is saved."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it hang: connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def reload(self) -> None:
        """Let it read its passwords and access rules again."""
        self._signal(signal.SIGHUP)

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(30)
        self._process = None

    def _await_listening(self) -> None:
        until(self._listens, 30)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False


@contextlib.contextmanager
def running_broker(
    directory: Path, listener: Sequence[str] = ANONYMOUS, *, verbose: bool = True
) -> Iterator[Broker]:
    broker = Broker(directory, listener, verbose=verbose)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def password_file(directory: Path, users: dict[str, str]) -> Path:
    """A mosquitto password file of these users and passwords."""
    path = directory / "passwords"
    path.touch(mode=0o600)
    for user, password in users.items():
        subprocess.run(
            ["mosquitto_passwd", "-b", str(path), user, password],
            check=True,
            timeout=10,
            capture_output=True,
        )
    return path


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    assert isinstance(port, int)
    return port


def _mosquitto() -> str:
    # Debian puts it where only root's PATH leads.
    path = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is not None:
        return path
    message = "mosquitto is not installed (apt install mosquitto)"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
