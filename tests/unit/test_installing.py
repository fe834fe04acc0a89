"""What the scripts that install do to a machine: scripts/packages.sh, and the settings
that scripts/install brings.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from auricle.config.loading import load
from auricle.doctor import service
from auricle.doctor.closed_files import closed_files
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


# Each Python of this machine that auricle runs on: their environments differ.
PYTHONS = list(filter(shutil.which, [f"python3.{minor}" for minor in range(11, 20)]))


@pytest.fixture(params=PYTHONS)
def python(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    works = [name, "-c", "import venv"]
    if subprocess.run(works, check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip(f"{name} makes no environments")
    return name


def install_python_packages(python: str, venv: Path, lock: str) -> None:
    """Call `python_packages`, which installs none."""
    script = ROOT / "scripts" / "packages.sh"
    # pip is what takes time.
    stub = venv.parent / "python"
    stub.write_text(f"""#!/bin/sh
case "$*" in "-m venv "*) set -- "$@" --without-pip ;; esac
exec {python} "$@"
""")
    stub.chmod(0o755)
    subprocess.run(
        [
            *("bash", "-euc", f'. {script}; pip_install() {{ :; }}; "$@"', "-"),
            *("python_packages", venv, lock),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHON": str(stub)},
        check=True,
    )


def test_what_is_installed_stays_when_more_is(python: str, tmp_path: Path) -> None:
    # A folder that needs quotes, and one that a link leads to.
    (tmp_path / "with a space").mkdir()
    (tmp_path / "opt").symlink_to(tmp_path / "with a space")
    venv = tmp_path / "opt" / "auricle"

    install_python_packages(python, venv, "recognizer")
    (venv / "installed").touch()
    install_python_packages(python, venv, "panel")

    assert (venv / "installed").exists()


def test_a_virtual_environment_that_was_moved_is_made_anew(
    python: str, tmp_path: Path
) -> None:
    install_python_packages(python, tmp_path / "auricle2", "run")
    venv = (tmp_path / "auricle2").rename(tmp_path / "auricle")
    (venv / "installed").touch()
    install_python_packages(python, venv, "run")

    assert not (venv / "installed").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to a group: needs root")
def test_a_first_configuration_with_a_password_is_for_the_services_alone() -> None:
    definitions, _, _ = (
        (ROOT / "scripts" / "install").read_text().partition('\nif [ -n "$uninstall"')
    )
    # pytest's own folders are closed to everybody else.
    with tempfile.TemporaryDirectory() as folder:
        machine = Path(folder)
        machine.chmod(0o755)
        brought, etc = machine / "mine.toml", machine / "etc"
        brought.write_text('[mqtt]\nusername = "pi"\npassword = "pw-CANARY"\n')
        # Nothing of this machine's own is touched.
        script = re.sub(r"(?<=[= ])/etc\b", str(etc), definitions)
        arguments = [str(ROOT / "scripts" / "install"), "--config", str(brought)]
        subprocess.run(
            ["bash", "-c", f"{script}\ninstall_settings", *arguments], check=True
        )

        config = etc / "auricle" / "config.toml"
        settings = load(config)
        for name in ("auricle", "auricle-panel"):
            unit = (ROOT / "systemd" / f"{name}.service").read_text()
            described = service.describe({}, unit)
            assert closed_files(described, config, settings) == []
