"""What the outside refuses to a command is told in a sentence, not in a traceback."""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from auricle.__main__ import ENDED_BY_SIGPIPE
from auricle.app import state_lock
from auricle.cli.parser import build_parser
from auricle.config.toml import toml
from rigs.audio.recordings import save
from rigs.audio.speech import mix, noise, say
from rigs.homes.program import (
    auricle,
    clean_environment,
    told_here,
    write_settings,
)
from rigs.mqtt.broker import Broker, free_port
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer


@dataclass(frozen=True)
class Ended:
    code: int
    err: str


async def ended(
    *command: str,
    stdout: int = DEVNULL,
    stderr: int = PIPE,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=clean_environment() if environment is None else environment,
    )
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return Ended(process.returncode, (err or b"").decode())


AURICLE = (sys.executable, "-m", "auricle")
# Each that prints, and what it needs for that. `run` prints nothing, nor do those that
# run it or serve beside it: `app`, `panel`.
COMMANDS = {
    "demo": (),
    "transcribe": ("--config", "{config}", "{recording}"),
    "recognizer": ("--port", "0"),
    "doctor": ("--config", "{config}"),
    "listen": ("--config", "{config}", "--recording", "{recording}"),
    "devices": (),
    "config": ("--config", "{config}"),
    "setup": ("--config", "{config}"),
    "forget": ("--config", "{config}"),
}


def test_every_command_is_tried() -> None:
    told = build_parser().format_help()
    listed = [
        line.split()[0]
        for line in told.partition("commands:")[2]
        .partition("first steps:")[0]
        .splitlines()
        if line.startswith("    ") and not line.startswith("     ")
    ]

    assert set(listed) == {*COMMANDS, "run", "panel", "app"}


