"""A machine on which auricle is a service, as its other commands see it: in a view of
their own of /etc.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path

from rigs.homes.program import Settings, clean_environment, write_settings

_KEPT = ("group", "hosts", "ld.so.cache", "localtime", "nsswitch.conf", "passwd")
_INSIDE = 'mount --bind "$1" /etc && shift && exec "$@"'


def _inside(etc: Path, *command: str) -> list[str]:
    own_user = () if os.geteuid() == 0 else ("--map-root-user",)
    enter = ("unshare", "--mount", *own_user, "sh", "-c", _INSIDE, "sh", str(etc))
    return [*enter, *command]


def can_be_seen() -> bool:
    """Whether this machine lets us have such a view."""
    if not shutil.which("unshare"):
        return False
    probe = _inside(Path("/etc"), "true")
    return subprocess.run(probe, capture_output=True, timeout=10).returncode == 0


class InstalledService:
    """The service's files, where systemd and the service find them."""

    def __init__(
        self, folder: Path, settings: Settings, secrets: Mapping[str, str]
    ) -> None:
        """`secrets` by the names of their credentials."""
        self.state = folder / "private" / "auricle"
        self.store = folder / "credstore"
        self._etc = folder / "etc"
        self._programs = folder / "programs"
        for each in (self.state, self.store, self._etc / "auricle", self._programs):
            each.mkdir(parents=True)
        for name in _KEPT:
            if Path("/etc", name).exists():
                shutil.copy(Path("/etc", name), self._etc)
        self.config = self._etc / "auricle" / "config.toml"
        write_settings(self.config, settings)
        self.config.chmod(0o644)
        credentials = ""
        for name, secret in secrets.items():
            (self.store / name).write_text(secret)
            credentials += f"LoadCredential={name}:{self.store / name}\n"
        systemctl = self._programs / "systemctl"
        systemctl.write_text(
            "#!/bin/sh\ncat <<'END'\nLoadState=loaded\nActiveState=active\n"
            "DynamicUser=yes\nGroup=audio\n"
            f"StateDirectory={self.state}\n{credentials}END\n"
        )
        systemctl.chmod(0o755)

    def close_to_us(self, folder: Path) -> None:
        """Let nothing that is in the folder be seen."""
        shutil.rmtree(folder)
        folder.touch()

    async def auricle(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command to its end: exit code, standard output, standard error."""
        path = f"{self._programs}:{os.environ['PATH']}"
        process = await asyncio.create_subprocess_exec(
            *_inside(self._etc, sys.executable, "-m", "auricle", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env={**clean_environment(), "PATH": path},
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()
