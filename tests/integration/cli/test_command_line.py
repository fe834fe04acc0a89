"""Commands as a person types them: real recordings, the real recognizer."""

import asyncio
import json
import os
import socket
import stat
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import numpy as np
import pytest
import soundfile
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from rigs.audio.loudspeaker import put_aplay_first
from rigs.audio.recordings import needs_people, people, save
from rigs.audio.speech import mix, noise, say, silence
from rigs.homes.program import (
    Program,
    auricle,
    clean_environment,
    local_recognizer,
    told_here,
    write_settings,
)
from rigs.mqtt.broker import Broker, free_port, running_broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.faults import SpokenWith
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually

WORDS = {"turn", "on", "the", "kitchen", "light"}


def words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text.lower()).split())


# Of a Pi with a USB loudspeaker.
APLAY_LISTS = """\
null
    Discard all samples (playback) or generate zero samples (capture)
default
    Default ALSA Output (currently PipeWire Media Server)
hw:CARD=Speaker,DEV=0
    USB Speaker, USB Audio
    Direct hardware device without any conversions
plughw:CARD=Speaker,DEV=0
    USB Speaker, USB Audio
    Hardware device with all software conversions
surround51:CARD=Speaker,DEV=0
    USB Speaker, USB Audio
lines:CARD=Speaker
"""


async def test_the_loudspeakers_that_play_every_sound_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_aplay_first(tmp_path, monkeypatch, f"cat <<'END'\n{APLAY_LISTS}END")

    code, out, err = await auricle("devices")

    assert (code, err) == (0, "")
    loudspeakers = out.partition("loudspeakers")[2].partition("\n\n")[0].splitlines()
    assert [line.strip() for line in loudspeakers[1:]] == [
        "default  Default ALSA Output (currently PipeWire Media Server)",
        "plughw:CARD=Speaker,DEV=0  USB Speaker, USB Audio",
        "lines:CARD=Speaker",
    ]


async def test_where_no_loudspeaker_can_be_listed_it_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_aplay_first(tmp_path, monkeypatch, "exit 1")
    code, out, _ = await auricle("devices")
    assert code == 0
    assert "none: aplay does not tell its devices" in out

    put_aplay_first(tmp_path, monkeypatch, "echo null")
    _, out, _ = await auricle("devices")
    assert 'set loudspeaker.device = ""' in out


async def test_the_demo_shows_the_whole_path() -> None:
    code, out, err = await auricle("demo", timeout=150)

    assert code == 0, err
    assert any(line.startswith("wake word    okay_nabu") for line in told(out))
    assert words(final_of(out)) >= WORDS
    assert "emotion not reported" in out


@pytest.mark.parametrize("mode", ["server_vad", "manual"])
async def test_what_is_said_appears_while_it_is_said(mode: str, tmp_path: Path) -> None:
    request = "turn on the kitchen light and then please switch off the radio upstairs"
    pcm = silence(1.5) + say("okay nabu") + silence(0.3) + say(request) + silence(1.0)
    room = noise(len(pcm) / 32000, dbfs=-75)
    path = save(tmp_path / "request.wav", mix(pcm, room[: len(pcm)]))

    code, out, err = await auricle("demo", "--mode", mode, str(path), timeout=150)

    assert code == 0, err
    assert any(line.startswith("interim ") for line in told(out))
    assert words(final_of(out)) >= {*WORDS, "radio", "off"}


def told(out: str) -> list[str]:
    """The demo's lines without their times."""
    return [line.split(" s  ", 1)[-1] for line in out.splitlines()]


def final_of(out: str) -> str:
    (final,) = [line for line in told(out) if line.startswith("final ")]
    return final


@needs_people
async def test_the_demo_hears_people(tmp_path: Path) -> None:
    """The wake word of one person, and another's command."""
    (wake,) = people("wake/pymicro_tests/okay_nabu/1.flac")
    command = people("commands/lights/*.flac") or people("commands/lights/*/*.flac")
    spoken = [
        soundfile.read(path, dtype="int16")[0].tobytes() for path in (wake, command[0])
    ]
    pcm = silence(1.0) + spoken[0] + silence(0.2) + spoken[1] + silence(1.0)
    room = noise(len(pcm) / 32000, dbfs=-75)
    path = save(tmp_path / "people.flac", mix(pcm, room[: len(pcm)]))

    code, out, err = await auricle("demo", str(path), timeout=150)

    assert code == 0, out + err
    assert words(out) >= {"turn", "on", "the", "office", "lights"}


async def test_the_demo_says_so_when_no_wake_word_is_heard_and_why(
    tmp_path: Path,
) -> None:
    path = tmp_path / "turned round.wav"
    left = np.frombuffer(silence(1) + say("okay nabu, turn on the light"), "<i2")
    soundfile.write(path, np.stack([left, -left], axis=1), 16_000)

    code, out, _ = await auricle("demo", str(path), timeout=150)

    assert code == 1
    assert 'begin with "okay nabu"' in out
    note = next(line for line in out.splitlines() if line.startswith("note "))
    assert "channels in opposite phase" in note
    assert note.endswith("set microphone.channel = 0")


