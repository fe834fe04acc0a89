"""A microphone without sound hardware: the monitor of a PulseAudio null sink.

A private PulseAudio (no D-Bus, no udev, no configuration of this machine's) that the
test may unload, kill, freeze or suspend. PortAudio reaches it as ALSA's `default`.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from rigs.waiting import until

PROGRAMS = ("pulseaudio", "pacat", "pactl", "aplay")
PACKAGES = "pulseaudio pulseaudio-utils libasound2-plugins alsa-utils"

# No `fallback "null"` in it: with the server down, that would deliver garbage, fast.
ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
# Without rewinds: they cost the monitor samples, and make it wake every 2 s only.
SINK = ("sink_name=mic", "rate=16000", "channels=1", "format=s16le", "norewinds=1")
RAW = ("--raw", "--rate=16000", "--channels=1", "--format=s16le", "--volume=65536")


def require_pulseaudio() -> None:
    """Skip without it; fail where nothing may be skipped."""
    plugin = any(Path("/usr/lib").glob("**/alsa-lib/libasound_module_pcm_pulse.so"))
    if plugin and all(shutil.which(program) for program in PROGRAMS):
        return
    message = f"the virtual microphone needs: apt-get install {PACKAGES}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


class VirtualMicrophone:
    """One PulseAudio server, and what happens to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "run").mkdir(mode=0o700)
        (folder / ".asoundrc").write_text(ASOUNDRC)
        self.environment = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PULSE_SERVER": f"unix:{folder}/run/pulse.sock",
        }
        self._server: subprocess.Popen[bytes] | None = None

    # --- the server ---

    def start(self) -> None:
        (self._folder / "run" / "pulse.sock").unlink(missing_ok=True)
        socket = f"socket={self._folder}/run/pulse.sock"
        load = ("-L", f"module-native-protocol-unix auth-anonymous=1 {socket}")
        self._server = self._spawn(
            *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no"),
            *("--exit-idle-time=-1", "--realtime=no", "--high-priority=no", *load),
        )
        until(lambda: self._call("pactl", "info") == 0)
        self.plug_in()

    def kill(self) -> None:
        """As a crash does: without a word to its clients."""
        assert self._server is not None
        self._server.kill()
        self._server.wait(10)

    def stop(self) -> None:
        """Whatever state it is in."""
        if self._server is not None and self._server.poll() is None:
            self.thaw()
            self.kill()

    def freeze(self) -> None:
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    # --- the device ---

    def plug_in(self) -> None:
        assert self._call("pactl", "load-module", "module-null-sink", *SINK) == 0
        assert self._call("pactl", "set-default-source", "mic.monitor") == 0

    def unplug(self) -> None:
        assert self._call("pactl", "unload-module", "module-null-sink") == 0

    def suspend(self, *, on: bool) -> None:
        """As power saving does; no sound comes, and nobody is told."""
        assert self._call("pactl", "suspend-sink", "mic", str(int(on))) == 0

    def mute(self, *, on: bool) -> None:
        """As the switch on a headset does; zeros come."""
        mute = ("set-source-mute", "mic.monitor", str(int(on)))
        assert self._call("pactl", *mute) == 0

    def play(self, pcm: bytes) -> None:
        """Say 16 kHz mono s16le into it; returns when all has been said."""
        # All of it is handed over ahead, for this machine may be busy.
        command = ("pacat", "-p", *RAW, "--latency-msec=4000", "-d", "mic")
        with self._spawn(*command, stdin=subprocess.PIPE) as player:
            player.communicate(pcm, timeout=60 + len(pcm) / 32_000)
        assert player.returncode == 0

    @property
    def captured(self) -> bool:
        """Whether anybody has it open, as the sound server sees it."""
        return bool(self._ask("pactl", "list", "short", "source-outputs"))

    @contextmanager
    def openings(self) -> Iterator[Callable[[], int]]:
        """Counts how often anybody opens it meanwhile."""
        path = self._folder / "openings"
        with path.open("wb") as file:
            watcher = self._spawn("pactl", "subscribe", stdout=file)
        try:
            # It is heard of once it watches: by a client of its own, which asks.
            until(lambda: self._ask("pactl", "info") and path.stat().st_size > 0)
            yield lambda: path.read_text().count("'new' on source-output ")
        finally:
            watcher.terminate()
            watcher.wait(10)

    @contextmanager
    def recorded(self, path: Path) -> Iterator[None]:
        """Keep all that is heard meanwhile, as raw 16 kHz mono s16le."""
        recorder = self._spawn("pacat", "-r", *RAW, "-d", "mic.monitor", str(path))
        try:
            until(lambda: path.exists() and path.stat().st_size > 0)
            yield
        finally:
            recorder.terminate()
            recorder.wait(10)

    def _ask(self, *command: str) -> str:
        return subprocess.run(
            command,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        ).stdout.strip()

    def _call(self, *command: str) -> int:
        return subprocess.run(
            command,
            env=os.environ | self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=10,
            check=False,
        ).returncode

    def _spawn(
        self,
        *command: str,
        stdin: int = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.DEVNULL,
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            env=os.environ | self.environment,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def virtual_microphone(folder: Path) -> Iterator[VirtualMicrophone]:
    """A running one; nothing of it is left behind."""
    require_pulseaudio()
    microphone = VirtualMicrophone(folder)
    try:
        microphone.start()
        yield microphone
    finally:
        microphone.stop()
