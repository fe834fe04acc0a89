"""`auricle doctor` on a healthy satellite, and with one thing broken at a time."""

import asyncio
import json
import os
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from auricle.app.remembered import Remembered
from auricle.app.state_file import StateFile
from auricle.config.loading import load, secret_origins
from auricle.doctor import service
from auricle.doctor.host_names import recognizer_name
from auricle.doctor.results import Status
from auricle.doctor.service import Service
from auricle.mqtt.topics import Topics
from auricle.system.systemd import CREDENTIALS_VARIABLE
from rigs.audio.recordings import save
from rigs.audio.speech import mix, noise, say, silence
from rigs.audio.synthesizers import needs_espeak
from rigs.audio.virtual_microphone import VirtualMicrophone, virtual_microphone
from rigs.faults.dated_certificate import dated_certificate
from rigs.faults.network import private_network
from rigs.homes.program import Program, auricle, told_here, write_settings
from rigs.mqtt.broker import Broker, free_port, password_file, running_broker
from rigs.mqtt.old_broker import old_broker
from rigs.mqtt.publisher import publishing
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.faults import SilentFromTheStart
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer

HEALTHY = {
    "configuration": "ok",
    "secrets": "ok",
    "microphone": "ok",
    "loudspeaker": "ok",
    "echo": "ok",
    "speech": "skipped",
    "wake words": "ok",
    "voice detector": "ok",
    "mute": "ok",
    "clock": "ok",
    "recognizer name": "ok",
    "recognizer": "ok",
    "broker name": "ok",
    "broker": "ok",
    "topics": "ok",
    "name": "ok",
    "group": "ok",
    "home assistant": "ok",
    "panel": "skipped",
    "panel's devices": "skipped",
    "disk": "ok",
}
OF_THE_BROKER = ("topics", "name", "group", "home assistant")
# What this machine is like is not for a test to say.
OF_THE_MACHINE = ("service", "temperature")
AS_HOME_ASSISTANT_DOES = "homeassistant/device/+/config"
Settings = dict[str, dict[str, Any]]


