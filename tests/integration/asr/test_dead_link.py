import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]


def _in_a_namespace(*command: str) -> list[str]:
    own_user = () if os.geteuid() == 0 else ("--map-root-user",)
    return ["unshare", "--net", *own_user, *command]


def _namespaces_can_be_made() -> bool:
    if not all(map(shutil.which, ("unshare", "ip", "nft"))):
        return False
    probe = _in_a_namespace("nft", "list", "tables")
    return subprocess.run(probe, capture_output=True, timeout=10).returncode == 0


@pytest.mark.skipif(
    not _namespaces_can_be_made(), reason="needs unshare, ip and nft, and their rights"
)
def test_a_link_that_dies_in_silence_is_noticed_in_seconds_and_costs_no_word() -> None:
    """Without TCP_USER_TIMEOUT this takes about 40 s, and half a minute of speech."""
    program = _in_a_namespace(sys.executable, "-m", "rigs.recognizer.dead_link")
    done = subprocess.run(
        program, cwd=TESTS, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    happened = json.loads(done.stdout)
    assert happened["reason"] == "asr_unreachable"
    assert happened["transient"]
    assert 1 < happened["noticed"] < 6
    assert happened["final"] == "Turn on the light."
    assert happened["heard_again"] == pytest.approx(happened["spoken"])
