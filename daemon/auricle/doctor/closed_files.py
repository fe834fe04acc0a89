"""Files that root can read and the service cannot: it is a user of its own."""

import grp
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from auricle.config.settings import Settings
from auricle.doctor.configuration import CONFIGURATION
from auricle.doctor.results import Result, Status
from auricle.doctor.service import Service

_OF_THE_PANEL = ("lights", "button", "hooks", "xvf3800")
_CREDENTIALS = Path("/run/credentials")


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """Says what the service may not read, and what to do about it."""

    meaning: str
    advice: str


def closed_files(
    service: Service | None, file: Path | None, settings: Settings
) -> list[ClosedFile]:
    """Return those among the configuration's `file`, which is the service's, and the
    files that it names; what cannot be told is not among them.
    """
    if service is None or file is None or service.groups is None:
        return []
    found = []
    for key, path in (("", file), *_files_named(settings)):
        if _is_given(path, service):
            continue
        closed = _closed(path, service.groups)
        if closed is not None:
            told = f"{key} = {path}: " if key else ""
            meaning = f"{told}{service.unit} may not read {closed}"
            private = _key_of_mqtt(settings)
            advice = _advice(key, path, closed, file.parent, service.groups, private)
            found.append(ClosedFile(meaning, advice))
    return found


def judge(files: Sequence[ClosedFile]) -> Result:
    """Report a configuration that can be used, though not by the service, to which
    these files are closed.
    """
    meaning = "; ".join(each.meaning for each in files)
    advices = dict.fromkeys(each.advice for each in files)
    advice = "\n".join((*advices, "then: sudo systemctl restart auricle"))
    return Result(CONFIGURATION, Status.FAILED, meaning, advice)


def _files_named(settings: Settings) -> Iterator[tuple[str, Path]]:
    for section, keys in settings.model_dump(exclude=set(_OF_THE_PANEL)).items():
        for key, value in keys.items():
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, str | Path):
                    path = Path(each)
                    with suppress(OSError, ValueError):
                        if path.is_absolute() and path.is_file():
                            yield f"{section}.{key}", path


def _is_given(path: Path, service: Service) -> bool:
    """Whether systemd gives the file to the service, where nobody else may look."""
    given = [_CREDENTIALS / service.unit]
    if service.state_directory is not None:
        given += [service.state_directory, service.state_directory.resolve()]
    return any(path.is_relative_to(folder) for folder in given)


def _closed(path: Path, groups: Collection[str]) -> Path | None:
    """Return the file, or the folder on the way there, that does not open."""
    with suppress(OSError):
        real = path.resolve()
        for each in (*reversed(real.parents), real):
            if not _opens(each.stat(), groups):
                return each
    return None


def _opens(found: os.stat_result, groups: Collection[str]) -> bool:
    group = ""
    with suppress(KeyError):
        group = grp.getgrgid(found.st_gid).gr_name
    mode = found.st_mode >> 3 if group in groups else found.st_mode
    return bool(mode & (stat.S_IXOTH if stat.S_ISDIR(found.st_mode) else stat.S_IROTH))


def _key_of_mqtt(settings: Settings) -> str:
    """Name the setting whose file holds the private key."""
    return "mqtt.cert_file" if settings.mqtt.key_file is None else "mqtt.key_file"


def _advice(
    key: str,
    path: Path,
    closed: Path,
    folder: Path,
    groups: Collection[str],
    private: str,
) -> str:
    """`folder` is that of the configuration, and `private` the setting whose file is
    never for everybody.
    """
    if closed == folder:
        return f"run: sudo chmod 0755 {closed}"
    if closed != path.resolve():
        return f"put it into {folder}"
    if not key:
        return (
            "take passwords and keys out of it, which sudo auricle setup keeps for the "
            f"service alone, then run: sudo chmod 0644 {path}"
        )
    if key == private:
        if not groups:
            return "give it to a group of the service's (SupplementaryGroups=)"
        group = min(groups)
        return f"run: sudo chgrp {group} {path} && sudo chmod 0640 {path}"
    return f"run: sudo chmod 0644 {path}"
