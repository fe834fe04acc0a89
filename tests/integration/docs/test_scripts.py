"""Scripts tell what they do, to who asks before they do it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rigs.pages import ROOT

# The first hands it on to `auricle demo`, and the second has no options.
ELSEWHERE = {"demo", "make-recordings"}
SCRIPTS = sorted(
    path
    for path in (ROOT / "scripts").iterdir()
    if os.access(path, os.X_OK) and path.is_file() and path.name not in ELSEWHERE
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_that_is_asked_for_help_does_nothing_else(script: Path) -> None:
    # Run without, it might do all that it can.
    text = script.read_text()
    assert "--help" in text or "argparse" in text

    of_python = [sys.executable] if "python" in text.partition("\n")[0] else []
    told = subprocess.run(
        [*of_python, script, "--help"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert len(told.stdout.split()) > 5
    assert told.stderr == ""
