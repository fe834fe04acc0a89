"""What `auricle config` accepts, `auricle run` starts with: there is one judge."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from auricle.app import app
from auricle.app.build import build
from auricle.config.loading import load
from auricle.config.settings import Settings
from auricle.errors import ConfigError, RecordingError
from auricle.mqtt.publisher import Run
from auricle.system.redaction import OURS
from rigs.any_settings import TEXTS, options, schemas, single_values
from rigs.audio.recordings import save
from rigs.audio.speech import mix, noise, say, silence
from rigs.faults.certificates import Authority
from rigs.homes.program import Program
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer

ENOUGH = {"asr.url": "ws://127.0.0.1:9"}
"""Without it there is no recognizer, and whatever else is configured is refused."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Such as a configuration names, whole and broken."""
    folder = tmp_path_factory.mktemp("files")
    sound = save(folder / "sound.wav", say("stop"))
    empty = folder / "empty.json"
    empty.touch()
    deep = folder / "deep.json"
    deep.write_text("[" * 100_000)
    huge = folder / "huge.json"
    huge.write_text(
        '{"wake_word": "w", "model": "m.tflite", "version": 2, '
        '"micro": {"probability_cutoff": 0.5, "sliding_window_size": 1e308}}'
    )
    infinite = folder / "infinite.json"
    infinite.write_text(huge.read_text().replace("1e308", "1e999"))
    certificate = Authority(folder, "home").certificate
    made = (sound, empty, deep, huge, infinite, folder)
    return [str(path) for path in (*made, certificate.file, certificate.key)]


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    for name in ("DASHSCOPE_API_KEY", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


def accepted(chosen: Mapping[str, Any]) -> Settings | str:
    """As `auricle config` judges; a refusal in words."""
    OURS.forget()
    try:
        found = load(None, {**ENOUGH, **chosen})
        asyncio.run(app.check(found))
    except (ConfigError, RecordingError) as error:
        return str(error)
    return found


@pytest.mark.parametrize("name", schemas())
def test_any_value_of_any_key_is_built_from_or_refused_in_words(
    name: str, files: list[str]
) -> None:
    values = single_values(schemas()[name], [*TEXTS, *files])
    found = [accepted({name: value}) for value in values]

    assert all(found), "a refusal without a word"
    assert any(isinstance(one, Settings) for one in found), "nothing at all is taken"


@given(st.data())
def test_any_settings_together_are_built_from_or_refused_in_words(
    files: list[str], data: st.DataObject
) -> None:
    assert accepted(data.draw(options((*TEXTS, *files))))


# What must be as it is for a satellite to be heard of here, and to leave nothing.
SURROUNDINGS = (
    *("mqtt.host", "mqtt.port", "mqtt.fallbacks", "mqtt.tls", "mqtt.ca_file"),
    "satellite.state_directory",
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_accepted_starts_tells_that_it_is_there_and_stops(
    broker: Broker, files: list[str], data: st.DataObject
) -> None:
    here = {"mqtt.host": f"127.0.0.1:{broker.port}", "microphone.recording": files[0]}
    chosen = data.draw(options((*TEXTS, *files))) | here
    found = accepted({k: v for k, v in chosen.items() if k not in SURROUNDINGS} | here)
    assume(isinstance(found, Settings))
    assert isinstance(found, Settings)

    assert asyncio.run(starts_and_stops(found, broker)) == 0


async def starts_and_stops(found: Settings, broker: Broker) -> int:
    # Of a run that is not over for certain, the next one would wait for a reply.
    parts = build(found, Run("the only one"))
    satellite = app.App(app.steps(parts), parts.ending)
    topic = f"{found.mqtt.base_topic}/{found.satellite.name}/availability"
    async with HouseClient(broker.port, topic) as house:
        running = asyncio.create_task(satellite.run())
        await house.hears(topic, "online")
        satellite.stop()
        return await running


async def test_the_strangest_texts_that_are_accepted_reach_all_whom_they_concern(
    broker: Broker, tmp_path: Path
) -> None:
    key = "".join(map(chr, range(0x21, 0x7F)))
    spoken = silence(1.5) + say("okay nabu") + silence(0.3) + say("stop") + silence(1)
    recording = save(tmp_path / "spoken.wav", mix(spoken, noise(9, dbfs=-75)))
    async with (
        HouseClient(broker.port, "#") as house,
        ScriptedRecognizer("Stop.", api_key=key) as server,
        Program(
            tmp_path,
            {
                "satellite": {
                    "name": "_" * 64,
                    "friendly_name": 'a\n"b"\u202e😀\x7f',
                    "area": "\x1b[2J{{ now() }}",
                },
                "microphone": {"recording": str(recording)},
                "feedback": {"wake": "default"},
                "loudspeaker": {"device": "no\nsuch: device"},
                "asr": {
                    "url": server.url.partition("?")[0],
                    "api_key": key,
                    "workspace": "-_" * 31,
                    "model": "a&b=c d\r\nX-Injected: 1",
                    "hints": "\r\n\x1b'\"\\ 😀" * 100,
                    "data_inspection": True,
                },
                "mqtt": {
                    "host": f"mqtt://127.0.0.1:{broker.port}/",
                    "username": "😀 " * 300,
                    "password": "\r\n\x01" * 4000,
                    "base_topic": "0" * 64,
                },
                "home_assistant": {"discovery_prefix": "-/" * 31 + "-"},
            },
        ),
    ):
        await house.hears(f"{'0' * 64}/{'_' * 64}/transcript/final", timeout=40)
        (discovered,) = [
            json.loads(heard.payload)
            for heard in house.heard
            if heard.topic.startswith("-/") and heard.topic.endswith("/config")
        ]

    [session] = server.heard
    assert session.model == "a&b=c d\r\nX-Injected: 1"
    assert session.headers["x-dashscope-workspace"] == "-_" * 31
    assert "x-injected" not in session.headers
    assert session.settings["input_audio_transcription"]["corpus"]["text"].count("😀")
    assert discovered["device"]["name"] == 'a\n"b"\u202e😀\x7f'


def test_to_judge_settings_touches_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"

    assert isinstance(accepted({"satellite.state_directory": str(state)}), Settings)

    assert not state.exists()


@pytest.mark.parametrize(
    "setting",
    [
        "wake_word.models",
        "wake_word.openwakeword_models",
        "feedback.wake",
        "asr.ca_file",
        "mqtt.ca_file",
        "mqtt.cert_file",
        "microphone.recording",
    ],
)
def test_a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for(
    setting: str, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    listed = setting.startswith("wake_word.")
    chosen: dict[str, Any] = {setting: [str(pipe)] if listed else str(pipe)}
    if setting.startswith("mqtt."):
        chosen["mqtt.tls"] = True
    if setting.startswith("asr."):
        chosen["asr.url"] = "wss://127.0.0.1:9"
    assert isinstance(refusal := accepted(chosen), str)
    assert str(pipe) in refusal
