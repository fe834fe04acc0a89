"""The whole program as a process: recordings in, mosquitto out."""

import contextlib
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from auricle.app.exit_codes import EX_RESTART
from auricle.audio.frame import SAMPLE_RATE
from auricle.turns.turn import Mode
from rigs.audio.speech import noise, say, silence
from rigs.homes.program import Program
from rigs.homes.study import study
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.faults import AbortAfter, NoFinal, RefuseHandshake
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

ROOM = -75.0
NODE = "auricle/study"


def recorded(folder: Path, *sounds: bytes) -> Path:
    """A recording in a quiet room, as it would be captured."""
    pcm = b"".join(sounds)
    samples = np.frombuffer(pcm, "<i2").astype(np.int32)
    room = np.frombuffer(noise(len(pcm) / 32000 + 0.001, dbfs=ROOM), "<i2")
    path = folder / "spoken.wav"
    mixed = np.clip(samples + room[: len(samples)], -32768, 32767)
    soundfile.write(path, mixed.astype("<i2"), SAMPLE_RATE)
    return path


def command(folder: Path, *, pause: float = 0.3) -> Path:
    return recorded(
        folder,
        silence(1.5),
        say("okay nabu"),
        silence(pause),
        say("turn on the kitchen light"),
        silence(1.0),
    )


def settings(
    broker: Broker, url: str, mode: Mode = Mode.MANUAL, **sections: Mapping[str, Any]
) -> dict[str, Mapping[str, Any]]:
    return {
        "satellite": {"name": "study"},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
        "asr": {"url": url, "language": "en", **sections.pop("asr", {})},
        "utterance": {"mode": mode.value, **sections.pop("utterance", {})},
        **sections,
    }


TELL_WHAT_STAYS = """
import atexit, gc, os
told = os.environ["TELL_WHAT_STAYS"]
atexit.register(lambda: print(gc.get_freeze_count(), file=open(told, "w")))
"""


async def outcome(house: HouseClient) -> dict[str, Any]:
    await house.hears(f"{NODE}/event/utterance", timeout=40)
    heard: dict[str, Any] = json.loads(house.on(f"{NODE}/event/utterance")[-1])
    return heard


@pytest.mark.parametrize("mode", Mode)
async def test_a_spoken_command_becomes_a_transcript_on_mqtt(
    broker: Broker, tmp_path: Path, mode: Mode
) -> None:
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer("Turn on the kitchen light.", emotion="happy") as server,
        Program(
            tmp_path,
            settings(broker, server.url, mode),
            "--recording",
            str(command(tmp_path)),
        ) as program,
    ):
        final = await outcome(house)

        assert final["event_type"] == "transcript"
        assert final["text"] == "Turn on the kitchen light."
        assert final["emotion"] == "happy"
        assert final["wake_word"] == "okay_nabu"
        assert house.on(f"{NODE}/emotion") == ["happy"]
        await house.hears(f"{NODE}/state", "idle")
        assert house.on(f"{NODE}/state")[-3:] == ["listening", "processing", "idle"]
        assert await program.stop() == 0
        await house.hears(f"{NODE}/availability", "offline")


@pytest.mark.parametrize("mode", Mode)
async def test_who_goes_on_speaking_before_the_final_is_one_command(
    broker: Broker, tmp_path: Path, mode: Mode
) -> None:
    recording = recorded(
        tmp_path,
        silence(1.5),
        say("okay nabu turn on the kitchen light"),
        silence(0.7),
        say("and the bedroom lamp"),
        silence(2.5),
    )
    parts = ["Turn on the kitchen light.", "And the bedroom lamp."]
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer(parts, decode_seconds=0.7) as server,
        Program(
            tmp_path,
            # The scripted interims break off anywhere, and would be waited for.
            settings(broker, server.url, mode, utterance={"silence_unfinished": 0.4}),
            "--recording",
            str(recording),
        ),
    ):
        final = await outcome(house)
        await house.hears(f"{NODE}/state", "idle")

    assert final["text"] == " ".join(parts)
    assert len(house.on(f"{NODE}/event/utterance")) == 1
    turn = ["listening", "processing"]
    assert house.on(f"{NODE}/state")[-5:] == [*turn, *turn, "idle"]
    assert len(server.heard) == 1


@pytest.mark.parametrize("mode", Mode)
async def test_a_command_behind_a_sound_without_a_word_is_not_lost(
    broker: Broker, tmp_path: Path, mode: Mode
) -> None:
    recording = recorded(
        tmp_path,
        silence(1.5),
        say("okay nabu"),
        silence(0.9),
        say("uh"),
        silence(1.6),
        say("turn on the kitchen light"),
        silence(2.5),
    )
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer(["...", "Turn on the kitchen light."]) as server,
        Program(
            tmp_path,
            settings(broker, server.url, mode),
            "--recording",
            str(recording),
        ),
    ):
        final = await outcome(house)
        await house.hears(f"{NODE}/state", "idle")

    assert final["text"] == "Turn on the kitchen light."
    assert len(house.on(f"{NODE}/event/utterance")) == 1
    assert len(server.heard) == 1
    whole, _ = soundfile.read(recording, dtype="int16")
    sent = np.frombuffer(server.heard[0].pcm, "<i2")
    offset, sent = found_in(whole, sent)
    assert np.array_equal(sent, whole[offset : offset + len(sent)])


