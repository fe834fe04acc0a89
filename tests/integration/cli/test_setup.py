"""`auricle setup`, with a real broker, a real loudspeaker and a scripted recognizer."""

import asyncio
import os
import stat
import subprocess
import sys
import tomllib
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from auricle.assets.requirements import how_to_install
from auricle.config.loading import load
from auricle.panel.effects import DARK
from auricle.panel.trial import COLORS
from auricle.setup.assistant import Assistant, Chosen, Place
from rigs.audio.loudspeaker import loudspeaker
from rigs.hardware.spi_wire import SpiWire
from rigs.homes.program import clean_environment, told_here
from rigs.mqtt.broker import free_port, password_file, running_broker
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer

PASSWORD, KEY = "pw-CANARY 'x'", "sk-CANARY"
NO_MICROPHONE = ("", "k")
"""Takes the default one, which is not there, and keeps it."""
NO_PANEL = ("",)
"""Takes what is the default: no lights, no button."""


def beside_all_others(configuration: Path) -> None:
    """PortAudio ends the process where ALSA's own devices are missing."""
    ours = configuration.read_text()
    configuration.write_text(f"</usr/share/alsa/alsa.conf>\n{ours}")


ON_THIS_SYSTEM = (sys.executable, "-m", "auricle")
ON_A_32_BIT_ONE = (
    *(sys.executable, "-c"),
    "import sys; sys.maxsize = 2**31 - 1; from auricle.__main__ import main; main()",
)


async def setup(
    folder: Path,
    *answers: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = ON_THIS_SYSTEM,
    credentials: bool = True,
) -> tuple[int, str, str]:
    """Run it with these answers, a line each; `credentials`: secrets have a folder."""
    store = ("--credentials", str(folder / "credentials")) if credentials else ()
    process = await asyncio.create_subprocess_exec(
        *(*program, "setup"),
        *("--config", str(folder / "config.toml")),
        *store,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**clean_environment(), "PULSE_SERVER": "nowhere", **(environment or {})},
    )
    given = "".join(f"{answer}\n" for answer in answers).encode()
    out, err = await asyncio.wait_for(process.communicate(given), 120)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def setup_here(folder: Path, *answers: str) -> tuple[int, str, str]:
    """The same without a process of its own, where no microphone is looked for."""
    store = ("--credentials", str(folder / "credentials"))
    return await told_here(
        *("setup", "--config", str(folder / "config.toml"), *store), answers=answers
    )


async def test_answers_become_settings_secrets_and_a_satellite_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = password_file(tmp_path, {"pi": PASSWORD})
    closed = ("allow_anonymous false", f"password_file {passwords}")
    with (
        running_broker(tmp_path, closed) as broker,
        loudspeaker(tmp_path, monkeypatch) as speaker,
    ):
        beside_all_others(tmp_path / "asound.conf")
        async with ScriptedRecognizer(api_key=KEY) as recognizer:
            code, out, err = await setup(
                tmp_path,
                *("study", "en"),
                *(f"127.0.0.1:{broker.port}", "pi", PASSWORD),
                *("3", recognizer.url, KEY),
                *NO_MICROPHONE,
                *("file", "y"),
                *NO_PANEL,
            )
        played = speaker.played

    assert (code, err) == (0, "")
    assert "✔ broker  " in out
    assert "✔ topics" in out
    assert "✔ recognizer" in out
    assert "CANARY" not in out
    assert any(played)
    (session,) = recognizer.heard
    assert session.seconds >= 1.0
    assert not any(session.pcm)
    config = tmp_path / "config.toml"
    assert tomllib.loads(config.read_text()) | {} == {
        **{section: {} for section in tomllib.loads(config.read_text())},
        "satellite": {"name": "study"},
        "loudspeaker": {"device": "file"},
        "asr": {"language": "en", "url": recognizer.url},
        "mqtt": {"host": f"127.0.0.1:{broker.port}", "username": "pi"},
    }
    kept = tmp_path / "credentials"
    for name, secret in (("mqtt.password", PASSWORD), ("asr.api_key", KEY)):
        file = kept / f"auricle.{name}"
        assert file.read_text() == secret
        assert stat.S_IMODE(file.stat().st_mode) == 0o400


