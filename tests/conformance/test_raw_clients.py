"""Programs on bare WebSockets, as the service's documentation has them."""

import os
import shutil
from pathlib import Path

import pytest

from rigs.audio.speech import say, silence
from rigs.recognizer.foreign_clients import Served, run_raw, sdk_environment, words

SENTENCE = "turn on the kitchen light"


@pytest.fixture(params=["python", "node"])
def program(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "python":
        return [str(sdk_environment("1.25.6")), "raw_client.py"]
    node = shutil.which("node")
    if node is None or not Path("/usr/share/nodejs/ws").exists():
        missing = "not installed; run: sudo apt-get install nodejs node-ws"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    return [str(node), "raw_client.js"]


@pytest.mark.parametrize("mode", ["vad", "manual"])
def test_the_documented_program_gets_its_transcript(
    served: Served, program: list[str], mode: str, tmp_path: Path
) -> None:
    audio = tmp_path / "audio.pcm"
    audio.write_bytes(silence(0.5) + say(SENTENCE) + silence(1))
    session = run_raw(program, served, mode, audio)
    assert [words(text) for text in session.transcripts] == [SENTENCE.split()]
    assert session.types[:2] == ["session.created", "session.updated"]
    assert session.types[-1] == "session.finished"
    # The programs print it.
    assert words(session.events[-1]["transcript"]) == SENTENCE.split()
    assert "error" not in session.types
    assert ("input_audio_buffer.speech_stopped" in session.types) == (mode == "vad")
