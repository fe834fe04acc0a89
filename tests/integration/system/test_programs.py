"""Programs that are run for a moment, whatever they do."""

import contextlib
from pathlib import Path

import pytest

from auricle.system.programs import ending, running

MUCH = 64_000_000


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (3, "exit status 3"),
        (-9, "SIGKILL"),
        (-35, "signal 35"),
        (-64, "SIGRTMAX"),
    ],
)
def test_how_a_program_ended_is_told_in_words(status: int, words: str) -> None:
    assert ending(status) == words


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def kept_in_memory() -> int:
    """How large our files in memory are."""
    sizes = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(link.readlink()).startswith("/memfd:"):
                sizes += link.stat().st_size
    return sizes


@pytest.mark.parametrize("stream", [1, 2])
async def test_what_a_program_prints_without_end_takes_up_no_memory(
    stream: int,
) -> None:
    script = f"head -c {MUCH} /dev/zero >&{stream}; echo the end >&2; exit 3"
    before = kept_in_memory()
    async with running(["sh", "-c", script], b"given") as child:
        assert child is not None
        status = await child.process.wait()
        kept, complaint = kept_in_memory() - before, child.complaint

    assert status == 3
    assert kept < MUCH / 100
    assert len(complaint) < MUCH / 100
    assert complaint.endswith("the end\n")


async def test_all_of_a_short_complaint_is_known_when_a_program_has_ended() -> None:
    async with running(["sh", "-c", "cat >&2"], b"what was given") as child:
        assert child is not None
        await child.process.wait()

        assert child.complaint == "what was given"


async def test_no_file_stays_open_behind_a_program() -> None:
    before = open_files()
    for argv in (["true"], ["/nowhere/at/all"]):
        async with running(argv, b"") as child:
            if child is not None:
                await child.process.wait()

    assert open_files() == before
