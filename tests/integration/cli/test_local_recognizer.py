"""Recordings that the real recognizer understands, as a person types the command."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest_asyncio
import soundfile

from rigs.audio.recordings import save
from rigs.audio.speech import say
from rigs.homes.program import auricle, local_recognizer, told_here

COMMAND = "turn on the kitchen light"


def words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text.lower()).split())


# To load its model takes longer than all that is asked of it here.
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url() -> AsyncIterator[str]:
    async with local_recognizer() as url:
        yield url


def test_the_recognizer_serves_this_machine_alone_by_default(url: str) -> None:
    assert url.startswith("ws://127.0.0.1:")


async def test_a_recording_becomes_its_transcript_and_emotion(
    url: str, tmp_path: Path
) -> None:
    path = save(tmp_path / "spoken.flac", say(COMMAND))

    code, out, err = await auricle("transcribe", "--url", url, "--json", str(path))

    assert code == 0, err
    result = json.loads(out)
    assert words(result["text"]) == words(COMMAND)
    assert (result["language"], result["emotion"]) == ("en", None)


async def test_recordings_of_any_kind_are_understood(url: str, tmp_path: Path) -> None:
    samples = np.frombuffer(say(COMMAND), "<i2")
    eight_bit = tmp_path / "eight.wav"
    soundfile.write(eight_bit, samples, 16_000, subtype="PCM_U8")
    stereo = tmp_path / "stereo.wav"
    up = np.repeat(samples, 3)
    soundfile.write(stereo, np.stack([up, up], axis=1), 48_000)

    code, out, err = await told_here(
        "transcribe", "--url", url, "--json", str(eight_bit), str(stereo)
    )

    assert code == 0, err
    for line in out.splitlines():
        assert words(json.loads(line)["text"]) == words(COMMAND)


async def test_a_truncated_recording_is_no_crash(url: str, tmp_path: Path) -> None:
    path = save(tmp_path / "cut.wav", say(COMMAND))
    path.write_bytes(path.read_bytes()[:-1001])

    code, out, err = await told_here("transcribe", "--url", url, str(path))

    assert "Traceback" not in err
    assert code in (0, 66)
    assert out or "cut.wav" in err
