"""What an outsider could see of the running program: see SECURITY.md."""

import contextlib
import os
from pathlib import Path

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from rigs.audio.recordings import save
from rigs.audio.speech import noise, say, silence
from rigs.faults.fault_proxy import FaultProxy, Way
from rigs.homes.program import Program
from rigs.homes.study import NODE, study
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

PRE_ROLL = 0.3
# Base64 and JSON make more of sound.
WIRE = 1.4


async def test_during_a_turn_no_port_is_open_and_no_sound_is_written(
    broker: Broker, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as room:
        room.house.say(f"{NODE}/listen/set", "START")
        await eventually(
            lambda: room.recognizer.heard and room.recognizer.heard[0].seconds > 0.5
        )
        pid = room.program.pid

        assert listening(pid) == []
        written = files_open_for_writing(pid)
        room.house.say(f"{NODE}/listen/set", "STOP")
        await room.house.hears(f"{NODE}/event/utterance")
        large = [file for file in state(tmp_path) if file.stat().st_size > 64 * 1024]

    ours = ("auricle.log", "outbox.sqlite", "satellite.lock", "state.json")
    assert [file for file in written if not Path(file).name.startswith(ours)] == []
    assert large == []


async def test_no_more_is_sent_than_was_said(broker: Broker, tmp_path: Path) -> None:
    command = say("okay nabu") + silence(0.3) + say("turn on the kitchen light")
    room = noise(len(command) / SAMPLE_BYTES / SAMPLE_RATE, dbfs=-75.0)
    recording = save(tmp_path / "command.wav", silence(1.5) + command + room)
    said = len(say("turn on the kitchen light")) / SAMPLE_BYTES / SAMPLE_RATE + 0.3
    async with (
        HouseClient(broker.port, f"{NODE}/#") as house,
        ScriptedRecognizer() as recognizer,
        FaultProxy(recognizer.port) as wire,
        Program(
            tmp_path,
            {
                "satellite": {"name": "study"},
                "microphone": {"recording": str(recording)},
                "mqtt": {"host": "127.0.0.1", "port": broker.port},
                "asr": {"url": f"ws://127.0.0.1:{wire.port}/api-ws/v1/realtime"},
                "utterance": {"mode": "manual", "pre_roll": PRE_ROLL},
            },
        ),
    ):
        await house.hears(f"{NODE}/event/utterance", timeout=40)

    longest = said + PRE_ROLL + 1.0
    assert 0 < wire.bytes[Way.UP] <= WIRE * SAMPLE_BYTES * SAMPLE_RATE * longest


def listening(pid: int) -> list[str]:
    """The program's sockets that somebody could connect or send to."""
    sockets = {target for target in targets(pid) if target.startswith("socket:")}
    found = []
    for protocol, waiting in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07")):
        for line in Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == waiting and f"socket:[{fields[9]}]" in sockets:
                found.append(f"{protocol} {fields[1]}")
    return found


def files_open_for_writing(pid: int) -> list[str]:
    """By name, without devices."""
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            info = Path(f"/proc/{pid}/fdinfo/{descriptor.name}").read_text()
            flags = next(line for line in info.splitlines() if "flags:" in line)
            target = str(descriptor.readlink())
            writable = int(flags.split()[1], 8) & (os.O_WRONLY | os.O_RDWR)
            if writable and target.startswith("/") and not target.startswith("/dev/"):
                found.append(target)
    return found


def targets(pid: int) -> list[str]:
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.append(str(descriptor.readlink()))
    return found


def state(folder: Path) -> list[Path]:
    """What the program left there, without the recording that we gave it."""
    return [file for file in folder.iterdir() if file.suffix != ".wav"]
