"""One state directory, one satellite, as the kernel sees it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auricle.app.state_lock import NAME, holder, locked, running
from auricle.errors import StateInUseError
from auricle.system.clock import boot_id

HOLD = """
import sys
from pathlib import Path
from auricle.app.state_lock import locked

with locked(Path(sys.argv[1]), "r1"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(directory: Path) -> Iterator["subprocess.Popen[str]"]:
    """By another process."""
    command = [sys.executable, "-c", HOLD, str(directory), "run", "--config", "a.toml"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_one_is_told_which_process_has_it(tmp_path: Path) -> None:
    with (
        held(tmp_path) as first,
        pytest.raises(StateInUseError) as caught,
        locked(tmp_path, "r2"),
    ):
        pass

    said = str(caught.value)
    assert f"process {first.pid} (auricle {tmp_path} run --config a.toml)" in said
    assert str(tmp_path) in said
    assert "satellite.state_directory" in said


def test_who_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    with held(tmp_path) as first:
        first.kill()
        first.wait()
        with locked(tmp_path, "r2"):
            assert f"process {os.getpid()} " in (tmp_path / NAME).read_text()


def test_who_has_it_is_known_while_they_have_it(tmp_path: Path) -> None:
    before = holder(tmp_path)
    with held(tmp_path) as first:
        found = holder(tmp_path)
        first.kill()
        first.wait()
        after = holder(tmp_path)

    assert (before, after) == (None, None)
    assert found is not None
    assert found.startswith(f"process {first.pid} ")


def test_the_run_before_is_known_by_its_name(tmp_path: Path) -> None:
    with held(tmp_path) as first:
        first.kill()
        first.wait()

    with locked(tmp_path, "r2") as before_r2:
        pass
    with locked(tmp_path, "r3") as before_r3:
        pass
    assert (before_r2, before_r3) == ("r1", "r2")


def test_who_runs_is_known_where_a_container_calls_its_start_by_another_name(
    tmp_path: Path,
) -> None:
    lock = tmp_path / NAME
    with held(tmp_path):
        lock.write_text(lock.read_text().replace(boot_id(), "as-seen-in-a-sandbox"))
        assert running(tmp_path) == "r1"
    assert running(tmp_path) is None


def test_who_runs_in_a_copied_directory_is_not_the_one_of_the_original(
    tmp_path: Path,
) -> None:
    with locked(tmp_path / "study", "original"):
        pass
    with held(tmp_path / "copy"):
        shutil.copyfile(tmp_path / "study" / NAME, tmp_path / "copy" / NAME)
        assert running(tmp_path / "copy") is None


def test_a_run_from_before_the_machines_start_may_be_on_another_machine(
    tmp_path: Path,
) -> None:
    with locked(tmp_path, "r1"):
        pass
    lock = tmp_path / NAME
    lock.write_text(lock.read_text().replace(boot_id(), "another boot"))

    with locked(tmp_path, "r2") as earlier:
        assert earlier is None


def test_the_run_of_a_directory_that_was_copied_may_still_be_under_way(
    tmp_path: Path,
) -> None:
    with held(tmp_path / "study"):
        shutil.copytree(tmp_path / "study", tmp_path / "copy")
        with locked(tmp_path / "copy", "r2") as earlier:
            assert earlier is None


@pytest.mark.parametrize("left", ["", "run", "process 7 (auricle run)", "\0\n" * 999])
def test_whatever_a_lock_file_holds_keeps_nobody_from_starting(
    tmp_path: Path, left: str
) -> None:
    (tmp_path / NAME).write_text(left)
    with locked(tmp_path, "r2") as earlier:
        assert earlier is None
        assert f"process {os.getpid()} " in (tmp_path / NAME).read_text()


def test_a_directory_that_is_not_there_is_made_for_nobody_else(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "study"
    with locked(directory, "r2"):
        assert directory.stat().st_mode & 0o777 == 0o700
        assert (directory / NAME).stat().st_mode & 0o777 == 0o600


def test_two_directories_are_two_satellites(tmp_path: Path) -> None:
    with held(tmp_path / "study"), locked(tmp_path / "kitchen", "r2"):
        pass


def test_where_no_file_can_be_made_the_directory_itself_is_locked(
    tmp_path: Path,
) -> None:
    (tmp_path / NAME).mkdir()
    with (
        held(tmp_path),
        pytest.raises(StateInUseError, match="another process"),
        locked(tmp_path, "r2"),
    ):
        pass


def test_what_cannot_be_locked_is_said_and_no_reason_to_stay_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "state"
    file.touch()
    with locked(file / "study", "r2"):
        pass

    assert f"{file}/study cannot be locked (Not a directory)" in caplog.text
