import grp
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auricle.config.loading import load
from auricle.doctor import service
from auricle.doctor.closed_files import closed_files

OUR_GROUP = grp.getgrgid(os.getgid()).gr_name
OF_ITS_OWN = "[Service]\nDynamicUser=yes\n"


@pytest.fixture
def config() -> Iterator[Path]:
    """Lies where everybody may look for it, as nothing does in pytest's own folders."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "config.toml"
        path.write_text('[satellite]\nname = "study"\n')
        yield path


def told(unit: str, config: Path) -> list[str]:
    described = service.describe({}, unit)
    return [it.meaning for it in closed_files(described, config, load(config))]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660])
def test_a_file_of_root_alone_is_closed_to_the_service(config: Path, mode: int) -> None:
    config.chmod(mode)
    assert told(OF_ITS_OWN, config) == [f"auricle.service may not read {config}"]


def test_a_file_for_everybody_is_open_to_the_service(config: Path) -> None:
    config.chmod(0o644)
    assert told(OF_ITS_OWN, config) == []


@pytest.mark.parametrize("key", ["Group", "SupplementaryGroups"])
def test_a_file_for_a_group_of_the_service_is_open_to_it(
    config: Path, key: str
) -> None:
    config.chmod(0o640)
    assert told(f"{OF_ITS_OWN}{key}={OUR_GROUP}\n", config) == []


def test_a_file_in_a_closed_folder_is_closed_to_the_service(config: Path) -> None:
    config.chmod(0o644)
    config.parent.chmod(0o700)
    assert told(OF_ITS_OWN, config) == [f"auricle.service may not read {config.parent}"]


def test_what_another_user_may_read_is_left_to_whoever_made_it_the_services(
    config: Path,
) -> None:
    config.chmod(0o600)
    assert told("[Service]\nUser=pi\n", config) == []


def test_a_sound_that_is_closed_is_named_by_its_key(config: Path) -> None:
    sound = config.parent / "wake.wav"
    sound.touch(0o600)
    config.write_text(
        f'[loudspeaker]\ndevice = "default"\n[feedback]\nwake = "{sound}"\n'
    )
    config.chmod(0o644)
    named = f"feedback.wake = {sound}: auricle.service may not read {sound}"
    assert told(OF_ITS_OWN, config) == [named]


def advised(unit: str, config: Path) -> list[str]:
    described = service.describe({}, unit)
    return [it.advice for it in closed_files(described, config, load(config))]


@pytest.mark.parametrize("group", [OUR_GROUP, None])
def test_a_certificate_that_may_hold_its_key_is_never_opened_to_everybody(
    config: Path, group: str | None
) -> None:
    identity = config.parent / "id.pem"
    identity.touch(0o600)
    config.write_text(f'[mqtt]\ntls = true\ncert_file = "{identity}"\n')
    config.chmod(0o644)
    unit = OF_ITS_OWN
    if group:
        # Of another group than the file's, which would open it.
        unit += "SupplementaryGroups=audio\n"
        expected = f"run: sudo chgrp audio {identity} && sudo chmod 0640 {identity}"
    else:
        expected = "give it to a group of the service's (SupplementaryGroups=)"
    assert advised(unit, config) == [expected]


def test_a_file_that_lies_in_its_state_directory_is_the_services(config: Path) -> None:
    private = config.parent / "private"
    (private / "auricle").mkdir(parents=True)
    private.chmod(0o700)
    state = config.parent / "auricle"
    state.symlink_to(private / "auricle")
    sound = state / "wake.wav"
    sound.touch(0o600)
    config.write_text(
        f'[loudspeaker]\ndevice = "default"\n[feedback]\nwake = "{sound}"\n'
    )
    config.chmod(0o644)
    described = replace(service.describe({}, OF_ITS_OWN), state_directory=state)
    assert closed_files(described, config, load(config)) == []


def test_a_closed_folder_of_the_configuration_is_to_be_opened(config: Path) -> None:
    config.chmod(0o644)
    config.parent.chmod(0o700)
    assert advised(OF_ITS_OWN, config) == [f"run: sudo chmod 0755 {config.parent}"]


def test_a_file_in_another_closed_folder_is_to_be_put_beside_the_configuration(
    config: Path,
) -> None:
    sound = config.parent / "sounds" / "wake.wav"
    sound.parent.mkdir()
    sound.touch()
    sound.parent.chmod(0o700)
    config.write_text(
        f'[loudspeaker]\ndevice = "default"\n[feedback]\nwake = "{sound}"\n'
    )
    config.chmod(0o644)
    assert advised(OF_ITS_OWN, config) == [f"put it into {config.parent}"]