@pytest.mark.parametrize("mode", Mode)
async def test_a_command_without_a_pause_after_the_wake_word_arrives_whole(
    broker: Broker, tmp_path: Path, mode: Mode
) -> None:
    recording = command(tmp_path, pause=0.0)
    spoken, _ = soundfile.read(recording, dtype="int16")
    starts = len(silence(1.5) + say("okay nabu")) // 2
    ends = starts + len(say("turn on the kitchen light")) // 2

    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer() as server,
        Program(
            tmp_path,
            # As much as the end of the wake word may be believed too late.
            settings(broker, server.url, mode, utterance={"pre_roll": 0.06}),
            "--recording",
            str(recording),
        ),
    ):
        await outcome(house)

    sent = np.frombuffer(server.heard[0].pcm, "<i2")
    offset, sent = found_in(spoken, sent)
    assert offset <= starts
    assert offset + len(sent) >= ends
    assert np.array_equal(sent, spoken[offset : offset + len(sent)])


def found_in(whole: np.ndarray, part: np.ndarray) -> tuple[int, np.ndarray]:
    """Where `part` begins in `whole`, and `part` without the silence that stands for
    the end of the wake word in its first frame.
    """
    heard = part[np.flatnonzero(part)[0] :]
    found = whole.tobytes().find(heard[:480].tobytes())
    assert found % 2 == 0, "the first sound is not in the recording"
    return found // 2, heard


async def test_the_link_cut_in_mid_utterance_costs_no_word(
    broker: Broker, tmp_path: Path
) -> None:
    recording = command(tmp_path)
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer(faults=[AbortAfter(0.8)]) as server,
        Program(tmp_path, settings(broker, server.url), "--recording", str(recording)),
    ):
        final = await outcome(house)

    assert final["event_type"] == "transcript"
    first, second = server.heard
    assert second.pcm.startswith(first.pcm)
    assert len(second.pcm) > len(first.pcm)


async def test_a_recognizer_with_too_much_to_do_is_told_of_at_once_and_left_alone(
    broker: Broker, tmp_path: Path
) -> None:
    refused = RefuseHandshake(429, retry_after="30")
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer(always=[refused]) as server,
        Program(
            tmp_path,
            settings(broker, server.url),
            "--recording",
            str(command(tmp_path)),
        ) as program,
    ):
        error = await outcome(house)
        await house.until(lambda: "fewer satellites" in program.log)

    assert (error["event_type"], error["reason"]) == ("error", "rate_limited")
    assert server.attempts == 1


@pytest.mark.parametrize(
    "words",
    [
        "hey jarvis, turn off the fan",
        "could you pass me the butter please, I would like some toast",
    ],
)
async def test_what_is_not_the_wake_word_sends_nothing(
    broker: Broker, tmp_path: Path, words: str
) -> None:
    recording = recorded(tmp_path, silence(1.5), say(words), silence(0.5))
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer() as server,
        Program(
            tmp_path,
            settings(broker, server.url, microphone={"speed": 4.0}),
            "--recording",
            str(recording),
        ) as program,
    ):
        await house.hears(f"{NODE}/availability", "online")
        # As long as the recording takes, and some.
        await house.until(lambda: recording_is_over(program))
        assert house.on(f"{NODE}/event/wake") == []
        assert server.attempts == 0


def recording_is_over(program: Program) -> bool:
    return "spoken.wav is over" in program.log


async def test_sigterm_in_the_middle_of_a_turn_closes_it(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer(always=[NoFinal()]) as server,
        Program(
            tmp_path,
            settings(broker, server.url),
            "--recording",
            str(command(tmp_path)),
        ) as program,
    ):
        await house.hears(f"{NODE}/state", "listening", timeout=20)
        assert await program.stop(signal.SIGTERM, timeout=3) == 0
        final = await outcome(house)
        await house.hears(f"{NODE}/availability", "offline")

    assert final["event_type"] == "cancelled"