@pytest.fixture
async def places(broker: Broker, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    config = tmp_path / "config.toml"
    sound = mix(say("stop"), noise(3, dbfs=-70))
    async with ScriptedRecognizer("Stop.") as server:
        write_settings(
            config,
            {
                "satellite": {"name": "study", "state_directory": str(tmp_path)},
                "microphone": {
                    "recording": str(save(tmp_path / "spoken.wav", sound)),
                    "speed": 10,
                },
                "asr": {"url": server.url},
                "mqtt": {"host": "127.0.0.1", "port": broker.port},
            },
        )
        yield {"config": str(config), "recording": str(tmp_path / "spoken.wav")}


def typed(command: str, places: Mapping[str, str]) -> Sequence[str]:
    arguments = (argument.format(**places) for argument in COMMANDS[command])
    return (*AURICLE, command, *arguments)


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_full_disk_is_told(command: str, places: dict[str, str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        end = await ended(*typed(command, places), stdout=full)
    finally:
        os.close(full)

    assert (end.code, end.err.splitlines()[-1]) == (
        os.EX_IOERR,
        "auricle: No space left on device",
    )
    assert "Traceback" not in end.err


@pytest.mark.parametrize("command", COMMANDS)
async def test_who_has_read_enough_need_not_be_told(
    command: str, places: dict[str, str]
) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        end = await ended(*typed(command, places), stdout=write)
    finally:
        os.close(write)

    assert end.code == ENDED_BY_SIGPIPE
    assert "auricle: " not in end.err
    assert "Traceback" not in end.err
    assert "Exception" not in end.err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
@pytest.mark.parametrize("buffered", ["", "1"])
async def test_help_that_nobody_can_read_is_no_success(
    arguments: list[str], buffered: str
) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        end = await ended(
            *AURICLE,
            *arguments,
            stdout=full,
            environment=clean_environment() | {"PYTHONUNBUFFERED": buffered},
        )
    finally:
        os.close(full)

    assert (end.code, end.err) == (os.EX_IOERR, "auricle: No space left on device\n")


async def test_a_mistake_that_cannot_be_told_has_its_exit_code_all_the_same(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.toml"
    write_settings(config, {"mqtt": {"port": 0}})
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        end = await ended(*AURICLE, "run", "--config", str(config), stderr=full)
    finally:
        os.close(full)

    assert end.code == os.EX_CONFIG


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
async def test_closed_streams_are_no_reason_to_fail(
    closed: str, places: dict[str, str]
) -> None:
    command = " ".join(typed("config", places))

    assert (await ended("sh", "-c", f"{command} {closed}")).code == 0


async def test_a_terminal_that_lacks_a_character_shows_the_rest(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.toml"
    write_settings(config, {"satellite": {"area": "Küche"}, "asr": {"api_key": "sk"}})

    end = await ended(
        *(*AURICLE, "config", "--config", str(config)),
        environment=clean_environment() | {"PYTHONIOENCODING": "ascii"},
    )

    assert (end.code, end.err) == (0, "")


UNREADABLE = ("--bounding-set", "-dac_override,-dac_read_search")
needs_setpriv = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="takes rights away with setpriv, as root",
)


@needs_setpriv
@pytest.mark.parametrize("command", ["config", "run", "transcribe", "forget", "listen"])
async def test_a_configuration_folder_that_may_not_be_looked_into_is_named(
    tmp_path: Path, command: str
) -> None:
    folder = tmp_path / "auricle"
    folder.mkdir(mode=0o700)
    os.chown(folder, 54321, -1)
    files = ["x.wav"] if command == "transcribe" else []

    end = await ended(
        *("setpriv", *UNREADABLE, *AURICLE, command, *files),
        environment=clean_environment() | {"XDG_CONFIG_HOME": str(tmp_path)},
    )

    assert (end.code, end.err) == (
        os.EX_CONFIG,
        f"auricle: {folder}/config.toml: Permission denied\n",
    )


@needs_setpriv
async def test_a_model_in_a_folder_that_may_not_be_looked_into_is_told_with_what_to_do(
    tmp_path: Path,
) -> None:
    """So it is with a home, into which the service does not look."""
    home = tmp_path / "home"
    (home / "model").mkdir(parents=True)
    home.chmod(0o700)
    os.chown(home, 54321, -1)

    end = await ended(
        *("setpriv", *UNREADABLE, *AURICLE),
        *("recognizer", "--model", str(home / "model")),
    )

    assert (end.code, end.err) == (
        os.EX_CONFIG,
        f"auricle: {home}/model: Permission denied; see that it is there, and that the "
        "user of this program may read it\n",
    )


@needs_setpriv
async def test_a_user_without_a_home_is_told_what_to_set() -> None:
    rights = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    environment = clean_environment()
    del environment["HOME"]

    end = await ended(
        *("setpriv", "--reuid=54321", "--clear-groups", *rights, *AURICLE, "run"),
        environment=environment,
    )

    assert end.code == os.EX_CONFIG
    assert "satellite.state_directory: set it" in end.err
    assert "Traceback" not in end.err


async def test_a_file_name_that_is_no_text_is_a_name_all_the_same(
    tmp_path: Path,
) -> None:
    config = tmp_path / os.fsdecode(b"\xff.toml")
    config.write_text("[asr]\nregoin = 'china'\n")

    for command in ("config", "run", "doctor"):
        end = await ended(*AURICLE, command, "--config", str(config))

        assert end.code == (1 if command == "doctor" else os.EX_CONFIG)
        assert "Traceback" not in end.err

    config.write_text(
        f"[satellite]\nstate_directory = {toml(str(tmp_path / 'state'))}\n"
        "[asr]\nurl = 'ws://127.0.0.1:9'\n"
        "[microphone]\nrecording = '/nowhere.wav'\n"
    )
    end = await ended(*AURICLE, "run", "--config", str(config))

    assert (end.code, "/nowhere.wav" in end.err) == (66, True)
    assert "?.toml" in (tmp_path / "state" / state_lock.NAME).read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--port", "99999"], 2, "no whole number from 0 to 65535"),
        (["--port", "-1"], 2, "no whole number from 0 to 65535"),
        (["--port", "9" * 5000], 2, "no whole number from 0 to 65535"),
        (["--threads", "0"], 2, "no whole number from 1"),
        (["--max-sessions", "none"], 2, "no whole number from 1"),
        (["--deadline", "0"], 2, "no whole number from 1 to 30"),
        (["--tls-key", "key.pem"], os.EX_CONFIG, "--tls-key needs --tls-cert"),
        (["--api-key-file", "/nowhere"], os.EX_CONFIG, "/nowhere: No such file"),
        (["--api-key-file", "{folder}"], os.EX_CONFIG, "is a directory"),
        (["--api-key-file", "{latin}"], os.EX_CONFIG, "holds no keys: they are ASCII"),
        (["--api-key-file", "{phrase}"], os.EX_CONFIG, "line 3: a key is one word"),
        (
            ["--host", "a..b", "--api-key-file", "{key}"],
            os.EX_CONFIG,
            "cannot serve on",
        ),
    ],
)
async def test_what_the_recognizer_cannot_serve_with_is_named(
    tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    latin, key, phrase = (tmp_path / name for name in ("latin", "key", "phrase"))
    latin.write_bytes(b"schl\xfcssel")
    key.write_text("sk-1")
    phrase.write_text("sk-1\n\nmy long words\n")
    folder = tmp_path / "folder"
    for path in (latin, key, phrase):
        path.chmod(0o600)
    folder.mkdir(mode=0o700)
    places = {"latin": latin, "key": key, "phrase": phrase, "folder": folder}

    found, _, err = await auricle(
        "recognizer", *(argument.format(**places) for argument in arguments)
    )

    assert (found, told in err) == (code, True), err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo", "--wake-word", "nope"], "no bundled wake word is called nope"),
        (["recognizer", "--model", "nope"], "nope: neither a folder nor the name"),
    ],
)
async def test_what_does_not_exist_is_told_once_and_before_anything_is_loaded(
    arguments: Sequence[str], told: str
) -> None:
    code, out, err = await auricle(*arguments)

    assert (code, out) == (os.EX_CONFIG, "")
    [line] = err.splitlines()
    assert line.startswith(f"auricle: {told}")
    assert line.count("auricle") == 1


async def test_a_broker_that_is_away_is_told_once(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    port = free_port()
    write_settings(
        config,
        {
            "satellite": {"name": "study", "state_directory": str(tmp_path)},
            "mqtt": {"host": "127.0.0.1", "port": port},
        },
    )
    code, out, err = await told_here("forget", "--config", str(config))

    assert (code, out) == (os.EX_UNAVAILABLE, "")
    assert err == (
        f"auricle forget: nothing listens on 127.0.0.1:{port}; "
        "for what to do: auricle doctor\n"
    )
