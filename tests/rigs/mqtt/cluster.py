"""Three RabbitMQ nodes that are one broker, in the root of tests/cluster/install.sh."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from rigs.mqtt.broker import free_port
from rigs.waiting import until

NODES = ("one", "two", "three")
_SECONDS = 90.0
"""For a node to be there, on a busy machine."""


class Cluster:
    """Runs while it is entered, in a network of its own: the nodes' names are fixed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._directory = Path(tempfile.mkdtemp(prefix="cluster", dir=root / "tmp"))
        self._inside = Path("/") / self._directory.relative_to(root)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ports = {node: free_port() for node in NODES}
        """Of MQTT, by the node's name."""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for name in list(self._processes):
            self.kill(name)
        shutil.rmtree(self._directory)

    def kill(self, node: str) -> None:
        """End it as a power cut does."""
        process = self._processes.pop(node)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)

    def _start(self) -> None:
        cookie = self._directory / ".erlang.cookie"
        cookie.touch(mode=0o600)
        cookie.write_text("of-the-rig")
        (self._directory / "plugins").write_text("[rabbitmq_mqtt].")
        self._processes["epmd"] = self._run("epmd", "epmd", "-address", "127.0.0.1")
        for node in NODES:
            self._configure(node)
            self._processes[node] = self._run(
                node,
                f"RABBITMQ_CONFIG_FILE={self._inside}/{node}.conf",
                f"RABBITMQ_MNESIA_BASE={self._inside}/{node}",
                f"RABBITMQ_ENABLED_PLUGINS_FILE={self._inside}/plugins",
                f"RABBITMQ_DIST_PORT={free_port()}",
                "RABBITMQ_LOGS=-",
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 +sbwt none",
                "rabbitmq-server",
            )
        all_there = ["rabbitmqctl", "await_online_nodes", str(len(NODES))]
        until(lambda: self._run("ask", *all_there).wait(_SECONDS) == 0, _SECONDS)
        for port in self.ports.values():
            until(partial(_listens, port), _SECONDS)

    def _configure(self, node: str) -> None:
        lines = [
            "listeners.tcp = none",
            f"mqtt.listeners.tcp.1 = 127.0.0.1:{self.ports[node]}",
            "cluster_partition_handling = pause_minority",
            "cluster_formation.peer_discovery_backend = classic_config",
            *(
                f"cluster_formation.classic_config.nodes.{number} = {peer}@localhost"
                for number, peer in enumerate(NODES, 1)
            ),
        ]
        (self._directory / f"{node}.conf").write_text("\n".join(lines) + "\n")

    def _run(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        node = name if name in NODES else NODES[0]
        programs = next(self._root.glob("usr/lib/rabbitmq/lib/*/sbin"))
        path = f"/{programs.relative_to(self._root)}:/usr/bin:/bin"
        environment = [
            *("env", "-i", f"PATH={path}", f"HOME={self._inside}", "LANG=C.UTF-8"),
            f"RABBITMQ_NODENAME={node}@localhost",
        ]
        with (self._directory / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                ["chroot", str(self._root), *environment, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _listens(port: int) -> bool:
    result = subprocess.run(
        ["ss", "-Hltn", f"sport = :{port}"],
        capture_output=True,
        check=True,
        timeout=10,
    )
    return bool(result.stdout)


@contextlib.asynccontextmanager
async def one_address(ports: Sequence[int]) -> AsyncIterator[int]:
    """The port of a balancer, which takes each client to the first that is there."""

    visits: set[asyncio.Task[object]] = set()

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        visits.add(task)
        try:
            # Ours alone: of a task that ends with it, asyncio's streams complain.
            with contextlib.suppress(asyncio.CancelledError):
                await _serve(reader, writer, ports)
        finally:
            writer.close()
            visits.discard(task)

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        open_visits = list(visits)
        for open_visit in open_visits:
            open_visit.cancel()
        await asyncio.gather(*open_visits, return_exceptions=True)


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ports: Sequence[int]
) -> None:
    for port in ports:
        try:
            from_node, to_node = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            continue
        pumps = [
            asyncio.create_task(_pump(reader, to_node)),
            asyncio.create_task(_pump(from_node, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            to_node.close()
        return


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