async def test_sighup_takes_new_settings_and_leaves_wrong_ones(
    broker: Broker, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as room:
        config = room.program.config
        good = config.read_text()
        config.write_text(good.replace("[asr]", "[asr]\nlangauge = 'de'"))
        room.program.send(signal.SIGHUP)
        await eventually(lambda: "is not taken: " in room.program.log)
        await room.hears()

        # Right as far as it goes, and yet nothing could start with it.
        config.write_text(good + "[feedback]\nwake = 'missing.wav'\n")
        room.program.send(signal.SIGHUP)
        await eventually(lambda: "feedback.wake: " in room.program.log)
        await room.hears()

        config.write_text(good)
        room.program.send(signal.SIGHUP)
        assert await room.program.ended() == EX_RESTART
        await room.house.hears(f"{NODE}/availability", "offline")


async def test_new_settings_that_cannot_be_read_keep_nobody_from_stopping_it(
    broker: Broker, tmp_path: Path
) -> None:
    async with study(broker, tmp_path) as room:
        # A file that is never there to its end, as on a disk that has gone.
        room.program.config.unlink()
        os.mkfifo(room.program.config)
        room.program.send(signal.SIGHUP)
        ends: list[int] = []

        def is_asked_for() -> bool:
            with contextlib.suppress(OSError):  # nobody reads it yet
                flags = os.O_WRONLY | os.O_NONBLOCK
                ends.append(os.open(room.program.config, flags))
            return bool(ends)

        await eventually(is_asked_for)
        await room.hears()
        assert await room.program.stop(timeout=20) == 0
        os.close(ends[0])


async def test_without_a_broker_it_listens_and_waits(
    broker: Broker, tmp_path: Path
) -> None:
    broker.stop()
    async with (
        ScriptedRecognizer() as server,
        Program(
            tmp_path,
            settings(broker, server.url),
            "--recording",
            str(command(tmp_path)),
        ) as program,
    ):
        await eventually(lambda: server.heard and server.heard[0].closed, 40)
        assert "no broker" in program.log
        broker.start()
        async with HouseClient(broker.port, "#") as house:
            await house.hears(f"{NODE}/availability", "online", timeout=40)


async def test_without_a_recognizer_the_outcome_says_so(
    broker: Broker, tmp_path: Path
) -> None:
    async with (
        HouseClient(broker.port, "#") as house,
        Program(
            tmp_path,
            settings(broker, "ws://127.0.0.1:9"),
            "--recording",
            str(command(tmp_path)),
        ),
    ):
        final = await outcome(house)

    assert (final["event_type"], final["reason"]) == ("error", "asr_unreachable")


async def test_a_refused_key_is_named_and_kept_out_of_the_log(
    broker: Broker, tmp_path: Path
) -> None:
    key = "sk-CANARY-0123456789"
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer(api_key="sk-another") as server,
        Program(
            tmp_path,
            settings(broker, server.url, asr={"api_key": key}, log={"level": "debug"}),
            "--recording",
            str(command(tmp_path)),
        ) as program,
    ):
        final = await outcome(house)
        assert (final["event_type"], final["reason"]) == ("error", "auth_failed")
        assert key not in program.log


async def test_push_to_talk_from_mqtt_needs_no_wake_word(
    broker: Broker, tmp_path: Path
) -> None:
    recording = recorded(tmp_path, silence(30))
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer("Stop.") as server,
        Program(tmp_path, settings(broker, server.url), "--recording", str(recording)),
    ):
        await house.hears(f"{NODE}/availability", "online")
        house.say(f"{NODE}/listen/set", "START")
        await house.hears(f"{NODE}/state", "listening")
        await house.until(lambda: server.heard and server.heard[0].seconds > 0.5)
        house.say(f"{NODE}/listen/set", "STOP")
        final = await outcome(house)

    assert final["event_type"] == "transcript"
    assert final["wake_word"] is None


async def test_mute_closes_the_ears_and_survives_a_restart(
    broker: Broker, tmp_path: Path
) -> None:
    recording = command(tmp_path)
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer() as server,
        Program(
            tmp_path, settings(broker, server.url), "--recording", str(recording)
        ) as program,
    ):
        await house.hears(f"{NODE}/availability", "online")
        house.say(f"{NODE}/mute/set", "ON")
        await house.hears(f"{NODE}/state", "muted")
        assert await program.stop() == 0
        await program.start()
        await house.hears(f"{NODE}/availability", "online")
        assert house.on(f"{NODE}/state")[-1] == "muted"
        assert house.on(f"{NODE}/mute")[-1] == "ON"
        assert server.attempts == 0


async def test_neither_a_restart_nor_a_crash_gives_the_day_another_budget(
    broker: Broker, tmp_path: Path
) -> None:
    limited = settings(broker, "", limits={"seconds_per_day": 1.0})
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer("Turn on the kitchen light.") as server,
        Program(
            tmp_path,
            {**limited, "asr": {"url": server.url}},
            "--recording",
            str(command(tmp_path)),
        ) as program,
    ):
        assert (await outcome(house))["event_type"] == "transcript"
        state = tmp_path / "state.json"
        await house.until(lambda: state.exists() and "seconds" in state.read_text())
        await program.stop(signal.SIGKILL)
        await program.start()
        await house.until(lambda: house.on(f"{NODE}/availability")[-1] == "online")
        house.say(f"{NODE}/listen/set", "START")
        await house.until(lambda: '"budget"' in house.on(f"{NODE}/event/utterance")[-1])

    assert server.attempts == 1


async def test_what_it_starts_with_is_never_looked_through_for_garbage_again(
    broker: Broker, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(TELL_WHAT_STAYS)
    told = tmp_path / "stays"
    async with Program(
        tmp_path,
        settings(broker, "ws://127.0.0.1:9/"),
        *("--recording", str(recorded(tmp_path, silence(1)))),
        environment={"PYTHONPATH": str(tmp_path), "TELL_WHAT_STAYS": str(told)},
    ) as program:
        await eventually(lambda: "listening to" in program.log, 30)
        await program.stop()
    assert int(told.read_text()) > 10_000
