"""What the Debian packages' scripts do to services, played as dpkg plays them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from rigs.pages import ROOT

# What is enabled has a link, and what runs a file that holds the version it is of. Who
# waits for a start without a microphone waits for as long as it takes.
SYSTEMCTL = """#!/bin/sh
for unit; do :; done
enabled=$MACHINE/etc/systemd/system/multi-user.target.wants/$unit
runs=$MACHINE/runs/$unit
case " $* " in
  *" --no-block "* | *" is-"*) ;;
  *restart*) [ -e "$MACHINE/microphone" ] || echo "$*" >>"$MACHINE/waits" ;;
esac
case " $* " in
  *" is-enabled "*) [ -L "$enabled" ] ;;
  *" is-active "*) [ -e "$runs" ] ;;
  *" disable "*) rm -f "$enabled" ;;
  *" stop "*) rm -f "$runs" ;;
  *" try-restart "*) [ ! -e "$runs" ] || echo "$VERSION" >"$runs" ;;
  *" restart "*) echo "$VERSION" >"$runs" ;;
esac
"""
INVOKE = """#!/bin/sh
policy=$MACHINE/usr/sbin/policy-rc.d
[ ! -x "$policy" ] || "$policy" "$2" "$1" || exit 0
[ "$1" != restart ] || systemctl is-enabled "$2" || systemctl is-active "$2" || exit 0
exec systemctl "$@"
"""
STUBS = {
    "systemctl": SYSTEMCTL,
    "deb-systemd-invoke": INVOKE,
    **dict.fromkeys(("udevadm", "getent", "groupadd"), "#!/bin/sh\n"),
}
PACKAGES = sorted(
    path.stem for path in (ROOT / "packaging" / "debian").glob("*.control")
)


class Machine:
    """A folder in which a package is installed, upgraded and removed."""

    def __init__(self, folder: Path, package: str) -> None:
        self.folder, self._package, self._version = folder, package, 1
        (folder / "microphone").touch()
        self._stubs = folder / "usr" / "bin"
        for each in ("run/systemd/system", "usr/bin", "usr/sbin", "etc", "runs"):
            (folder / each).mkdir(parents=True)
        for name, text in STUBS.items():
            self.executable(self._stubs / name, text)
        wanted = folder / "etc/systemd/system/multi-user.target.wants"
        wanted.mkdir(parents=True)
        self._unit = f"{package}.service"
        self.enabled = wanted / self._unit
        self._runs = folder / "runs" / self._unit

    def executable(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)

    def set_up(self) -> None:
        """What `auricle setup` does, and a person."""
        self.enabled.symlink_to(f"/lib/systemd/system/{self._unit}")
        self._runs.write_text(f"{self._version}\n")

    @property
    def running(self) -> int | None:
        """The version of what runs."""
        return int(self._runs.read_text()) if self._runs.exists() else None

    def install(self) -> None:
        self._run("preinst", "install")
        self._run("postinst", "configure")

    def upgrade(self) -> None:
        before = str(self._version)
        self._run("prerm", "upgrade", str(self._version + 1))
        self._version += 1
        self._run("preinst", "upgrade", before)
        self._run("postrm", "upgrade", before)
        self._run("postinst", "configure", before)

    def remove(self) -> None:
        self._run("prerm", "remove")
        self._run("postrm", "remove")

    def purge(self) -> None:
        self._run("postrm", "purge")

    def _run(self, name: str, *arguments: str) -> None:
        script = ROOT / "packaging" / "debian" / f"{self._package}.{name}"
        if not script.exists():
            return
        # Nothing of this machine's own is touched.
        here = re.sub(
            r"(?<![\w.*-])/(?=(etc|opt|run|usr|var)\b)",
            f"{self.folder}/",
            script.read_text().removeprefix("#!/bin/sh\n"),
        )
        subprocess.run(
            ["sh", "-c", here, name, *arguments],
            env={
                "PATH": f"{self._stubs}:{os.environ['PATH']}",
                "MACHINE": str(self.folder),
                "VERSION": str(self._version),
            },
            check=True,
            timeout=20,
        )


@pytest.fixture(params=PACKAGES)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return Machine(tmp_path, request.param)


def test_nothing_runs_before_it_is_set_up(machine: Machine) -> None:
    machine.install()
    machine.upgrade()

    assert machine.running is None


def test_behind_an_upgrade_the_new_program_runs(machine: Machine) -> None:
    machine.install()
    machine.set_up()
    machine.upgrade()

    assert machine.running == 2


def test_what_somebody_started_by_hand_is_upgraded(machine: Machine) -> None:
    machine.install()
    machine.set_up()
    machine.enabled.unlink()
    machine.upgrade()

    assert machine.running == 2


def test_what_was_removed_on_the_way_runs_again(machine: Machine) -> None:
    machine.install()
    machine.set_up()

    machine.remove()
    stopped = machine.running is None
    machine.install()

    assert stopped
    assert machine.running == 1
    assert machine.enabled.is_symlink()


@pytest.mark.parametrize("machine", ["auricle"], indirect=True)
def test_an_upgrade_does_not_wait_for_a_microphone(machine: Machine) -> None:
    machine.install()
    machine.set_up()
    (machine.folder / "microphone").unlink()
    machine.upgrade()

    assert machine.running == 2
    assert not (machine.folder / "waits").exists()


def test_nothing_starts_where_the_machine_forbids_it(machine: Machine) -> None:
    machine.install()
    machine.set_up()
    policy = machine.folder / "usr/sbin/policy-rc.d"
    machine.executable(policy, "#!/bin/sh\nexit 101\n")
    machine.upgrade()

    assert machine.running == 1


def test_purged_nothing_is_left_that_starts(machine: Machine) -> None:
    machine.install()
    machine.set_up()
    machine.remove()
    machine.purge()

    assert not machine.enabled.is_symlink()
