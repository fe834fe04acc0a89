"""What `auricle setup` leaves of the files that it writes."""

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auricle.errors import ConfigError
from auricle.setup.assistant import Assistant, Place
from auricle.setup.settings_file import changed

PASSWORD = "pw-CANARY"
TEXT = '# mine\n[mqtt]\nhost = "a"\n# username = "you"\nusername = "me"\n'


class Person:
    """Gives no answers: everything stays as it is known."""

    def say(self, text: str = "") -> None:
        """It is not read."""

    def ask(self, question: str, default: str) -> str:
        raise AssertionError(question)

    ask_secret = ask

    def meter(self, level: float) -> None:
        """It is not looked at."""

    def waiting(self, name: str) -> None:
        """It is patient."""

    def over(self) -> None:
        """So it does."""


def assistant(config: Path, credentials: Path | None = None) -> Assistant:
    place = Place(
        config, credentials, recognizer_installed=False, panel_installed=False
    )
    return Assistant(Person(), place)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "credentials"
    path.mkdir()
    (path / "auricle.mqtt.password").write_text(PASSWORD)
    return path


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """As where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_link_to_the_file_stays_one_and_what_it_leads_to_is_changed(
    config: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(config.name)
    setup = assistant(link)
    config.write_text(TEXT.replace('"a"', '"b"'))
    setup.write("")

    assert link.is_symlink()
    assert config.read_text() == TEXT.replace('"a"', '"b"')


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\xef\xbb\xbf# mine\r\n"])
def test_line_ends_and_byte_order_mark_stay_as_they_are(
    config: Path, content: bytes
) -> None:
    content += TEXT.replace("\n", "\r\n").encode()
    config.write_bytes(content)
    assistant(config).write("")

    assert config.read_bytes() == content

    with changed(config, {"mqtt.host": "b"}, None, private=False):
        pass

    assert config.read_bytes() == content.replace(b'"a"', b'"b"')


def test_a_file_that_somebody_wrote_meanwhile_is_kept(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    setup = assistant(config)
    config.write_text(TEXT)
    config.chmod(0o600)
    setup.write("# an example\n")

    assert config.read_text() == TEXT
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_a_file_that_somebody_took_away_meanwhile_is_missed(
    config: Path, store: Path
) -> None:
    setup = assistant(config, store)
    config.unlink()
    with pytest.raises(FileNotFoundError):
        setup.write("# an example\n")

    assert not config.exists()


@pytest.mark.parametrize("broken", [b"[mqtt", b"# \xff\n"])
def test_a_file_that_nothing_reads_any_more_is_told_and_stays(
    config: Path, store: Path, broken: bytes
) -> None:
    setup = assistant(config, store)
    config.write_bytes(broken)
    with pytest.raises(ConfigError, match=r"config\.toml"):
        setup.write("")

    assert config.read_bytes() == broken


def test_a_file_keeps_its_owner_group_and_mode(config: Path) -> None:
    if os.geteuid():
        pytest.skip("needs root, to give files away")
    os.chown(config, 1234, 29)
    config.chmod(0o640)
    assistant(config).write("")

    found = config.stat()
    assert (found.st_uid, found.st_gid) == (1234, 29)
    assert stat.S_IMODE(found.st_mode) == 0o640


def test_a_full_disk_is_told_and_leaves_both_files_as_they_were(
    config: Path, store: Path
) -> None:
    text = TEXT + "# comment\n" * 1000
    config.write_text(text)
    setup = assistant(config, store)
    (store / "auricle.mqtt.password").write_text("another")
    with (
        no_file_longer_than(5000),
        pytest.raises(OSError, match=r"config\.toml") as failure,
    ):
        setup.write("")

    assert failure.value.filename == str(config)
    assert config.read_text() == text
    assert (store / "auricle.mqtt.password").read_text() == "another"
    left = {path.name for path in (*config.parent.iterdir(), *store.iterdir())}
    assert left == {config.name, store.name, "auricle.mqtt.password"}


def test_a_secret_that_cannot_be_kept_leaves_the_settings_as_they_were(
    config: Path, store: Path
) -> None:
    setup = assistant(config, store)
    text = TEXT.replace('"a"', '"b"')
    config.write_text(text)
    inode = config.stat().st_ino
    (store / "auricle.mqtt.password").unlink()
    (store / "auricle.mqtt.password").mkdir()
    with pytest.raises(IsADirectoryError):
        setup.write("")

    assert config.read_text() == text
    assert config.stat().st_ino == inode
    left = {path.name for path in (*config.parent.iterdir(), *store.iterdir())}
    assert left == {config.name, store.name, "auricle.mqtt.password"}