async def test_of_several_moods_none_is_claimed_to_be_the_recordings(
    tmp_path: Path,
) -> None:
    path = save(tmp_path / "long.wav", silence(45))
    moods = [SpokenWith({"emotion": "angry"}), SpokenWith({"emotion": "happy"})]
    async with ScriptedRecognizer("Turn it on.", faults=moods) as recognizer:
        code, out, err = await told_here(
            "transcribe", "--url", recognizer.url, "--json", str(path)
        )

    assert code == 0, err
    result = json.loads(out)
    assert [part["emotion"] for part in result["utterances"]] == ["angry", "happy"]
    assert result["emotion"] is None


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("missing.wav", None, "missing.wav"),
        ("empty.wav", b"", "empty.wav"),
        ("text.wav", b"this is no sound at all\n", "text.wav"),
    ],
)
async def test_a_file_that_is_no_recording_is_named(
    tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    code, out, err = await told_here(
        "transcribe", "--url", "ws://127.0.0.1:9", str(path)
    )

    assert (code, out) == (66, "")
    assert told in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("hints", "transcript", "told"),
    [
        ("", "...", "(no speech)"),
        ("", "[BLANK_AUDIO]", "(no speech)"),
        ("stop, movie night in the living room", "Stop.", "Stop."),
        (
            "movie night in the living room, good morning, good night",
            "Movie night in the living room, good morning, good night.",
            "(no speech)",
        ),
    ],
)
async def test_what_nobody_can_have_said_is_no_speech(
    tmp_path: Path, hints: str, transcript: str, told: str
) -> None:
    path = save(tmp_path / "stop.wav", say("stop"))
    config = tmp_path / "config.toml"
    async with ScriptedRecognizer(transcript) as server:
        write_settings(config, {"asr": {"url": server.url, "hints": hints}})
        code, out, err = await told_here(
            "transcribe", "--config", str(config), str(path)
        )

    assert code == 0, err
    assert out.splitlines()[0] == told


async def test_without_a_recognizer_transcribe_says_so(tmp_path: Path) -> None:
    path = save(tmp_path / "spoken.wav", say("stop"))

    code, _, err = await auricle("transcribe", "--url", "ws://127.0.0.1:9", str(path))

    assert code == 69
    assert "asr_unreachable" in err
    assert "nothing listens there" in err
    assert "auricle doctor" in err


OWN = "[asr]\nurl = 'ws://127.0.0.1:9'\n"


@pytest.mark.parametrize("command", ["run", "config"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[asr]\nregoin = 'china'\n", "config.toml:2: asr.regoin: no such key"),
        ("[mqtt]\nport = 'x'\n", "config.toml:2: mqtt.port"),
        ("[satellite]\nname = ''\n", "config.toml:2: satellite.name"),
        ("[mqtt]\nhost = 'broker'\n", "auricle recognizer"),
        (OWN + "[wake_word]\nmodels=['okey']\n", "okey"),
        (OWN + "[mqtt]\ntls=true\nca_file='/nowhere'\n", "mqtt.ca_file: /nowhere"),
        (OWN + "[feedback]\nwake='/nowhere.wav'\n", "feedback.wake: "),
        (OWN + "[limits]\ncost_per_day=1\n", "limits.price_per_second"),
        ("[asr]\nurl='wss://a'\nca_file='/nowhere'\n", "asr.ca_file: /nowhere"),
        (
            "[home_assistant]\ndiscovery_prefix='a/'\n",
            "home_assistant.discovery_prefix",
        ),
        ("[mqtt]\nport = " + "9" * 5000, "config.toml:2: no number is that long"),
    ],
)
async def test_a_wrong_configuration_ends_with_78_and_the_remedy(
    tmp_path: Path, command: str, text: str, told: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)

    # What runs for years changes the process that it runs in.
    ask = auricle if command == "run" else told_here
    code, out, err = await ask(command, "--config", str(path))

    assert code == 78
    assert told in err
    assert "Traceback" not in out + err


async def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        "[mqtt]\ntls = true\nca_file = '/nowhere'\n[wake_word]\nmodels = 'okey'\n"
        "[feedback]\nwake = '/a.wav'\nend = '/b.wav'\n[limits]\ncurrency = 'EUR'\n"
    )

    code, _, err = await told_here("config", "--config", str(path))

    assert code == 78
    named = ("okey", "mqtt.ca_file", "feedback.wake", "feedback.end", "asr.api_key")
    for mistake in (*named, "limits.currency"):
        assert sum(mistake in line for line in err.splitlines()) == 1, err


async def test_a_missing_recording_is_found_before_the_start(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(OWN + "[microphone]\nrecording = '/nowhere.wav'\n")

    for command, ask in (("config", told_here), ("run", auricle)):
        code, _, err = await ask(command, "--config", str(path))
        assert (code, "/nowhere.wav: no such file" in err) == (66, True)


async def test_what_is_configured_without_effect_is_told_by_config_and_run(
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.toml"
    write_settings(path, {"asr": {"url": "ws://127.0.0.1:9"}})
    told = "AURICLE_MQTT_HOST does nothing; did you mean AURICLE_MQTT__HOST?"
    environment = {"AURICLE_MQTT_HOST": "a"}

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auricle", "config", "--config", str(path)),
        stdout=PIPE,
        stderr=PIPE,
        env=clean_environment() | environment,
    )
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, told in err.decode()) == (0, True)

    settings = {"asr": {"url": "ws://127.0.0.1:9"}}
    async with Program(tmp_path, settings, environment=environment) as program:
        await eventually(lambda: told in program.log)