async def test_without_a_service_secrets_are_where_auricle_run_reads_them(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.toml"
    passwords = password_file(tmp_path, {"pi": PASSWORD})
    closed = ("allow_anonymous false", f"password_file {passwords}")
    with running_broker(tmp_path, closed) as broker:
        async with ScriptedRecognizer(api_key=KEY) as recognizer:
            first = await setup(
                tmp_path,
                *("study", "en"),
                *(f"127.0.0.1:{broker.port}", "pi", PASSWORD),
                *("3", recognizer.url, KEY),
                *NO_MICROPHONE,
                "none",
                *NO_PANEL,
                credentials=False,
            )
            written = config.read_text()
            again = await setup(
                *(tmp_path, *("",) * 8, *NO_MICROPHONE, "", *NO_PANEL),
                credentials=False,
            )

    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    settings = load(config)
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.get_secret_value() == PASSWORD
    assert settings.asr.api_key is not None
    assert settings.asr.api_key.get_secret_value() == KEY
    assert config.read_text() == written
    for code, out, err in (first, again):
        assert (code, err) == (0, ""), out
        assert "✔ broker  " in out
        assert "✔ recognizer" in out
        assert "CANARY" not in out
    assert again[1].count("[the one that is stored]") == 2


async def test_what_fails_is_told_and_asked_again(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        code, out, _ = await setup(
            tmp_path,
            *("not a name/", "study", "xx", "de"),
            *("127.0.0.1:8883", "", "a"),
            *(f"127.0.0.1:{broker.port}", ""),
            *("4", "3", f"ws://127.0.0.1:{free_port()}", "", "k"),
            *NO_MICROPHONE,
            "none",
            *NO_PANEL,
        )

    assert code == 0
    assert "satellite.name" in out
    assert "asr.language" in out
    assert out.index("✘ broker  ") < out.index("✔ broker  ")
    assert "one of 1, 2, 3, please" in out
    assert "✘ recognizer" in out
    settings = load(tmp_path / "config.toml")
    assert (settings.satellite.name, settings.asr.language) == ("study", "de")
    assert settings.mqtt.address == ("127.0.0.1", broker.port)
    assert not settings.mqtt.tls
    assert settings.loudspeaker.device == ""


async def test_a_recognizer_at_home_is_offered_where_there_is_one(
    tmp_path: Path,
) -> None:
    answers = ("study", "en", f"127.0.0.1:{free_port()}", "", "k")
    rest = (*NO_MICROPHONE, "none", *NO_PANEL)
    _, here, _ = await setup(tmp_path, *answers, "2", "k", *rest)
    (tmp_path / "config.toml").unlink()
    _, there, _ = await setup(
        *(tmp_path, *answers, "2", "3"),
        *(f"ws://127.0.0.1:{free_port()}", "", "k", *rest),
        program=ON_A_32_BIT_ONE,
    )

    assert "it has to run: auricle recognizer, in another terminal" in here
    assert "starting it" not in here
    assert "Which one? 1/2/3" in here
    assert "2  this machine: not here, it needs a 64-bit system" in there
    assert "one of 1, 3, please" in there
    assert "not installed" not in there
    assert (tmp_path / "config.toml").exists()


async def test_where_the_system_knows_nothing_but_ascii_the_answers_are_written(
    tmp_path: Path,
) -> None:
    code, _, err = await setup(
        tmp_path,
        *BEHIND_EVERYTHING_ELSE,
        *(*NO_MICROPHONE, "none", *NO_PANEL),
        environment={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    )

    assert (code, err) == (0, "")
    assert load(tmp_path / "config.toml").satellite.name == "study"


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A disk that cannot be written to, as a card is that begins to fail."""
    mount = tmp_path / "closed"
    mount.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(mount)]
    if os.geteuid() or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("needs root, to mount a disk")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


@pytest.mark.parametrize("within", ["", "a/folder"])
async def test_where_nothing_can_be_written_nobody_is_asked(
    closed: Path, within: str
) -> None:
    code, out, err = await setup_here(closed / within)

    assert code == os.EX_CANTCREAT
    assert err == f"auricle setup: {closed}: cannot be written to\n"
    assert out == ""


async def test_where_secrets_cannot_be_kept_nobody_is_asked(tmp_path: Path) -> None:
    kept = tmp_path / "credentials"
    kept.write_text("")
    code, out, err = await setup_here(tmp_path)

    assert code == os.EX_CANTCREAT
    assert err == f"auricle setup: {kept}: cannot be written to\n"
    assert out == ""


async def test_answers_that_end_too_early_write_nothing(tmp_path: Path) -> None:
    code, _, err = await setup_here(tmp_path, "study", "en")

    assert code == os.EX_USAGE
    assert "nothing was written" in err
    assert list(tmp_path.iterdir()) == []


async def test_where_a_recording_stands_for_the_microphone_nobody_asks_for_one(
    tmp_path: Path,
) -> None:
    with running_broker(tmp_path) as broker:
        async with ScriptedRecognizer() as recognizer:
            config = tmp_path / "config.toml"
            config.write_text('[microphone]\nrecording = "/srv/turn.flac"\n')
            code, out, err = await setup_here(
                tmp_path,
                *("study", "en"),
                *(f"127.0.0.1:{broker.port}", ""),
                *("3", recognizer.url, ""),
                "none",
                *NO_PANEL,
            )

    assert (code, err) == (0, "")
    assert "/srv/turn.flac stands for it" in out
    assert "its number" not in out
    settings = load(config)
    assert settings.microphone.recording == "/srv/turn.flac"
    assert settings.loudspeaker.device == ""


async def test_empty_answers_keep_what_a_file_says(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        async with ScriptedRecognizer() as recognizer:
            config = tmp_path / "config.toml"
            text = (
                "# mine\n"
                '[satellite]\nname = "study"\n'
                f'[mqtt]\nhost = "127.0.0.1:{broker.port}"\n'
                f'username = "pi" # me\n[asr]\nurl = "{recognizer.url}"\n'
                '[loudspeaker]\ndevice = ""\n'
            )
            config.write_text(text)
            config.chmod(0o600)
            kept = tmp_path / "credentials"
            kept.mkdir()
            (kept / "auricle.mqtt.password").write_text(PASSWORD)

            empty = ("",) * 8
            code, out, err = await setup(
                tmp_path, *empty, *NO_MICROPHONE, "", *NO_PANEL
            )

    assert (code, err) == (0, "")
    assert config.read_text() == text
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert (kept / "auricle.mqtt.password").read_text() == PASSWORD
    assert "[the one that is stored]" in out


async def test_a_file_that_only_a_person_can_change_stays_as_it_is_without_new_secrets(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.toml"
    text = 'mqtt.host = "127.0.0.1:1"\nmicrophone.recording = "/srv/turn.flac"\n'
    config.write_text(text)
    code, _, err = await setup_here(
        tmp_path,
        *("", "en", "127.0.0.1:2", "pi", PASSWORD, "k"),
        *("3", "ws://127.0.0.1:1", KEY, "k", "none", *NO_PANEL),
    )

    assert code == os.EX_CONFIG
    assert str(config) in err
    assert "nothing was written, for mqtt.host, mqtt.username cannot" in err
    assert "CANARY" not in err
    assert config.read_text() == text
    assert list(tmp_path.iterdir()) == [config]


BEHIND_EVERYTHING_ELSE = ("study", "en", "127.0.0.1:1", "", "k", "2", "k")
"""Up to the lights: what is not there is kept all the same."""


async def test_lights_are_tried_at_once_by_a_process_that_may_use_them(
    tmp_path: Path,
) -> None:
    wire = SpiWire(tmp_path)
    config = tmp_path / "config.toml"
    config.write_text('[microphone]\nrecording = "/srv/turn.flac"\n')
    code, out, err = await setup(
        tmp_path,
        *BEHIND_EVERYTHING_ELSE,
        "none",
        *("y", "respeaker_2mic", "y", "none"),
        environment=wire.environment,
    )

    assert (code, err) == (0, ""), out
    lit = [picture for picture in wire.pictures if set(picture) != {DARK}]
    dimmed = [color.dimmed(0.3) for color in COLORS.values()]
    assert lit == [(color,) * 3 for color in dimmed]
    assert set(wire.pictures[-1]) == {DARK}
    settings = load(config)
    assert settings.lights.device == "respeaker_2mic"
    assert "The button's GPIO [17]" in out
    assert settings.button.pin is None


async def test_lights_and_a_button_that_are_not_there_are_told_and_asked_for_again(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[microphone]\nrecording = "/srv/turn.flac"\n[lights]\nspi = "/dev/spidev9.9"\n'
    )
    code, out, err = await setup_here(
        tmp_path,
        *BEHIND_EVERYTHING_ELSE,
        "none",
        *("y", "apa102", "many", "apa102", "30", "k"),
        *("seventeen", "40", "22", "y", "k"),
    )

    assert (code, err) == (0, ""), out
    assert "lights.spi: /dev/spidev9.9: no such file or directory" in out
    assert "dtparam=spi=on" in out
    assert "a number, please" in out
    assert "button.pin" in out
    assert "GPIO 22 cannot be used" in out
    settings = load(config)
    assert (settings.lights.device, settings.lights.pixels) == ("apa102", 30)
    assert settings.button.pin == 22


async def test_whoever_wants_no_lights_is_asked_once(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[microphone]\nrecording = "/srv/turn.flac"\n'
        '[lights]\ndevice = "gpio"\npins = [25]\n'
    )
    code, out, err = await setup_here(tmp_path, *BEHIND_EVERYTHING_ELSE, "none", "")

    assert (code, err) == (0, ""), out
    assert out.count("Set them up? y/n [n]") == 1
    assert load(config).lights.pins == (25,)


class Person:
    """Answers as it was told, and keeps what was said."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.read: list[str] = []

    def say(self, text: str = "") -> None:
        self.read.append(text)

    def ask(self, question: str, default: str) -> str:
        self.read.append(question)
        return self._answers.pop(0) or default

    def ask_secret(self, question: str, default: str) -> str:
        self.read.append(f"{question} [{default}]")
        return self._answers.pop(0)

    def meter(self, level: float) -> None:
        raise AssertionError(f"{level}: there is no microphone")

    def waiting(self, name: str) -> None:
        """It is patient."""

    def over(self) -> None:
        """It was not shown anything."""


def test_where_the_panel_is_not_installed_a_sentence_says_how(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[microphone]\nrecording = "/srv/turn.flac"\n')
    place = Place(config, tmp_path, recognizer_installed=False, panel_installed=False)
    person = Person(*BEHIND_EVERYTHING_ELSE, "none")
    chosen = Assistant(person, place).ask()

    assert f"first run {how_to_install('panel')}" in person.read[-1]
    assert f"It is not installed: run {how_to_install('recognizer')}" in person.read
    assert "lights.device" not in chosen.values


def asked(config: Path, *answers: str) -> tuple[Chosen, list[str]]:
    """What comes of these answers, with secrets kept beside `config`, and what was said
    meanwhile.
    """
    with config.open("a") as file:
        file.write('[microphone]\nrecording = "/srv/turn.flac"\n')
    place = Place(
        config, config.parent, recognizer_installed=False, panel_installed=False
    )
    person = Person(*answers)
    return Assistant(person, place).ask(), person.read


WITHOUT_RECOGNIZER = BEHIND_EVERYTHING_ELSE[:5]
NOBODY_THERE = "wss://127.0.0.1:1"


def test_a_key_that_cannot_be_one_is_told_and_asked_for_again(tmp_path: Path) -> None:
    recognizer = ("3", NOBODY_THERE, "Bearer sk-1", "sk-1", "k")
    chosen, said = asked(
        tmp_path / "config.toml", *WITHOUT_RECOGNIZER, *recognizer, "none"
    )

    assert chosen.secrets == {"asr.api_key": "sk-1"}
    assert said.count("Its key [none]") == 2
    assert any("is it whole" in line for line in said)
    assert not any("Bearer" in line for line in said)


def test_secrets_are_kept_as_the_service_reads_them(tmp_path: Path) -> None:
    (tmp_path / "auricle.mqtt.password").write_text("pw\n")
    (tmp_path / "auricle.asr.api_key").write_bytes(b"\xef\xbb\xbfsk-1\r\n")
    chosen, _ = asked(tmp_path / "config.toml", *BEHIND_EVERYTHING_ELSE, "none")

    assert chosen.secrets == {"mqtt.password": "pw", "asr.api_key": "sk-1"}


@pytest.mark.parametrize("useless", [b"sk-\xff", b"Bearer sk-0", b"\n"])
def test_a_stored_key_that_is_useless_is_told_and_asked_for_anew(
    tmp_path: Path, useless: bytes
) -> None:
    kept = tmp_path / "auricle.asr.api_key"
    kept.write_bytes(useless)
    recognizer = ("3", NOBODY_THERE, "sk-1", "k")
    chosen, said = asked(
        tmp_path / "config.toml", *WITHOUT_RECOGNIZER, *recognizer, "none"
    )

    assert chosen.secrets == {"asr.api_key": "sk-1"}
    assert any(line.startswith(f"  {kept}: ") for line in said)
    assert "Its key [none]" in said


@pytest.mark.parametrize(("answered", "tls"), [("n", False), ("", True)])
def test_whoever_leaves_an_encrypted_broker_is_asked_whether_the_next_one_is(
    tmp_path: Path, answered: str, *, tls: bool
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[mqtt]\nhost = "127.0.0.2:8883"\ntls = true\n')
    name, language, host, *rest = BEHIND_EVERYTHING_ELSE
    chosen, _ = asked(config, name, language, host, answered, *rest, "none")

    mqtt = load(config, chosen.values).mqtt
    assert (mqtt.address, mqtt.tls) == (("127.0.0.1", 1), tls)


def test_a_broker_whose_authority_is_set_stays_encrypted_and_that_is_told(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.toml"
    authority = tmp_path / "ca.pem"
    config.write_text(
        f'[mqtt]\nhost = "127.0.0.2"\ntls = true\nca_file = "{authority}"\n'
    )
    name, language, host, *rest = BEHIND_EVERYTHING_ELSE
    chosen, said = asked(config, name, language, host, "n", *rest, "none")

    assert load(config, chosen.values).mqtt.tls
    assert any("ca_file" in line and "need tls" in line for line in said)


@pytest.mark.parametrize(
    ("host", "address", "tls"),
    [
        ("127.0.0.1:1", ("127.0.0.1", 1), False),
        ("[::1]:1", ("::1", 1), False),
        ("127.0.0.1:8883", ("127.0.0.1", 8883), True),
        ("127.0.0.1", ("127.0.0.1", 1884), False),
    ],
)
def test_the_port_of_an_answer_takes_the_place_of_the_one_that_is_set(
    tmp_path: Path, host: str, address: tuple[str, int], *, tls: bool
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[mqtt]\nhost = "127.0.0.2"\nport = 1884\n')
    name, language, _, *rest = BEHIND_EVERYTHING_ELSE
    chosen, _ = asked(config, name, language, host, *rest, "none")

    mqtt = load(config, chosen.values).mqtt
    assert (mqtt.address, mqtt.tls) == (address, tls)


def test_an_address_with_a_port_of_its_own_is_kept_as_it_is(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[mqtt]\nhost = "127.0.0.1"\nport = 1\n')
    name, language, _, *rest = BEHIND_EVERYTHING_ELSE
    chosen, _ = asked(config, name, language, "", *rest, "none")

    assert not {"mqtt.host", "mqtt.port"} & chosen.values.keys()


def test_a_region_that_needs_a_workspace_is_told_and_another_one_asked_for(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[asr]\nurl = "{NOBODY_THERE}"\nregion = "ap-southeast-1"\n')
    recognizer = ("1", "", "china", "", "k")
    chosen, said = asked(config, *WITHOUT_RECOGNIZER, *recognizer, "none")

    assert chosen.values["asr.url"] == ""
    assert chosen.values["asr.region"] == "china"
    assert any("needs workspace" in line for line in said)
