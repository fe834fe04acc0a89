"""What the scripts that install do to a machine: scripts/packages.sh."""

import os
import subprocess
from pathlib import Path

import pytest

from rigs.pages import ROOT

# It installs nothing, and notes down what services are told meanwhile: 101 is not to
# start.
APT_GET = """#!/bin/sh
case " $* " in *" install "*)
  "$POLICY" || echo "$?" >"$TOLD"
  exit "$ENDS"
esac
"""
STUBS = {
    "apt-get": APT_GET,
    "dpkg-query": "#!/bin/sh\nexit 1\n",
    "sudo": '#!/bin/sh\nexec "$@"\n',
    "systemctl": "#!/bin/sh\n",
}


@pytest.mark.parametrize(
    ("ends", "then", "code"), [(0, "exit 3", 3), (0, "exec true", 0), (100, "true", 69)]
)
def test_services_start_again_behind_what_is_installed(
    tmp_path: Path, ends: int, then: str, code: int
) -> None:
    policy, told, stubs = (tmp_path / name for name in ("policy", "told", "stubs"))
    script = (ROOT / "scripts" / "packages.sh").read_text()
    (tmp_path / "packages.sh").write_text(
        script.replace("/usr/sbin/policy-rc.d", str(policy))
    )
    stubs.mkdir()
    for name, text in STUBS.items():
        (stubs / name).write_text(text)
        (stubs / name).chmod(0o755)
    stubbed = {"POLICY": str(policy), "TOLD": str(told), "ENDS": str(ends)}
    path = f"{stubs}:{os.environ['PATH']}"

    done = subprocess.run(
        ["bash", "-euc", f". ./packages.sh; debian_packages mosquitto; {then}"],
        cwd=tmp_path,
        env={**os.environ, **stubbed, "PATH": path},
        check=False,
    )

    assert done.returncode == code
    assert told.read_text() == "101\n"
    assert not policy.exists()