class Report:
    """What the doctor said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        assert "Traceback" not in err
        self.code = code
        self.text = out + err
        report = json.loads(out)
        self.healthy = report["healthy"]
        self._checks = {check["name"]: check for check in report["checks"]}

    def meaning(self, name: str) -> str:
        meaning: str = self._checks[name]["meaning"]
        return meaning

    def advice(self, name: str) -> str:
        advice: str = self._checks[name]["advice"]
        return advice

    @property
    def statuses(self) -> dict[str, str]:
        return {
            name: check["status"]
            for name, check in self._checks.items()
            if name not in OF_THE_MACHINE
        }


def healthy(folder: Path, broker: Broker, url: str) -> Settings:
    voice = mix(silence(1) + say("hello there"), noise(5, dbfs=-65))
    return {
        "satellite": {"name": "study", "state_directory": str(folder / "state")},
        # As much is heard of it, in less time.
        "microphone": {"recording": str(save(folder / "room.wav", voice)), "speed": 10},
        # ALSA has it on every machine.
        "loudspeaker": {"device": "null"},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
        "asr": {"url": url},
    }


async def examined(
    folder: Path, settings: Mapping[str, Mapping[str, Any]], *options: str
) -> Report:
    config = folder / "config.toml"
    write_settings(config, settings)
    return Report(
        *await told_here("doctor", "--json", "--config", str(config), *options)
    )


@pytest.fixture
async def recognizer() -> AsyncIterator[ScriptedRecognizer]:
    async with ScriptedRecognizer() as recognizer:
        yield recognizer


@pytest.fixture
async def home_assistant(broker: Broker) -> AsyncIterator[HouseClient]:
    async with HouseClient(broker.port, AS_HOME_ASSISTANT_DOES) as house:
        yield house


@pytest.fixture
def settings(
    tmp_path: Path,
    broker: Broker,
    recognizer: ScriptedRecognizer,
    home_assistant: HouseClient,
) -> Settings:
    """Of a satellite that has nothing to complain about."""
    return healthy(tmp_path, broker, recognizer.url)


async def test_all_is_well_with_a_healthy_satellite(
    tmp_path: Path, settings: Settings, recognizer: ScriptedRecognizer
) -> None:
    report = await examined(tmp_path, settings)

    assert report.statuses == HEALTHY
    assert (report.code, report.healthy) == (0, True)
    assert recognizer.heard[0].types == []


async def test_a_person_reads_a_line_for_each_check(
    tmp_path: Path, settings: Settings
) -> None:
    config = tmp_path / "config.toml"
    write_settings(config, settings)

    code, out, err = await auricle("doctor", "--config", str(config))

    assert code == 0, out + err
    for name, status in HEALTHY.items():
        assert f"{'–' if status == 'skipped' else '✔'} {name}" in out  # noqa: RUF001  # a dash, not a minus
    assert re.search("noise floor -6[4-7] dBFS", out), out
    assert out.splitlines()[-1].startswith(
        f"{len(HEALTHY) + len(OF_THE_MACHINE)} checks: "
    )


async def test_what_it_asks_home_assistant_changes_nothing_there(
    tmp_path: Path, settings: Settings, home_assistant: HouseClient
) -> None:
    await examined(tmp_path, settings)

    [announced] = home_assistant.heard
    assert announced.topic == "homeassistant/device/auricle_study/config"
    assert json.loads(announced.payload)["components"] == {}
    assert not announced.retain


async def test_a_running_satellite_is_not_disturbed(
    broker: Broker, tmp_path: Path, recognizer: ScriptedRecognizer
) -> None:
    settings = healthy(tmp_path, broker, recognizer.url)
    async with (
        HouseClient(broker.port, "auricle/#") as house,
        Program(tmp_path, settings) as program,
    ):
        await house.hears("auricle/study/availability", "online", timeout=60)
        await house.hears("auricle/study/state", "idle")
        report = await examined(tmp_path, settings)
        house.say("auricle/study/mute/set", "ON")
        await house.hears("auricle/study/mute", "ON")

    assert report.statuses["topics"] == report.statuses["name"] == "ok"
    assert "WARNING" not in program.log
    assert house.on("auricle/study/availability") == ["online"]
    probes = [heard for heard in house.heard if "doctor" in heard.topic]
    # Nothing, and as much of it as a device has to say.
    assert {heard.payload.strip("x") for heard in probes} == {""}
    assert not any(heard.retain for heard in probes)


# --- one thing broken at a time ---


def broken(report: Report, name: str, status: str = "failed") -> bool:
    """Whether this one is, and all others are as they should be."""
    assert report.statuses == {**HEALTHY, name: status}, report.text
    assert (report.code, report.healthy) == (1, False)
    return True


async def test_a_typo_in_the_configuration(tmp_path: Path, settings: Settings) -> None:
    settings["asr"]["regoin"] = "china"
    report = await examined(tmp_path, settings)

    assert report.code == 1
    assert report.statuses["configuration"] == "failed"
    assert "config.toml" in report.meaning("configuration")
    assert "did you mean asr.region?" in report.meaning("configuration")
    assert "config.example.toml" in report.advice("configuration")
    # What can be told without settings is told.
    assert report.statuses["clock"] == "ok"
    assert list(report.statuses.values()).count("failed") == 1


async def test_what_no_other_check_looks_at(tmp_path: Path, settings: Settings) -> None:
    settings["feedback"] = {"wake": str(tmp_path / "missing.wav")}
    settings["limits"] = {"cost_per_day": 1}
    report = await examined(tmp_path, settings)

    assert broken(report, "configuration")
    assert "feedback.wake: " in report.meaning("configuration")
    assert "set limits.price_per_second" in report.meaning("configuration")


async def test_no_recognizer_is_configured(tmp_path: Path, settings: Settings) -> None:
    settings["asr"] = {}
    report = await examined(tmp_path, settings)

    expected = {"recognizer name": "skipped", "recognizer": "failed"}
    assert report.statuses == {**HEALTHY, **expected}
    assert "auricle recognizer" in report.meaning("recognizer")


async def test_a_loudspeaker_that_is_not_there(
    tmp_path: Path, settings: Settings
) -> None:
    settings["loudspeaker"]["device"] = "gone"
    report = await examined(tmp_path, settings)

    assert broken(report, "loudspeaker", "warning")
    assert "there is no device 'gone'" in report.meaning("loudspeaker")
    assert "aplay -L" in report.advice("loudspeaker")


async def test_a_satellite_without_a_loudspeaker_is_well(
    tmp_path: Path, settings: Settings
) -> None:
    settings["loudspeaker"]["device"] = ""
    report = await examined(tmp_path, settings)

    assert report.statuses == {**HEALTHY, "loudspeaker": "skipped", "echo": "skipped"}
    assert report.healthy


@needs_espeak
async def test_what_speaks_is_tried(tmp_path: Path, settings: Settings) -> None:
    settings["speech"] = {"engine": "espeak"}
    report = await examined(tmp_path, settings)

    assert report.statuses == {**HEALTHY, "speech": "ok"}
    assert report.healthy


@needs_espeak
async def test_a_voice_that_nobody_has_is_told(
    tmp_path: Path, settings: Settings
) -> None:
    settings["speech"] = {"engine": "espeak", "voice": "nonsense"}
    report = await examined(tmp_path, settings)

    assert broken(report, "speech", "warning")
    assert "speech.voice" in report.meaning("speech")


async def test_a_microphone_that_delivers_zeros(
    tmp_path: Path, settings: Settings
) -> None:
    recording = save(tmp_path / "zeros.wav", silence(5))
    settings["microphone"]["recording"] = str(recording)
    report = await examined(tmp_path, settings)

    assert broken(report, "microphone")
    assert "zeros" in report.meaning("microphone")
    assert "was muted" in report.advice("microphone")


async def test_a_microphone_with_too_much_gain(
    tmp_path: Path, settings: Settings
) -> None:
    quiet = save(tmp_path / "quiet.wav", say("hello there, how are you"))
    settings["microphone"] |= {"recording": str(quiet), "gain": 40.0}
    report = await examined(tmp_path, settings)

    assert broken(report, "microphone", "warning")
    assert "clipped" in report.meaning("microphone")
    assert "set microphone.gain = " in report.advice("microphone")


async def test_an_array_whose_channels_cancel_each_other_and_one_of_them(
    tmp_path: Path, settings: Settings
) -> None:
    mono = np.frombuffer(say("hello there, how are you") + noise(3, dbfs=-60), "<i2")
    array = tmp_path / "array.wav"
    soundfile.write(array, np.stack([mono, -mono], axis=1), 16_000)
    settings["microphone"]["recording"] = str(array)
    report = await examined(tmp_path, settings)

    assert broken(report, "microphone")
    assert "opposite phase" in report.meaning("microphone")
    assert report.advice("microphone") == "set microphone.channel = 0"

    settings["microphone"]["channel"] = 0
    assert (await examined(tmp_path, settings)).statuses == HEALTHY


async def test_a_recording_whose_header_lies(
    tmp_path: Path, settings: Settings
) -> None:
    recording = Path(settings["microphone"]["recording"])
    wav = bytearray(recording.read_bytes())
    wav[40:44] = bytes(4)
    recording.write_bytes(wav)
    report = await examined(tmp_path, settings)

    assert broken(report, "microphone", "warning")
    assert "holds more than its header promises" in report.meaning("microphone")


async def test_a_wake_word_model_that_is_not_there(
    tmp_path: Path, settings: Settings
) -> None:
    settings["wake_word"] = {"models": [str(tmp_path / "mine.json")]}
    report = await examined(tmp_path, settings)

    assert broken(report, "wake words")
    assert "mine.json: no such file" in report.meaning("wake words")


async def test_a_wake_word_threshold_that_nobody_reaches(
    tmp_path: Path, settings: Settings
) -> None:
    settings["wake_word.thresholds"] = {"okay_nabu": 0.999}
    report = await examined(tmp_path, settings)

    assert broken(report, "wake words")
    assert "is not detected" in report.meaning("wake words")
    assert "wake_word.thresholds.okay_nabu" in report.advice("wake words")


async def test_a_satellite_that_was_muted(tmp_path: Path, settings: Settings) -> None:
    StateFile(tmp_path / "state" / "state.json").save(Remembered(muted=True))
    report = await examined(tmp_path, settings)

    assert broken(report, "mute", "warning")
    assert "Home Assistant" in report.advice("mute")


async def test_a_recognizer_that_is_not_running(
    tmp_path: Path, settings: Settings
) -> None:
    settings["asr"]["url"] = f"ws://127.0.0.1:{free_port()}"
    report = await examined(tmp_path, settings)

    assert broken(report, "recognizer")
    assert "cannot reach the recognizer" in report.meaning("recognizer")
    assert "start it: auricle recognizer" in report.advice("recognizer")


async def test_a_recognizer_that_refuses_the_key(
    tmp_path: Path, settings: Settings
) -> None:
    async with ScriptedRecognizer(api_key="sk-right") as strict:
        settings["asr"] = {"url": strict.url, "api_key": "sk-CANARY"}
        settings["mqtt"] |= {"username": "me", "password": "pw-CANARY"}
        report = await examined(tmp_path, settings)

    assert broken(report, "recognizer")
    assert "refuses the API key (HTTP 401)" in report.meaning("recognizer")
    assert "asr.region" in report.advice("recognizer")
    assert "asr.api_key: file" in report.meaning("secrets")
    assert "mqtt.password: file" in report.meaning("secrets")
    assert "CANARY" not in report.text


async def test_a_recognizer_that_never_says_a_word(
    tmp_path: Path, settings: Settings
) -> None:
    async with ScriptedRecognizer(always=[SilentFromTheStart()]) as silent:
        settings["asr"]["url"] = silent.url
        report = await examined(tmp_path, settings)

    assert broken(report, "recognizer")
    assert "no session" in report.meaning("recognizer")
    assert "try again" in report.advice("recognizer")


async def test_a_clock_that_is_a_day_behind(tmp_path: Path, settings: Settings) -> None:
    async with server_a_day_ahead() as url:
        settings["asr"]["url"] = url
        report = await examined(tmp_path, settings)

    assert broken(report, "clock")
    assert "TLS may fail" in report.meaning("clock")
    assert "timedatectl" in report.advice("clock")


@asynccontextmanager
async def server_a_day_ahead() -> AsyncIterator[str]:
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)

    def date(
        _connection: ServerConnection, _request: Request, answer: Response
    ) -> None:
        del answer.headers["Date"]
        answer.headers["Date"] = tomorrow

    async def greet(connection: ServerConnection) -> None:
        created = {"type": "session.created", "session": {"id": "s"}}
        await connection.send(json.dumps(created))
        await connection.wait_closed()

    async with serve(greet, "127.0.0.1", 0, process_response=date) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


async def test_a_certificate_that_is_not_valid_yet(
    tmp_path: Path, settings: Settings
) -> None:
    certificate = dated_certificate(tmp_path, "20900101000000Z", "20910101000000Z")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.file, certificate.key)
    async with ScriptedRecognizer(tls=tls) as of_the_future:
        url = of_the_future.url
        settings["asr"] = {"url": url, "ca_file": str(certificate.file)}
        report = await examined(tmp_path, settings)

    assert report.statuses == {**HEALTHY, "clock": "failed", "recognizer": "skipped"}
    assert "not valid yet" in report.meaning("clock")
    assert "timedatectl" in report.advice("clock")


async def test_a_name_that_nobody_can_have(tmp_path: Path, settings: Settings) -> None:
    settings["mqtt"]["host"] = "-broker-.lan"
    report = await examined(tmp_path, settings)

    assert_without_broker(report)
    assert "nobody knows the address of -broker-.lan" in report.meaning("broker name")
    assert "correct mqtt.host" in report.advice("broker name")


@pytest.mark.parametrize(
    ("own", "key"), [(True, "correct asr.url"), (False, "asr.region")]
)
def test_an_unknown_recognizer_is_blamed_on_the_key_that_names_it(
    own: bool, key: str
) -> None:
    result = recognizer_name("-recognizer-.lan", own=own)

    assert result.status is Status.FAILED
    assert key in result.advice


async def test_a_network_without_name_server(tmp_path: Path) -> None:
    with private_network(), running_broker(tmp_path) as broker:
        async with ScriptedRecognizer() as recognizer:
            settings = healthy(tmp_path, broker, recognizer.url)
            settings["mqtt"]["host"] = "broker.invalid"
            report = await examined(tmp_path, settings)

    assert_without_broker(report)
    assert "no name server answers" in report.meaning("broker name")
    assert "is the network up?" in report.advice("broker name")


def assert_without_broker(report: Report) -> None:
    """What needs it is skipped, and not blamed."""
    needing = dict.fromkeys(("broker", *OF_THE_BROKER), "skipped")
    assert report.statuses == {**HEALTHY, "broker name": "failed", **needing}


@pytest.mark.parametrize("gone", ["stopped", "frozen"])
async def test_a_broker_that_does_not_answer(
    tmp_path: Path, settings: Settings, broker: Broker, gone: str
) -> None:
    broker.stop() if gone == "stopped" else broker.freeze()
    report = await examined(tmp_path, settings)

    skipped = dict.fromkeys(OF_THE_BROKER, "skipped")
    assert report.statuses == {**HEALTHY, "broker": "failed", **skipped}
    assert f"127.0.0.1:{broker.port}" in report.meaning("broker")
    assert "is the broker running?" in report.advice("broker")


RULES = """\
user pi
topic write auricle/study/#
{rules}
user ha
topic readwrite #
"""


@asynccontextmanager
async def guarded_broker(folder: Path, rules: str) -> AsyncIterator[Broker]:
    acl = folder / "acl"
    acl.write_text(RULES.format(rules=rules))
    acl.chmod(0o600)
    listener = (
        "allow_anonymous false",
        f"password_file {password_file(folder, {'pi': 'pw', 'ha': 'pw'})}",
        f"acl_file {acl}",
    )
    with running_broker(folder, listener) as broker:
        house = HouseClient(
            broker.port, AS_HOME_ASSISTANT_DOES, username="ha", password="pw"
        )
        async with house:
            yield broker


COMMANDS = "topic read auricle/study/+/set"
BIDS = "topic read auricle/+/bid/#"
INTRODUCTION = "topic write homeassistant/device/auricle_study/config"


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (f"{COMMANDS}\n{BIDS}", "write homeassistant/device/auricle_study/config"),
        (f"{INTRODUCTION}\n{BIDS}", "read auricle/study/+/set"),
    ],
)
async def test_access_rules_that_forbid_what_we_do(
    tmp_path: Path, rules: str, told: str
) -> None:
    async with guarded_broker(tmp_path, rules) as broker, ScriptedRecognizer() as asr:
        settings = healthy(tmp_path, broker, asr.url)
        settings["mqtt"] |= {"username": "pi", "password": "pw"}
        report = await examined(tmp_path, settings)

    # Whom we cannot ask, we have not seen.
    seen = "ok" if INTRODUCTION in rules else "skipped"
    assert report.statuses == {**HEALTHY, "topics": "failed", "home assistant": seen}
    assert told in report.meaning("topics")
    assert "acl.example" in report.advice("topics")


async def test_access_rules_that_keep_the_group_apart(tmp_path: Path) -> None:
    rules = f"{COMMANDS}\n{INTRODUCTION}"
    async with guarded_broker(tmp_path, rules) as broker, ScriptedRecognizer() as asr:
        settings = healthy(tmp_path, broker, asr.url)
        settings["mqtt"] |= {"username": "pi", "password": "pw"}
        report = await examined(tmp_path, settings)

    assert broken(report, "group")
    assert "do not let us read auricle/+/bid/all" in report.meaning("group")
    assert "acl.example" in report.advice("group")


async def test_the_others_of_the_group_are_named(
    tmp_path: Path, settings: Settings, broker: Broker
) -> None:
    hall, attic = Topics("auricle", "hall"), Topics("auricle", "attic")
    async with (
        publishing(broker, topics=hall, state="hall", run_id="hall", group="all"),
        publishing(broker, topics=attic, state="attic", run_id="attic", group="all"),
    ):
        report = await examined(tmp_path, settings)

    assert report.statuses == HEALTHY
    assert report.meaning("group") == "in 'all' there are attic, hall"


async def test_a_broker_from_before_mqtt_5_is_worth_a_word_where_there_is_a_group(
    tmp_path: Path, settings: Settings, broker: Broker
) -> None:
    async with old_broker(broker.port) as port:
        settings["mqtt"]["port"] = port
        report = await examined(tmp_path, settings)

    assert report.statuses["group"] == "warning"
    assert "its own messages back" in report.meaning("group")


async def test_a_satellite_that_is_in_no_group_has_none_to_look_at(
    tmp_path: Path, settings: Settings
) -> None:
    settings["arbitration"] = {"enabled": False}
    report = await examined(tmp_path, settings)

    assert report.statuses == {**HEALTHY, "group": "skipped"}
    assert report.healthy


async def test_another_satellite_with_our_name(
    tmp_path: Path, settings: Settings, broker: Broker
) -> None:
    async with publishing(broker, state="other", run_id="other"):
        report = await examined(tmp_path, settings)

    # What it hears below our node.
    assert report.statuses["name"] == "failed"
    assert "another satellite is 'study'" in report.meaning("name")
    assert "on the machine pi" in report.meaning("name")
    assert "satellite.name" in report.advice("name")


async def test_access_rules_that_allow_all_that_we_do(tmp_path: Path) -> None:
    rules = f"{COMMANDS}\n{BIDS}\n{INTRODUCTION}"
    async with guarded_broker(tmp_path, rules) as broker, ScriptedRecognizer() as asr:
        settings = healthy(tmp_path, broker, asr.url)
        settings["mqtt"] |= {"username": "pi", "password": "pw"}
        report = await examined(tmp_path, settings)

    assert report.statuses == HEALTHY


@pytest.mark.parametrize(
    ("limit", "status", "told"),
    [
        ("max_packet_size 4000", "ok", "its entities go one by one"),
        ("max_packet_size 640", "warning", "without "),
        ("message_size_limit 4000", "warning", "drops us for "),
    ],
)
async def test_a_broker_that_takes_little_at_once(
    tmp_path: Path, limit: str, status: str, told: str
) -> None:
    listener = ("allow_anonymous true", limit)
    async with ScriptedRecognizer() as asr:
        with running_broker(tmp_path, listener) as broker:
            async with HouseClient(broker.port, AS_HOME_ASSISTANT_DOES) as house:
                settings = healthy(tmp_path, broker, asr.url)
                report = await examined(tmp_path, settings)
                assert house.heard

    assert report.statuses == {**HEALTHY, "broker": status}
    assert told in report.meaning("broker")
    assert status == "ok" or "max_packet_size" in report.advice("broker")


async def test_a_password_that_the_broker_does_not_take(tmp_path: Path) -> None:
    async with guarded_broker(tmp_path, "") as broker, ScriptedRecognizer() as asr:
        settings = healthy(tmp_path, broker, asr.url)
        settings["mqtt"] |= {"username": "pi", "password": "pw-CANARY"}
        report = await examined(tmp_path, settings)

    skipped = dict.fromkeys(OF_THE_BROKER, "skipped")
    assert report.statuses == {**HEALTHY, "broker": "failed", **skipped}
    assert "refuses user 'pi'" in report.meaning("broker")
    assert "mqtt.username and mqtt.password" in report.advice("broker")
    assert "CANARY" not in report.text


async def test_a_home_assistant_that_is_not_there(
    tmp_path: Path, broker: Broker, recognizer: ScriptedRecognizer
) -> None:
    report = await examined(tmp_path, healthy(tmp_path, broker, recognizer.url))

    assert broken(report, "home assistant", "warning")
    assert "not seen" in report.meaning("home assistant")
    assert "MQTT integration" in report.advice("home assistant")


async def test_a_state_directory_that_cannot_be_made(
    tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "file").touch()
    settings["satellite"]["state_directory"] = str(tmp_path / "file" / "state")
    report = await examined(tmp_path, settings)

    assert report.statuses["disk"] == "failed"
    assert "not a directory" in report.meaning("disk")
    assert "satellite.state_directory" in report.advice("disk")


async def test_a_service_that_has_failed(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = (
        "LoadState=loaded\nActiveState=failed\nSubState=failed\n"
        "Result=exit-code\nExecMainStatus=78\nNRestarts=0\n"
    )
    stand_in(tmp_path / "bin", "systemctl", answers)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    report = await examined(tmp_path, settings)

    assert (report.code, report.statuses) == (1, HEALTHY)
    assert "exit code 78" in report.meaning("service")
    assert "auricle config" in report.advice("service")


async def test_a_machine_with_too_little_power(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path / "bin", "vcgencmd", "throttled=0x50005\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    report = await examined(tmp_path, settings)

    assert (report.code, report.statuses) == (1, HEALTHY)
    assert "under-voltage" in report.meaning("temperature")
    assert "power supply" in report.advice("temperature")


def stand_in(folder: Path, name: str, answers: str) -> None:
    """A program of another machine, which answers as it does there."""
    folder.mkdir()
    program = folder / name
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{answers}END\n")
    program.chmod(0o755)


# --- as the service sees it ---


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    for variable in (service.STATE_VARIABLE, CREDENTIALS_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    text = f"""\
LoadCredential=asr.api_key:auricle.asr.api_key
LoadCredential=mqtt.password:{tmp_path}/password
StateDirectory=auricle-test-of-the-doctor
"""
    return service.describe({}, text)


def test_the_secrets_of_the_service_are_seen_where_systemd_finds_them(
    tmp_path: Path, unit: Service
) -> None:
    store = tmp_path / "credstore"
    store.mkdir()
    (store / "auricle.asr.api_key").write_text("sk-1\n")
    (tmp_path / "password").write_text("pw\n")
    before = dict(os.environ)
    stores = [tmp_path / "none", store]
    with service.folders_of(unit, stores) as (folders, withheld):
        settings = load(None, folders=folders)
        origins = secret_origins(None, folders)
        assert dict(os.environ) == before

    assert withheld == set()
    assert settings.asr.api_key is not None
    assert settings.asr.api_key.get_secret_value() == "sk-1"
    assert settings.mqtt.password is not None
    assert origins["mqtt.password"] == "credential mqtt.password"
    assert folders.credentials is not None
    assert not folders.credentials.exists()
    assert settings.satellite.state_directory == unit.state_directory


def test_a_credential_that_nobody_gave_is_not_missed(
    tmp_path: Path, unit: Service
) -> None:
    with service.folders_of(unit, stores=[tmp_path]) as (folders, withheld):
        assert load(None, folders=folders).asr.api_key is None
    assert withheld == set()


def test_a_credential_behind_a_closed_door_is_withheld(
    tmp_path: Path, unit: Service
) -> None:
    (tmp_path / "file").touch()
    with service.folders_of(unit, stores=[tmp_path / "file"]) as (folders, withheld):
        assert load(None, folders=folders).asr.api_key is None
    assert withheld == {"asr.api_key"}


# --- a real microphone ---


@pytest.fixture
def room(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VirtualMicrophone]:
    with virtual_microphone(tmp_path_factory.mktemp("sound")) as microphone:
        for name, value in microphone.environment.items():
            monkeypatch.setenv(name, value)
        yield microphone


@pytest.fixture
def with_microphone(settings: Settings) -> Settings:
    return {**settings, "microphone": {"device": "default"}}


@asynccontextmanager
async def noisy(room: VirtualMicrophone) -> AsyncIterator[None]:
    """Somebody's fan, which goes on and on."""
    over = False

    async def blow() -> None:
        while not over:
            await asyncio.to_thread(room.play, noise(4, dbfs=-50))

    fan = asyncio.create_task(blow())
    try:
        yield
    finally:
        over = True
        await fan


