"""The service, as systemd has it."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from auricle.app.exit_codes import EX_CANTCREAT, EX_NOINPUT, EX_OPTIONS
from auricle.config.loading import SYSTEM_FILE, load
from auricle.config.settings import Settings
from auricle.config.sources import ServiceFolders
from auricle.doctor.results import Result, Status
from auricle.system.systemd import CREDENTIALS_VARIABLE

NAME = "service"
UNIT = "auricle.service"
STATE = "its state directory"
STATE_VARIABLE = "STATE_DIRECTORY"
"""What systemd sets for the service."""
CREDENTIAL_STORES = (
    Path("/etc/credstore"),
    Path("/run/credstore"),
    Path("/usr/local/lib/credstore"),
    Path("/usr/lib/credstore"),
)
"""The folders that systemd searches for a credential which is given without a path."""
_PATIENCE = 4.0
_PROPERTIES = (
    *("LoadState", "ActiveState", "SubState", "UnitFileState", "StatusText"),
    *("Result", "ExecMainStatus", "NRestarts"),
)
_ADVICE_AFTER = {
    EX_OPTIONS: "an option in its unit is wrong: systemctl cat auricle",
    EX_NOINPUT: "the recording that stands for its microphone is missing, or cannot be "
    "read (microphone.recording)",
    EX_CANTCREAT: "another satellite has its state directory, or its name: its log "
    "says which",
    os.EX_CONFIG: "its configuration is wrong: sudo auricle config",
}


@dataclass(frozen=True, slots=True)
class Service:
    """Describes the installed unit."""

    properties: Mapping[str, str]
    """What `systemctl show` says of it: values by the names of properties."""
    credentials: Mapping[str, Path] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """The files from which it gets its secrets, by name."""
    state_directory: Path | None = None
    unit: str = UNIT
    groups: frozenset[str] | None = None
    """Those of its user, which exists only while it runs, and owns no file but those
    that systemd gives it; None: it is another user.
    """

    @property
    def active(self) -> bool:
        """Whether the service runs."""
        return self.properties.get("ActiveState") == "active"


def find_installed(unit: str = UNIT) -> Service | None:
    """Ask systemd for a service; None where there is no systemd, or it does not know
    that one.
    """
    shown = _systemctl("show", unit, f"--property={','.join(_PROPERTIES)}")
    properties = parse_properties(shown)
    if properties.get("LoadState") != "loaded":
        return None
    return describe(properties, _systemctl("cat", unit), unit)


def of_file(path: Path | None) -> Service | None:
    """Ask systemd for the service that reads this file; None where none does."""
    return find_installed() if path == SYSTEM_FILE else None


def settings_of(
    path: Path | None, options: Mapping[str, object] | None = None
) -> tuple[Settings, set[str]]:
    """Load a file's settings as the service has them, where it is the service's file;
    `options` are those of a command line. Returns what of all that this user may not
    read, too. Raises ConfigError.
    """
    with folders_of(of_file(path)) as (folders, withheld):
        return load(path, options, folders), withheld


def _systemctl(*arguments: str) -> str:
    try:
        return subprocess.run(
            ["systemctl", "--no-pager", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE / 2,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def parse_properties(shown: str) -> dict[str, str]:
    """Read lines of `name=value`."""
    pairs = (line.partition("=") for line in shown.splitlines())
    return {name: value for name, equals, value in pairs if equals}


def describe(properties: Mapping[str, str], text: str, unit: str = UNIT) -> Service:
    """Describe a service; `text` is that of the unit file and of what is dropped in
    over it.
    """
    credentials = {
        name: Path(path)
        for name, path in re.findall(
            r"^LoadCredential(?:Encrypted)?=([^:\s]+):(\S+)", text, re.MULTILINE
        )
    }
    states = re.findall(r"^StateDirectory=(\S+)", text, re.MULTILINE)
    directory = Path("/var/lib") / states[-1] if states else None
    groups = None
    if re.findall(r"^DynamicUser=(\S+)", text, re.MULTILINE)[-1:] == ["yes"]:
        named = re.findall(r"^(?:Group|SupplementaryGroups)=(.+)", text, re.MULTILINE)
        groups = frozenset(" ".join(named).split())
    return Service(properties, credentials, directory, unit, groups)


@contextmanager
def folders_of(
    unit: Service | None, stores: Sequence[Path] = CREDENTIAL_STORES
) -> Iterator[tuple[ServiceFolders, set[str]]]:
    """Provide what systemd gives to the service: its secrets, while the settings are
    loaded, and its state; a folder that the environment names is left to it.

    `stores` are the folders of systemd's credentials. Yields the service's folders, and
    what of all that this user may not read.
    """
    withheld: set[str] = set()
    state = unit.state_directory if unit else None
    if STATE_VARIABLE in os.environ:
        state = None
    if state and not _may_read(state):
        withheld.add(STATE)
    if unit is None or CREDENTIALS_VARIABLE in os.environ:
        yield ServiceFolders(state=state), withheld
        return
    # In memory, as systemd's own: a card would keep them.
    with tempfile.TemporaryDirectory(prefix="auricle-", dir="/dev/shm") as folder:
        for name, source in unit.credentials.items():
            # An absolute one is a file; any other one is looked for.
            candidates = [store / source for store in stores]
            if not all(_may_read(path) for path in candidates):
                withheld.add(name)
            elif found := next((p for p in candidates if p.exists()), None):
                (Path(folder) / name).write_bytes(found.read_bytes())
        yield ServiceFolders(Path(folder), state), withheld


def _may_read(path: Path) -> bool:
    """Whether nothing but its absence can keep us from reading it."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return os.access(path, os.R_OK)


def judge(service: Service | None) -> Result:
    """Judge whether the service runs, and will run after a restart of the machine."""
    if service is None:
        return Result(NAME, Status.SKIPPED, f"{UNIT} is not installed")
    return judge_unit(service, NAME, _ADVICE_AFTER)


def judge_unit(service: Service, name: str, advices: Mapping[int, str]) -> Result:
    """Judge a service of ours; `advices` say what to do about the exit codes behind
    which it is not started again.
    """
    properties = service.properties
    state = f"{properties.get('ActiveState')} ({properties.get('SubState')})"
    told = f"{service.unit} is {state}" + _told_by_it(properties)
    short = service.unit.removesuffix(".service")
    log = f"its log says why: journalctl -u {short} -e"
    match properties.get("ActiveState"):
        case "active":
            restarts = properties.get("NRestarts", "0")
            if restarts != "0":
                told += f"; it was restarted {restarts} times"
            if properties.get("UnitFileState") == "disabled":
                advice = f"it does not start at boot: sudo systemctl enable {short}"
                return Result(name, Status.WARNING, told, advice)
            return Result(name, Status.OK, told)
        case "failed":
            code = properties.get("ExecMainStatus", "")
            told += f"; {properties.get('Result')}, exit code {code}"
            advice = advices.get(int(code) if code.isdecimal() else 0, log)
            return Result(name, Status.FAILED, told, advice)
        case "activating":
            restarting = properties.get("SubState") == "auto-restart"
            status = Status.FAILED if restarting else Status.WARNING
            return Result(name, status, told, log)
        case _:
            start = f"start it: sudo systemctl enable --now {short}"
            return Result(name, Status.WARNING, told, start)


def _told_by_it(properties: Mapping[str, str]) -> str:
    told = properties.get("StatusText")
    return f": {told}" if told else ""