async def test_the_effective_settings_are_shown_without_secrets(
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.toml"
    write_settings(path, {"asr": {"api_key": "sk-CANARY"}, "mqtt": {"host": "b"}})

    code, out, _ = await told_here("config", "--config", str(path))

    assert code == 0
    assert 'host = "b"' in out
    assert "# utterance.mode, manual: this machine decides" in out
    assert "CANARY" not in out


async def test_help_needs_nothing_and_teaches() -> None:
    code, out, _ = await auricle("--help")

    assert code == 0
    assert "auricle demo" in out


async def test_a_key_file_that_everyone_may_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-1")
    key.chmod(0o644)

    code, _, err = await auricle(
        "recognizer", "--port", "0", "--api-key-file", str(key)
    )

    assert code == 78
    assert stat.S_IMODE(key.stat().st_mode) == 0o644
    assert "chmod 0600" in err


async def test_a_folder_is_no_key_file_and_its_rights_are_well(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    code, _, err = await auricle(
        "recognizer", "--port", "0", "--api-key-file", str(tmp_path)
    )

    assert code == 78
    assert f"{tmp_path}: is a directory" in err
    assert "chmod" not in err


async def test_a_port_that_is_taken_is_told_before_a_model_is_loaded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = await auricle("recognizer", "--port", str(port))

    # systemd tries again, and that once in five seconds.
    assert code == os.EX_IOERR
    assert (out, err) == (
        "",
        f"auricle: cannot serve on 127.0.0.1:{port}: another program has that port; "
        "stop it, or choose another port with --port\n",
    )


async def test_the_key_may_be_a_systemd_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = tmp_path / "recognizer.api_key"
    credential.write_text("sk-1\n")
    credential.chmod(0o600)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    async with local_recognizer() as url:
        target = f"{url}?model=m"
        with pytest.raises(InvalidStatus, match="401"):
            await connect(target, proxy=None)
        key = {"Authorization": "Bearer sk-1"}
        async with connect(target, additional_headers=key, proxy=None) as opened:
            assert json.loads(await opened.recv())["type"] == "session.created"


async def test_the_network_may_not_use_the_recognizer_without_a_key() -> None:
    code, _, err = await auricle("recognizer", "--host", "0.0.0.0", "--port", "0")

    assert code == 78
    assert "API key" in err


async def test_a_satellite_is_forgotten_by_each_of_its_brokers(
    broker: Broker, tmp_path: Path
) -> None:
    with running_broker(tmp_path) as second:
        away = free_port()
        path = tmp_path / "config.toml"
        write_settings(
            path,
            {
                "satellite": {"name": "study"},
                "mqtt": {
                    "host": "127.0.0.1",
                    "port": broker.port,
                    "fallbacks": [f"127.0.0.1:{away}", f"127.0.0.1:{second.port}"],
                },
            },
        )
        state = "auricle/study/state"
        for port in (broker.port, second.port):
            async with HouseClient(port, state) as house:
                house.say(state, "idle", retain=True)
                await house.hears(state)

        code, out, err = await told_here("forget", "--config", str(path))

        for port in (broker.port, second.port):
            assert f"auricle/study at 127.0.0.1:{port}: " in out
            async with HouseClient(port, "#") as newcomer:
                newcomer.say("test/end", "now")
                await newcomer.hears("test/end")
                assert {message.topic for message in newcomer.heard} == {"test/end"}
    assert code == os.EX_UNAVAILABLE
    assert err.startswith(f"auricle forget: nothing listens on 127.0.0.1:{away}; ")


@pytest.mark.parametrize("name", ["#", "+", "Study", "study/state", ""])
async def test_what_is_no_name_is_not_forgotten(name: str) -> None:
    code, out, err = await told_here("forget", "--name", name)

    assert (code, out) == (2, "")
    assert "argument --name: use at most 64 lower-case letters, digits and _" in err


async def test_a_forgotten_satellite_leaves_nothing_retained(
    broker: Broker, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    write_settings(
        path,
        {
            "satellite": {"name": "study"},
            "mqtt": {"host": "127.0.0.1", "port": broker.port},
        },
    )
    device = "homeassistant/device/auricle_study/config"
    async with HouseClient(broker.port, device) as house:
        house.say(device, "{}", retain=True)
        house.say("auricle/study/state", "idle", retain=True)
        code, out, err = await auricle("forget", "--config", str(path))
        async with HouseClient(broker.port, "#") as newcomer:
            newcomer.say("test/end", "now")
            await newcomer.hears("test/end")
            heard = {message.topic for message in newcomer.heard}

    assert code == 0, err
    assert "auricle/study" in out
    assert heard == {"test/end"}
