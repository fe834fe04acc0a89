"""A network of one's own, in which packets get lost: a Linux network namespace."""

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator

import pytest

_CLONE_NEWNET = 0x40000000
_TABLE = "inet faults"
FAR = "127.0.0.2"
"""An address that can be out of reach."""
_EVERYBODY = ("local", "127.0.0.0/8", "dev", "lo", "table", "local")


class Network:
    """The faults of the loopback interface of the namespace that we are in."""

    def __init__(self) -> None:
        self._shaped = False

    def drop(self, port: int) -> None:
        """Let nothing to or from `port` arrive; nobody is told."""
        self._rule(f"tcp dport {port} drop; tcp sport {port} drop;")

    def drop_towards(self, port: int) -> None:
        """Let what `port` sends arrive, and nothing that is sent to it."""
        self._rule(f"tcp dport {port} drop;")

    def lose(self, percent: int, *ports: int) -> None:
        """Let each packet be lost with this probability; of these ports, or any."""
        chance = f"numgen random mod 100 < {percent} drop;"
        ways = [f"tcp {way} {port}" for port in ports for way in ("dport", "sport")]
        self._rule(" ".join(f"{way} {chance}" for way in ways or [""]))

    def throttle(self, kbit_per_second: int) -> None:
        self._shaped = True
        _run(
            *("tc", "qdisc", "replace", "dev", "lo", "root", "tbf"),
            *("rate", f"{kbit_per_second}kbit", "burst", "16kb", "latency", "400ms"),
        )

    def go_away(self) -> None:
        """Let there be no way to anybody but this machine at 127.0.0.1, as between two
        access points: whoever asks is told at once.
        """
        _run("ip", "route", "del", *_EVERYBODY)

    def come_back(self) -> None:
        _run("ip", "route", "add", *_EVERYBODY)

    def heal(self) -> None:
        _run("nft", f"table {_TABLE} {{}}; delete table {_TABLE}")
        if self._shaped:
            self._shaped = False
            _run("tc", "qdisc", "del", "dev", "lo", "root")

    def _rule(self, rule: str) -> None:
        hook = "type filter hook input priority 0;"
        _run("nft", f"table {_TABLE} {{ chain faults {{ {hook} {rule} }}; }}")


@contextlib.contextmanager
def private_network() -> Iterator[Network]:
    """Be in a new network, and what is started here: threads, processes, sockets."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a network namespace")
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(_CLONE_NEWNET) != 0:
            pytest.skip("not allowed to make a network namespace")
        try:
            # As on a wire; loopback's own packets are too large to be shaped.
            _run("ip", "link", "set", "lo", "mtu", "1500", "up")
            # As on Debian, whatever this machine prefers: on loopback, BBR takes lost
            # packets for a line of some bits a second.
            loopback = ("local", "127.0.0.1", "dev", "lo", "table", "local")
            _run("ip", "route", "change", *loopback, "congctl", "cubic")
            yield Network()
        finally:
            if libc.setns(home, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "cannot leave the network namespace")
    finally:
        os.close(home)


def _run(*command: str) -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    done = subprocess.run(
        command, env={**os.environ, "PATH": path}, capture_output=True, timeout=10
    )
    assert done.returncode == 0, done.stderr.decode()
