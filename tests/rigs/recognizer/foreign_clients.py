"""Clients of the recognizer that others wrote: the service's SDK, bare WebSockets."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PROGRAMS = ROOT / "tests" / "conformance"
TRANSCRIPTION = "conversation.item.input_audio_transcription"

Event = dict[str, Any]
Step = list[Any]


@dataclass(frozen=True, slots=True)
class Served:
    """A recognizer and the key to it."""

    url: str
    key: str


@dataclass(slots=True)
class Session:
    """What a client saw of one session."""

    events: list[Event] = field(default_factory=list)
    callbacks: list[tuple[str, list[Any]]] = field(default_factory=list)
    raised: dict[str, str | None] = field(default_factory=dict)
    """By step: what it raised last, None for nothing."""

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, name: str) -> list[Event]:
        return [event for event in self.events if event["type"] == name]

    @property
    def transcripts(self) -> list[str]:
        return [e["transcript"] for e in self.of(f"{TRANSCRIPTION}.completed")]


def words(*texts: str) -> list[str]:
    """All of them, without case and punctuation."""
    text = " ".join(texts).lower()
    return "".join(c if c.isalnum() or c == "'" else " " for c in text).split()


# --- the SDK ---


def sdk_environment(version: str) -> Path:
    """The Python of an environment with that SDK, made where it is not there yet."""
    lock = ROOT / "requirements" / f"dashscope-{version}.txt"
    made_from = hashlib.sha256(f"{sys.version} {lock.read_text()}".encode()).hexdigest()
    folder = ROOT / ".cache" / f"dashscope-{version}"
    python, stamp = folder / "bin" / "python", folder / "made-from"
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as making:
        # One installs it, and who comes meanwhile waits.
        fcntl.flock(making, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == made_from:
            return python
        venv = [sys.executable, "-m", "venv", "--clear", "--without-pip"]
        _install([*venv, str(folder)])
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install"]
        pip += ["--disable-pip-version-check", "--require-hashes"]
        # All that it needs is in the lock, and most of it is never imported.
        pip += ["--no-deps", "--no-compile"]
        _install([*pip, "-r", str(lock)])
        stamp.write_text(made_from)
    return python


def _install(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=600)


def run_sdk(python: Path, served: Served, *steps: Step) -> Session:
    """Carry out the steps of `sdk_program`, one after another."""
    plan = {"url": served.url, "key": served.key, "steps": steps}
    output = _run([str(python), "sdk_program.py"], stdin=json.dumps(plan))
    session = Session()
    for line in output:
        if "event" in line:
            session.events.append(line["event"])
        elif "callback" in line:
            session.callbacks.append((line["callback"], line["arguments"]))
        else:
            session.raised[line["step"]] = line["raised"]
    return session


# --- bare WebSockets ---


def run_raw(command: list[str], served: Served, mode: str, audio: Path) -> Session:
    """`command` is an interpreter and the program of this folder."""
    arguments = [served.url, mode, str(audio)]
    environment = {"DASHSCOPE_API_KEY": served.key, "NODE_PATH": "/usr/share/nodejs"}
    return Session(_run([*command, *arguments], environment=environment))


def _run(
    command: list[str], *, stdin: str = "", environment: dict[str, str] | None = None
) -> list[Event]:
    ended = subprocess.run(
        command,
        input=stdin,
        cwd=PROGRAMS,
        env={"PATH": os.environ["PATH"], **(environment or {})},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stderr
    # The older SDK prints what it has to complain of.
    lines = [line for line in ended.stdout.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]