async def test_a_real_microphone_is_listened_to(
    tmp_path: Path, with_microphone: Settings, room: VirtualMicrophone
) -> None:
    async with noisy(room):
        report = await examined(tmp_path, with_microphone)

    assert report.statuses == HEALTHY
    assert re.search("loudest -(49|50) dBFS", report.meaning("microphone"))


async def test_on_request_it_measures_how_our_own_voice_comes_back(
    tmp_path: Path, with_microphone: Settings, room: VirtualMicrophone
) -> None:
    with_microphone["loudspeaker"]["device"] = "default"
    async with noisy(room):
        report = await examined(tmp_path, with_microphone, "--echo")

    # All that is played is in the microphone, as loud as it is played.
    assert re.match(r"heard \d+ ms late, at -(19|20|21) dBFS", report.meaning("echo"))
    assert report.statuses["microphone"] == "ok"


async def test_a_recording_that_stands_for_the_microphone_has_no_echo(
    tmp_path: Path, settings: Settings
) -> None:
    report = await examined(tmp_path, settings, "--echo")

    assert report.statuses == {**HEALTHY, "echo": "skipped"}
    assert "a recording stands for the microphone" in report.meaning("echo")


async def test_a_microphone_that_is_muted(
    tmp_path: Path, with_microphone: Settings, room: VirtualMicrophone
) -> None:
    room.mute(on=True)
    report = await examined(tmp_path, with_microphone)

    assert broken(report, "microphone")
    assert "muted or suspended" in report.advice("microphone")


async def test_a_microphone_of_another_name(
    tmp_path: Path, with_microphone: Settings, room: VirtualMicrophone
) -> None:
    with_microphone["microphone"]["device"] = "ReSpeaker"
    report = await examined(tmp_path, with_microphone)

    assert broken(report, "microphone")
    assert "no capture device is 'ReSpeaker'; there are" in report.meaning("microphone")
    assert "auricle devices" in report.advice("microphone")


async def test_a_sound_server_that_hangs(
    tmp_path: Path, with_microphone: Settings, room: VirtualMicrophone
) -> None:
    room.freeze()
    report = await examined(tmp_path, with_microphone)

    assert broken(report, "microphone")
    assert "the sound system does not answer" in report.meaning("microphone")
    assert "restart the sound server" in report.advice("microphone")
