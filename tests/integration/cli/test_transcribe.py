"""`auricle transcribe`: raw sound, both modes, and what is understood so far."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.cli.parser import build_parser
from auricle.cli.transcribe import main
from rigs.audio.recordings import save
from rigs.audio.speech import at_rate, mix, noise, say, silence
from rigs.homes.program import auricle, clean_environment, told_here
from rigs.homes.terminal import Terminal
from rigs.recognizer.faults import AbortAfter, Fault, OneEngine, RefuseHandshake
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

SECOND = SAMPLE_RATE * SAMPLE_BYTES
COMMAND = silence(0.3) + say("turn on the kitchen light please") + silence(1.2)
# Of three stretches.
LONG = (say("one two three four five") + silence(0.6)) * 50


async def transcribe(
    *arguments: str, server: ScriptedRecognizer, stdin: bytes | None = None
) -> tuple[int, str, str]:
    if stdin is None:
        return await told_here("transcribe", "--url", server.url, *arguments)
    process = await begun(*arguments, server=server)
    out, err = await asyncio.wait_for(process.communicate(stdin), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def begun(*arguments: str, server: ScriptedRecognizer) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auricle", "transcribe", "--url", server.url),
        *arguments,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=clean_environment(),
    )


def likeness(heard: bytes, expected: bytes) -> float:
    """How much of one is the other; the ends of a resampled sound ring."""
    length = min(len(heard), len(expected)) // 2
    one, other = (np.frombuffer(pcm, "<i2")[:length] for pcm in (heard, expected))
    return float(np.corrcoef(one, other)[0, 1])


# --- raw sound ---


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("piped", [False, True], ids=["file", "stdin"])
async def test_raw_sound_of_any_rate_is_understood(
    tmp_path: Path, rate: int, piped: bool
) -> None:
    raw = at_rate(COMMAND, rate)
    path = tmp_path / "spoken.raw"
    path.write_bytes(raw)
    async with ScriptedRecognizer("Turn it on.") as server:
        code, out, err = await transcribe(
            "--rate",
            str(rate),
            "-" if piped else str(path),
            server=server,
            stdin=raw if piped else None,
        )
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "Turn it on."
    (heard,) = server.heard
    assert heard.seconds == pytest.approx(len(COMMAND) / SECOND, abs=0.05)
    assert likeness(heard.pcm, COMMAND) > 0.97


async def test_piped_sound_has_sixteen_kilohertz_where_nothing_is_said() -> None:
    async with ScriptedRecognizer() as server:
        code, _, err = await transcribe("-", server=server, stdin=COMMAND)
    assert (code, err) == (0, "")
    assert server.heard[0].pcm.startswith(COMMAND)


async def test_a_pipe_that_nobody_speaks_into_says_so() -> None:
    async with ScriptedRecognizer() as server:
        code, out, err = await transcribe("-", server=server, stdin=b"")
    assert code == 0
    assert "(no speech)" in out
    assert err == "auricle transcribe: standard input ended before any sound came\n"


@pytest.mark.parametrize("rate", ["1", "0", "-8000", "16k", "999999999999"])
async def test_a_rate_that_no_speech_has_is_refused(rate: str) -> None:
    code, _, err = await auricle("transcribe", f"--rate={rate}", "x.raw")
    assert code == 2
    assert "is no sample rate of speech: 4000 to 384000 Hz" in err


async def test_a_file_with_a_header_needs_no_rate(tmp_path: Path) -> None:
    path = save(tmp_path / "spoken.wav", COMMAND)
    async with ScriptedRecognizer() as server:
        code, out, err = await transcribe("--rate=16000", str(path), server=server)
    assert (code, out) == (66, "")
    assert err.endswith("PCM is expected there: leave --rate out\n")


async def test_what_is_odd_about_a_recording_is_told_and_all_of_it_is_sent(
    tmp_path: Path,
) -> None:
    path = save(tmp_path / "killed.wav", COMMAND)
    wav = bytearray(path.read_bytes())
    wav[40:44] = (960).to_bytes(4, "little")
    path.write_bytes(wav)
    zeros = save(tmp_path / "muted.wav", silence(1))
    async with ScriptedRecognizer() as server:
        code, _, err = await transcribe(str(path), str(zeros), server=server)
    assert code == 0
    assert server.heard[0].pcm.startswith(COMMAND)
    first, second = err.splitlines()
    assert first.endswith(
        f"holds more than its header promises, {len(COMMAND)} bytes of sound and not "
        "960: all of it is read"
    )
    assert "muted.wav delivers nothing but zeros" in second


# --- who finds the utterances ---


async def test_in_manual_mode_a_recording_is_one_utterance(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", COMMAND + COMMAND)
    async with ScriptedRecognizer(["First.", "Second."]) as server:
        code, out, _ = await transcribe("--json", str(path), server=server)
    assert code == 0
    result = json.loads(out)
    assert server.heard[0].settings["turn_detection"] is None
    assert [part["text"] for part in result["utterances"]] == ["First."]
    assert result["utterances"][0]["end"] == pytest.approx(
        2 * len(COMMAND) / SECOND, abs=0.05
    )


async def test_in_server_vad_the_recognizer_finds_them(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", COMMAND + COMMAND)
    async with ScriptedRecognizer(["First.", "Second."], emotion="sad") as server:
        code, out, _ = await transcribe(
            "--mode=server_vad", "--json", str(path), server=server
        )
    assert code == 0
    result = json.loads(out)
    assert server.heard[0].settings["turn_detection"]["type"] == "server_vad"
    assert result["text"] == "First. Second."
    first, second = result["utterances"]
    # Where each was said, the silence around them left out.
    assert 0.2 < first["start"] < 0.6
    length = len(COMMAND) / SECOND
    assert second["start"] - first["start"] == pytest.approx(length, abs=0.1)
    assert first["end"] < second["start"] < second["end"]


@pytest.mark.parametrize("mode", ["manual", "server_vad"])
async def test_nothing_said_is_nothing_in_either_mode(
    tmp_path: Path, mode: str
) -> None:
    path = save(tmp_path / "quiet.wav", noise(2, dbfs=-75))
    async with ScriptedRecognizer("") as server:
        code, out, err = await transcribe(f"--mode={mode}", str(path), server=server)
    assert (code, err) == (0, "")
    assert out.startswith("(no speech)")


@pytest.mark.parametrize("mode", ["manual", "server_vad"])
async def test_a_connection_that_breaks_costs_nothing(
    tmp_path: Path, mode: str
) -> None:
    path = save(tmp_path / "a.wav", COMMAND)
    async with ScriptedRecognizer("Once.", faults=[AbortAfter(1.0)]) as server:
        code, out, _ = await transcribe(f"--mode={mode}", str(path), server=server)
    assert code == 0
    assert out.splitlines()[0] == "Once."
    assert server.heard[1].pcm.startswith(COMMAND)


@pytest.mark.parametrize("mode", ["manual", "server_vad"])
async def test_a_long_recording_is_sent_whole_in_stretches(
    tmp_path: Path, mode: str
) -> None:
    path = save(tmp_path / "long.flac", LONG)
    async with ScriptedRecognizer("Again.") as server:
        code, out, err = await transcribe(
            f"--mode={mode}", "--json", str(path), server=server
        )
    assert (code, err) == (0, "")
    sent = [heard.pcm for heard in server.heard]
    assert len(sent) == len(LONG) // SECOND // 55 + 1
    assert len(b"".join(sent)) >= len(LONG)
    utterances = json.loads(out)["utterances"]
    starts = [part["start"] for part in utterances]
    assert starts == sorted(starts)
    assert len(utterances) == (len(sent) if mode == "manual" else 50)


# --- when the recognizer fails, or takes its time ---


async def test_a_recognizer_at_home_is_told_how_long_it_may_take(
    tmp_path: Path,
) -> None:
    path = save(tmp_path / "a.wav", COMMAND)
    async with ScriptedRecognizer() as server:
        code, _, _ = await transcribe(str(path), server=server)
    assert code == 0
    assert server.heard[0].headers["x-auricle-final-timeout"] == "60"


async def test_a_recognizer_that_is_started_anew_is_waited_for(tmp_path: Path) -> None:
    path = save(tmp_path / "long.flac", LONG)
    refused = [RefuseHandshake(503)] * 3
    async with ScriptedRecognizer(
        ["One.", "Two.", "Three."], faults=[Fault(), Fault(), *refused]
    ) as server:
        code, out, _ = await transcribe("--mode=manual", str(path), server=server)
    assert code == 0
    assert out.splitlines()[0] == "One. Two. Three."
    assert server.attempts == 6


async def test_one_that_never_answered_is_not_waited_for(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", COMMAND)
    async with ScriptedRecognizer(always=[RefuseHandshake(503)]) as server:
        code, out, _ = await transcribe(str(path), server=server)
    assert (code, out) == (69, "")
    assert server.attempts == 2


async def test_a_stretch_has_its_time_once_the_one_before_is_recognized(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path / "long.flac", LONG)
    async with ScriptedRecognizer("Again.", always=[OneEngine(1.5)]) as server:
        typed = ["transcribe", "--url", server.url, "--mode=manual", str(path)]
        args = build_parser().parse_args(typed)
        code = await asyncio.to_thread(main, args, final_timeout=2.5)
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "Again. Again. Again."


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
async def test_what_was_understood_before_it_failed_is_told(
    tmp_path: Path, as_json: bool
) -> None:
    path = save(tmp_path / "long.flac", LONG)
    options = ["--mode=manual", *(["--json"] if as_json else [])]
    async with ScriptedRecognizer(
        ["One.", "Two."], faults=[Fault(), Fault(), RefuseHandshake(404)]
    ) as server:
        code, out, err = await transcribe(*options, str(path), server=server)
    seconds = sum(heard.seconds for heard in server.heard)
    text = json.loads(out)["text"] if as_json else out.splitlines()[0]
    assert code == 69
    assert text == "One. Two."
    assert f"long.flac is transcribed up to {seconds:.0f} s; " in err
    assert "asr_unreachable; for what to do: auricle doctor" in err


# --- what is understood so far ---

WORDS = "Turn on the kitchen light please."
# A recording is sent at once, and what is quiet where a message ends makes no interim:
# speech without a pause, of many messages.
LONG_COMMAND = silence(0.3) + mix(say(WORDS) * 4, noise(12, dbfs=-25)) + silence(1.2)


def interims(lines: list[str]) -> list[str]:
    assert all(WORDS.startswith(line) for line in lines)
    assert len(set(lines)) == len(lines)
    return lines


@pytest.mark.parametrize("mode", ["manual", "server_vad"])
async def test_interims_are_lines_on_standard_error(tmp_path: Path, mode: str) -> None:
    path = save(tmp_path / "a.wav", LONG_COMMAND)
    async with ScriptedRecognizer(WORDS) as server:
        code, out, err = await transcribe(
            f"--mode={mode}", "--interim", str(path), server=server
        )
    assert code == 0
    assert out.splitlines()[0] == WORDS
    assert interims([line.removeprefix("… ") for line in err.splitlines()])


async def test_interims_are_objects_before_the_result(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", LONG_COMMAND)
    async with ScriptedRecognizer(WORDS) as server:
        code, out, err = await transcribe(
            "--interim", "--json", str(path), server=server
        )
    assert (code, err) == (0, "")
    *before, result = (json.loads(line) for line in out.splitlines())
    assert interims([told["interim"] for told in before])
    assert {told["file"] for told in (*before, result)} == {str(path)}
    assert result["text"] == WORDS


async def test_they_are_not_shown_unasked_where_nobody_watches(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", COMMAND)
    async with ScriptedRecognizer(WORDS) as server:
        _, out, err = await transcribe(str(path), server=server)
    assert err == ""
    assert len(out.splitlines()) == 2


async def test_a_terminal_shows_them_in_place(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", COMMAND)
    async with ScriptedRecognizer(WORDS) as server:

        def in_a_terminal() -> str:
            command = [sys.executable, "-m", "auricle", "transcribe"]
            with Terminal([*command, "--url", server.url, str(path)]) as terminal:
                assert terminal.ended() == 0
                return terminal.shown

        shown = await asyncio.to_thread(in_a_terminal)
    assert "\r\x1b[K… Turn" in shown
    # The line is cleared before the result.
    assert f"\r\x1b[K{WORDS}" in shown


async def test_piped_sound_is_understood_while_it_is_spoken() -> None:
    """Before the pipe ends, as from a microphone."""
    async with ScriptedRecognizer(WORDS) as server:
        process = await begun("--interim", "--json", "-", server=server)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(COMMAND)
        await process.stdin.drain()
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        first: dict[str, Any] = json.loads(line)
        assert WORDS.startswith(first["interim"])
        await eventually(lambda: server.heard[0].seconds > 1)
        process.stdin.close()
        rest = await asyncio.wait_for(process.stdout.read(), 30)
        assert json.loads(rest.splitlines()[-1])["text"] == WORDS
        assert await process.wait() == 0
