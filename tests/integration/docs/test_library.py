"""The programs of docs/library.md run as they stand there, against our server."""

import asyncio
import inspect
import os
import re
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from auricle.qwen_asr.events import LANGUAGES, ServerVad, SessionSettings
from auricle.qwen_asr_client import Session, connect
from auricle.recognizer.server import RecognizerServer, ServerSettings
from rigs.pages import ROOT, Page
from rigs.recognizer.energy_segmenter import EnergySegmenter
from rigs.recognizer.one_turn import quiet, voice
from rigs.recognizer.scripted_engine import ScriptedEngine

PAGE = Page(ROOT / "docs" / "library.md")
# Attributes of each session, not of the class.
OF_EACH = {"session_id", "last_response_id"}
LIGHT = "Turn on the light."
SPOKEN = voice(1.5) + quiet(1.0)


def program(heading: str) -> str:
    _, _, below = PAGE.text.partition(f"\n## {heading}")
    assert below, heading
    return below.partition("```python\n")[2].partition("```")[0]


@asynccontextmanager
async def serving(engine: ScriptedEngine) -> AsyncIterator[RecognizerServer]:
    server = RecognizerServer(engine, EnergySegmenter, ServerSettings())
    await server.start()
    try:
        yield server
    finally:
        await server.aclose()


async def printed(
    heading: str,
    *arguments: str,
    engine: ScriptedEngine | None = None,
    piped: bytes = b"",
) -> list[str]:
    """The lines that the program below that heading prints."""
    async with serving(engine or ScriptedEngine(LIGHT)) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program(heading), *arguments),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "ASR_URL": server.url.partition("/api")[0]},
        )
        out, _ = await asyncio.wait_for(process.communicate(piped), 60)
    assert process.returncode == 0
    return out.decode().splitlines()


@pytest.fixture
def recording(tmp_path: Path) -> str:
    path = tmp_path / "command.pcm"
    path.write_bytes(SPOKEN)
    return str(path)


async def test_a_file_is_transcribed(recording: str) -> None:
    assert await printed("A file", recording) == [LIGHT]


async def test_what_a_microphone_pipes_in_is_transcribed() -> None:
    assert await printed("The microphone", piped=SPOKEN * 2) == [LIGHT, LIGHT]


async def test_each_utterance_of_manual_mode_has_its_line(recording: str) -> None:
    heading = "Manual mode: you say where an utterance ends"
    assert await printed(heading, recording, recording) == [LIGHT, LIGHT]


async def test_every_event_of_server_vad_is_shown(recording: str) -> None:
    lines = await printed("Server VAD: every event", recording)
    shown = [line.partition("(")[0] for line in lines]
    assert shown[:2] == ["SessionCreated", "SessionUpdated"]
    assert shown[-1] == "SessionFinished"
    assert {"SpeechStarted", "SpeechStopped", "FinalTranscript"} <= set(shown)


async def test_words_to_expect_reach_the_model(recording: str) -> None:
    engine = ScriptedEngine(LIGHT)
    heading = "Biasing: words to expect"
    assert await printed(heading, recording, "Nabu Casa", engine=engine) == [LIGHT]
    assert {corpus for _, _, corpus, _ in engine.asked} == {"Nabu Casa"}


def test_the_library_needs_the_one_package_that_is_told() -> None:
    program = "import sys, auricle.qwen_asr_client\nprint(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-I", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    packages = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    told = re.findall(r'pip install --no-deps \. "(\w+)', PAGE.text)
    own = {name for name in packages if name.startswith("_")}
    assert packages - own == {"auricle", *told}


def test_no_program_is_longer_than_fourteen_lines() -> None:
    programs = PAGE.blocks("python")
    assert len(programs) == 5
    for code in programs:
        assert len([line for line in code.splitlines() if line.strip()]) <= 14


def rows(heading: str) -> list[list[str]]:
    lines = re.findall(r"^\| (`.+) \|$", PAGE.section(heading), re.MULTILINE)
    return [line.split(" | ") for line in lines][1:]


def test_each_method_that_stands_for_one_of_the_sdk_exists() -> None:
    table = rows("Beside the service's own SDK")
    ours = {"connect", *inspect.signature(connect).parameters, *dir(Session)}
    ours |= OF_EACH
    told = {name for row in table for name in re.findall(r"`(\w+)`", row[1])}
    assert told <= ours
    assert {"update", "append", "commit", "finish", "close", *OF_EACH} <= told


def test_the_defaults_that_are_told_are_those_of_the_settings() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in rows("Settings")}
    settings, vad = SessionSettings(), ServerVad()
    assert float(told["turn_detection.threshold"]) == vad.threshold
    assert int(told["turn_detection.silence_duration_ms"]) == vad.silence_duration_ms
    assert told["input_audio_format"] == settings.input_audio_format
    assert int(told["sample_rate"]) == settings.sample_rate
    assert f"one of {len(LANGUAGES)} codes" in PAGE.text
